"""Receipts and credit notes: issued with the money, numbered without gaps, frozen (R39, A16, I2)."""

from __future__ import annotations

import threading

import psycopg
import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_booking import create_booking
from booking.actions.people import Person
from booking.actions.record_payment import record_payment
from booking.actions.refund_booking import execute_refund, refund_booking
from booking.actions.stores import update_store
from booking.documents.find import find, of_booking, pdf
from booking.documents.issue import issue
from booking.documents.printed import printed
from booking.rules.decision import Refused
from models.actor import SYSTEM
from models.session import reading, transaction
from tests.actions.test_cancel import ALWAYS, with_policy
from tests.actions.test_refunds import refund_id
from tests.support.world import MERCHANT, World, at, hours


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def listed(world, b):
    with reading(world.store_id) as tx:
        return [(one.number, one.kind, one.amount) for one in of_booking(tx, b.id)]


def read(world, b, number=None):
    with reading(world.store_id) as tx:
        return find(tx, b.id, number)


def lines(world, b, number=None, **more):
    return printed(read(world, b, number), **more)


def test_money_taken_at_booking_has_its_receipt_and_no_money_has_none(world):
    paid, unpaid = world.book(at(10, 15), paid=2500), world.book(at(11, 15))
    assert (listed(world, paid), listed(world, unpaid), read(world, unpaid)) == ([(1, "receipt", 2500)], [], None)
    page = lines(world, paid)
    assert page["title"] == "Receipt 1" and ["Order", "#1001"] in [list(pair) for pair in page["about"]]
    assert page["lines"] == [["Massage", "Wednesday, March 10, 2027, 10:00 AM to 11:00 AM EST", "Elena Marsh, Harbor Street", "$80"]]
    assert page["money"] == [["Paid: card", "Mar 1, 2027", "$25"]]
    assert page["totals"] == [["Amount received", "$25"], ["Still to pay", "$55"]]


def test_a_later_payment_has_a_receipt_of_its_own_with_all_payments_on_it(world):
    b = world.book(at(10, 15), paid=2500)
    world.set_clock(at(2, 12))
    record_payment(world.store_id, MERCHANT, b.ref, {"amount": 5500, "method": "cash"})
    assert listed(world, b) == [(1, "receipt", 2500), (2, "receipt", 5500)]
    page = lines(world, b)
    assert [row[0] for row in page["money"]] == ["Paid: card", "Paid: cash"] and page["totals"] == [["Amount received", "$55"]]


def test_a_refund_has_its_credit_note_when_it_is_carried_out(world):
    b = with_policy(world, {"cancel": ALWAYS | {"tiers": [{"outcome": "partial", "percent": 50}], "fee": {"amount": 250}}}, at(12, 15), method="cash")
    cancel_booking(world.store_id, MERCHANT, b.ref, refund="policy")
    assert listed(world, b) == [(1, "receipt", 2500)]
    execute_refund(world.store_id, MERCHANT, refund_id(world, b))
    assert listed(world, b) == [(1, "receipt", 2500), (2, "credit_note", 1000)]
    page = lines(world, b)
    assert page["title"] == "Credit note 2"
    assert page["money"] == [["Paid: cash", "Mar 1, 2027", "$25"], ["Refunded: cash", "Mar 1, 2027", "-$10"]]
    assert page["totals"] == [["Amount refunded", "$10"], ["Cancellation fee", "$2.50"], ["Kept per our policy", "$15"]]


def test_goodwill_twice_is_two_credit_notes(world):
    b = world.book(at(10, 15), paid=2500, method="cash")
    for amount in (400, 600):
        world.set_clock(world.now + hours(1))
        refund_booking(world.store_id, MERCHANT, b.ref, amount=amount, reason="We started late")
        execute_refund(world.store_id, MERCHANT, refund_id(world, b))
        execute = pytest.raises(Refused, execute_refund, world.store_id, MERCHANT, refund_id(world, b))
        assert execute.value.code == "not_allowed"
    assert listed(world, b) == [(1, "receipt", 2500), (2, "credit_note", 400), (3, "credit_note", 600)]
    assert [row[2] for row in lines(world, b, 2)["money"]] == ["$25", "-$4"]
    assert [row[2] for row in lines(world, b)["money"]] == ["$25", "-$4", "-$6"]


def test_issuing_again_changes_nothing(world):
    b = world.book(at(10, 15), paid=2500)
    with transaction(world.store_id, SYSTEM) as tx:
        issue(tx, {b.id})
    assert listed(world, b) == [(1, "receipt", 2500)]


def test_a_document_says_for_ever_what_it_said_when_it_was_issued(world):
    update_store(world.store_id, MERCHANT, legal_name="Harbor Massage LLC", legal_address="48 Harbor Street\nBrooklyn, NY", tax_id="12-345", tax_percent="8.875")
    b = world.book(at(10, 15), paid=8000)
    before, file = lines(world, b), pdf(read(world, b))
    assert before["seller"] == ["Harbor Massage", "Harbor Massage LLC", "48 Harbor Street", "Brooklyn, NY", "Tax number: 12-345",
                                "+12125550142 · shop@example.com"]
    assert ["Tax contained (8.875%)", "$6.52"] in before["totals"]
    update_store(world.store_id, MERCHANT, name="Other", legal_name=None, tax_percent="20")
    cancel_booking(world.store_id, MERCHANT, b.ref, refund="full", override=True)
    assert (lines(world, b, 1), pdf(read(world, b, 1))) == (before, file)


@pytest.mark.parametrize("statement", ["update documents set amount = 1", "delete from documents", "update document_counters set last = 0",
                                       "update credit_uses set amount = 1"])
def test_the_database_refuses_every_change(world, statement):
    world.book(at(10, 15), paid=2500)
    with pytest.raises(Exception, match="permission denied"), transaction(world.store_id, SYSTEM) as tx:
        tx.db.exec_driver_sql(statement)


def test_even_their_owner_cannot_change_them(world, owner_url):
    world.book(at(10, 15), paid=2500)
    for statement in ("update documents set amount = 1", "delete from documents"):
        with psycopg.connect(owner_url.replace("+psycopg", "")) as c, pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            c.execute("select set_config('app.store_id', %s, true)", (str(world.store_id),))
            c.execute(statement)


def test_numbers_have_no_gaps_when_changes_fail_and_race(world):
    """Eight at once, and as many that are rolled back after their document was written."""
    def fail(tx, ids):
        assert tx.db.exec_driver_sql("select count(*) from documents where amount = 7").scalar_one() == 1
        raise ZeroDivisionError

    def take(n: int) -> None:
        create_booking(world.store_id, MERCHANT, service_id=world.service, starts_at=at(10 + n, 15), staff_id=world.elena,
                       person=Person("Ada", "ada@example.com"), payments=[{"amount": 100 + n, "method": "cash"}])
        with pytest.raises(ZeroDivisionError), transaction(world.store_id, SYSTEM) as tx:
            create_booking.within(tx, service_id=world.service, starts_at=at(10 + n, 18), staff_id=world.elena,
                                  person=Person("Ada", "ada@example.com"), payments=[{"amount": 7, "method": "cash"}])
            tx.last(fail, 0)

    threads = [threading.Thread(target=take, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.sql("select number from documents order by number") == [(n,) for n in range(1, 9)]
    assert world.sql("select last from document_counters") == [(8,)]


def test_the_app_cannot_choose_a_number(world):
    b = world.book(at(10, 15), paid=2500)
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.exec_driver_sql(
            "insert into documents (store_id, id, number, kind, booking_id, amount, covers, currency, facts, issued_at)"
            " values (%s, 1, 77, 'receipt', %s, 1, 9999, 'USD', '{}', now())", (world.store_id, b.id))
    assert world.sql("select number from documents order by number") == [(1,), (2,)]


def test_a_document_in_the_customers_language_and_money(world):
    service = world.add_service("Kurs", price=12345, currency="KWD")
    b = world.book(at(10, 15), service=service, staff=world.elena, paid=12345)
    assert lines(world, b)["totals"][0][1].replace("\xa0", "") == "KWD12.345"
    yen = world.add_service("Kurs", price=2501, currency="JPY")
    c = world.book(at(11, 15), service=yen, staff=world.elena, paid=2501)
    assert lines(world, c)["totals"] == [["Amount received", "¥2,501"]]


def test_the_pdf_carries_the_mark_of_the_accessible_kind(world):
    b = world.book(at(10, 15), paid=2500)
    assert b"pdfuaid:part" in pdf(read(world, b))


def test_whoever_holds_the_link_sees_the_first_name_only(world):
    b = world.book(at(10, 15), paid=2500)
    assert ("Customer", "Ada Archer") in lines(world, b)["about"] and ("Customer", "Ada") in lines(world, b, masked=True)["about"]


def test_a_name_no_font_can_show_still_gives_a_receipt(world):
    b = create_booking(world.store_id, MERCHANT, service_id=world.service, starts_at=at(10, 15), staff_id=world.elena,
                       person=Person("日本 \U0001f9d8 #let x = 1 $a$", "ada@example.com"), payments=[{"amount": 100, "method": "cash"}]).booking
    assert pdf(read(world, b)).startswith(b"%PDF-")
