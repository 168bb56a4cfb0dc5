"""A booking's way through payments, moves, seats that leave, refunds and cancellations in any order, and what must hold after each step."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from booking import facts, quotes
from booking.actions.action import Done
from booking.actions.approve_booking import approve_booking
from booking.actions.cancel_booking import cancel_booking
from booking.actions.carry_refund import Said, begin_refund, record_refund
from booking.actions.create_booking import create_booking
from booking.actions.decline_booking import decline_booking
from booking.actions.hold_slot import release_hold
from booking.actions.intents import give_up_intent, name_intent
from booking.actions.kept_time import keeper
from booking.actions.outside_refund import note_outside_refund
from booking.actions.pay_difference import begin_difference, move_paid, return_difference
from booking.actions.people import Person
from booking.actions.record_payment import record_payment
from booking.actions.refund_booking import execute_refund, refund_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.actions.sessions import create_session
from booking.credit import pay_with_credit
from booking.rules.decision import Refused
from booking.rules.money import share_of
from booking.rules.terms import share_of_tier, tier_at
from booking.settled import outcome_of, outcome_of_seats
from booking.wording import words_for
from messages import render_mail
from models.actor import SYSTEM, Actor
from models.booking_summary import BookingSummary
from models.session import reading, transaction
from sync.payments import Payments
from tests.support.world import MERCHANT, NOW, World, at

W = words_for("en")
VENUE = "Harbor Massage"
METHODS = ("card", "cash", "gift_card", "external")
TIERS = (
    [{"outcome": "full"}], [{"outcome": "forfeit"}], [{"outcome": "partial", "percent": 33}], [{"outcome": "credit"}], [{"outcome": "partial", "amount": 1999}],
    [{"at_least": "P5D", "outcome": "full"}, {"at_least": "P2D", "outcome": "partial", "percent": 50}, {"outcome": "forfeit"}],
    [{"at_least": "P5D", "outcome": "partial", "percent": 75}, {"outcome": "credit", "percent": 40}],
    [{"at_least": "P3D", "outcome": "full"}, {"outcome": "partial", "amount": 1500}])


class Walk:
    """One booking of a class and what happens to it. Each step is a real action; one that is refused changes nothing."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.by = world, random.Random(number)
        world.set_clock(NOW)
        self.prices = [self.by.choice((1000, 2501, 5000, 9999)) for _ in range(3)]
        self.person = world.staff(f"Teacher {number}")
        self.service = world.add_service(f"Class {number}", capacity=40, price=self.prices[0], staff=[self.person], policy=self.policy())
        self.days = [at(day, 15) for day in (9, 11, 13)]
        for day in self.days:
            create_session(world.store_id, MERCHANT, service_id=self.service, staff_id=self.person, starts_at=day, capacity=40)
        seats = self.by.choice((1, 1, 2, 3, 4, 7))
        price = self.prices[0] * seats
        payments, left = [], self.by.choice((0, price, price, price // 2))
        while left:
            part = left if len(payments) == 2 else self.by.randint(1, left)
            payments.append({"amount": part, "method": self.by.choice(METHODS)})
            left -= part
        self.b = create_booking(world.store_id, self.by.choice((MERCHANT, Actor("customer", "account"))), service_id=self.service, starts_at=self.days[0],
                                staff_id=self.person, seats=seats, payments=payments, person=Person("Ada", f"w{number}@example.com")).booking
        world.take_cards()
        self.log: list[Any] = [("booked", self.b.status, seats, price, [(p["method"], p["amount"]) for p in payments])]
        self.check()

    def policy(self) -> dict[str, Any]:
        return {"cancel": {"notice": "PT0S", "tiers": self.by.choice(TIERS), "fee": {"amount": self.by.choice((0, 0, 0, 700, 4000))},
                           "refund_mode": self.by.choice(("automatic", "manual")), "credit_choice": self.by.random() < 0.3},
                "reschedule": {"notice": "PT0S", "limit": 0, "price_difference": self.by.choice(("keep", "difference", "difference"))},
                "approval": self.by.choice(("automatic", "automatic", "reschedule_only", "manual"))}

    def walk(self, steps: int) -> None:
        for _ in range(steps):
            self.world.set_clock(self.world.now + timedelta(seconds=1))
            self.next()
            verb = self.by.choices(*zip(*self.verbs()))[0]
            try:
                verb()
                done: Any = "done"
            except Refused as refused:
                done = refused.code
            self.log.append((verb.__name__, self.b.ref, done, [(b.status, b.seats, b.price, b.paid, b.refunded, b.owed, b.due) for b in self.parts()]))
            self.check()

    def next(self) -> None:
        """What the next step happens to."""
        self.b = self.world.read(self.b.ref)

    def parts(self) -> list[BookingSummary]:
        return [self.world.read(self.b.ref)]

    def verbs(self) -> list[tuple[Callable[[], None], int]]:
        return [(self.pay, 3), (self.move, 3), (self.move_dearer, 2), (self.move_by_shop, 1), (self.drop, 3), (self.drop_by_shop, 1), (self.cancel, 1), (self.cancel_by_shop, 1),
                (self.give, 2), (self.hand_over, 3), (self.send, 3), (self.answer, 2), (self.reprice, 2), (self.repolicy, 1), (self.wait, 2), (self.outside, 1),
                (self.spend, 1), (self.order_ends, 1)]

    @property
    def customer(self) -> Actor:
        return self.world.customer(self.b)

    def pay(self) -> None:
        self._note(self.by.randint(1, max(1, self.b.due)), self.by.choice(METHODS))

    def _note(self, amount: int, method: str) -> None:
        record_payment(self.world.store_id, MERCHANT, self.b.ref, {"amount": amount, "method": method})
        self.world.take_cards()

    def move(self) -> None:
        with reading(self.world.store_id) as tx:
            price = tx.db.exec_driver_sql("select price from services where id = %s", (self.service,)).scalar_one() * self.b.seats
            if facts.effective_policy(self.b).price_difference == "keep":
                price = self.b.price
        to = {"starts_at": self.by.choice(self.days), "price": price}
        try:
            reschedule_booking(self.world.store_id, self.customer, self.b.ref, **to)
        except Refused as refused:
            if not refused.facts.get("pay"):
                raise
            self.pay_first(begin_difference(self.world.store_id, self.customer, self.b.ref, **to, staff_id=None, version=self.b.version,
                                            pays=refused.facts["pay"], browser="walk"))

    def move_dearer(self) -> None:
        """Paid in full, to a time that costs more."""
        if self.b.due:
            self._note(self.b.due, self.by.choice(METHODS))
        update_service(self.world.store_id, MERCHANT, self.service, price=self.b.price // self.b.seats + self.by.randint(1, 2000))
        self.b = self.world.read(self.b.ref)
        self.move()

    def pay_first(self, begun: Done) -> None:
        """What a card pays before a move (R26): at once, after something else has happened, never, and by page and webhook both."""
        intent, reference = begun.facts["intent_id"], f"pi_{begun.facts['intent_id']}"
        name_intent(self.world.store_id, SYSTEM, intent, reference, None)
        if self.by.random() < 0.4:
            try:
                self.by.choice((self.reprice, self.repolicy, self.wait, self.drop_by_shop, self.cancel_by_shop, self.move_by_shop, self.answer, self.give))()
            except Refused:
                pass
        if self.by.random() < 0.1:
            give_up_intent(self.world.store_id, SYSTEM, intent, "cancelled")
            release_hold(self.world.store_id, SYSTEM, keeper(intent))
            return
        try:
            for _ in range(2):
                move_paid(self.world.store_id, SYSTEM, intent, reference, begun.facts["amount"])
        except Refused as refused:
            for _ in range(2):
                return_difference(self.world.store_id, SYSTEM, intent, refused.code, reference, begun.facts["amount"])
        self.log.append(("paid first", *self.world.sql("select state, error, amount from intents where id = %s", intent)))

    def move_by_shop(self) -> None:
        reschedule_booking(self.world.store_id, MERCHANT, self.b.ref, starts_at=self.by.choice(self.days))

    def drop(self) -> None:
        self._cancel(self.by.randint(1, max(1, self.b.seats - 1)))

    def drop_by_shop(self) -> None:
        self._by_shop(self.by.randint(1, max(1, self.b.seats - 1)))

    def cancel(self) -> None:
        self._cancel(self.b.seats)

    def cancel_by_shop(self) -> None:
        self._by_shop(self.b.seats)

    def _by_shop(self, seats: int) -> None:
        cancel_booking(self.world.store_id, MERCHANT, self.b.ref, seats=seats, override=True,
                       refund=self.by.choice(("policy", "full", "none", self.by.randint(0, 5000))), hold_money=self.by.random() < 0.2)

    def _cancel(self, seats: int) -> None:
        """What is shown, what happens and what is told are the same (A8); the seats that stay are worth what they were."""
        as_credit = self.by.random() < 0.3
        before = self.b
        with reading(self.world.store_id) as tx:
            quote = facts.quote_cancellation(tx, before, seats=seats, as_credit=as_credit)
            money = facts.load_money(tx, before)
            whole = facts.quote_cancellation(tx, before, as_credit=as_credit)
        left = sum(payment.left for payment in money.payments)
        assert whole.amount + whole.kept == max(0, left - money.dropped.kept), self.log
        done = cancel_booking(self.world.store_id, self.customer, before.ref, quote=quotes.sign(quote, before, seats), seats=seats, as_credit=as_credit)
        assert done.refund == quote
        after = self.world.read(before.ref)
        with reading(self.world.store_id) as tx:
            told = outcome_of(tx, after) if seats == before.seats else outcome_of_seats(tx, after)
            rest = None if seats == before.seats else facts.quote_cancellation(tx, after, as_credit=as_credit)
        said = W.refund(quote.facts(), VENUE)
        assert told is not None and W.refund(told.facts(), VENUE, done=True) == said, (said, W.refund(told.facts(), VENUE, done=True), self.log)
        mail = render_mail("booking_cancelled", [row for row in self.world.outbox("booking_cancelled") if row.booking_id == before.id][-1].payload, "x.example")
        assert " ".join(said.split()) in " ".join(mail.text.split()), (said, mail.text, self.log)
        assert after.owed - before.owed == quote.cash, self.log
        if rest is not None and not facts.never_approved(before):
            assert abs(quote.amount + rest.amount - whole.amount) <= 2, (quote, rest, whole, self.log)

    def give(self) -> None:
        refund_booking(self.world.store_id, MERCHANT, self.b.ref, amount=self.by.randint(1, 3000))

    def hand_over(self) -> None:
        for refund_id in self._refunds("owed", "failed")[:1]:
            execute_refund(self.world.store_id, MERCHANT, refund_id, by_hand=self.by.random() < 0.5)

    def send(self) -> None:
        """What the payment worker does, with whatever the provider says."""
        due = [int(row.payload["refund_id"]) for channel in Payments.channels for row in self.world.outbox("execute_refund", channel=channel)
               if row.booking_id == self.b.id]
        for refund_id in due:
            for part in begin_refund(self.world.store_id, SYSTEM, refund_id).facts["parts"]:
                state = self.by.choice(("succeeded", "succeeded", "pending", "failed"))
                record_refund(self.world.store_id, SYSTEM, part.intent_id, Said(state, f"re_{part.intent_id}", part.amount))

    def answer(self) -> None:
        self.by.choice((approve_booking, decline_booking))(self.world.store_id, MERCHANT, self.b.ref)

    def reprice(self) -> None:
        update_service(self.world.store_id, MERCHANT, self.service, price=self.by.choice(self.prices))

    def repolicy(self) -> None:
        update_service(self.world.store_id, MERCHANT, self.service, policy=self.policy())

    def wait(self) -> None:
        self.world.set_clock(self.world.now + timedelta(hours=self.by.choice((1, 30))))

    def outside(self) -> None:
        for payment_id, reference in self.world.sql("select id, provider_ref from payments where booking_id = %s and provider_ref is not null limit 1", self.b.id):
            note_outside_refund(self.world.store_id, SYSTEM, reference, f"re_out{payment_id}", self.by.randint(1, 2000), "succeeded")

    def spend(self) -> None:
        with transaction(self.world.store_id, MERCHANT) as tx:
            tx.audit("record_payment", booking_id=self.b.id, amount=pay_with_credit(tx, self.world.read(self.b.ref)))

    def order_ends(self) -> None:
        """As when the order a payment came with is cancelled in the online shop, which gave back what it liked (R43)."""
        payments = self.world.sql("select id, amount - refunded from payments where booking_id = %s and method <> 'credit' order by id", self.b.id)
        if payments and self.b.holding:
            payment, left = self.by.choice(payments)
            cancel_booking(self.world.store_id, SYSTEM, self.b.ref, given=(payment, self.by.randint(0, left)), override=True,
                           seats=self.by.randint(1, self.b.seats))

    def _refunds(self, *states: str) -> list[int]:
        return [row[0] for row in self.world.sql("select id from refunds where booking_id = %s and state = any(%s) order by id", self.b.id, list(states))]

    def check(self) -> None:
        """The booking's columns, its payments, its refunds and their parts say the same; never more comes back than was paid."""
        b = self.world.read(self.b.ref)
        payments = self.world.sql("select id, amount, refunded from payments where booking_id = %s", b.id)
        refunds = self.world.sql("select id, cause, outcome, state, amount, given, kept, fee from refunds where booking_id = %s and state <> 'none'", b.id)
        parts = self.world.sql("select l.refund_id, l.payment_id, l.amount, l.state from refund_lines l join refunds r on r.id = l.refund_id"
                               " where r.booking_id = %s", b.id)
        credit = self.world.sql("select coalesce(sum(amount), 0)::bigint from credits where booking_id = %s", b.id)[0][0]
        money = sum(row[4] for row in refunds if row[2] != "credit")
        assert b.paid == sum(row[1] for row in payments), self.log
        assert b.refunded + b.owed == money and b.refunded >= 0 and b.owed >= 0, self.log
        assert b.refunded == sum(row[4] if row[3] == "succeeded" else row[5] for row in refunds if row[2] != "credit"), self.log
        assert money + credit <= b.paid, self.log
        for payment_id, amount, refunded in payments:
            assert refunded == sum(part[2] for part in parts if part[1] == payment_id) <= amount, self.log
        for refund_id, _, _, state, amount, given, *_ in refunds:
            mine = [part for part in parts if part[0] == refund_id]
            assert sum(part[2] for part in mine) == amount, self.log
            assert sum(part[2] for part in mine if part[3] == "succeeded") == (amount if state == "succeeded" else given), self.log
        assert b.due >= 0 and (b.due == 0 or b.holding), self.log
        self.documents(b, refunds)
        if b.holding and not facts.never_approved(b):
            self.promise(b)

    def promise(self, b: BookingSummary) -> None:
        """What the written policy says of this moment is what cancelling gives."""
        with reading(self.world.store_id) as tx:
            policy, quote = facts.shown_policy(tx, b), facts.quote_cancellation(tx, b)
            tier, _ = tier_at(policy, b.starts_at, b.zone, tx.now)
        money = quote.amount + quote.kept
        if money:
            back = share_of(money, share_of_tier(tier, money))
            assert abs(quote.amount - max(0, back - policy.fee)) <= 1, (tier, policy.fee, quote, self.log)
            assert (tier.outcome == "credit") == (quote.outcome == "credit") or not quote.amount or not quote.cash, (tier, quote, self.log)

    def documents(self, b: BookingSummary, refunds: list[tuple]) -> None:
        """Receipts add up to what was paid, credit notes to what came back; none for money that failed later counts twice."""
        sums = dict(self.world.sql("select kind, sum(amount)::bigint from documents where booking_id = %s group by kind", b.id))
        assert sums.get("receipt", 0) == b.paid, self.log
        back = sum(row[4] if row[3] == "succeeded" else row[5] for row in refunds)
        assert sums.get("credit_note", 0) >= back, self.log
