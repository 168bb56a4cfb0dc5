"""Saved cards in the account and by the link: add, replace, remove, and what nobody else may (A60-A62, A66, A90-A92, R36, I19, I20)."""

from __future__ import annotations

import json
from datetime import timedelta

import psycopg
import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.cards import card_for, cards_of
from messages import render_mail
from models.session import reading
from sandbox.stripe.state import shown
from sync.payments import settle
from tests.storefront.visitor import Visitor, account, link, words
from tests.stripe.conftest import Till
from tests.stripe.till_pages import CHALLENGE, DECLINED, GOOD, OTHER, answer_bank, type_card
from tests.stripe.test_webhooks import deliver
from tests.support.world import MERCHANT, World, at

CONSENT = "I agree that Harbor Massage keeps this card and may charge up to $25 to it if I cancel this booking late or miss the appointment."


@pytest.fixture
def visitor(app, world) -> Visitor:
    return Visitor(app, world)


@pytest.fixture
def secured(world) -> int:
    """A service whose rule knows a deposit: a card secures its bookings."""
    return world.add_service("Secured", deposit=2500)


def book(world, service=None, day=10, **more):
    return world.book(at(day, 15), service=service or world.service, staff=world.elena, **more)


def begin(visitor: Visitor, path: str) -> str:
    """Agree on the panel at `path`; the address of the page with the card form, opened."""
    visitor.world.set_clock(visitor.world.now + timedelta(seconds=1))
    visitor.get(path)
    form = path.partition("?")
    target = form[0] + ("" if form[0].endswith("/card") else "/card") + form[1] + form[2]
    to = visitor.post(target, agree="yes").headers["Location"]
    visitor.get(to)
    return to


def save(visitor: Visitor, till: Till, path: str, number: str = GOOD) -> str:
    """All of it; the words of the page at the end."""
    to = begin(visitor, path)
    assert type_card(till, visitor.page, number)["status"] == "succeeded"
    back = visitor.send(f"{to}/done").headers["Location"]
    visitor.get(visitor.get(back, 303).headers["Location"])
    return words(visitor.page)


def cards(world):
    return world.sql("select brand, last4, ended_at is not null, detached_at is not null from cards order by created_at, id")


def of(world, b):
    with reading(world.store_id) as tx:
        return card_for(tx, b.id)


def test_a_confirmation_leads_to_the_card_where_a_fee_could_be_due(world, till, secured):
    """A69, A66: with the panel open, in the mail only; without a fee nothing is asked."""
    b = book(world, secured)
    book(world, day=11)
    links = [row.payload["card_url"] for row in world.outbox("booking_confirmed")]
    assert links[1] is None and links[0].endswith(link(b, panel="payment"))
    mail = render_mail("booking_confirmed", world.outbox("booking_confirmed")[0].payload, "opencals.com")
    assert "Save a card for this booking" in mail.html and "panel=payment" in mail.text


class TestAdding:
    def test_by_the_link(self, world, till, visitor, secured):
        b = book(world, secured)
        said = save(visitor, till, link(b, panel="payment"))
        assert "Your card is saved Visa ending in 4242, valid to 12/2040" in said
        assert cards(world) == [("visa", "4242", False, False)]
        assert world.sql("select source, text, text_version, most, booking_id, length(ip_hash) from card_consents") == [
            ("manage_portal", CONSENT, "2026-11", 2500, b.id, 64)]
        assert world.sql("select fingerprint <> '' from card_consents") == [(True,)]

    def test_in_the_account(self, world, till, visitor, secured):
        b = book(world, secured)
        visitor.sign_in()
        assert "Your card is saved" in save(visitor, till, account(b, "card"))

    def test_without_the_tick_nothing_begins(self, world, till, visitor, secured):
        b = book(world, secured)
        visitor.get(link(b, panel="payment"))
        visitor.post(link(b, "card"), 422)
        assert "Please tick the box" in words(visitor.page) and world.sql("select 1 from intents") == []

    def test_a_declined_card_changes_nothing_and_may_be_tried_again(self, world, till, visitor, secured):
        b = book(world, secured)
        to = begin(visitor, link(b, panel="payment"))
        assert type_card(till, visitor.page, DECLINED)["error"]["code"] == "card_declined"
        visitor.send(f"{to}/done", 409)
        assert "Your card was declined. Please try another one." in words(visitor.page) and cards(world) == []
        assert type_card(till, visitor.page, GOOD)["status"] == "succeeded"
        visitor.send(f"{to}/done")
        assert cards(world) == [("visa", "4242", False, False)]

    @pytest.mark.parametrize(("outcome", "saved"), [("complete", 1), ("fail", 0)])
    def test_a_bank_may_ask_first(self, world, till, visitor, secured, outcome, saved):
        to = begin(visitor, link(book(world, secured), panel="payment"))
        assert type_card(till, visitor.page, CHALLENGE)["status"] == "requires_action"
        answer_bank(till, visitor.page, outcome)
        visitor.send(f"{to}/done", 303 if saved else 409)
        assert len(cards(world)) == saved

    def test_the_webhook_alone_is_enough_and_both_are_one(self, world, till, visitor, app, bank, secured):
        b = book(world, secured)
        to = begin(visitor, link(b, panel="payment"))
        type_card(till, visitor.page)
        for event in bank.events("setup_intent.succeeded") * 2:
            deliver(app.test_client(), event)
        settle(world.store_id)
        assert len(cards(world)) == 1
        visitor.send(f"{to}/done")
        assert len(cards(world)) == 1 and len(world.sql("select 1 from card_consents")) == 1

    def test_while_stripe_is_down_the_page_says_so(self, world, till, visitor, bank, secured):
        b = book(world, secured)
        visitor.get(link(b, panel="payment"))
        bank.faults.order("stripe", "down", 1)
        visitor.post(link(b, "card"), 503, agree="yes")
        assert "Nothing has changed" in words(visitor.page) and world.sql("select state from intents") == [("failed",)]

    def test_a_page_left_open_ends(self, world, till, visitor, bank, secured):
        to = begin(visitor, link(book(world, secured), panel="payment"))
        world.set_clock(world.now + timedelta(hours=2))
        settle(world.store_id)
        assert world.sql("select state, client_sealed from intents") == [("cancelled", None)]
        assert bank.all("setup_intent")[0]["status"] == "canceled"
        visitor.get(to)
        assert "This page has ended" in words(visitor.page)

    def test_the_number_never_reaches_us(self, world, till, visitor, secured, postgres, database_name):
        save(visitor, till, link(book(world, secured), panel="payment"))
        with psycopg.connect(postgres.admin_url(database_name)) as c:
            names = [n for (n,) in c.execute("select tablename from pg_tables where schemaname = 'public'")]
            dump = "".join(str(c.execute(f"select * from {n}").fetchall()) for n in names)
        assert "4242424242424242" not in dump and till.account not in dump and "_secret_" not in dump


class TestReplacingAndRemoving:
    def test_a_new_card_takes_the_place_of_the_old_one(self, world, till, visitor, bank, secured):
        first, second = book(world, secured), book(world, secured, 11)
        visitor.sign_in()
        save(visitor, till, account(first, "card"))
        begin(visitor, account(first, "card"))
        assert cards(world)[0][2:] == (False, False)
        type_card(till, visitor.page, OTHER)
        settle(world.store_id)
        to = world.sql("select 1 from intents where state = 'open'")
        assert to and cards(world)[0][2] is False
        for event in bank.events("setup_intent.succeeded"):
            deliver(visitor.client, event)
        settle(world.store_id)
        settle(world.store_id)
        assert cards(world) == [("visa", "4242", True, True), ("mastercard", "4444", False, False)]
        assert [m["customer"] for m in bank.all("payment_method")][0] is None and of(world, first).last4 == "4444" and of(world, second) is None

    def test_replacing_in_the_account_carries_the_other_bookings_along(self, world, till, visitor, secured):
        first, second = book(world, secured), book(world, secured, 11)
        visitor.sign_in()
        save(visitor, till, account(first, "card"))
        save(visitor, till, account(second, "card"), OTHER)
        assert (of(world, first).last4, of(world, second).last4) == ("4444", "4444")
        assert [row[2] for row in cards(world)] == [True, False]

    def test_a_card_that_secures_a_booking_can_only_be_replaced(self, world, till, visitor, secured):
        b = book(world, secured)
        visitor.sign_in()
        save(visitor, till, account(b, "card"))
        assert "so it can't be removed now. You can replace it" in words(visitor.page) and "Remove this card" not in visitor.page
        card = of(world, b).id
        visitor.post(account(b, "card/remove"), 409, card=str(card))
        assert cards(world)[0][2] is False
        cancel_booking(world.store_id, MERCHANT, b.ref)
        visitor.get("/account/cards")
        visitor.post("/account/cards", card=str(card))
        settle(world.store_id)
        assert cards(world) == [("visa", "4242", True, True)]

    def test_where_nothing_can_be_charged_it_may_go_at_once(self, world, till, visitor):
        b = book(world)
        said = save(visitor, till, link(b, panel="payment"))
        assert "Remove this card" in said
        visitor.send(link(b, "card/remove"))
        assert cards(world)[0][2] is True
        visitor.get(link(b, done="card_removed"))
        assert "Your card is removed" in words(visitor.page)

    def test_detached_at_stripe_it_is_gone_here(self, world, till, visitor, app, bank):
        save(visitor, till, link(book(world), panel="payment"))
        till.client.v1.payment_methods.detach(bank.all("payment_method")[0]["id"])
        deliver(app.test_client(), bank.events("payment_method.detached")[0])
        settle(world.store_id)
        assert cards(world) == [("visa", "4242", True, True)]


class TestOthers:
    """I20."""

    def test_a_link_shows_and_touches_only_its_own_bookings_card(self, world, till, visitor, app):
        """A guest books with the address of another guest: same unproven customer record, not the same person."""
        mine, theirs = book(world), book(world, day=11)
        assert mine.customer_id == theirs.customer_id
        save(visitor, till, link(mine, panel="payment"))
        stranger = Visitor(app, world)
        stranger.get(link(theirs, panel="payment"))
        assert "4242" not in stranger.page and "No card is saved for this booking." in words(stranger.page)
        stranger.post(link(theirs, "card/remove"), 409, card=str(of(world, mine).id))
        save(stranger, till, link(theirs, panel="payment"), OTHER)
        assert (of(world, mine).last4, of(world, theirs).last4) == ("4242", "4444") and [row[2] for row in cards(world)] == [False, False]

    def test_the_page_of_the_card_form_belongs_to_one_browser(self, world, till, visitor, app):
        to = begin(visitor, link(book(world), panel="payment"))
        stranger = Visitor(app, world)
        for path in (to, f"{to}/back"):
            stranger.get(path, 404)
        stranger.get("/account/login")
        stranger.post(f"{to}/done", 404)

    def test_another_shop_knows_nothing_of_it(self, world, till, visitor, app, owner_url):
        to = begin(visitor, link(book(world), panel="payment"))
        elsewhere = Visitor(app, World(owner_url))
        elsewhere.client = visitor.client
        elsewhere.get(to, 404)

    def test_only_that_page_loads_the_providers_script(self, world, till, visitor, bank):
        b = book(world)
        visitor.get(link(b, panel="payment"))
        assert bank.url not in visitor.page
        to = begin(visitor, link(b, panel="payment"))
        answer = visitor.get(to)
        policy = answer.headers["Content-Security-Policy"]
        assert f"script-src 'self' {bank.url};" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert b.ref not in visitor.page and "token=" not in visitor.page and b.ref not in to

    def test_without_an_account_the_panel_explains(self, world, visitor):
        b = book(world)
        visitor.get(link(b, panel="payment"))
        assert "Harbor Massage doesn't keep cards online. Please contact Harbor Massage directly." in words(visitor.page)
        visitor.get("/account/login")
        visitor.post(link(b, "card"), 409, agree="yes")

    def test_reading_the_pages_writes_nothing(self, world, till, visitor, postgres, database_name, secured):
        b = book(world, secured)
        visitor.sign_in()
        save(visitor, till, account(b, "card"))
        to = begin(visitor, account(b, "card"))

        def contents():
            with psycopg.connect(postgres.admin_url(database_name)) as c:
                return [c.execute(f"select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {n} t").fetchone()
                        for n in ("intents", "cards", "card_consents", "bookings", "audit_entries", "outbox", "payers")]

        before, objects = contents(), len(till.bank.state.objects)
        for path in (account(b), account(b, "card"), to, f"{to}/back"):
            visitor.client.get(path, base_url=visitor.origin)
        assert contents() == before and len(till.bank.state.objects) == objects

    def test_after_sign_in_a_guests_card_is_in_the_account(self, world, till, visitor):
        b = book(world)
        save(visitor, till, link(b, panel="payment"))
        visitor.sign_in()
        visitor.get(account(b, "card"))
        assert "Visa ending in 4242" in words(visitor.page)
        with reading(world.store_id) as tx:
            assert len(cards_of(tx, world.read(b.ref).customer_id)) == 1


def test_events_carry_no_card_number(bank, world, till, visitor):
    save(visitor, till, link(book(world), panel="payment"))
    assert GOOD not in json.dumps([shown(event) for event in bank.all("event")])


class TestTheOwnerHears:
    """R6, R41: of every change of a card, at the address on file, whoever made it."""

    @pytest.mark.parametrize(("path", "who"), [(lambda b: link(b, panel="payment"), "link"), (lambda b: account(b, "card"), "customer")])
    def test_saved_replaced_and_removed(self, world, till, visitor, path, who):
        b = book(world)
        visitor.sign_in()
        save(visitor, till, path(b))
        save(visitor, till, path(b), OTHER)
        visitor.get(path(b))
        visitor.send(path(b).partition("?")[0].removesuffix("/card") + "/card/remove?" + path(b).partition("?")[2])
        told = world.outbox("card_saved", "card_removed")
        assert [(row.topic, row.recipient, row.payload["card"]["last4"], row.payload.get("replaced")) for row in told] == [
            ("card_saved", "ada@example.com", "4242", False), ("card_saved", "ada@example.com", "4444", True), ("card_removed", "ada@example.com", "4444", None)]
        saved = render_mail("card_saved", told[1].payload, "opencals.com").text
        assert "Mastercard ending in 4444, valid to 12/2040" in saved and "takes the place of the card" in saved and "Wasn't you?" in saved
        entries = world.sql("select actor_kind, channel, actor_id from audit_entries where action in ('save_card', 'remove_card') order by id")
        assert entries == [(who, "link" if who == "link" else "account", str(b.id if who == "link" else b.customer_id))] * 3
        visitor.get(account(b))
        assert "Card removed" in words(visitor.page) and "Card saved" in words(visitor.page)

    def test_from_the_account_about_no_booking(self, world, till, visitor):
        b = book(world)
        visitor.sign_in()
        save(visitor, till, account(b, "card"))
        visitor.get("/account/cards")
        visitor.send("/account/cards", card=str(of(world, b).id))
        [told] = world.outbox("card_removed")
        mail = render_mail("card_removed", told.payload, "opencals.com")
        assert told.recipient == "ada@example.com" and mail.subject == "A saved card was removed" and "manage/" not in mail.text

    def test_a_link_cannot_flood_them(self, world, till, visitor):
        """I37: what is done stays done, its message waits."""
        b = book(world)
        for _ in range(3):
            save(visitor, till, link(b, panel="payment"))
            visitor.get(link(b))
            visitor.send(link(b, "card/remove"))
        assert len([row for row in world.outbox("card_saved", "card_removed") if row.due_at <= world.now]) <= 3
        assert len(cards(world)) == 3
