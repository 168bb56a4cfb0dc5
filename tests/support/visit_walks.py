"""The way of a visit and of a series through the same: several move together, with one payment for what they cost more, and each has its
own money (R26, R31, R32)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from booking import facts
from booking.actions.action import Done
from booking.actions.cancel_series import CancelPreview, cancel_series, preview_cancel_series
from booking.actions.create_series import create_series
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.outside_refund import note_outside_refund
from booking.actions.pay_together import begin_difference_together
from booking.actions.people import Person
from booking.actions.planned_together import MoveTogether
from booking.actions.reschedule_series import preview_reschedule_series, reschedule_series
from booking.actions.services import update_service
from booking.actions.visits import cancel_visit, preview_cancel_visit, reschedule_visit
from booking.rules.decision import Refused
from booking.settled import outcome_of_several
from messages import render_mail
from models.actor import SYSTEM
from models.booking_summary import BookingSummary
from models.session import reading
from tests.support.money_walks import METHODS, VENUE, W, Walk
from tests.support.world import MERCHANT, NOW, World, at


class VisitWalk(Walk):
    """`b` is the part something happens to; moves and what the customer cancels are of all that are open."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.by, self.count = world, random.Random(f"visit {number}"), 0
        world.set_clock(NOW)
        self.prices = [self.by.choice((1000, 2501, 5000, 9999)) for _ in range(3)]
        self.days = [at(day, hour) for day in (9, 11, 13) for hour in (15, 16)]
        made = self.made(number)
        self.refs, self.b = [b.ref for b in made], made[0]
        self.log: list[Any] = [("booked", [(b.status, b.price) for b in made])]
        for self.b in made:
            if self.by.random() < 0.8:
                self.pay_all()
        self.check()

    def made(self, number: int) -> Sequence[BookingSummary]:
        person = self.world.staff(f"Stylist {number}")
        services = [self.world.add_service(f"Part {n} of {number}", price=self.by.choice(self.prices), staff=[person], policy=self.policy())
                    for n in range(self.by.choice((2, 2, 3)))]
        return create_visit(self.world.store_id, MERCHANT, person=Person("Ada", f"v{number}@example.com"), starts_at=self.days[0],
                            parts=[VisitPart(service, person) for service in services]).bookings

    def next(self) -> None:
        self.b = self.world.read(self.by.choice(self.refs))

    def verbs(self) -> list[tuple[Callable[[], None], int]]:
        return [(self.pay, 1), (self.pay_all, 2), (self.move, 5), (self.move_dearer, 5), (self.move_by_shop, 1), (self.cancel, 1), (self.cancel_by_shop, 1), (self.give, 2),
                (self.hand_over, 3), (self.send, 4), (self.answer, 2), (self.reprice, 4), (self.repolicy, 1), (self.wait, 1), (self.outside, 2)]

    def parts(self) -> list[BookingSummary]:
        return [self.world.read(ref) for ref in self.refs]

    def pay_all(self) -> None:
        if self.b.due:
            self._note(self.b.due, self.by.choice(METHODS))

    def move(self) -> None:
        with reading(self.world.store_id) as tx:
            now = dict(tx.db.exec_driver_sql("select id, price from services").all())
        price = sum(b.price if facts.effective_policy(b).price_difference == "keep" else now[b.service_id] for b in self.parts() if b.holding)
        to = self.by.choice(self.days)
        try:
            reschedule_visit(self.world.store_id, self.customer, self.b.ref, starts_at=to, price=price)
        except Refused as refused:
            if not refused.facts.get("pay"):
                raise
            self.pay_first(begin_difference_together(
                self.world.store_id, self.customer, self.b.ref, MoveTogether("visit", to), version=self.b.version, price=price,
                pays=refused.facts["pay"], browser="walk"))

    def move_dearer(self) -> None:
        """All of it paid, to times that cost more together, if not each."""
        for self.b in self.parts():
            if self.by.random() < 0.9:
                self.pay_all()
            update_service(self.world.store_id, MERCHANT, self.b.service_id, price=max(0, self.b.price + self.by.randint(-500, 2000)))
        self.b = self.world.read(self.by.choice([b.ref for b in self.parts() if b.holding] or self.refs))
        self.move()

    def move_by_shop(self) -> None:
        reschedule_visit(self.world.store_id, MERCHANT, self.b.ref, starts_at=self.by.choice(self.days))

    def cancel(self) -> None:
        self._cancel_together(preview_cancel_visit, cancel_visit)

    def _cancel_together(self, preview: Callable[..., CancelPreview], cancel: Callable[..., Done], **scope: str) -> None:
        """What is shown of all of them, what happens and what is told are the same (A8)."""
        as_credit, before = self.by.random() < 0.3, self.parts()
        with reading(self.world.store_id) as tx:
            shown = preview(tx, self.b.ref, **scope, as_credit=as_credit)
        done = cancel(self.world.store_id, self.customer, self.b.ref, **scope, quote=shown.sign(), as_credit=as_credit)
        assert done.refund == shown.total and [b.id for b in done.bookings] == [part.booking.id for part in shown.parts], self.log
        said = W.refund(shown.total.facts(), VENUE)
        with reading(self.world.store_id) as tx:
            told = outcome_of_several(tx, self.world.read(done.bookings[0].ref))
        assert told is not None and W.refund(told.facts(), VENUE, done=True) == said, (said, W.refund(told.facts(), VENUE, done=True), self.log)
        mail = render_mail("booking_cancelled", [row for row in self.world.outbox("booking_cancelled") if row.booking_id == done.bookings[0].id][-1].payload, "x.example")
        assert " ".join(said.split()) in " ".join(mail.text.split()), (said, mail.text, self.log)
        assert sum(now.owed - was.owed for now, was in zip(self.parts(), before, strict=True)) == shown.total.cash, self.log

    def drop_by_shop(self) -> None:
        self.cancel_by_shop()

    def reprice(self) -> None:
        update_service(self.world.store_id, MERCHANT, self.b.service_id, price=self.by.choice(self.prices))

    def repolicy(self) -> None:
        update_service(self.world.store_id, MERCHANT, self.b.service_id, policy=self.policy())

    def outside(self) -> None:
        """Of a payment several share as much as is left of it there, or some."""
        found = self.world.sql("select provider_ref, sum(amount - refunded)::bigint from payments where shared and booking_id = any(%s) group by 1 order by 1",
                               [b.id for b in self.parts()])
        if found:
            reference, left = self.by.choice(found)
            self.count += 1
            note_outside_refund(self.world.store_id, SYSTEM, reference, f"re_{self.b.id}_{self.count}", self.by.choice((left, self.by.randint(1, 2000))) or 1,
                                self.by.choice(("succeeded", "succeeded", "pending")))

    def check(self) -> None:
        """Of each part what holds of any booking, and of one payment for several that its parts are what was taken."""
        for self.b in self.parts():
            super().check()
        for reference, parts, refunded in self.world.sql(
                "select provider_ref, sum(amount)::bigint, sum(refunded)::bigint from payments where shared and booking_id = any(%s) group by 1",
                [b.id for b in self.parts()]):
            [(state, taken)] = self.world.sql("select state, amount from intents where provider_ref = %s", reference)
            [(live,)] = self.world.sql("select coalesce(sum(i.amount), 0)::bigint from refund_intents i join payments p on p.id = i.payment_id"
                                       " where p.provider_ref = %s and i.state <> 'failed'", reference)
            assert (state, taken) == ("succeeded", parts) and live <= refunded <= taken, self.log


class SeriesWalk(VisitWalk):
    """The dates of a series; what is moved or cancelled are those of a scope that fit."""

    def made(self, number: int) -> Sequence[BookingSummary]:
        self.person = self.world.staff(f"Coach {number}")
        service = self.world.add_service(f"Lesson {number}", price=self.by.choice(self.prices), staff=[self.person], policy=self.policy())
        return create_series(self.world.store_id, MERCHANT, service_id=service, staff_id=self.person, person=Person("Ada", f"s{number}@example.com"),
                             starts_at=self.days[0], dates=self.by.choice((2, 3))).bookings

    def move(self) -> None:
        scope, to = self.by.choice(("following", "all")), self.b.starts_at + timedelta(hours=self.by.choice((-1, 1, 24, 48, 168)))
        with reading(self.world.store_id) as tx:
            shown = preview_reschedule_series(tx, self.b.ref, scope, to)
        expect, without = {target.booking.ref for target in shown.fits}, {target.booking.ref for target in shown.misfits}
        price = sum(target.price for target in shown.fits)
        try:
            reschedule_series(self.world.store_id, self.customer, self.b.ref, scope=scope, starts_at=to, expect=expect, without=without, price=price)
        except Refused as refused:
            if not refused.facts.get("pay"):
                raise
            self.pay_first(begin_difference_together(
                self.world.store_id, self.customer, self.b.ref, MoveTogether(scope, to, None, expect, without), version=self.b.version, price=price,
                pays=refused.facts["pay"], browser="walk"))

    def move_by_shop(self) -> None:
        reschedule_series(self.world.store_id, MERCHANT, self.b.ref, scope="following", starts_at=self.b.starts_at + timedelta(hours=self.by.choice((-1, 1, 24))))

    def cancel(self) -> None:
        self._cancel_together(preview_cancel_series, cancel_series, scope=self.by.choice(("this", "following")))
