"""Paying, saving a card through the bank's dialog, replacing it, cancelling until the refund has arrived; in Chromium (A60-A62, A89, A90)."""

from __future__ import annotations

import dataclasses

import pytest
from playwright.sync_api import Page, expect

from booking import keys
from booking.actions.payment_accounts import connect_account
from booking.links import manage_path
from models.actor import SYSTEM
from sync.payments import settle
from tests.stripe.conftest import Bank, bank  # noqa: F401  (fixture)
from tests.support.world import at


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
