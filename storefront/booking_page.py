"""One booking, through either door: view first, then what may be done (R1, R4, A55-A57, D10)."""

from __future__ import annotations

from flask import Response, g, request

from booking import facts
from booking.documents.printed import title
from booking.feedback import given_for, may_give
from booking.keys import settings
from booking.links import manage_path, store_origin
from booking.places import place_of
from booking.rules.refund import RefundQuote
from booking.settled import outcome_of, outcome_of_seats, outcome_of_several
from booking.wording import Words
from messages.ics import invite
from models.booking_summary import BookingSummary
from models.session import Tx, reading
from storefront import card_panel
from storefront.blueprint import bp, page
from storefront.door import Door, enter
from storefront.offer_lines import offer_lines
from storefront.presenting import detail, history
from storefront.take_back import moving_parts, way_back
from storefront.together import decisions_of, group_of
from storefront.trail import trail_of
from storefront.waiting_lines import again_line, asked_waiting, waiting_line
from storefront.zones import chosen_zone, zone_names


@bp.get("/account/bookings/<ref>")
@bp.get("/manage/<ref>")
def booking_page(ref: str):  # noqa: ANN201
    """Details and actions; `?action=reschedule` opens the picker instead (A68), `?action=accept&offer=N` the offers (A67). Reading changes nothing (R5)."""
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
        if request.args.get("action") == "reschedule":
            group = group_of(tx, door)
            if decisions_of(door, group, tx.now)["reschedule"].allowed:
                from storefront.reschedule import show_picker

                return show_picker(tx, door, group)
        if request.args.get("action") == "accept":
            from storefront.offers import show_offers

            return show_offers(tx, door, request.args.get("offer"), request.args.get("round"))
        return render_booking(tx, door)


def render_booking(tx: Tx, door: Door, *, problem: str | None = None, notice: str | None = None, status: int = 200):  # noqa: ANN201
    w = door.words
    group = group_of(tx, door)
    shown = detail(door, tx.now, decisions_of(door, group, tx.now), facts.policy_meanwhile(tx, door.b))
    money, done = closed_money(tx, door.b, w) if shown.closed else None, request.args.get("done")
    waits = asked_waiting(tx, door)
    entries, documents, kept = trail_of(tx, door.b)
    return page(
        "booking.html", door.store, w, person=door.person, door=door, b=shown, money=money, problem=problem, notice=notice, group=group,
        offers=offer_lines(tx, door), back=way_back(tx, moving_parts(door.b, group)), waiting=waiting_line(tx, door, waits),
        again=again_line(tx, door), feedback=None if door.by_link else _feedback(tx, door), yours=_yours(door),
        zones=zone_names() if door.b.location_kind == "online" else (), zone=door.zone,
        done=done, done_money=done_money(tx, door.b, w, done), documents=[
            (door.url("receipt.pdf", document=one.number), title(w, one.kind, one.number), w.money(one.amount, one.currency))
            for one in documents], entries=history(entries, door),
        panel=request.args.get("panel"), card_panel=card_panel.panel(tx, door, kept)), status


@bp.get("/account/bookings/<ref>/calendar.ics")
@bp.get("/manage/<ref>/calendar.ics")
def calendar_file(ref: str) -> Response:
    """The calendar file, as a cancellation where it is cancelled (R39, A15)."""
    with reading(g.store_id) as tx:
        door = enter(tx, ref)
        payload = calendar_payload(tx, door.b, with_link=door.by_link)
        payload["at"] = tx.now.isoformat()
    gone = door.b.status in ("cancelled", "declined", "expired")
    body = invite(payload, "CANCEL" if gone else "PUBLISH", settings().base_domain)
    return Response(body, mimetype="text/calendar", headers={"Content-Disposition": f'attachment; filename="booking-{door.b.ref}.ics"'})


def calendar_payload(tx: Tx, b: BookingSummary, *, with_link: bool) -> dict:
    """What a calendar entry says: no contact data; the manage link only where the reader has it anyway. On the store's own host,
    as in the file that was mailed (A51)."""
    origin = store_origin(tx, b.store_slug)
    return {
        "store": {"name": b.store_name, "slug": b.store_slug, "email": b.store_email},
        "booking": {"ref": b.ref, "version": b.version, "status": b.status, "service": b.service_name, "location": b.location_name,
                    "address": place_of(b).whereabouts, "place": b.location_kind, "starts_at": b.starts_at.isoformat(), "ends_at": b.ends_at.isoformat(), "zone": b.zone},
        "calendar_link": b.store_calendar_link or not with_link,
        "manage_url": origin + manage_path(b) if with_link else f"{origin}/account/bookings/{b.ref}"}


def _yours(door: Door) -> str | None:
    """The start in the visitor's zone, where that is another one: of what is online the first line, of a place one goes to the second."""
    zone = door.zone if door.b.location_kind == "online" else chosen_zone(door.person)
    if not zone or zone == door.b.zone:
        return None
    return door.words._("Where you are: {when}").format(when=door.words.when(door.b.starts_at, zone))


def _feedback(tx: Tx, door: Door) -> str | None:
    """The words of the way to the feedback page, when there is something to do or to see there."""
    given = given_for(tx, door.b.id) if door.b.ends_at <= tx.now else None
    if may_give(door.b, given, tx.now).allowed:
        return door.words._("Change your feedback") if given else door.words._("Leave feedback")
    return door.words._("See your feedback") if given else None


def closed_money(tx: Tx, b: BookingSummary, w: Words) -> str | None:
    """The final outcome of a cancelled booking, the same words as when it was decided, and what has become of it since (A8, R24)."""
    return _said(outcome_of(tx, b), b, w)


def done_money(tx: Tx, b: BookingSummary, w: Words, done: str | None) -> str | None:
    """What has just been decided about several bookings together, or about some seats: the figure that was shown before (A8)."""
    if done == "several_cancelled" and (b.visit_id or b.series_id):
        return _said(outcome_of_several(tx, b), b, w)
    return _said(outcome_of_seats(tx, b), b, w) if done == "seats" else None


def _said(quote: RefundQuote | None, b: BookingSummary, w: Words) -> str | None:
    return None if quote is None else w.refund(quote.facts(), b.store_name, done=True)
