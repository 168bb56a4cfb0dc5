"""Connecting a staff member's calendar at Google or Microsoft: out to the provider's question, and back with its answer.

Both pages only look; the button at the end connects (R5). The provider is asked with no transaction open.
"""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, redirect, request

from booking.actions.staff_calendars import connect_calendar
from booking.calendar_state import state_of
from booking.keys import settings
from booking.rules.decision import Refused
from gateways.accounts import oauth
from gateways.accounts.provider import PROVIDERS
from gateways.accounts.wire import GrantEnded, Later
from models.session import reading
from shopify_app import calendar_grant
from shopify_app.calendar_grant import Attempt
from shopify_app.dashboard.door import Visit, screen
from shopify_app.dashboard.staff_calendar import show_calendar
from shopify_app.dashboard.typed import must_be_id

COOKIE = "calendar"
BACK = "/staff/calendar-account"


@screen("/staff/<int:staff_id>/calendar/<provider>")
def calendar_account(visit: Visit, staff_id: int, provider: str) -> Any:
    """On to the provider. What the browser needs for the way back goes into a cookie; nothing is written down."""
    found = PROVIDERS.get(provider)
    if found is None or not found.offered:
        raise Refused("not_found")
    with reading(visit.store_id) as tx:
        state_of(tx, must_be_id(staff_id))
    attempt = calendar_grant.begin(staff_id, provider)
    own_host = f"{settings().scheme}://{request.host}" != settings().origin(settings().store_host(visit.store.slug))
    answer = redirect(oauth.consent_url(found, calendar_grant.return_address(), calendar_grant.state(visit.store_id, attempt, own_host=own_host),
                                        attempt.verifier), 303)
    answer.set_cookie(_cookie(), calendar_grant.kept(visit.store_id, attempt), max_age=calendar_grant.SECONDS, path="/",
                      secure=settings().secure, httponly=True, samesite="Lax")
    return answer


@screen(BACK, methods=("GET", "POST"))
def calendar_answer(visit: Visit) -> Any:
    """What the provider has answered: shown with a button, and connected by it."""
    given = request.values
    attempt = calendar_grant.resumed(visit.store_id, request.cookies.get(_cookie(), ""), given.get("state", "")[:1000])
    if attempt is None:
        return visit.show("calendar_account.html", here="staff", attempt=None, status=409)
    with reading(visit.store_id) as tx:
        person = state_of(tx, attempt.staff_id)
    provider, code = PROVIDERS[attempt.provider], given.get("code", "")[:4000]
    if not code:
        problem = visit.words._("You did not agree, so nothing has changed.") if given.get("error") == "access_denied" else visit.words._(
            "{provider} did not let us in. Please try again.").format(provider=provider.name)
        return _done(show_calendar(visit, attempt.staff_id, problem=problem))
    if request.method == "GET":
        return visit.show("calendar_account.html", here="staff", attempt=attempt, person=person, provider=provider, code=code, state=given["state"])
    return _connect(visit, attempt, code)


def _connect(visit: Visit, attempt: Attempt, code: str) -> Any:
    provider, _ = PROVIDERS[attempt.provider], visit.words._
    try:
        tokens = oauth.redeem(provider, code, calendar_grant.return_address(), attempt.verifier)
    except oauth.NotAllowed:
        return _done(show_calendar(visit, attempt.staff_id, status=422, problem=_(
            "{provider} did not give us the permission to see when the calendar is busy. Please connect again and leave that permission ticked.").format(
                provider=provider.name)))
    except GrantEnded:
        return _done(show_calendar(visit, attempt.staff_id, status=409, problem=_("This permission has been used or is too old. Please connect again.")))
    except Later as error:
        current_app.logger.warning("a calendar could not be connected", extra={"provider": provider.key, "error": str(error)})
        return _done(show_calendar(visit, attempt.staff_id, status=503, problem=_(
            "{provider} does not answer at the moment. Nothing has changed; please try again later.").format(provider=provider.name)))
    connect_calendar(visit.store_id, visit.actor, attempt.staff_id, provider.key, tokens.refresh or "")
    return _done(visit.go(f"/staff/{attempt.staff_id}/calendar", done="calendar_set"))


def _done(answer: Response) -> Response:
    """The attempt is over."""
    answer.delete_cookie(_cookie(), path="/", secure=settings().secure, httponly=True, samesite="Lax")
    return answer


def _cookie() -> str:
    return f"__Host-{COOKIE}" if settings().secure else COOKIE
