"""The shop charges a saved card from the booking's screen: as agreed, once, by those who may (R22, A148, A155)."""

from __future__ import annotations

import pytest

from booking.actions.charge_card import record_charge
from booking.actions.mark_booking import no_show_booking
from models.actor import SYSTEM
from sync.payments import settle
from tests.actions.test_cancel import cancel, quoted
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import link, words
from tests.stripe.test_cards import book, save, secured, visitor  # noqa: F401  (fixtures)
from tests.stripe.test_charges import LATE, missed  # noqa: F401  (fixture)
from tests.support.world import MERCHANT, at


@pytest.fixture
def manager(app, till, world) -> Colleague:
    return Colleague(app, world).sign_in("manager")


def screen(person, b, status=200) -> str:
    person.get(f"/admin/bookings/{b.ref}", status)
    return words(person.page)


def charges(world):
    return world.sql("select amount, state from intents where kind = 'charge' order by created_at")


def test_the_fee_is_charged_as_agreed_and_seen(world, manager, missed):  # noqa: F811
    b = missed()
    assert "Saved card Visa ending in 4242, valid to 12/2040 Charge up to $25" in screen(manager, b)
    manager.get(f"/admin/bookings/{b.ref}/charge")
    text = words(manager.page)
    for part in ("Missed appointment", "Visa ending in 4242, valid to 12/2040", "may charge up to $25 to it if I cancel this booking late or miss", "At most $25."):
        assert part in text, part
    assert 'value="25.00"' in manager.page
    assert charges(world) == []
    manager.fill(f"/bookings/{b.ref}/charge", amount="20")
    assert "Fee $20 Being charged Missed appointment" in screen(manager, b) and "Charge up to $5" in words(manager.page)
    settle(world.store_id)
    assert "Fee $20 Charged Missed appointment" in screen(manager, b) and "$20 by card" in words(manager.page)
    assert [row.recipient for row in world.outbox("card_charged")] == ["ada@example.com"]


def test_the_customers_screen_shows_the_cards_they_keep(world, manager, till, visitor):  # noqa: F811
    """A91: brand, last four and expiry, of that customer in that store."""
    b, other = book(world), world.book(at(11, 15), email="bea@example.com")
    save(visitor, till, link(b, panel="payment"))
    manager.get(f"/admin/customers/{b.customer_id}")
    assert "Saved cards Visa ending in 4242, valid to 12/2040" in words(manager.page)
    manager.get(f"/admin/customers/{other.customer_id}")
    assert "Saved cards" not in words(manager.page)


def test_sent_twice_it_is_charged_once(world, manager, missed):  # noqa: F811
    b = missed()
    manager.get(f"/admin/bookings/{b.ref}/charge")
    page = manager.page
    for _ in range(2):
        manager.page = page
        manager.fill(f"/bookings/{b.ref}/charge", open=False, amount="10")
    assert charges(world) == [(1000, "open")]


@pytest.mark.parametrize("amount", ["", "0", "25.01", "-5", "ten", "1e3", "5.001", "٥", "999999999999"])
def test_a_wrong_amount_is_said_at_the_field(world, manager, missed, amount):  # noqa: F811
    b = missed()
    manager.fill(f"/bookings/{b.ref}/charge", 422, amount=amount)
    assert "Please enter an amount of at most $25." in words(manager.page) and 'aria-invalid="true"' in manager.page
    assert f'value="{amount}"' in manager.page and charges(world) == []


def test_a_late_cancellation_by_the_customer(app, world, till, visitor, manager):  # noqa: F811
    b = book(world, world.add_service("Late", deposit=2500, policy=LATE))
    save(visitor, till, link(b, panel="payment"))
    assert "Charge up to" not in screen(manager, b) and "Saved card Visa" in words(manager.page)
    world.set_clock(at(9, 15))
    manager = Colleague(app, world).sign_in("manager", "late@example.com")
    cancel(world, b, quote=quoted(world, b))
    manager.get(f"/admin/bookings/{b.ref}/charge")
    assert "Late cancellation" in words(manager.page)
    manager.fill(f"/bookings/{b.ref}/charge", amount="25")
    assert charges(world) == [(2500, "open")]


class TestRefused:
    def _says(self, world, manager, b, text):
        manager.get(f"/admin/bookings/{b.ref}/charge")
        assert text in words(manager.page) and "Charge the card" not in words(manager.page)
        manager.send(f"/admin/bookings/{b.ref}/charge", 409, amount="1")
        assert text in words(manager.page) and charges(world) == []

    def test_before_anything_happened(self, world, till, visitor, secured, manager):  # noqa: F811
        b = book(world, secured)
        save(visitor, till, link(b, panel="payment"))
        self._says(world, manager, b, "once an appointment was missed, or cancelled late by the customer")

    def test_without_a_card(self, world, till, secured, manager):  # noqa: F811
        b = book(world, secured)
        no_show_booking(world.store_id, MERCHANT, b.ref, override=True)
        assert "Saved card" not in screen(manager, b)
        self._says(world, manager, b, "No card is saved for this booking.")

    def test_with_a_card_that_has_expired(self, app, world, till, missed):  # noqa: F811
        b = missed()
        world.set_clock(at(1, 12).replace(year=2041))
        manager = Colleague(app, world).sign_in("manager")
        assert "The card has expired. Nothing can be charged to it." in screen(manager, b)
        self._says(world, manager, b, "The card has expired.")

    def test_without_consent_to_a_fee(self, world, till, visitor, manager):  # noqa: F811
        b = book(world)
        save(visitor, till, link(b, panel="payment"))
        no_show_booking(world.store_id, MERCHANT, b.ref, override=True)
        self._says(world, manager, b, "The customer agreed to keeping this card, not to a fee")

    @pytest.mark.parametrize(("code", "text"), [
        ("insufficient_funds", "There is not enough money on the card."), ("expired_card", "The card has expired."),
        ("authentication_required", "which only the customer can do"), ("do_not_honor", "The bank refused it.")])
    def test_a_refusal_of_the_bank_is_told(self, world, manager, missed, code, text):  # noqa: F811
        b = missed()
        manager.fill(f"/bookings/{b.ref}/charge", amount="25")
        record_charge(world.store_id, SYSTEM, world.sql("select id from intents where kind = 'charge'")[0][0], None, code)
        assert "Fee $25 Not charged Missed appointment" in screen(manager, b) and text in words(manager.page)
        assert "Charge up to $25" in words(manager.page)

    def test_staff_and_strangers(self, app, world, till, missed):  # noqa: F811
        b = missed()
        staff = Colleague(app, world).sign_in("staff")
        assert "Saved card" not in screen(staff, b)
        staff.get(f"/admin/bookings/{b.ref}/charge", 403)
        staff.send(f"/admin/bookings/{b.ref}/charge", 403, amount="25")
        staff.get("/admin/bookings/000000000000/charge", 403)
        assert charges(world) == []


def test_nobody_learns_what_is_not_theirs(manager):
    manager.get("/admin/bookings/000000000000/charge", 404)
