"""Opening an account at Stripe from the dashboard: made once, finished there, shown as it stands, left again (I16, I17, I20, I64, R36)."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from booking import keys
from booking.actions.deposit import begin_deposit
from booking.deposits import taken_online
from booking.actions.refund_booking import refund_booking
from booking.offers import find_offer
from gateways.stripe import accounts
from gateways.stripe.client import account_of
from gateways.stripe.errors import Unsure
from models.actor import SYSTEM
from models.session import database, reading
from shopify_app.dashboard.settings_payments import needs
from booking.wording import words_for
from sync.payments import settle
from tests.actions.test_reschedule import refused
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import link, words
from tests.stripe.conftest import Till
from tests.stripe.test_webhooks import deliver
from tests.support.world import MERCHANT, World, at

PAGE = "/settings/payments"
BACK, AGAIN = "https://shop/back", "https://shop/again"


@pytest.fixture
def owner(app, world) -> Colleague:
    return Colleague(app, world).sign_in("owner")


def account(world) -> str:
    with reading(world.store_id) as tx:
        found = account_of(tx)
    assert found is not None
    return found.name


def state(world):
    return world.sql("select charges_enabled, payouts_enabled, details_submitted from payment_accounts where ended_at is null")


def told(http, bank, topic="account.updated"):
    """Stripe's last event of the topic arrives."""
    assert deliver(http, bank.events(topic)[-1]).status_code == 200


class TestDashboard:
    def test_connect_finish_at_stripe_and_take_money(self, owner, world, bank, http):
        owner.get(f"/admin{PAGE}")
        assert "Connect your own Stripe account" in words(owner.page)
        leads = owner.send(f"/admin{PAGE}/connect").headers
        assert leads["Location"].startswith(f"{bank.url}/stripe/onboarding/") and f"form-action 'self' {bank.url};" in leads["Content-Security-Policy"]
        owner.get(f"/admin{PAGE}")
        assert "Stripe needs some details from you" in words(owner.page)
        assert state(world) == [(False, False, False)]
        at_stripe = httpx.get(leads["Location"])
        assert "This stands for Stripe's own pages" in at_stripe.text
        back = httpx.post(leads["Location"], data={"outcome": "ready"}).headers["Location"]
        assert urlsplit(back).path == f"/admin{PAGE}" and urlsplit(back).hostname == f"{world.slug}.localhost"
        owner.get(f"/admin{PAGE}?{urlsplit(back).query}")
        assert "We are asking Stripe how it stands" in words(owner.page) and "data-refresh" in owner.page
        told(http, bank)
        settle(world.store_id)
        owner.get(f"/admin{PAGE}")
        assert "Card payments work, and Stripe pays them out to you." in words(owner.page) and "Go on at Stripe" not in words(owner.page)
        made = bank.all("account", "")
        assert [(one["controller"]["stripe_dashboard"]["type"], one["business_profile"]["name"], one["email"]) for one in made] == [
            ("full", "Harbor Massage", "shop@example.com")]
        service = world.add_service("Facial", deposit=2500, staff=[world.elena])
        with reading(world.store_id) as tx:
            assert taken_online(tx, find_offer(tx, service), 1) == 2500

    def test_a_link_that_was_used_leads_back_to_go_on(self, owner, world, bank):
        to = accounts.onboard(world.store_id, MERCHANT, BACK, AGAIN)
        assert httpx.get(to).status_code == 200 and httpx.get(to).headers["Location"] == AGAIN
        owner.get(f"/admin{PAGE}?from=again")
        assert "works once and for some minutes only" in words(owner.page)
        assert owner.send(f"/admin{PAGE}/connect").headers["Location"] != to and len(bank.all("account", "")) == 1

    @pytest.mark.parametrize(("outcome", "said", "listed"), [
        ("no_bank", "Stripe keeps the money until it has what is missing", "A bank account for payouts"),
        ("checking", "Stripe is checking your details", None), ("unfinished", "Stripe needs some details from you", "Details of the business"),
        ("stopped", "takes no card payments for you until it has what is missing", "Proof of who you are, a document")])
    def test_how_it_stands_in_words(self, owner, world, bank, outcome, said, listed):
        to = accounts.onboard(world.store_id, MERCHANT, BACK, AGAIN)
        httpx.post(to, data={"outcome": outcome})
        owner.get(f"/admin{PAGE}")
        owner.send(f"/admin{PAGE}/look")
        owner.get(f"/admin{PAGE}")
        text = words(owner.page)
        assert said in text and (listed is None or listed in text) and "As Stripe told us" in text

    def test_leaving_needs_a_tick_and_refunds_still_go_back(self, owner, world, bank):
        httpx.post(accounts.onboard(world.store_id, MERCHANT, BACK, AGAIN), data={"outcome": "ready"})
        first = account(world)
        owner.get(f"/admin{PAGE}")
        owner.post(f"/admin{PAGE}/disconnect", 422)
        assert "Please tick the box" in words(owner.page) and account(world) == first
        owner.post(f"/admin{PAGE}/disconnect", sure="1")
        assert state(world) == []
        owner.get(f"/admin{PAGE}")
        owner.send(f"/admin{PAGE}/connect")
        assert account(world) == first and len(bank.all("account", "")) == 1, "the account opened here is taken up again"
        assert world.sql("select count(*) from payment_accounts") == [(1,)]

    def test_others_of_the_shop_see_nothing_of_it(self, app, world):
        manager = Colleague(app, world).sign_in("manager")
        manager.get(f"/admin{PAGE}", 403)
        manager.get("/admin/settings/store")
        assert PAGE not in manager.page
        manager.post(f"/admin{PAGE}/connect", 403)

    def test_stripe_down_changes_nothing_and_says_so(self, owner, world, bank):
        bank.faults.order("stripe", "5xx", 1)
        owner.get(f"/admin{PAGE}")
        owner.send(f"/admin{PAGE}/connect", 503)
        assert "Stripe does not answer" in words(owner.page) and state(world) == []
        bank.moment.append(world.now)
        owner.send(f"/admin{PAGE}/connect")
        assert len(bank.all("account", "")) == 1

    def test_without_keys_the_page_says_so(self, owner, world, settings):
        keys.configure(settings)
        owner.get(f"/admin{PAGE}")
        assert "not set up on this installation" in words(owner.page)
        owner.post(f"/admin{PAGE}/connect", 409)


class TestOnce:
    @pytest.mark.parametrize("forgotten", [False, True])
    def test_a_lost_answer_makes_no_second_account(self, world, bank, forgotten):
        """Found again by the mark we wrote on it, whatever became of the key (I16)."""
        bank.moment.append(world.now)
        bank.faults.order("stripe", "timeout_after_effect", 1)
        with pytest.raises(Unsure):
            accounts.onboard(world.store_id, MERCHANT, BACK, AGAIN)
        if forgotten:
            bank.state.keys.clear()
        accounts.onboard(world.store_id, MERCHANT, BACK, AGAIN)
        assert [made["id"] for made in bank.all("account", "")] == [account(world)]

    def test_the_id_is_sealed_and_one_stores_only(self, world, bank, owner_url):
        accounts.onboard(world.store_id, MERCHANT, BACK, AGAIN)
        row = world.sql("select account_sealed, account_hash from payment_accounts")[0]
        assert account(world).startswith("acct_") and all(account(world) not in value for value in row)
        other = World(owner_url)
        accounts.onboard(other.store_id, MERCHANT, BACK, AGAIN)
        assert account(other) != account(world)


class TestState:
    def test_until_stripe_says_so_nothing_is_taken(self, world, bank):
        accounts.onboard(world.store_id, MERCHANT, BACK, AGAIN)
        service = world.add_service("Facial", deposit=2500, staff=[world.elena])
        with reading(world.store_id) as tx:
            assert taken_online(tx, find_offer(tx, service), 1) == 0
        refused("not_allowed", begin_deposit, world.store_id, SYSTEM, service_id=service, starts_at=at(10, 15), staff_id=None, seats=1, person=None,
                customer_id=None, notes="", owner="x", agreed=True)

    def test_cards_are_not_offered_meanwhile(self, app, world, bank):
        accounts.onboard(world.store_id, MERCHANT, BACK, AGAIN)
        visitor = Colleague(app, world)
        b = world.book(at(10, 15))
        visitor.get(link(b, panel="payment"))
        assert "Continue to the card form" not in words(visitor.page)

    def test_it_is_looked_at_without_any_webhook(self, world, bank):
        """The workers ask by themselves, soon first and ever more rarely (I17, I21)."""
        to = accounts.onboard(world.store_id, MERCHANT, BACK, AGAIN)
        httpx.post(to, data={"outcome": "ready"})
        assert world.store_id not in database().due_payments() or settle(world.store_id) is not None
        world.set_clock(world.now + timedelta(minutes=2))
        assert world.store_id in database().due_payments()
        settle(world.store_id)
        assert state(world) == [(True, True, True)] and world.sql("select look_at from payment_accounts") == [(None,)]

    def test_stopped_later_the_shop_is_told_once_and_refunds_go_on(self, till, world, bank, http):
        b = world.book(at(10, 15))
        till.take(b, 5000)
        till.client.v1.accounts.retrieve(till.account)
        bank.state.save("", {"id": till.account, "object": "account", "created": 1, **{k: True for k in ("charges_enabled", "payouts_enabled")},
                             "details_submitted": True, "requirements": {}, "metadata": {}})
        httpx.post(f"{bank.url}/stripe/accounts/{till.account}", json={"outcome": "stopped"})
        for _ in range(2):
            told(http, bank)
            settle(world.store_id)
        assert state(world) == [(False, False, True)]
        assert [row.recipient for row in world.outbox("merchant_payments_stopped")] == ["shop@example.com"]
        refund_booking(world.store_id, MERCHANT, b.ref, amount=5000)
        settle(world.store_id)
        assert [made["amount"] for made in till.refunds()] == [5000]

    def test_disconnected_at_stripe_it_is_left_here_too(self, world, bank, http):
        httpx.post(accounts.onboard(world.store_id, MERCHANT, BACK, AGAIN), data={"outcome": "ready"})
        first = account(world)
        httpx.post(f"{bank.url}/stripe/accounts/{first}", json={"outcome": "left"})
        told(http, bank, "account.application.deauthorized")
        settle(world.store_id)
        assert state(world) == [] and len(world.outbox("merchant_payments_stopped")) == 1
        accounts.onboard(world.store_id, MERCHANT, BACK, AGAIN)
        assert account(world) != first, "an account that was left cannot be taken up again"

    def test_a_forged_goodbye_disconnects_nobody(self, till, world, bank, http):
        """The event is only a hint; Stripe's answer decides."""
        bank.state.objects[till.account, "evt_x"] = {"id": "evt_x", "object": "event", "created": 1, "type": "account.application.deauthorized",
                                                     "account": till.account, "data": {"object": {"id": "ca_1", "object": "application"}}}
        assert deliver(http, bank.state.objects[till.account, "evt_x"]).status_code == 200
        settle(world.store_id)
        assert account(world) == till.account


def test_requirements_in_words_each_once():
    w = words_for("en")
    assert needs(w, ["person_1.dob.day", "person_1.dob.month", "representative.email", "weird.thing", "external_account", "company.tax_id"]) == [
        "Details of the people behind the business", "A bank account for payouts", "Details of the business", "Further details Stripe names there"]
    assert needs(w, []) == [] and needs(w, ["individual.verification.document", "company.verification.document"]) == [
        "Proof of who you are, a document", "Proof of the company, a document"]


def test_a_neighbours_account_is_out_of_reach(owner, world, owner_url, bank):
    neighbour = World(owner_url)
    theirs = Till(neighbour, bank)
    owner.get(f"/admin{PAGE}")
    assert theirs.account not in owner.page and "Connect your own Stripe account" in words(owner.page)
    owner.post(f"/admin{PAGE}/disconnect", sure="1")
    assert account(neighbour) == theirs.account
