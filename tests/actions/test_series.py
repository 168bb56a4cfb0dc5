"""Series: made at one wall time, changed by scope, with what stays and what does not fit told first (R25, R27, R31)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.cancel_series import cancel_series, preview_cancel_series
from booking.actions.create_series import create_series
from booking.actions.mark_booking import arrive_booking
from booking.actions.people import Person
from booking.actions.refund_booking import refund_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.reschedule_series import preview_reschedule_series, reschedule_series
from booking.actions.services import update_service
from booking.settled import outcome_of_several
from booking.wording import words_for
from messages import render_mail
from models.session import reading
from tests.actions.test_cancel import TWO_DAYS
from tests.actions.test_reschedule import race, refused
from tests.support.world import MERCHANT, World, at, hours

ADA = Person("Ada Archer", "ada@example.com", "+12125550101")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def series(world, dates=4, *, paid=10000, by=MERCHANT, start=None, **more):
    """Fridays from March 5, 10:00 in New York: 15:00 UTC, from March 19 on 14:00 UTC."""
    values = {"service_id": world.service, "staff_id": world.elena, "person": ADA} | more
    return create_series(world.store_id, by, starts_at=start or at(5, 15), dates=dates,
                         payments=[{"amount": paid, "method": "card"}] if paid else [], **values).bookings


def cancel_preview(world, b, scope):
    with reading(world.store_id) as tx:
        return preview_cancel_series(tx, b.ref, scope)


def move_preview(world, b, scope, starts_at, **more):
    with reading(world.store_id) as tx:
        return preview_reschedule_series(tx, b.ref, scope, starts_at, **more)


def cancel(world, b, scope, preview=None, **more):
    quote = (preview or cancel_preview(world, b, scope)).sign()
    return cancel_series(world.store_id, world.customer(b), b.ref, scope=scope, quote=quote, **more)


def move(world, b, scope, starts_at, by=None, **more):
    return reschedule_series(world.store_id, by or world.customer(b), b.ref, scope=scope, starts_at=starts_at, **more)


def states(world, bookings):
    return [world.read(b.ref).status for b in bookings]


def starts(world, bookings):
    return [world.read(b.ref).starts_at for b in bookings]


class TestCreate:
    def test_the_wall_time_stays_across_the_clock_change(self, world):
        made = series(world)
        assert [b.starts_at for b in made] == [at(5, 15), at(12, 15), at(19, 14), at(26, 14)]
        assert {b.local_start.hour for b in made} == {10}
        assert len({b.series_id for b in made}) == 1 and made[0].series_id is not None
        assert len({b.ref for b in made}) == 4

    def test_one_payment_is_split_to_the_last_cent(self, world):
        assert [b.paid for b in series(world, 3, paid=10000)] == [3334, 3333, 3333]

    def test_one_mail_names_every_date(self, world):
        made = series(world)
        mails = world.outbox("booking_confirmed")
        assert [row.recipient for row in mails] == ["ada@example.com"]
        assert [line["ref"] for line in mails[0].payload["bookings"]] == [b.ref for b in made]
        assert world.sql("select count(*) from audit_entries where action = 'create_series'") == [(1,)]
        [told] = world.outbox("merchant_booking_created")
        mail = render_mail(told.topic, told.payload, "opencals.com")
        assert told.recipient == "elena@example.com" and "Ada Archer has several new bookings, the first on Fri, Mar 5, 2027" in mail.text, "staff too, once (R40)"
        assert mail.subject.endswith("(+3)") and mail.text.count("\n- Fri, Mar ") == 4

    def test_that_any_of_them_overlaps_is_told_to_the_staff_too(self, world):
        world.book(at(12, 15, 30), email="bea@example.com")
        made = series(world, 3, override=True)
        assert [b.conflict for b in made] == [False, True, False]
        told = [row for row in world.outbox("merchant_booking_created") if len(row.payload.get("bookings", ())) == 3]
        assert sorted(row.recipient for row in told) == ["elena@example.com", "shop@example.com"]
        assert all("This time overlaps another booking." in render_mail(row.topic, row.payload, "opencals.com").text for row in told)

    def test_dates_that_do_not_fit_are_all_named_and_nothing_is_made(self, world):
        world.book(at(12, 15, 30), email="bea@example.com")
        world.book(at(26, 14), email="cem@example.com")
        no = refused("slot_taken", series, world)
        assert [(d["starts_at"], d["code"]) for d in no.facts["dates"]] == [(at(12, 15), "slot_taken"), (at(26, 14), "slot_taken")]
        assert (world.sql("select count(*) from bookings"), world.outbox("booking_confirmed")[2:]) == ([(2,)], [])

    def test_a_wall_time_that_clocks_skip_does_not_fit(self, world):
        no = refused("outside_hours", series, world, 2, start=at(7, 7, 30), override=True)
        assert [d["local_start"] for d in no.facts["dates"]] == [datetime(2027, 3, 14, 2, 30)]

    def test_a_customer_known_by_name_only_is_written_down_once(self, world):
        made = series(world, person=Person("Walk-in Wanda"))
        assert len({b.customer_id for b in made}) == 1

    @pytest.mark.parametrize("wrong", [{"dates": 1}, {"dates": 54}, {"every": 0}, {"every": 13}, {"paid": -5}, {"service_id": 1}])
    def test_bad_input_is_refused(self, world, wrong):
        refused("invalid", series, world, **wrong)

    def test_customers_do_not_make_series(self, world):
        b = world.book(at(10, 15))
        refused("not_allowed", series, world, by=world.customer(b))


class TestCancel:
    def test_following_leaves_earlier_dates_alone(self, world):
        made = series(world)
        preview = cancel_preview(world, made[1], "following")
        assert [part.booking.ref for part in preview.parts] == [b.ref for b in made[1:]]
        assert (preview.total.amount, preview.total.kept, preview.stays) == (7500, 0, ())
        done = cancel(world, made[1], "following", preview)
        assert states(world, made) == ["confirmed"] + ["cancelled"] * 3
        assert (done.refund.amount, [b.owed for b in done.bookings]) == (7500, [2500] * 3)

    def test_dates_whose_money_went_back_before_say_the_same_afterwards(self, world):
        made = series(world)
        for b in made:
            refund_booking(world.store_id, MERCHANT, b.ref, amount=2500)
        preview = cancel_preview(world, made[0], "all")
        cancel(world, made[0], "all", preview)
        with reading(world.store_id) as tx:
            told = outcome_of_several(tx, world.read(made[0].ref))
        assert told is not None and told.before == 10_000
        assert words_for("en").refund(told.facts(), "H") == words_for("en").refund(preview.total.facts(), "H")

    def test_dates_inside_the_window_stay_and_past_ones_are_not_mentioned(self, world):
        made = series(world)
        world.set_clock(at(12, 15) - hours(23))
        preview = cancel_preview(world, made[2], "all")
        assert [stay.booking.ref for stay in preview.stays] == [made[1].ref]
        assert preview.stays[0].decision.reason == "too_late"
        cancel(world, made[2], "all", preview)
        assert states(world, made) == ["confirmed", "confirmed", "cancelled", "cancelled"]

    def test_this_one_only(self, world):
        made = series(world)
        cancel(world, made[2], "this")
        assert states(world, made) == ["confirmed", "confirmed", "cancelled", "confirmed"]

    def test_when_nothing_can_be_cancelled_it_says_why(self, world):
        made = series(world)
        world.set_clock(at(5, 14))
        refused("too_late", cancel, world, made[0], "this")
        assert states(world, made) == ["confirmed"] * 4

    def test_one_mail_one_entry_for_each_date_and_one_for_the_series(self, world):
        made = series(world)
        world.set_clock(at(5, 14))
        cancel(world, made[1], "all")
        mails = world.outbox("booking_cancelled")
        assert [row.recipient for row in mails] == ["ada@example.com"]
        payload = mails[0].payload
        assert ([line["ref"] for line in payload["bookings"]], [line["ref"] for line in payload["stays"]]) == (
            [b.ref for b in made[1:]], [made[0].ref])
        assert payload["refund"]["amount"] == 7500
        team = {row.recipient: row for row in world.outbox("merchant_booking_cancelled")}
        assert sorted(team) == ["elena@example.com", "shop@example.com"] and len(world.outbox("merchant_booking_cancelled")) == 2, "once each (R40)"
        for mail in (render_mail(row.topic, row.payload, "opencals.com") for row in team.values()):
            assert "Ada Archer: several bookings are cancelled, the first on Fri, Mar 12, 2027, 10:00 AM EST." in mail.text and mail.subject.endswith("(+2)")
            assert [f"- {day}" in mail.text for day in ("Fri, Mar 5", "Fri, Mar 12", "Fri, Mar 19", "Fri, Mar 26")] == [False, True, True, True]
        assert "Refund: $75." in render_mail("merchant_booking_cancelled", team["shop@example.com"].payload, "opencals.com").text
        assert world.sql("select action, count(*) from audit_entries where action like 'cancel%%' group by action order by action") == [
            ("cancel_booking", 3), ("cancel_series", 1)]

    def test_the_money_is_by_date(self, world):
        made = series(world, service_id=world.add_service("Training", policy=TWO_DAYS))
        world.set_clock(at(12, 15) - hours(47))
        preview = cancel_preview(world, made[1], "following")
        assert [part.quote.amount for part in preview.parts] == [0, 2500, 2500]
        assert (preview.total.outcome, preview.total.amount, preview.total.kept) == ("partial", 5000, 2500)

    def test_a_worse_outcome_of_one_date_stops_all(self, world):
        made = series(world, service_id=world.add_service("Training", policy=TWO_DAYS))
        world.set_clock(at(12, 15) - hours(48))
        seen = cancel_preview(world, made[1], "following")
        world.set_clock(at(12, 15) - hours(48) + timedelta(microseconds=1))
        no = refused("quote_changed", cancel, world, made[1], "following", seen)
        assert no.facts["preview"].total.amount == 5000
        assert states(world, made) == ["confirmed"] * 4
        cancel(world, made[1], "following", no.facts["preview"])
        assert states(world, made) == ["confirmed"] + ["cancelled"] * 3

    def test_a_date_that_moved_or_closed_since_stops_all(self, world):
        made = series(world)
        seen = cancel_preview(world, made[0], "all")
        reschedule_booking(world.store_id, MERCHANT, made[2].ref, starts_at=at(20, 15))
        refused("quote_changed", cancel, world, made[0], "all", seen)
        seen = cancel_preview(world, made[0], "all")
        arrive_booking(world.store_id, MERCHANT, made[3].ref)
        refused("quote_changed", cancel, world, made[0], "all", seen)
        assert "cancelled" not in states(world, made)

    def test_dates_not_shown_are_left_alone(self, world):
        made = series(world)
        world.set_clock(at(5, 14))
        seen = cancel_preview(world, made[1], "all")
        update_service(world.store_id, MERCHANT, world.service, policy={"cancel": {"notice": "PT0S"}})
        cancel(world, made[1], "all", seen)
        assert states(world, made) == ["confirmed"] + ["cancelled"] * 3

    def test_a_quote_is_for_its_scope_and_booking_only(self, world):
        made = series(world)
        text = cancel_preview(world, made[1], "this").sign()
        for ref, scope in ((made[1].ref, "all"), (made[2].ref, "this")):
            refused("invalid", cancel_series, world.store_id, world.customer(made[0]), ref, scope=scope, quote=text)
        refused("invalid", cancel_series, world.store_id, world.customer(made[0]), made[1].ref, scope="this", quote=text[:-6] + "AAAAAA")
        refused("invalid", cancel_series, world.store_id, world.customer(made[0]), made[1].ref, scope="this")
        refused("invalid", cancel_series, world.store_id, MERCHANT, made[1].ref, scope="some")

    def test_the_shop_may_take_late_dates_too_and_give_everything_back(self, world):
        made = series(world)
        world.set_clock(at(5, 14))
        done = cancel_series(world.store_id, MERCHANT, made[0].ref, scope="all", refund="full", override=True)
        assert (states(world, made), done.refund.amount) == (["cancelled"] * 4, 10000)

    def test_six_at_once_make_one_refund_for_each_date(self, world):
        made = series(world)
        seen = cancel_preview(world, made[0], "all")
        outcomes = race(world, [lambda: cancel(world, made[0], "all", seen)] * 3 + [
            lambda b=b: cancel_booking(world.store_id, MERCHANT, b.ref) for b in made[1:]])
        assert set(outcomes) <= {"ok", "closed", "quote_changed", "no_change"}
        assert {row[1] for row in world.sql("select booking_id, count(*) from refunds group by booking_id")} == {1}
        assert sum(world.read(b.ref).owed for b in made) == 2500 * states(world, made).count("cancelled")


class TestMove:
    def test_following_keeps_weekday_and_wall_time_shift(self, world):
        made = series(world)
        done = move(world, made[1], "following", at(13, 17))
        assert starts(world, made) == [at(5, 15), at(13, 17), at(20, 16), at(27, 16)]
        assert [b.local_start.hour for b in done.bookings] == [12] * 3
        assert {b.customer_moves for b in done.bookings} == {1}

    @pytest.mark.parametrize(("to", "all_of_them"), [(at(12, 15), [at(12, 15), at(19, 14), at(26, 14), at(2, 14, month=4)]),
                                                     (at(5, 15, 30), [at(5, 15, 30), at(12, 15, 30), at(19, 14, 30), at(26, 14, 30)])])
    def test_into_time_that_the_series_itself_leaves(self, world, to, all_of_them):
        made = series(world)
        preview = move_preview(world, made[0], "all", to)
        assert ([t.starts_at for t in preview.fits], preview.misfits) == (all_of_them, ())
        move(world, made[0], "all", to, expect=[t.booking.ref for t in preview.fits])
        assert starts(world, made) == all_of_them

    def test_and_back_again(self, world):
        made = series(world)
        move(world, made[0], "all", at(12, 15))
        move(world, made[0], "all", at(5, 15))
        assert starts(world, made) == [at(5, 15), at(12, 15), at(19, 14), at(26, 14)]

    def test_dates_that_do_not_fit_are_told_and_nothing_moves(self, world):
        made = series(world)
        world.book(at(19, 16), email="bea@example.com")
        preview = move_preview(world, made[0], "all", at(5, 17))
        assert [(t.booking.ref, t.problem) for t in preview.misfits] == [(made[2].ref, "slot_taken")]
        no = refused("slot_taken", move, world, made[0], "all", at(5, 17))
        assert [(d["ref"], d["starts_at"]) for d in no.facts["dates"]] == [(made[2].ref, at(19, 16))]
        assert starts(world, made) == [b.starts_at for b in made]
        move(world, made[0], "all", at(5, 17), without=[made[2].ref])
        assert starts(world, made) == [at(5, 17), at(12, 17), at(19, 14), at(26, 16)]

    def test_late_dates_stay(self, world):
        made = series(world)
        world.set_clock(at(5, 14))
        preview = move_preview(world, made[1], "all", at(12, 17))
        assert [stay.booking.ref for stay in preview.stays] == [made[0].ref]
        move(world, made[1], "all", at(12, 17))
        assert starts(world, made) == [at(5, 15), at(12, 17), at(19, 16), at(26, 16)]

    def test_other_dates_than_shown_are_stale(self, world):
        made = series(world)
        shown = [t.booking.ref for t in move_preview(world, made[0], "all", at(5, 17)).fits]
        cancel_booking(world.store_id, MERCHANT, made[3].ref)
        refused("stale", move, world, made[0], "all", at(5, 17), expect=shown)
        refused("stale", move, world, made[0], "all", at(5, 17), version=9)
        assert starts(world, made)[0] == at(5, 15)

    def test_one_mail_one_entry_for_each_date_and_one_for_the_series(self, world):
        made = series(world)
        move(world, made[1], "following", at(12, 17))
        mails = world.outbox("booking_moved")
        assert [row.recipient for row in mails] == ["ada@example.com"]
        assert [(x["old_starts_at"], x["starts_at"]) for x in mails[0].payload["bookings"]][0] == (at(12, 15).isoformat(), at(12, 17).isoformat())
        told = world.outbox("merchant_booking_moved")
        assert sorted((row.recipient, len(row.payload["bookings"])) for row in told) == [("elena@example.com", 3), ("shop@example.com", 3)], "R40"
        assert world.sql("select action, count(*) from audit_entries where action like 'resch%%' group by action order by action") == [
            ("reschedule_booking", 3), ("reschedule_series", 1)]

    def test_where_the_shop_decides_both_times_are_kept(self, world):
        made = series(world, service_id=world.add_service("By request", policy={"approval": "reschedule_only"}))
        preview = move_preview(world, made[0], "all", at(12, 15))
        assert [t.booking.ref for t in preview.misfits] == [b.ref for b in made[:3]]
        done = move(world, made[0], "all", at(5, 17))
        assert {b.status for b in done.bookings} == {"pending"}
        assert (len(world.outbox("approval_asked")), world.outbox("booking_moved")) == (1, [])

    def test_what_waits_is_no_part_of_what_has_moved(self, world):
        """R31, R40: one message, in whose calendar file is what has moved."""
        made = series(world, service_id=world.add_service("Late by request", policy={
            "approval": "by_notice", "approval_notice": "P8D", "reschedule": {"notice": "PT2H"}}))
        done = move(world, made[0], "all", at(5, 17))
        assert [b.status for b in done.bookings] == ["pending", "confirmed", "confirmed", "confirmed"]
        [mail] = world.outbox("booking_moved")
        assert (world.outbox("approval_asked"), [line["ref"] for line in mail.payload["bookings"]]) == ([], [b.ref for b in made[1:]])
        assert ([line["ref"] for line in mail.payload["waits"]], mail.payload["waits_kept"]) == ([made[0].ref], True)
        assert made[0].ref not in render_mail("booking_moved", mail.payload, "opencals.com").ics

    @pytest.fixture
    def waits(self, world):
        """Two dates whose moves wait: both asked for an hour later than they were."""
        made = series(world, 2, paid=0, service_id=world.add_service("By request", policy={"approval": "reschedule_only"}))
        move(world, made[0], "all", at(5, 16))
        assert states(world, made) == ["pending"] * 2
        return made

    def test_dates_whose_old_time_is_chosen_again_have_not_moved(self, world, waits):
        """R17: that the request was taken back is told, to the customer and the shop, and no more."""
        move(world, waits[0], "all", at(5, 15))
        assert (states(world, waits), starts(world, waits)) == (["confirmed"] * 2, [b.starts_at for b in waits])
        assert len(world.outbox("approval_refused")) == len(world.outbox("merchant_offers_ended")) == 2
        assert world.outbox("booking_moved", "merchant_booking_moved") == []

    def test_beside_those_that_move_they_are_not_counted(self, world):
        made = series(world, 3, paid=0, start=at(5, 17), service_id=world.add_service("Late by request", policy={
            "approval": "by_notice", "approval_notice": "P8D", "reschedule": {"notice": "PT2H"}}))
        move(world, made[0], "this", at(5, 18))
        move(world, made[0], "all", at(5, 17))
        assert starts(world, made) == [at(5, 17), at(12, 16), at(19, 15)]
        told = world.outbox("booking_moved", "merchant_booking_moved")
        assert {row.recipient for row in told} == {"ada@example.com", "elena@example.com", "shop@example.com"}
        assert {tuple(line["ref"] for line in row.payload["bookings"]) for row in told if "bookings" in row.payload} == {(made[1].ref, made[2].ref)}

    def test_the_shop_that_moves_them_to_their_old_time_tells_the_customer(self, world, waits):
        move(world, waits[0], "all", at(5, 15), by=MERCHANT)
        [mail] = world.outbox("booking_moved")
        assert [line["ref"] for line in mail.payload["bookings"]] == [b.ref for b in waits] and states(world, waits) == ["confirmed"] * 2

    def test_the_series_of_another_customer_is_untouched(self, world):
        made, others = series(world), series(world, person=Person("Bea", "bea@example.com"), start=at(5, 19))
        move(world, made[0], "all", at(5, 16))
        assert starts(world, others) == [b.starts_at for b in others]
