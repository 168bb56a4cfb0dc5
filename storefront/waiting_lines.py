"""What pages say about waiting for an earlier time: the prompt, the state, the bands of the day (A94)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from babel.dates import format_time

from booking import waitlist as read
from booking.again import again_of, again_path
from booking.rules.waitlist import TURNED_DOWN
from booking.wording import Words
from booking.wording.staff_nouns import earlier_prompt
from models.session import Tx
from storefront.door import Door
from storefront.zones import shown_zone


@dataclass(frozen=True, slots=True)
class Waiting:
    """The part of the booking page: the question whether to wait, or how it stands. `held` is (time, until, address)."""

    prompt: str | None
    waits: bool
    held: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class AgainLine:
    """On a closed booking: that its time can be waited for, or is; and the way to the page of its own where one says so (R4)."""

    text: str
    action: str
    url: str


def again_line(tx: Tx, door: Door) -> AgainLine | None:
    """None where a request was not turned down, or its time can't be waited for (D29e)."""
    if door.b.status not in TURNED_DOWN:
        return None
    w, found = door.words, again_of(tx, door.b)
    if found.entry is not None:
        return AgainLine(w._("You wait for this time to become free."), w._("See your place, or stop waiting"), read.entry_path(door.b.store_id, found.entry.id))
    return AgainLine(w._("We can tell you when this time becomes free."), w._("Wait for this time"), again_path(door.b)) if found.decision.allowed else None


def band_names(w: Words, bands: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """(name, text) of each band: `Morning (6:00 AM to 12:00 PM)`."""
    names = {"morning": w._("Morning"), "afternoon": w._("Afternoon"), "evening": w._("Evening")}
    return [(band, w._("{band} ({start} to {end})").format(band=text, start=_clock(w, bands[band][0]), end=_clock(w, bands[band][1])))
            for band, text in names.items() if band in bands]


def _clock(w: Words, text: str) -> str:
    hour, minute = int(text[:2]) % 24, int(text[3:])
    return format_time(time(hour, minute), "short", locale=w.locale).replace("\u202f", " ")


def asked_waiting(tx: Tx, door: Door) -> read.WaitingOf | None:
    """The question behind `waiting_line`, where there can be an answer."""
    return read.WaitingOf(tx, door.b) if door.b.status == "confirmed" else None


def waiting_line(tx: Tx, door: Door, asked: read.WaitingOf | None) -> Waiting | None:
    """None where there is nothing to say: closed bookings, too near, or a shop without a waitlist."""
    b, w = door.b, door.words
    if asked is None:
        return None
    terms, entry = asked.found()
    if entry is None:
        asks = read.decision_of(b, terms, None, tx.now).allowed
        return Waiting(earlier_prompt(w, terms.nouns), False, None) if asks else None
    held = read.standing_offer(tx, entry.id)
    zone = shown_zone(b.location_kind, held.zone, door.own_zone) if held else b.zone
    return Waiting(None, True, None if held is None else (
        w._("{when}, with {staff}").format(when=w.when(held.starts_at, zone), staff=held.staff_name),
        w.when(held.expires_at, zone), read.entry_path(b.store_id, entry.id, b.link_epoch, offer=held.id)))
