"""The customer's bookings: lists, and one with all that may be done with it."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking import facts
from booking.documents.find import standing
from booking.documents.printed import title
from booking.links import manage_path
from booking.places import place_of
from booking.rules.decision import Refused
from booking.rules.wall_time import dates_of, day_span
from booking.slots import MOST_DAYS
from booking.visiting import decisions_together, parts_end_alone
from booking.wording import Words
from models.booking_list import EARLIEST, LATEST, PAGE, in_full_among, parts_beyond, past_in_full, upcoming_in_full
from models.booking_summary import LONGEST, BookingSummary, between
from models.moved_start import page
from models.session import Tx, reading
from models.shopify_order import bookings_of_order
from storefront.api import shapes as s
from storefront.api.door import CustomerCall, operation
from storefront.api.permissions import DAYS, permissions
from storefront.booking_page import closed_money, done_money
from storefront.door import Door, kept_no_longer, store_view
from storefront.move_terms import takes_back_note
from storefront.presenting import Detail, detail, there
from storefront.take_back import moving_parts, way_back
from storefront.together import Group, decisions_of, group_of
from storefront.waiting_lines import again_line
from storefront.zones import WIDEST

ORDER = re.compile(r"gid://shopify/Order/[1-9][0-9]{0,18}", re.ASCII)
KINDS = {"upcoming": upcoming_in_full, "past": past_in_full}


@operation("GET", "/bookings", summary="The customer's bookings", answer=s.CustomerBookings, query={
    "when": "upcoming (default) or past", "cursor": "`next` of the page before",
    "order": "instead of `when`: those bought with this order, an id of Shopify", "from": "instead of `when`: first day, YYYY-MM-DD", "to": f"last day, at most {MOST_DAYS - 1} later"})
def my_bookings(call: CustomerCall) -> dict[str, Any]:
    """Upcoming ones soonest first, past ones latest first; or all of some days, for a calendar."""
    if "from" in call.query or "to" in call.query:
        return _calendar(call)
    if "order" in call.query:
        return _ordered(call, call.query["order"])
    when = call.query.get("when", "upcoming")
    if when not in KINDS:
        raise Refused("invalid", errors=[{"field": "when", "problem": "must be upcoming or past"}])
    if call.customer is None:
        return _page(call, [])
    mine, past = call.customer.id, when == "past"
    with reading(call.store_id) as tx:
        walk = call.walk(tx, when, "bookings")
        rows, on = page(tx, walk, lambda place, most: KINDS[when](tx, mine, place),
                        lambda ids: in_full_among(tx, mine, ids, past=past), PAGE, latest_first=past)
        whole = _without_begun(tx, mine, rows) if past else _with_ended(tx, mine, rows, later=walk.after is not None)
        items = [s.CustomerBooking(**line(b, call, tx)) for b in whole]
    return _page(call, items, on and call.next(when, on.cursor))


def _with_ended(tx: Tx, customer_id: int, rows: list[BookingSummary], *, later: bool) -> list[BookingSummary]:
    """What has ended of the visits that begin on this page comes before it: they are upcoming until the last of them is over (R32)."""
    visits = _visits(rows)
    if later and visits:
        first = {part.visit_id: part.id for part in reversed(parts_beyond(tx, "upcoming", customer_id, EARLIEST, visits))}
        visits = {b.visit_id for b in rows if b.visit_id is not None and first.get(b.visit_id) == b.id}
    return (parts_beyond(tx, "past", customer_id, LATEST, visits) if visits else []) + rows


def _without_begun(tx: Tx, customer_id: int, rows: list[BookingSummary]) -> list[BookingSummary]:
    """What has ended of visits that go on stands with the rest of them."""
    visits = _visits(rows)
    going_on = {part.visit_id for part in parts_beyond(tx, "upcoming", customer_id, EARLIEST, visits)} if visits else set()
    return [b for b in rows if not b.holding or b.visit_id not in going_on]


def _visits(rows: list[BookingSummary]) -> set[int]:
    return {b.visit_id for b in rows if b.visit_id is not None and b.holding}


def _page(call: CustomerCall, items: list[s.CustomerBooking], following: str | None = None) -> dict[str, Any]:
    return {"items": items, "next": following, "week_starts": DAYS[call.words.week.first]}


def _ordered(call: CustomerCall, order: str) -> dict[str, Any]:
    """Another customer's order, or one without bookings, is an empty list."""
    if ORDER.fullmatch(order) is None:
        raise Refused("invalid", errors=[{"field": "order", "problem": "must be an id such as gid://shopify/Order/1"}])
    if call.customer is None:
        return _page(call, [])
    with reading(call.store_id) as tx:
        found = [b for b in bookings_of_order(tx, call.customer.id, order) if not kept_no_longer(b, tx)]
        return _page(call, [s.CustomerBooking(**line(b, call, tx)) for b in found])


def _calendar(call: CustomerCall) -> dict[str, Any]:
    first, last = call.days()
    if call.customer is None:
        return _page(call, [])
    with reading(call.store_id) as tx:
        # Days are those each booking is told in, which may differ from the store's; what began the day before is there too.
        start, end = day_span(first, call.shop.zone)[0] - WIDEST - LONGEST, day_span(last, call.shop.zone)[1] + WIDEST
        found = [b for b in between(tx, call.customer.id, start, end) if any(first <= day <= last for day in _dates(b))]
        return _page(call, [s.CustomerBooking(**line(b, call, tx)) for b in found])


@operation("GET", "/bookings/{ref}", summary="A booking, and what may be done with it", answer=s.CustomerBookingDetail)
def my_booking(call: CustomerCall, ref: str) -> s.CustomerBookingDetail:
    with reading(call.store_id) as tx:
        return full(tx, call, call.booking(tx, ref))


def line(b: BookingSummary, call: CustomerCall, tx: Tx) -> dict[str, Any]:
    def money(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": b.currency}

    here, decided = ZoneInfo(b.zone), decisions_together(tx, b)
    return {
        "ref": b.ref, "status": b.status, "status_text": call.words.status(b.status), "version": b.version, "service": str(b.service_id),
        "service_name": b.service_name, "staff": str(b.staff_id), "staff_name": b.staff_name, "location": str(b.location_id),
        "location_name": b.location_name, "address": place_of(b).whereabouts, "place": place_of(b).kind, "meeting_url": place_of(b).link,
        "starts_at": b.starts_at.astimezone(here),
        "ends_at": b.ends_at.astimezone(here), "zone": b.zone, "when": call.words.when(b.starts_at, b.told_zone),
        "when_there": None if b.told_zone == b.zone else there(b, call.words), "days": _dates(b), "seats": b.seats,
        "price": money(b.price), "paid": money(b.paid), "refunded": money(b.refunded), "owed": money(b.owed),
        "can_reschedule": decided["reschedule"].allowed, "can_cancel": decided["cancel"].allowed,
        "visit": str(b.visit_id) if b.visit_id is not None and b.holding else None, "manage_url": call.origin + manage_path(b), "created_at": b.created_at.astimezone(here)}


def _dates(b: BookingSummary) -> list[date]:
    return dates_of(b.starts_at, b.ends_at, b.told_zone)


def _way_back(tx: Tx, door: Door, group: Group | None) -> s.WayBack | None:
    parts = moving_parts(door.b, group)
    back = way_back(tx, parts)
    return back and s.WayBack(starts_at=datetime.fromisoformat(back["at"]).astimezone(ZoneInfo(parts[0].zone)), staff=back.get("staff"),
                              text=takes_back_note(parts[0], door))


def door_of(call: CustomerCall, b: BookingSummary) -> Door:
    """The pages' own view of a booking, for someone signed in."""
    return Door(b, call.actor, f"/account/bookings/{b.ref}", {}, False, None, store_view(b), call.words, b.customer_zone)


def _anew(shown: Detail, b: BookingSummary, call: CustomerCall) -> s.BookAnew | None:
    """As on the page: in the place of cancelling (A125), or after the end (R4)."""
    w = call.words
    text = w._("Schedule an appointment") if shown.instead_schedule else w._("Book again") if shown.closed and b.store_open_for_booking else None
    return text and s.BookAnew(text=text, url=call.origin + shown.again_url)


def _money(tx: Tx, b: BookingSummary, w: Words) -> str | None:
    """A visit is cancelled whole here, and what comes back of it is told as it was quoted (R32, A8)."""
    return closed_money(tx, b, w) if b.visit_id is None or b.status != "cancelled" else done_money(tx, b, w, "several_cancelled")


def full(tx: Tx, call: CustomerCall, b: BookingSummary, refund: s.CancelRefund | None = None) -> s.CustomerBookingDetail:
    """The booking's page as JSON: the same facts, sentences and decisions."""
    door = door_of(call, b)
    group = group_of(tx, door)
    decided = decisions_of(door, group, tx.now)
    shown = detail(door, tx.now, decided, facts.policy_meanwhile(tx, b))
    may, about = permissions(tx, door, decided, call.origin)
    again = again_line(tx, door)
    return s.CustomerBookingDetail(
        **line(b, call, tx), customer=s.Contact(name=b.contact_name, email=b.mail_to, phone=b.text_to or b.customer_phone), closed=shown.closed,
        facts=[s.Labelled(label=label, value=value) for label, value in shown.rows], policy=shown.policy, waits=None if about["offers"] else shown.waits,
        way_back=_way_back(tx, door, group), money=_money(tx, b, call.words) if shown.closed else None,
        together=None if group is None else s.Together(kind=group.kind, part_cancel=bool(group.parts) and parts_end_alone(group.parts), bookings=[
            s.TogetherLine(ref=line.url.rsplit("/", 1)[1] if line.url else b.ref, text=line.text, status_text=line.status_text) for line in group.lines]),
        again=None if again is None else s.AgainOut(text=again.text, action=again.action, url=call.origin + again.url),
        anew=_anew(shown, b, call), documents=[s.DocumentOut(
            number=one.number, kind=one.kind, title=title(call.words, one.kind, one.number), amount={"amount": one.amount, "currency": one.currency},
            url=call.origin + manage_path(b, "receipt.pdf", document=one.number)) for one in standing(tx, b.id)],
        links=s.BookingLinks(page=call.origin + manage_path(b), calendar=call.origin + manage_path(b, "calendar.ics"),
                             card=call.origin + manage_path(b, panel="payment")),
        actions=may, week_starts=DAYS[call.words.week.first], **about, **({} if refund is None else {"refund": refund}))
