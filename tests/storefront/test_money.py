"""Receipts, credit and price differences on the customer's pages (A8, A16, R21, R26, R39)."""

from __future__ import annotations

import re

from booking.actions.cancel_booking import cancel_booking
from booking.actions.refund_booking import execute_refund, refund_booking
from booking.actions.services import update_service
from tests.storefront.visitor import account, fields, link, words
from tests.support.world import MERCHANT, World, at

CREDIT = {"cancel": {"notice": "PT0S", "tiers": [{"outcome": "credit"}]}}


def credited(world: World, amount: int = 2500) -> None:
    service = world.add_service("Credited", policy=CREDIT)
    b = world.book(at(9, 15), service=service, staff=world.elena, paid=amount)
    cancel_booking(world.store_id, MERCHANT, b.ref)


class TestReceipt:
    def test_the_page_lists_the_documents_and_each_opens(self, world, ada):
        b = world.book(at(10, 15), paid=2500, method="cash")
        refund_booking(world.store_id, MERCHANT, b.ref, amount=500)
        execute_refund(world.store_id, MERCHANT, world.sql("select id from refunds")[0][0])
        ada.get(account(b))
        assert "Receipts Receipt 1 $25, PDF Credit note 2 $5, PDF" in words(ada.page)
        for number, name in ((1, "receipt-1.pdf"), (2, "credit-note-2.pdf")):
            response = ada.get(account(b, "receipt.pdf") + f"?document={number}")
            assert response.mimetype == "application/pdf" and response.data.startswith(b"%PDF-")
            assert name in response.headers["Content-Disposition"]
        assert ada.get(account(b, "receipt.pdf")).data == response.data

    def test_the_link_opens_it_too_and_a_closed_booking_keeps_it(self, world, visitor):
        b = world.book(at(10, 15), paid=2500)
        cancel_booking(world.store_id, MERCHANT, b.ref)
        visitor.get(link(b))
        assert "Receipt 1" in words(visitor.page)
        url = re.search(r'href="(/manage/[^"]*receipt.pdf[^"]*)"', visitor.page)[1].replace("&amp;", "&")
        assert visitor.get(url).mimetype == "application/pdf"

    def test_without_a_payment_the_page_says_so(self, world, ada):
        b = world.book(at(10, 15))
        ada.get(account(b, "receipt.pdf"), 404)
        assert "No payment was taken for this booking, so there is no receipt." in words(ada.page)
        paid = world.book(at(11, 15), paid=2500)
        for number in ("2", "x", "-1", "9" * 30):
            ada.get(account(paid, "receipt.pdf") + f"?document={number}", 404)
            assert "no receipt with that number" in words(ada.page)

    def test_nobody_elses(self, world, ada):
        theirs = world.book(at(10, 15), paid=2500, email="bea@example.com")
        ada.get(account(theirs, "receipt.pdf"), 404)
        mine = world.book(at(11, 15))
        ada.get(account(mine, "receipt.pdf") + "?document=1", 404)
        ada.get(link(theirs, "receipt.pdf") + "x", 404)


def test_a_fixed_amount_and_a_fee_are_written_as_the_part_of_the_seats_that_stay(world, ada):
    """R25, R30: what the page and the mail promise is what cancelling then gives."""
    fixed = {"cancel": {"notice": "PT0S", "tiers": [{"outcome": "partial", "amount": 4000}], "fee": {"amount": 1000}}}
    service = world.add_service("Class", capacity=6, price=2500, staff=[world.elena], policy=fixed)
    world.session(service, at(10, 15), 6)
    b = world.book(at(10, 15), service=service, staff=world.elena, seats=4, paid=10_000, method="cash")
    ada.get(account(b))
    assert "If you cancel: $40 refund" in words(ada.page) and "A cancellation fee of $10 is taken" in words(ada.page)
    cancel_booking(world.store_id, MERCHANT, b.ref, seats=3)
    ada.get(account(b))
    assert "If you cancel: $10 refund" in words(ada.page) and "A cancellation fee of $2.50 is taken" in words(ada.page)
    mailed = world.outbox("booking_cancelled")[-1].payload["policy"]["cancel"]
    assert (mailed["tiers"], mailed["fee"]) == ([{"outcome": "partial", "amount": 1000}], {"amount": 250})
    assert cancel_booking(world.store_id, MERCHANT, b.ref).refund.amount == 750


def test_what_came_back_as_credit_has_left_with_its_seats_too(world, ada):
    service = world.add_service("Class", capacity=6, price=2500, staff=[world.elena],
                                policy={"cancel": {"notice": "PT0S", "tiers": [{"outcome": "credit"}], "fee": {"amount": 1000}}})
    world.session(service, at(10, 15), 6)
    b = world.book(at(10, 15), service=service, staff=world.elena, seats=4, paid=10_000, method="cash")
    assert cancel_booking(world.store_id, MERCHANT, b.ref, seats=3).refund.credit == 6750
    ada.get(account(b))
    assert "A cancellation fee of $2.50 is taken" in words(ada.page)
    assert cancel_booking(world.store_id, MERCHANT, b.ref).refund.fee == 250


class TestCredit:
    def test_the_account_lists_it(self, world, ada):
        assert "Your credit" not in words(ada.get("/account").text)
        credited(world)
        assert "Your credit $25, valid until Feb 29, 2028" in words(ada.get("/account").text)

    def booked(self, world, ada, **changes):
        ada.get(f"/book/{world.service}")
        ada.send(f"/book/{world.service}", at=at(12, 15).isoformat(), staff=str(world.elena))
        ada.get(ada.client.get(f"/book/{world.service}/details?at={at(12, 15).isoformat().replace('+', '%2B')}&staff={world.elena}",
                               base_url=ada.origin).request.full_path)
        page = words(ada.page)
        ada.send(f"/book/{world.service}/details", **changes)
        return page, world.sql("select paid, due from bookings where starts_at = %s", at(12, 15))[0]

    def test_it_pays_for_the_next_booking_where_the_customer_wants_it(self, world, ada):
        credited(world)
        page, money = self.booked(world, ada, credit="on")
        assert "Pay $25 with my credit; $55 is left to pay." in page and money == (2500, 5500)
        assert "Your credit" not in words(ada.get("/account").text)

    def test_and_stays_where_not(self, world, ada):
        credited(world)
        assert self.booked(world, ada)[1] == (0, 8000)

    def test_the_choice_when_cancelling(self, world, ada):
        service = world.add_service("Choice", policy={"cancel": {"notice": "PT0S", "tiers": [{"outcome": "full"}], "credit_choice": True}})
        b = world.book(at(10, 15), service=service, staff=world.elena, paid=2500)
        world.take_cards()
        ada.get(account(b, "cancel"))
        assert "You'll be refunded $25 to the card you paid with" in words(ada.page) and "credit for your next visit" in words(ada.page)
        ada.get(account(b, "cancel") + "?back=credit")
        assert "You'll get $25 as credit for your next visit at Harbor Massage. It is valid until Feb 29, 2028." in words(ada.page)
        ada.send(account(b, "cancel"))
        ada.get(account(b))
        assert "You'll get $25 as credit for your next visit at Harbor Massage. It is valid until Feb 29, 2028." in words(ada.page)
        assert world.read(b.ref).owed == 0


class TestOnItsWay:
    """R21, R23: what is said of money that comes back is true while the shop still owes it, and afterwards."""

    def test_what_the_shop_still_owes_is_not_on_its_way(self, world, ada):
        b = world.book(at(10, 15), paid=2500, method="cash")
        cancel_booking(world.store_id, MERCHANT, b.ref, hold_money=True)
        ada.get(account(b))
        text = words(ada.page)
        assert "$25 paid, $25 still to be refunded" in text and "You're owed $25. Harbor Massage will refund it." in text
        assert "on its way back" not in text
        execute_refund(world.store_id, MERCHANT, world.sql("select id from refunds")[0][0])
        ada.get(account(b))
        assert "$25 paid, $25 refunded" in words(ada.page) and "$25 was refunded." in words(ada.page) and "owed" not in words(ada.page)

    def test_what_came_back_before_the_cancellation_was_still_paid(self, world, ada):
        b = world.book(at(10, 15), paid=2500, method="cash")
        refund_booking(world.store_id, MERCHANT, b.ref, amount=2500)
        said = "Nothing more comes back: $25 of what you paid was refunded before, or is owed to you already."
        ada.get(account(b, "cancel"))
        assert said in words(ada.page) and "No payment was taken" not in words(ada.page)
        ada.get(ada.send(account(b, "cancel")).headers["Location"])
        assert words(ada.page).count(said) == 2 and "No payment was taken" not in words(ada.page)


class TestDifference:
    def move(self, world, ada, price):
        service = world.add_service("Priced", policy={"reschedule": {"price_difference": "difference"}})
        b = world.book(at(10, 15), service=service, staff=world.elena, paid=8000)
        world.take_cards()
        update_service(world.store_id, MERCHANT, service, price=price)
        ada.get(account(b, "reschedule") + f"?at={at(12, 15).isoformat().replace('+', '%2B')}")
        return b

    def test_dearer_is_shown_before_and_due_after(self, world, ada):
        b = self.move(world, ada, 9500)
        assert "The new time costs $95, $15 more. Still to pay at Harbor Massage: $15." in words(ada.page)
        ada.send(account(b, "reschedule"))
        ada.get(account(b))
        assert "Still to pay $15, at Harbor Massage" in words(ada.page)

    def test_a_price_that_changed_meanwhile_is_shown_again(self, world, ada):
        b = self.move(world, ada, 9500)
        update_service(world.store_id, MERCHANT, b.service_id, price=9900)
        ada.send(account(b, "reschedule"), 409)
        assert "The price of that time is $99." in words(ada.page)
        assert world.read(b.ref).starts_at == at(10, 15)

    def test_cheaper_says_what_comes_back(self, world, ada):
        b = self.move(world, ada, 6000)
        assert "The new time costs $60, $20 less. You'll be refunded $20 to the card you paid with" in words(ada.page)
        ada.send(account(b, "reschedule"))
        assert world.read(b.ref).owed == 2000

    def test_other_prices_are_hidden_where_only_equal_ones_count(self, world, ada):
        service = world.add_service("Equal", policy={"reschedule": {"price_difference": "equal_only"}})
        b = world.book(at(10, 15), service=service, staff=world.elena, paid=8000)
        assert "at" in ada.get(account(b, "reschedule")).text and 'name="at"' in ada.page
        update_service(world.store_id, MERCHANT, service, price=9000)
        ada.get(account(b, "reschedule"))
        assert 'name="at"' not in ada.page and "no other free times" not in words(ada.page)
        assert "it can be moved online only to times with the same price. Please contact Harbor Massage directly." in words(ada.page)
        ada.get(account(b, "reschedule") + "?at=2027-03-11T16:00:00%2B00:00", 409)
        assert "That time has another price." in words(ada.page)
        assert fields(ada.page) is not None
