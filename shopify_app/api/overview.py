"""What the screens show beside the things themselves: first steps, how a policy reads, conflicts, what a cancellation gives back."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from booking import facts
from booking.first_steps import steps_done
from booking.rules.decision import Refused
from booking.rules.policy import Flags, Policy, PolicyError, resolve_flags
from booking.rules.status import CLOSED
from booking.wording import words_for
from booking.wording.languages import pick
from models import day_plan, diary
from models.booking_summary import find
from models.location import Location
from models.service import Service
from models.session import reading
from models.staff import Staff
from models.store import Store
from shopify_app.api.bookings import known_ref
from shopify_app.api.call import Call
from shopify_app.api.door import operation, reference
from shopify_app.api.shapes import overview as s
from shopify_app.api.shapes.base import Listing
from shopify_app.policy_preview import preview


@operation("GET", "/setup", summary="Which of the first steps are done (A45)", answer=s.SetupOut)
def get_setup(call: Call) -> Any:
    with reading(call.store_id) as tx:
        return steps_done(tx)._asdict()


@operation("POST", "/policy-preview", summary="A policy as customers would read it, and what cannot work; nothing is saved (D26d)", body=s.PolicyPreviewIn,
           answer=s.PolicyPreviewOut, repeats="Nothing is changed")
def post_policy_preview(call: Call) -> Any:
    b = call.body
    try:
        policy = Policy.from_json(b.policy.model_dump(exclude_none=True))
    except PolicyError as error:
        raise Refused("invalid", errors=[p | {"field": f"policy.{p['field']}"} for p in error.problems]) from None
    with reading(call.store_id) as tx:
        store = tx.db.execute(select(Store.name, Store.zone, Store.locale, Store.currency, Store.reschedule, Store.cancel).where(
            Store.store_id == tx.store_id)).one()
        flags, price, horizon, currency = Flags(store.reschedule, store.cancel), None, None, store.currency
        if b.service is not None:
            row = tx.db.execute(select(Service).where(Service.store_id == tx.store_id, Service.id == reference(b.service, "service"))).one_or_none()
            if row is None:
                raise Refused("invalid", errors=[{"field": "service", "problem": "is not known"}])
            flags, price, horizon, currency = resolve_flags(flags, row.self_service, row.reschedule, row.cancel), row.price, row.horizon_days, row.currency
        customers = words_for(pick(b.language or store.locale))
        seen = preview(words_for("en"), customers, policy, flags, now=tx.now, zone=store.zone, currency=currency, venue=store.name, price=price,
                       horizon_days=horizon)
    return s.PolicyPreviewOut(language=seen.language, when=seen.when, lines=seen.lines, late=seen.late,
                              concerns=[s.PolicyConcern(field=field, sentence=text) for field, text in seen.concerns])


@operation("GET", "/conflicts", summary="What stands over something else and has not ended, soonest first, at most 200 (E102)",
           answer=Listing[s.ConflictOut])
def list_conflicts(call: Call) -> Any:
    with reading(call.store_id) as tx:
        pairs = day_plan.overlaps(tx)
        ids = {number for pair in pairs for kind, number in ((pair.one_kind, pair.one_id), (pair.other_kind, pair.other_id)) if kind == "booking"}
        refs = {b.id: b.ref for b in diary.of_ids(tx, sorted(ids))}
        zones = dict(tx.db.execute(select(Staff.id, Location.zone).join(
            Location, (Location.store_id == Staff.store_id) & (Location.id == Staff.location_id)).where(Staff.store_id == tx.store_id)).all())
    return {"items": [s.ConflictOut(
        staff=str(p.staff_id), starts_at=p.starts_at.astimezone(ZoneInfo(zones[p.staff_id])), ends_at=p.ends_at.astimezone(ZoneInfo(zones[p.staff_id])),
        one=s.ConflictSide(kind=p.one_kind, id=str(p.one_id), booking=refs.get(p.one_id)),
        other=s.ConflictSide(kind=p.other_kind, id=str(p.other_id), booking=refs.get(p.other_id))) for p in pairs], "next": None}


@operation("GET", "/bookings/{ref}/cancellation", summary="What cancelling now would give back, and whether it needs `override`", answer=s.CancellationOut,
           also=(409,), query={"seats": "how many of its seats; all when left out"})
def get_cancellation(call: Call, ref: str) -> Any:
    with reading(call.store_id) as tx:
        b = find(tx, known_ref(ref))
        if b is None:
            raise Refused("not_found")
        if b.status in CLOSED:
            raise Refused("closed", state=b.status)
        seats = _seats(call, b.seats)
        quote, decision = facts.quote_cancellation(tx, b, seats=seats), facts.decisions(b, tx.now)["cancel"]
        full = facts.quote_by_shop(tx, b, "full", seats=seats)

    def money(amount: int) -> dict[str, Any]:
        return {"amount": amount, "currency": b.currency}

    return s.CancellationOut(
        outcome=quote.outcome, amount=money(quote.amount), kept=money(quote.kept), credit=money(quote.credit), full=money(full.amount),
        warnings=[] if decision.allowed or decision.reason is None else [decision.reason], version=b.version)


def _seats(call: Call, most: int) -> int:
    text = call.query.get("seats", str(most))
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= most):
        raise Refused("invalid", errors=[{"field": "seats", "problem": f"must be from 1 to {most}"}])
    return int(text)
