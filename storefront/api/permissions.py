"""What the customer may do with a booking now, until when, and in the words of its page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from booking import counter_offers, facts
from booking import waitlist as read
from booking.feedback import given_for, may_give
from booking.rules.decision import Decision
from booking.rules.waitlist import weekdays_of
from booking.rules.windows import deadline
from booking.wording import Words
from booking.wording.staff_nouns import earlier_prompt
from models.booking_summary import BookingSummary
from models.session import Tx
from storefront.api import shapes as s
from storefront.card_panel import panel
from storefront.door import Door
from storefront.feedback import how_long
from storefront.presenting import action
from storefront.zones import shown_zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def permissions(tx: Tx, door: Door, decided: dict[str, Decision], origin: str) -> tuple[s.Permissions, dict[str, Any]]:
    """The decisions; and what each is about: the `waiting` for an earlier time, the `offers` of other times, the `feedback` given."""
    b, w = door.b, door.words
    change = facts.change_facts(b)
    moves = {}
    for kind, decision in decided.items():
        last = decision.deadline or deadline(kind, change)
        told = action(kind, decision, door, last)
        known = decision.allowed or decision.reason in ("too_late", "limit_reached")
        moves[kind] = s.Permission(allowed=decision.allowed, reason=decision.reason, sentence=told.sentence or _no(decision, b, w),
                                   deadline=last.astimezone(ZoneInfo(b.zone)) if known else None, deadline_text=told.deadline)
    waitlist, waiting = _waitlist(tx, door, origin)
    offers, standing = offers_of(tx, door)
    feedback, said = _feedback(tx, b, w)
    return (s.Permissions(**moves, waitlist=waitlist, offers=offers, feedback=feedback, card=_card(tx, door)),
            {"waiting": waiting, "offers": standing, "feedback": said})


def _feedback(tx: Tx, b: BookingSummary, w: Words) -> tuple[s.Permission, s.FeedbackOut | None]:
    said = given_for(tx, b.id)
    decision = may_give(b, said, tx.now)
    last = None if decision.deadline is None else decision.deadline.astimezone(ZoneInfo(b.zone))
    shown = None if said is None else s.FeedbackOut(rating=said.rating, comment=said.comment, publish=said.may_publish, reply=said.reply)
    return s.Permission(allowed=decision.allowed, reason=decision.reason, sentence=how_long(b, said, decision, w), deadline=last), shown


def _card(tx: Tx, door: Door) -> s.Permission:
    """The saved card is seen and changed on the page `links.card` opens: that of the booking's link."""
    b, w = door.b, door.words
    shown = panel(tx, replace(door, by_link=True))
    if shown is None:
        text = w._("{venue} doesn't keep cards online. Please contact {venue} directly.").format(venue=b.store_name)
        return s.Permission(allowed=False, reason="not_allowed", sentence=text, deadline=None)
    if not shown.may_add:
        return s.Permission(allowed=False, reason="closed", sentence=w.refusal("closed", {"state": b.status}, b.store_name), deadline=None)
    text = shown.card or w._("No card is saved for this booking.")
    if shown.expired:
        text += " " + w._("This card has expired. Please replace it.")
    return s.Permission(allowed=True, reason=None, sentence=text, deadline=None)


def _waitlist(tx: Tx, door: Door, origin: str) -> tuple[s.Permission, s.WaitingOut | None]:
    b, w = door.b, door.words
    terms, entry = read.waiting_of(tx, b)
    decision = read.decision_of(b, terms, entry, tx.now)
    if entry is None or not decision.allowed:
        return _permission(decision, earlier_prompt(w, terms.nouns), b, w), None
    place, held = read.place_of(tx, entry), read.standing_offer(tx, entry.id)
    here, zone = ZoneInfo(b.zone), shown_zone(b.location_kind, held.zone, door.own_zone) if held else b.zone
    told = None if held is None else s.HeldTime(
        starts_at=held.starts_at.astimezone(ZoneInfo(held.zone)), staff_name=held.staff_name, expires_at=held.expires_at.astimezone(here),
        sentence=w._("{when} is held for you until {until}.").format(
            when=w._("{when}, with {staff}").format(when=w.when(held.starts_at, zone), staff=held.staff_name), until=w.when(held.expires_at, zone)),
        url=origin + read.entry_path(b.store_id, entry.id, b.link_epoch, offer=held.id))
    waiting = s.WaitingOut(place=place, weekdays=[DAYS[n] for n in weekdays_of(entry.weekdays)], bands=entry.bands, anyone=entry.staff_id is None,
                           until=entry.lives_until.astimezone(here), held=told)
    return _permission(decision, w._("You are number {n} in line. One person at a time is asked.").format(n=place), b, w), waiting


def offers_of(tx: Tx, door: Door) -> tuple[s.Permission, list[s.OfferOut]]:
    b, w = door.b, door.words
    standing = counter_offers.standing_of(tx, b)
    decision = counter_offers.decision_of(b, standing)
    here = ZoneInfo(b.zone)
    sentence = w._("{venue} offers you other times. Please choose by {when}.").format(
        venue=b.store_name, when=w.when(decision.deadline, door.zone)) if decision.deadline else ""
    free = counter_offers.takeable(tx, b, standing)
    return _permission(decision, sentence, b, w), [s.OfferOut(
        round=offer.round, n=offer.n, free=offer.n in free, starts_at=offer.starts_at.astimezone(here), ends_at=offer.ends_at.astimezone(here), staff=str(offer.staff_id),
        staff_name=offer.staff_name, expires_at=offer.expires_at.astimezone(here),
        text=w._("{when}, with {staff}").format(when=w.when(offer.starts_at, door.zone), staff=offer.staff_name)) for offer in standing]


def _permission(decision: Decision, sentence: str, b: BookingSummary, w: Words) -> s.Permission:
    last = None if decision.deadline is None else decision.deadline.astimezone(ZoneInfo(b.zone))
    return s.Permission(allowed=decision.allowed, reason=decision.reason, sentence=sentence if decision.allowed else _no(decision, b, w), deadline=last)


def _no(decision: Decision, b: BookingSummary, w: Words) -> str:
    return w.refusal(decision.reason or "not_allowed", decision.facts, b.store_name)
