"""Calendar accounts at Google and Microsoft: let in by the refresh token, read on from where the last reading ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from booking.actions.read_calendars import (
    AGAIN, AHEAD, BEHIND, claim_ended_grant, fail_calendar, forget_ended_grant, keep_reading, lose_calendar, renew_token)
from booking.actions.staff_calendars import TOKEN
from booking.calendar_reading import Reading
from booking.sealing import Unsealable, by_older_key, unseal
from gateways.accounts import google, microsoft, oauth
from gateways.accounts.provider import PROVIDERS
from gateways.accounts.wire import CursorGone, GrantEnded, Later
from models.actor import SYSTEM

READERS = {"google": google.read, "microsoft": microsoft.read}
WHOLE_EVERY = timedelta(days=7)
"""A cursor stands for the days it was begun with; all is read anew in time for 400 days to be known always."""
log = logging.getLogger("opencals.calendars")


def read_account(store_id: int, claimed: dict[str, Any]) -> None:
    """Read one claimed account. Temporary trouble: again later. No way in any more: the shop is asked to connect it again."""
    provider, calendar_id, sealed = PROVIDERS[claimed["provider"]], claimed["id"], claimed["sealed_token"]
    if not provider.offered:
        fail_calendar(store_id, SYSTEM, calendar_id, f"{provider.name} is not set up on this installation.")
        return
    try:
        token = unseal(store_id, TOKEN, sealed)
        tokens = oauth.refresh(provider, token)
        if (tokens.refresh or token) != token or by_older_key(sealed):
            sealed = renew_token(store_id, SYSTEM, calendar_id, sealed, tokens.refresh or token).facts["sealed"]
            if sealed is None:
                return
        reading = _read(claimed, tokens.access)
    except Unsealable:
        lose_calendar(store_id, SYSTEM, calendar_id, sealed, "The permission cannot be read any more.")
    except GrantEnded as error:
        log.warning("calendar access has ended", extra={"store": store_id, "calendar": calendar_id, "provider": provider.key})
        lose_calendar(store_id, SYSTEM, calendar_id, sealed, str(error))
    except Later as error:
        fail_calendar(store_id, SYSTEM, calendar_id, str(error)[:300], wait=max(AGAIN, timedelta(seconds=error.wait)))
    else:
        keep_reading(store_id, SYSTEM, calendar_id, sealed, claimed["cursor"], reading)


def _read(claimed: dict[str, Any], access: str) -> Reading:
    now, whole_at = claimed["now"], claimed["whole_at"]
    window = (now - BEHIND, now + AHEAD + WHOLE_EVERY, claimed["zone"])
    cursor = claimed["cursor"] if whole_at is not None and now - whole_at < WHOLE_EVERY else None
    try:
        return READERS[claimed["provider"]](access, cursor, *window)
    except CursorGone as gone:
        if cursor is None:
            raise Later(str(gone)) from gone
        return READERS[claimed["provider"]](access, None, *window)


def give_back(store_id: int, *, keep_going: Callable[[], bool] = lambda: True) -> int:
    """Give tokens back that are used no longer; how many. One that cannot be given back now is tried again."""
    given = 0
    while keep_going():
        claimed = claim_ended_grant(store_id, SYSTEM).facts
        if claimed is None:
            break
        try:
            oauth.revoke(PROVIDERS[claimed["provider"]], unseal(store_id, TOKEN, claimed["sealed_token"]))
        except Later as error:
            log.warning("a token could not be given back", extra={"store": store_id, "error": str(error)})
            continue
        except Unsealable:
            log.warning("a token to give back cannot be read", extra={"store": store_id})
        forget_ended_grant(store_id, SYSTEM, claimed["id"])
        given += 1
    return given
