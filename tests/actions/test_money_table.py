"""One table: each outcome and a fee, in currencies of 0, 2 and 3 decimals. Quote, mail, receipt, credit note, page and ledger say the
same (A8, A16, R21, R22, R25)."""

from __future__ import annotations

import pytest

from booking import facts
from booking.actions.cancel_booking import cancel_booking
from booking.actions.refund_booking import execute_refund
from booking.documents.find import find
from booking.documents.printed import printed
from booking.settled import outcome_of
from booking.wording import words_for
from messages import render_mail
from models.session import reading
from tests.actions.test_cancel import quoted
from tests.support.world import MERCHANT, World, at

W = words_for("en")
TIERS = {"full": {"outcome": "full"}, "forfeit": {"outcome": "forfeit"}, "partial": {"outcome": "partial", "percent": 50},
         "credit": {"outcome": "credit"}, "none": {"outcome": "full"}, "fee": {"outcome": "full"}}
# paid, fee -> what comes back, what is kept; half a unit goes up to the customer (R25).
TABLE = [
    ("full", "USD", 2505, 0, 2505, "$25.05"), ("full", "JPY", 2505, 0, 2505, "¥2,505"), ("full", "KWD", 2505, 0, 2505, "KWD2.505"),
    ("forfeit", "USD", 2505, 0, 0, ""), ("forfeit", "JPY", 2505, 0, 0, ""), ("forfeit", "KWD", 2505, 0, 0, ""),
    ("partial", "USD", 2505, 0, 1253, "$12.53"), ("partial", "JPY", 2505, 0, 1253, "¥1,253"), ("partial", "KWD", 2505, 0, 1253, "KWD1.253"),
    ("credit", "USD", 2505, 0, 2505, "$25.05"), ("credit", "JPY", 2505, 0, 2505, "¥2,505"), ("credit", "KWD", 2505, 0, 2505, "KWD2.505"),
    ("none", "USD", 0, 0, 0, ""), ("none", "JPY", 0, 0, 0, ""), ("none", "KWD", 0, 0, 0, ""),
    ("fee", "USD", 2505, 305, 2200, "$22"), ("fee", "JPY", 2505, 305, 2200, "¥2,200"), ("fee", "KWD", 2505, 305, 2200, "KWD2.200"),
]


@pytest.fixture(scope="module")
def world(db, owner_url) -> World:
    return World(owner_url)


def plain(text: str) -> str:
    return " ".join(text.replace("\xa0", "").split())


@pytest.mark.parametrize(("row", "currency", "paid", "fee", "back", "shown"), TABLE, ids=[f"{row[0]}-{row[1]}" for row in TABLE])
def test_every_place_says_the_same(world, row, currency, paid, fee, back, shown):
    day = 3 + TABLE.index((row, currency, paid, fee, back, shown))
    service = world.add_service(f"{row} {currency}", currency=currency, price=5000, policy={
        "cancel": {"notice": "PT0S", "tiers": [TIERS[row]], "fee": {"amount": fee}, "refund_mode": "manual"}})
    b = world.book(at(day, 15), service=service, staff=world.elena, paid=paid, method="cash", email=f"{row}.{currency.lower()}@example.com")
    with reading(world.store_id) as tx:
        quote = facts.quote_cancellation(tx, b)
    sentence = W.refund(quote.facts(), "Harbor Massage")
    assert (quote.amount, quote.kept, quote.fee, quote.currency) == (back, paid - back, fee, currency)
    assert not shown or shown in plain(sentence)
    done = cancel_booking(world.store_id, world.customer(b), b.ref, quote=quoted(world, b))
    mail = render_mail("booking_cancelled", [m for m in world.outbox("booking_cancelled") if m.booking_id == b.id][0].payload, "opencals.com")
    assert plain(sentence) in plain(mail.text)
    with reading(world.store_id) as tx:
        settled = outcome_of(tx, done.booking)
    assert settled is not None and plain(W.refund(settled.facts(), "Harbor Massage")) == plain(sentence)
    ledger(world, b, quote)
    documents(world, b, quote, paid, shown)


def ledger(world, b, quote):
    """The rows of the refund, its parts, credit and booking add up to the quote; then what is owed is carried out."""
    refunds = world.sql("select id, outcome, state, amount, kept, fee, currency from refunds where booking_id = %s", b.id)
    assert [(row[1], row[3], row[4], row[5], row[6]) for row in refunds] == [(quote.outcome, quote.amount, quote.kept, quote.fee, quote.currency)]
    parts = world.sql("select coalesce(sum(l.amount), 0) from refund_lines l where refund_id = %s", refunds[0][0])[0][0]
    credit = world.sql("select coalesce(sum(amount), 0) from credits where booking_id = %s", b.id)[0][0]
    now = world.read(b.ref)
    assert (parts, credit, now.owed, now.due) == (quote.amount, quote.credit, quote.cash, 0)
    if quote.cash:
        execute_refund(world.store_id, MERCHANT, refunds[0][0])
        assert (world.read(b.ref).owed, world.read(b.ref).refunded) == (0, quote.cash)


def documents(world, b, quote, paid, shown):
    with reading(world.store_id) as tx:
        document = find(tx, b.id)
    if not paid:
        assert document is None
        return
    assert document is not None
    page = printed(document)
    assert (document.kind, document.amount) == (("credit_note", quote.amount) if quote.amount else ("receipt", paid))
    if quote.amount:
        totals = {name: plain(value) for name, value in page["totals"]}
        assert totals["Amount given as credit" if quote.credit else "Amount refunded"] == shown
        assert totals.get("Cancellation fee") == (plain(W.money(quote.fee, quote.currency)) if quote.fee else None)
        assert totals.get("Kept per our policy") == (plain(W.money(quote.kept, quote.currency)) if quote.kept else None)
        assert plain(page["money"][-1][2]) == "-" + shown and plain(page["money"][0][2]) == plain(W.money(paid, quote.currency))
