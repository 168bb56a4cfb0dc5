"""One table: each outcome and a fee, paid by card at Stripe in currencies of 0, 2 and 3 decimals. The quote, the page, the mail, the
receipt, the ledger and Stripe's own refund say the same amount (A8, A16, R21, R22, R24, R25)."""

from __future__ import annotations

import pytest

from booking import facts
from booking.documents.find import find
from booking.documents.printed import printed
from booking.wording import words_for
from gateways.stripe.amounts import from_stripe
from messages import render_mail
from models.session import reading
from sync.payments import settle
from tests.actions.test_money_table import TIERS, plain
from tests.storefront.visitor import Visitor, link, words
from tests.support.world import at

W = words_for("en")
# outcome, currency, paid, fee -> what comes back and the fee told. Fils move in tens: half of 2.510 is 1.260, and a fee of 0.305 is 0.300.
TABLE = [
    ("full", "USD", 2505, 0, 2505, 0), ("full", "JPY", 2505, 0, 2505, 0), ("full", "KWD", 2510, 0, 2510, 0),
    ("forfeit", "USD", 2505, 0, 0, 0), ("forfeit", "JPY", 2505, 0, 0, 0), ("forfeit", "KWD", 2510, 0, 0, 0),
    ("partial", "USD", 2505, 0, 1253, 0), ("partial", "JPY", 2505, 0, 1253, 0), ("partial", "KWD", 2510, 0, 1260, 0),
    ("credit", "USD", 2505, 0, 2505, 0), ("credit", "JPY", 2505, 0, 2505, 0), ("credit", "KWD", 2510, 0, 2510, 0),
    ("none", "USD", 0, 0, 0, 0), ("none", "JPY", 0, 0, 0, 0), ("none", "KWD", 0, 0, 0, 0),
    ("fee", "USD", 2505, 305, 2200, 305), ("fee", "JPY", 2505, 305, 2200, 305), ("fee", "KWD", 2510, 305, 2210, 300),
]


@pytest.fixture
def visitor(made_app, world) -> Visitor:
    return Visitor(made_app, world)


@pytest.mark.parametrize(("row", "currency", "paid", "fee", "back", "told"), TABLE, ids=[f"{row[0]}-{row[1]}" for row in TABLE])
def test_every_place_says_what_stripe_does(world, till, visitor, row, currency, paid, fee, back, told):
    service = world.add_service("Treatment", currency=currency, price=5000, policy={
        "cancel": {"notice": "PT0S", "tiers": [TIERS[row]], "fee": {"amount": fee}, "refund_mode": "automatic"}})
    b = world.book(at(10, 15), service=service, staff=world.elena)
    if paid:
        till.take(b, paid)
    with reading(world.store_id) as tx:
        quote = facts.quote_cancellation(tx, world.read(b.ref))
    assert (quote.amount, quote.kept, quote.fee, quote.currency) == (back, paid - back, told, currency)
    sentence = plain(W.refund(quote.facts(), "Harbor Massage"))

    visitor.get(link(b, "cancel"))
    assert sentence in plain(words(visitor.page))
    visitor.send(link(b, "cancel"))
    settle(world.store_id)

    mail = render_mail("booking_cancelled", world.outbox("booking_cancelled")[0].payload, "opencals.com")
    assert sentence in plain(mail.text)
    as_money = 0 if row == "credit" else back
    at_stripe = [(made["status"], from_stripe(made["amount"], made["currency"]), made["currency"]) for made in till.refunds()]
    assert at_stripe == ([("succeeded", as_money, currency.lower())] if as_money else [])
    after = world.read(b.ref)
    assert (after.paid, after.refunded, after.owed, after.due) == (paid, as_money, 0, 0)
    assert world.sql("select coalesce(sum(amount), 0) from refund_lines") == [(back,)]
    assert world.sql("select coalesce(sum(amount), 0) from credits") == [(back - as_money,)]
    assert world.sql("select state, amount from refund_intents") == ([("succeeded", as_money)] if as_money else [])
    visitor.get(link(b))
    assert not back or plain(W.money(back, currency)) in plain(words(visitor.page))
    receipts(world, b, quote, paid)


def receipts(world, b, quote, paid):
    with reading(world.store_id) as tx:
        document = find(tx, b.id)
    if not quote.amount:
        assert document is None or document.kind == "receipt"
        return
    totals = {name: plain(value) for name, value in printed(document)["totals"]}
    assert totals["Amount given as credit" if quote.credit else "Amount refunded"] == plain(W.money(quote.amount, quote.currency))
    assert totals.get("Cancellation fee") == (plain(W.money(quote.fee, quote.currency)) if quote.fee else None)
    assert totals.get("Kept per our policy") == (plain(W.money(paid - quote.amount, quote.currency)) if quote.kept else None)
