"""Paying, saving a card through the bank's dialog, replacing it, cancelling until the refund has arrived; in Chromium (A60-A62, A89, A90)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from booking import keys
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.payment_accounts import connect_account, disconnect_account
from booking.actions.people import Person
from booking.actions.services import update_service
from booking.links import manage_path
from gateways.stripe.client import account_of
from gateways.stripe.disputes import take
from models.actor import SYSTEM
from models.payment import Payment
from models.session import reading, transaction
from sync.payments import settle
from tests.browser.axe import serious
from tests.browser.test_dashboard_axe_diary import enter
from tests.stripe.conftest import Bank, bank  # noqa: F401  (fixture)
from tests.support.world import MERCHANT, at


@pytest.fixture
def shop(world, site, bank: Bank):  # noqa: F811
    """The running application's shop, with an account at the sandbox's Stripe."""
    before = keys.settings()
    keys.configure(dataclasses.replace(
        site, stripe_secret_key="sk_test_sandbox", stripe_publishable_key="pk_test_sandbox", stripe_webhook_secret="whsec_x",
        stripe_api_base=bank.url, stripe_js_url=f"{bank.url}/js/stripe.js"))
    connect_account(world.store_id, SYSTEM, f"acct_{world.slug}")
    yield world
    keys.configure(before)


def type_card(page: Page, number: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry month").fill("12")
    page.get_by_label("Expiry year").fill("40")
    page.get_by_label("Security code").fill("123")


@pytest.mark.parametrize("width", [375, 1280])
def test_pay_a_deposit_and_cancel_until_the_money_is_back(shop, visit, bank, width):  # noqa: F811
    service = shop.add_service("Facial", deposit=2500, staff=[shop.elena], policy={"cancel": {"notice": "PT0S"}})
    page = visit(shop, width=width)
    page.goto(f"/book/{service}?month=2027-03&day=2027-03-11")
    page.get_by_role("radio").first.check(force=True)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("Bea")
    page.get_by_label("E-mail address").fill("bea@example.com")
    page.get_by_label("I accept").check()
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.get_by_role("heading", name="Pay the deposit")).to_be_visible()
    pay = page.get_by_role("button", name="Pay $25")
    pay.click()
    expect(page.get_by_role("alert")).to_have_text("Your card details are incomplete.")
    type_card(page, "4000 0000 0000 0002")
    pay.click()
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    assert shop.sql("select 1 from bookings") == []
    type_card(page, "4242 4242 4242 4242")
    pay.click()
    expect(page.get_by_role("status")).to_contain_text("You are booked")
    expect(page.get_by_text("$25 paid")).to_be_visible()

    page.get_by_role("link", name="Cancel booking").click()
    expect(page.get_by_text("You'll be refunded $25 to the card you paid with")).to_be_visible()
    page.get_by_role("button", name="Cancel booking").click()
    settle(shop.store_id)
    page.reload()
    expect(page.get_by_text("$25 was refunded.").first).to_be_visible()
    assert [made["amount"] for made in bank.all("refund")] == [2500]


@pytest.mark.parametrize("width", [375, 1280])
def test_pay_the_difference_to_a_dearer_time_and_see_it_moved(shop, visit, width):
    service = shop.add_service("Facial", staff=[shop.elena], policy={"reschedule": {"price_difference": "difference"}})
    b = shop.book(at(10, 15), service=service, paid=8000)
    update_service(shop.store_id, MERCHANT, service, price=9500)
    page = visit(shop, width=width)
    page.goto(manage_path(b, "reschedule", at=at(12, 15).isoformat()))
    expect(page.get_by_text("You pay $15 by card first")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.get_by_role("heading", name="Pay the difference")).to_be_visible()
    expect(page.get_by_label("Card number")).to_be_visible()
    assert serious(page) == []
    type_card(page, "4000 0000 0000 0002")
    page.get_by_role("button", name="Pay $15").click()
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    assert shop.read(b.ref).starts_at == at(10, 15)
    type_card(page, "4242 4242 4242 4242")
    page.get_by_role("button", name="Pay $15").click()
    expect(page.get_by_role("status")).to_contain_text("Your booking is now on Fri, Mar 12, 2027")
    expect(page.get_by_text("$95 paid")).to_be_visible()
    assert shop.read(b.ref).starts_at == at(12, 15)


def test_without_its_script_the_page_to_pay_says_so_and_shows_no_form(shop, visit):
    service = shop.add_service("Facial", staff=[shop.elena], policy={"reschedule": {"price_difference": "difference"}})
    b = shop.book(at(10, 15), service=service, paid=8000)
    update_service(shop.store_id, MERCHANT, service, price=9500)
    page = visit(shop, js=False)
    page.goto(manage_path(b, "reschedule", at=at(12, 15).isoformat()))
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.locator("noscript p")).to_be_visible()
    expect(page.locator("[data-pay]")).to_be_hidden()
    page.get_by_role("link", name="Back to the booking").click()
    expect(page.get_by_text("Mar 10, 2027, 10:00 AM EST").first).to_be_visible()


@pytest.mark.parametrize("width", [375, 1280])
def test_pay_once_for_a_visit_and_see_all_of_it_moved(shop, visit, width):
    services = [shop.add_service(name, price=price, staff=[shop.elena], policy={"reschedule": {"price_difference": "difference"}})
                for name, price in (("Colour", 4000), ("Cut", 3000))]
    parts = create_visit(shop.store_id, MERCHANT, person=Person("Ada Archer", "ada@example.com"), starts_at=at(10, 15),
                         payments=[{"amount": 7000, "method": "card"}], parts=[VisitPart(service, shop.elena) for service in services]).bookings
    for service in services:
        update_service(shop.store_id, MERCHANT, service, price=4500)
    page = visit(shop, width=width)
    page.goto(manage_path(parts[0], "reschedule", at=at(12, 15).isoformat()))
    expect(page.get_by_text("You pay $20 by card first")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.get_by_text("Your bookings move together when the payment has gone through")).to_be_visible()
    expect(page.get_by_label("Card number")).to_be_visible()
    assert serious(page) == [] and page.evaluate("document.documentElement.scrollWidth") <= width
    type_card(page, "4242 4242 4242 4242")
    page.get_by_role("button", name="Pay $20").click()
    expect(page.get_by_role("status")).to_contain_text("Your booking is now on Fri, Mar 12, 2027")
    assert [shop.read(b.ref).starts_at for b in parts] == [at(12, 15), at(12, 16)]


@pytest.mark.parametrize("width", [375, 1280])
def test_save_a_card_through_the_banks_dialog_and_replace_it(shop, visit, bank, width):  # noqa: F811
    b = shop.book(at(10, 15), service=shop.add_service("Facial", deposit=2500), staff=shop.elena)
    page = visit(shop, width=width)
    page.goto(manage_path(b, panel="payment"))
    expect(page.get_by_role("region", name="Saved card")).to_be_focused()

    def begin(name: str) -> None:
        page.get_by_label("I agree that Harbor Massage keeps this card").check()
        page.get_by_role("button", name="Continue to the card form").click()
        expect(page.get_by_role("heading", name="Save a card")).to_be_visible()
        type_card(page, name)
        page.get_by_role("button", name="Save this card").click()

    begin("4000 0025 0000 3155")
    page.get_by_role("button", name="Fail authentication").click()
    expect(page.get_by_role("alert")).to_contain_text("We are unable to authenticate your payment method.")
    page.get_by_role("button", name="Save this card").click()
    page.get_by_role("button", name="Complete authentication").click()
    expect(page.get_by_role("status")).to_contain_text("Visa ending in 3155, valid to 12/2040")
    expect(page.get_by_role("button", name="Remove this card")).to_have_count(0)
    expect(page.get_by_text("so it can't be removed now. You can replace it")).to_be_visible()

    page.get_by_text("Replace the card").click()
    begin("5555 5555 5555 4444")
    expect(page.get_by_role("status")).to_contain_text("Mastercard ending in 4444, valid to 12/2040")
    settle(shop.store_id)
    assert shop.sql("select last4, detached_at is not null from cards order by ended_at nulls last") == [("3155", True), ("4444", False)]


def test_a_card_form_that_cannot_be_loaded_says_so(shop, visit, bank):  # noqa: F811
    b = shop.book(at(10, 15))
    page = visit(shop)
    page.route("**/js/stripe.js", lambda route: route.abort())
    page.goto(manage_path(b, panel="payment"))
    page.get_by_label("I agree that Harbor Massage keeps this card").check()
    page.get_by_role("button", name="Continue to the card form").click()
    expect(page.get_by_role("alert")).to_contain_text("The card form could not be loaded.")


def test_the_whole_way_of_a_payment(shop, visit, bank):  # noqa: F811
    """A deposit with the bank's dialog, a card saved with it, replaced, refused removal while it secures the booking, and the refund
    until it has succeeded (A60-A62, A89, A90)."""
    service = shop.add_service("Facial", deposit=2500, staff=[shop.elena], policy={"cancel": {"notice": "PT0S"}})
    page = visit(shop, width=375)
    page.goto(f"/book/{service}?month=2027-03&day=2027-03-11")
    page.get_by_role("radio").first.check(force=True)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("Bea")
    page.get_by_label("E-mail address").fill("bea@example.com")
    page.get_by_label("I accept").check()
    page.get_by_role("button", name="Continue to payment").click()
    type_card(page, "4000 0025 0000 3155")
    page.get_by_role("button", name="Pay $25").click()
    page.get_by_role("button", name="Complete authentication").click()
    expect(page.get_by_role("status")).to_contain_text("You are booked")
    ref = shop.sql("select ref from bookings")[0][0]
    b = shop.read(ref)
    assert (b.paid, b.owed) == (2500, 0)

    def save(number: str) -> None:
        page.get_by_label("I agree that Harbor Massage keeps this card").check()
        page.get_by_role("button", name="Continue to the card form").click()
        expect(page.get_by_role("heading", name="Save a card")).to_be_visible()
        type_card(page, number)
        page.get_by_role("button", name="Save this card").click()

    page.goto(manage_path(b, panel="payment"))
    save("4000 0025 0000 3155")
    page.get_by_role("button", name="Complete authentication").click()
    expect(page.get_by_role("status")).to_contain_text("Visa ending in 3155")
    page.get_by_text("Replace the card").click()
    save("5555 5555 5555 4444")
    expect(page.get_by_role("status")).to_contain_text("Mastercard ending in 4444")

    remove = page.get_by_role("button", name="Remove this card")
    expect(remove).to_be_visible()
    update_service(shop.store_id, MERCHANT, service, deposit=6000)
    remove.click()
    expect(page.get_by_text("This card secures an upcoming booking, so it can't be removed now.").first).to_be_visible()
    assert shop.sql("select last4 from cards where ended_at is null") == [("4444",)]

    page.goto(manage_path(b))
    page.get_by_role("link", name="Cancel booking").click()
    expect(page.get_by_text("You'll be refunded $25 to the card you paid with")).to_be_visible()
    page.get_by_role("button", name="Cancel booking").click()
    expect(page.get_by_text("$25").first).to_be_visible()
    settle(shop.store_id)
    page.reload()
    expect(page.get_by_text("$25 was refunded.").first).to_be_visible()
    assert shop.sql("select state, amount from refunds") == [("succeeded", 2500)]
    assert [(made["amount"], made["status"]) for made in bank.all("refund")] == [(2500, "succeeded")]
    assert shop.sql("select last4, detached_at is not null from cards order by last4") == [("3155", True), ("4444", False)]


def looked_at(page: Page) -> list[str]:
    """What is wrong with the page at 1280 and at 375 px, where the journey goes on."""
    problems = []
    for width in (1280, 375):
        page.set_viewport_size({"width": width, "height": 900})
        problems += [f"at {width}: {line}" for line in serious(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"wider than {width}")
    return problems


def test_a_shop_opens_its_account_and_hears_of_a_dispute(shop, visit, bank):  # noqa: F811
    """Through Stripe's own pages and back, with nothing for axe to complain about on the way."""
    disconnect_account(shop.store_id, SYSTEM)
    page = visit(shop, width=375)
    enter(page, shop)
    page.goto("/admin/settings/payments")
    assert looked_at(page) == []
    page.get_by_role("button", name="Connect Stripe").click()
    page.get_by_label("Everything but a bank account").check()
    page.get_by_role("button", name="Back to the shop").click()
    expect(page.get_by_role("heading", name="Card payments by Stripe")).to_be_visible()
    shop.set_clock(shop.now + timedelta(minutes=2))
    settle(shop.store_id)
    page.goto("/admin/settings/payments")
    expect(page.get_by_text("A bank account for payouts")).to_be_visible()
    assert looked_at(page) == []
    page.get_by_role("button", name="Go on at Stripe").click()
    page.get_by_label("Everything given: the account takes money").check()
    page.get_by_role("button", name="Back to the shop").click()
    page.get_by_role("button", name="Ask Stripe now").click()
    expect(page.get_by_text("Card payments work, and Stripe pays them out to you.")).to_be_visible()

    account = bank.all("account", "")[0]["id"]
    b = shop.book(at(10, 15))
    made = bank.client(account).v1.payment_intents.create({"amount": 5000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True})
    with transaction(shop.store_id, SYSTEM) as tx:
        tx.db.execute(Payment.__table__.insert().values(store_id=shop.store_id, id=1, booking_id=b.id, amount=5000, currency="USD", method="card",
                                                        provider_ref=made.id, captured_at=tx.now))
    dispute = httpx.post(f"{bank.url}/stripe/disputes", json={"payment_intent": made.id}).json()
    with reading(shop.store_id) as tx:
        take(shop.store_id, account_of(tx), dispute["id"])
    page.goto("/admin/disputes")
    expect(page.get_by_text("Please answer")).to_be_visible()
    assert looked_at(page) == []
    page.get_by_role("link", name="Answer at Stripe").click()
    page.get_by_role("button", name="lost", exact=True).click()
    with reading(shop.store_id) as tx:
        account_now = account_of(tx)
    take(shop.store_id, account_now, dispute["id"])
    page.goto(f"/admin/bookings/{b.ref}")
    expect(page.get_by_text("Dispute lost").first).to_be_visible()
    assert looked_at(page) == []
