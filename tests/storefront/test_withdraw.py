"""The legal withdrawal (R48), and the paused shop (R47)."""

from __future__ import annotations

import psycopg
import pytest

from booking.actions.services import update_service
from booking.actions.stores import update_store
from tests.storefront.visitor import account, link, words
from tests.support.world import MERCHANT, at

SAID = {"name": "Ada Archer", "email": "Ada@example.com", "contract": "Order 1001", "statement": "No reason given."}


@pytest.fixture
def offered(world):
    update_store(world.store_id, MERCHANT, withdrawal="everyone")
    return world


def test_two_steps_without_an_account_and_an_acknowledgement_to_the_second(offered, visitor):
    b = offered.book(at(10, 15))
    visitor.get("/book")
    assert "Withdraw from contract here" in words(visitor.page)
    visitor.get("/withdraw")
    visitor.send("/withdraw", 200, **SAID | {"contract": b.ref})
    assert "I withdraw from this contract." in words(visitor.page)
    assert offered.sql("select count(*) from withdrawals") == [(0,)] and offered.outbox("withdrawal_received") == []
    response = visitor.send("/withdraw", confirm="1")
    visitor.get(response.headers["Location"])
    assert "Mon, Mar 1, 2027, 7:00:00 AM EST (12:00:00 UTC)" in words(visitor.page)
    assert offered.sql("select name, email, statement, booking_id from withdrawals") == [("Ada Archer", "ada@example.com", "No reason given.", b.id)]
    [mail], [notice] = offered.outbox("withdrawal_received"), offered.outbox("merchant_withdrawal")
    assert (mail.recipient, notice.recipient, notice.payload["ref"]) == ("ada@example.com", "shop@example.com", b.ref)
    assert offered.read(b.ref).status == "confirmed", "it is recorded apart from the cancellation policy"


def test_the_same_form_sent_twice_is_one_withdrawal(offered, visitor):
    visitor.get("/withdraw")
    visitor.send("/withdraw", 200, **SAID)
    page = visitor.page
    first = visitor.send("/withdraw", confirm="1").headers["Location"]
    visitor.page = page
    assert visitor.send("/withdraw", confirm="1").headers["Location"] == first
    assert offered.sql("select count(*) from withdrawals where store_id = opencals_store()") == [(1,)]


def test_what_is_missing_is_told_and_a_strangers_booking_is_not_matched(offered, visitor):
    visitor.get("/withdraw")
    visitor.send("/withdraw", 422, name=" ", email="x", contract="")
    assert [text in words(visitor.page) for text in ("Please enter your name", "Please enter an e-mail", "Please say which booking")] == [True] * 3
    b = offered.book(at(10, 15), email="bea@example.com")
    visitor.send("/withdraw", 200, **SAID | {"contract": b.ref})
    visitor.send("/withdraw", confirm="1")
    assert offered.sql("select booking_id from withdrawals where store_id = opencals_store()") == [(None,)]


def test_it_is_there_only_where_the_shop_offers_it(visitor, world):
    visitor.get("/book")
    assert "Withdraw" not in words(visitor.page)
    visitor.get("/withdraw", 404)
    visitor.get("/account/login")
    visitor.post("/withdraw", 404, **SAID, confirm="1")
    update_store(world.store_id, MERCHANT, withdrawal="eu")
    update_service(world.store_id, MERCHANT, world.service, withdrawal_exempt=True)
    b = world.book(at(10, 15))
    visitor.get(link(b))
    assert "Withdraw from contract here" in words(visitor.page)
    visitor.get("/withdraw")
    assert "European Union" in words(visitor.page) and "Massage" in words(visitor.page)


def test_a_withdrawal_is_kept_as_it_was_received(offered, visitor, owner_url):
    visitor.get("/withdraw")
    visitor.send("/withdraw", 200, **SAID)
    visitor.send("/withdraw", confirm="1")
    with psycopg.connect(owner_url.replace("+psycopg", "")) as connection:
        connection.execute("select set_config('app.store_id', %s, false)", (str(offered.store_id),))
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("update withdrawals set received_at = now()")


def test_a_paused_shop_takes_no_new_bookings_and_everything_else_goes_on(world, ada):
    """R47."""
    stays, goes = world.book(at(10, 15)), world.book(at(11, 15))
    update_store(world.store_id, MERCHANT, open_for_booking=False)
    ada.get("/book")
    assert f"/book/{world.service}" not in ada.page
    ada.get(f"/book/{world.service}", 303)
    for path in ("/account", account(stays), link(stays), "/account/profile"):
        ada.get(path)
    ada.get(account(stays, "reschedule") + "?at=2027-03-12T15:00:00%2B00:00")
    ada.send(account(stays, "reschedule"))
    ada.get(account(goes, "cancel"))
    ada.send(account(goes, "cancel"))
    assert (world.read(stays.ref).starts_at, world.read(goes.ref).status) == (at(12, 15), "cancelled")
