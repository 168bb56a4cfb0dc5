"""Visits: back-to-back services move and end as a block (R32)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from booking.actions.cancel_booking import cancel_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.visits import (
    cancel_visit, cancel_visit_part, preview_cancel_visit, reschedule_visit, visit_decision, visit_of,
)
from booking.rules.decision import Refused
from messages import render_mail
from models.actor import SYSTEM
from models.base import new_id
from models.booking import Booking
from models.session import reading, transaction
from tests.actions.test_cancel import quoted
from tests.actions.test_reschedule import race, refused
from tests.support.world import MERCHANT, World, at, hours

STRICT = {"reschedule": {"notice": "PT72H"}, "cancel": {"notice": "PT72H", "tiers": [{"outcome": "partial", "percent": 50}]}}
LOOSE = {"reschedule": {"notice": "PT2H"}, "cancel": {"notice": "PT2H", "tiers": [{"outcome": "full"}]}}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def visit(world):
    """March 10, 15:00 UTC: colour (loose, $20 paid), right after it a cut by the same person (strict, $10 paid)."""
    colour = world.book(at(10, 15), service=world.add_service("Colour", policy=LOOSE), staff=world.elena, paid=2000)
    cut = world.book(at(10, 16), service=world.add_service("Cut", policy=STRICT), staff=world.elena, paid=1000)
    link(world, colour, cut)
    return world.read(colour.ref), world.read(cut.ref)


def link(world, *bookings):
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(update(Booking).where(Booking.store_id == world.store_id, Booking.id.in_([b.id for b in bookings])).values(visit_id=new_id()))


def move(world, b, starts_at, by=None, **more):
    return reschedule_visit(world.store_id, by or world.customer(b), b.ref, starts_at=starts_at, **more)


def preview(world, b):
    with reading(world.store_id) as tx:
        return preview_cancel_visit(tx, b.ref)


def cancel(world, b, seen=None, **more):
    return cancel_visit(world.store_id, world.customer(b), b.ref, quote=(seen or preview(world, b)).sign(), **more)


def test_what_one_part_alone_could_do_is_not_said_of_the_visit(world):
    """Each part keeps one of the two ways open, and no way is open to both."""
    parts = [world.book(at(10, 15 + n), service=world.add_service(name, policy={"reschedule": {"notice": move}, "cancel": {"notice": leave}}), staff=world.elena)
             for n, (name, move, leave) in enumerate((("Colour", "PT72H", "PT2H"), ("Cut", "PT2H", "PT72H")))]
    now = parts[0].starts_at - hours(48)
    for kind, alone in (("reschedule", "cancel"), ("cancel", "reschedule")):
        assert visit_decision(kind, parts[:1] if kind == "reschedule" else parts[1:], now).facts["still_possible"] == alone
        assert visit_decision(kind, parts, now).facts["still_possible"] is None


def starts(world, visit):
    return [world.read(b.ref).starts_at for b in visit]


@pytest.mark.parametrize("to", [at(10, 16), at(10, 14), at(10, 15, 30), at(17, 14)])
def test_the_visit_moves_as_a_block_even_into_its_own_time(world, visit, to):
    done = move(world, visit[0], to)
    assert starts(world, visit) == [to, to + hours(1)]
    assert [b.visit_id for b in done.bookings] == [visit[0].visit_id] * 2


def test_from_any_part_the_new_start_is_the_visits(world, visit):
    assert move(world, visit[1], at(11, 15)).booking.starts_at == at(11, 16)
    assert starts(world, visit) == [at(11, 15), at(11, 16)]


def test_all_parts_move_or_none(world, visit):
    world.book(at(11, 16), email="bea@example.com")
    no = refused("slot_taken", move, world, visit[0], at(11, 15))
    assert [d["ref"] for d in no.facts["dates"]] == [visit[1].ref]
    assert (starts(world, visit), world.outbox("booking_moved")) == ([at(10, 15), at(10, 16)], [])


def test_the_strictest_window_counts_from_the_start_of_the_visit(world, visit):
    world.set_clock(at(10, 15) - hours(72))
    with reading(world.store_id) as tx:
        assert {kind: visit_decision(kind, visit_of(tx, visit[0].ref), tx.now).deadline for kind in ("reschedule", "cancel")} == {
            "reschedule": at(7, 15), "cancel": at(7, 15)}
    world.set_clock(at(10, 15) - hours(72) + timedelta(microseconds=1))
    assert refused("too_late", move, world, visit[0], at(11, 15)).facts["deadline"] == at(7, 15)
    assert refused("too_late", cancel, world, visit[0]).facts["notice_hours"] == "72"
    refused("too_late", move, world, visit[0], at(11, 15), by=MERCHANT)
    assert starts(world, visit) == [at(10, 15), at(10, 16)]
    move(world, visit[0], at(11, 15), by=MERCHANT, override=True)
    assert starts(world, visit) == [at(11, 15), at(11, 16)]


def test_one_mail_one_entry_for_each_part_and_one_for_the_visit(world, visit):
    move(world, visit[0], at(11, 15))
    mails = world.outbox("booking_moved")
    assert [row.recipient for row in mails] == ["ada@example.com"]
    assert [line["service"] for line in mails[0].payload["bookings"]] == ["Colour", "Cut"]
    told = world.outbox("merchant_booking_moved")
    assert sorted(row.recipient for row in told) == ["elena@example.com", "shop@example.com"], "the team hears once too (R40)"
    for mail in (render_mail(row.topic, row.payload, "opencals.com") for row in told):
        assert "Ada Archer: several bookings have moved, the first to Thu, Mar 11, 2027, 10:00 AM EST." in mail.text and mail.subject.endswith("(+1)")
        assert "- Cut, Thu, Mar 11, 2027, 11:00 AM EST (before: Wed, Mar 10, 2027, 11:00 AM EST)" in mail.text
    assert world.sql("select action, count(*) from audit_entries where action like 'resch%%' group by action order by action") == [
        ("reschedule_booking", 2), ("reschedule_visit", 1)]


def test_of_a_cancelled_visit_each_hears_once_of_what_concerns_them(world):
    """R40: the shop of all of it, with the reason; whoever gives a part of that part."""
    parts = [world.book(at(10, hour), service=world.add_service(name, policy=LOOSE), staff=staff) for hour, name, staff in (
        (15, "Colour", world.elena), (16, "Cut", world.tom), (17, "Wash", world.elena))]
    link(world, *parts)
    cancel(world, world.read(parts[1].ref), reason="Away")
    said = {row.recipient: render_mail(row.topic, row.payload, "opencals.com") for row in world.outbox("merchant_booking_cancelled")}
    assert len(world.outbox("merchant_booking_cancelled")) == 3 and {who: [name in mail.text for name in ("Colour", "Cut", "Wash", "Away")] for who, mail in said.items()} == {
        "shop@example.com": [True, True, True, True], "elena@example.com": [True, False, True, False], "tom@example.com": [False, True, False, False]}
    assert "Ada Archer: Cut, Wed, Mar 10, 2027, 11:00 AM EST is cancelled." in said["tom@example.com"].text


def test_cancelling_the_visit_adds_up_its_parts(world, visit):
    seen = preview(world, visit[0])
    assert ([part.quote.amount for part in seen.parts], seen.total.outcome, seen.total.amount, seen.total.kept) == (
        [2000, 500], "partial", 2500, 500)
    done = cancel(world, visit[1], preview(world, visit[1]))
    assert (done.refund.amount, [(b.status, b.owed) for b in done.bookings]) == (2500, [("cancelled", 2000), ("cancelled", 500)])
    assert len(world.outbox("booking_cancelled")) == 1


def test_a_part_that_changed_since_stops_the_whole(world, visit):
    seen = preview(world, visit[0])
    move(world, visit[0], at(11, 15), by=MERCHANT)
    refused("quote_changed", cancel, world, visit[0], seen)
    refused("invalid", cancel, world, visit[1], seen)
    assert {world.read(b.ref).status for b in visit} == {"confirmed"}


def test_a_part_is_cancelled_with_its_own_money_where_the_shop_allows_it(world, visit):
    done = cancel_visit_part(world.store_id, world.customer(visit[0]), visit[1].ref, quote=quoted(world, visit[1]))
    assert (done.booking.status, done.refund.amount, world.read(visit[0].ref).status) == ("cancelled", 500, "confirmed")
    move(world, visit[0], at(11, 15))
    assert starts(world, visit) == [at(11, 15), at(10, 16)]
    refused("closed", move, world, visit[1], at(12, 15))


def test_no_part_alone_where_the_shop_does_not(world):
    service = world.add_service("Whole", policy={"cancel": {"part_cancel": False}})
    parts = [world.book(at(10, hour), service=service, staff=world.elena, paid=1000) for hour in (15, 16)]
    link(world, *parts)
    b = world.read(parts[1].ref)
    assert refused("not_allowed", cancel_visit_part, world.store_id, world.customer(b), b.ref, quote=quoted(world, b)).facts["part"]
    assert cancel_visit_part(world.store_id, MERCHANT, b.ref).booking.status == "cancelled"


def test_a_part_never_moves_alone_whichever_door_asks(world, visit):
    no = refused("not_allowed", reschedule_booking, world.store_id, world.customer(visit[0]), visit[0].ref, starts_at=at(12, 15))
    assert no.facts["visit"] and starts(world, visit) == [at(10, 15), at(10, 16)]
    world.set_clock(at(10, 15) - hours(71))
    assert refused("too_late", cancel_booking, world.store_id, world.customer(visit[0]), visit[0].ref, quote=quoted(world, visit[0]))
    assert reschedule_booking(world.store_id, MERCHANT, visit[0].ref, starts_at=at(12, 15), override=True).booking.starts_at == at(12, 15)


def test_the_shop_says_what_comes_back(world, visit):
    assert cancel_visit(world.store_id, MERCHANT, visit[0].ref, refund="full").refund.amount == 3000
    refused("closed", cancel_visit, world.store_id, MERCHANT, visit[0].ref)
    refused("invalid", cancel_visit, world.store_id, MERCHANT, visit[0].ref, refund="half")


def test_a_single_booking_is_a_visit_of_one(world):
    b = world.book(at(10, 15))
    assert move(world, b, at(11, 15)).booking.starts_at == at(11, 15)
    with reading(world.store_id) as tx, pytest.raises(Refused, match="not_found"):
        visit_of(tx, "0" * 12)


def test_moves_and_cancellations_at_once_leave_a_whole_visit(world, visit):
    seen = preview(world, visit[0])
    outcomes = race(world, [lambda: cancel(world, visit[0], seen), *[
        lambda h=h: move(world, visit[0], at(12, h), version=visit[0].version) for h in (14, 16, 18)]])
    assert outcomes.count("ok") == 1
    statuses = {world.read(b.ref).status for b in visit}
    assert len(statuses) == 1
    first, second = starts(world, visit)
    assert second - first == hours(1)
