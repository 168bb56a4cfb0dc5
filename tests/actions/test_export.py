"""The copy of one person's data is whole, and a new table or column cannot be left out of it by forgetting (R45, I61)."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

import models.tables  # noqa: F401  every table
from booking.actions.booking_notes import add_note
from booking.actions.cancel_booking import cancel_booking
from booking.actions.join_waitlist import join_waitlist
from booking.actions.payment_accounts import connect_account
from booking.actions.sign_in import Asker
from booking.actions.stores import update_store
from booking.actions.withdraw import declare_withdrawal
from booking.privacy import NOTES, PARTS, PROFILE, customer_data
from booking.wording import words_for
from booking.wording.own_data import IN_FILE, LABELS, groups
from models.actor import SYSTEM
from models.base import Base, new_id
from models.card import Card, CardConsent
from models.session import reading, transaction
from models.sms import SmsStop
from sync.beat import serve_waitlist
from tests.access.test_email_change import signed_in
from tests.support.world import MERCHANT, World, at

LEFT_OUT = {
    **dict.fromkeys((
        "audit_heads", "blocks", "calendar_times", "document_counters", "domains", "ended_grants", "locations", "merchant_tokens", "message_templates",
        "openings", "payment_accounts", "payment_onboardings", "policies", "services", "sessions", "shopify_imports", "shopify_installs",
        "shopify_variants", "staff", "staff_calendars", "staff_dates", "staff_services", "store_hosts", "stores", "user_logins", "users",
        "webhook_endpoints"), "the shop's own: its people, rules and connections"),
    **dict.fromkeys(("occupancies", "reminders", "customer_words"), "follows from the bookings, kept by triggers"),
    **dict.fromkeys(("refund_lines", "refund_intents", "credit_uses", "shopify_refunds", "shopify_credits"), "parts of a payment, refund or credit that is in"),
    **dict.fromkeys(("attempts", "shopify_erased"), "keyed hashes that lead back to nobody"),
    **dict.fromkeys(("idempotency_keys", "webhook_attempts", "shopify_deliveries", "shopify_staged", "imports"), "passing copies of what is in"),
    **dict.fromkeys(("stripe_events", "shopify_due", "shopify_tasks"), "ids of what is to be looked at"),
    "holds": "a time kept for a browser without a name",
    "customers": "the profile",
    "shopify_gone": "which ids over there were theirs, as keyed hashes",
    "moved_starts": "times bookings had, for lists somebody walks just then; the trail has them",
}
"""Table -> why nothing of it is in the copy."""

TECHNICAL = {"store_id", "id", "customer_id", "booking_id", "service_id", "staff_id", "location_id", "session_id", "order_id", "visit_id", "series_id", "account_id",
             "payment_id", "refund_id", "request_id", "card_id", "entry_id", "user_id", "outbox_id", "policy_id", "subject_id"}
"""Which rows belong together; what they point to is named in words."""
COLUMNS_LEFT_OUT = {
    "bookings": {"version", "link_epoch", "local_start", "fold", "buffer_before_s", "buffer_after_s", "overlap_ok", "conflict", "never_approved",
                 "sticky_num", "sticky_den", "sticky_credit", "held", "contact_email_canonical", "updated_at"},
    "shopify_order_lines": {"line_gid", "order_gid"}, "payments": {"shared"}, "refunds": {"reminded_at"}, "documents": {"covers"},
    "disputes": {"provider_ref", "refundable", "answered", "looked_at", "given", "instead"}, "cards": {"provider_customer"}, "card_consents": {"most"},
    "intents": {"secret_hash", "client_sealed", "facts", "check_at"}, "sms_deliveries": {"sid"},
    "outbox": {"dedupe", "payload", "booking_version", "attempts", "due_at", "leased_until", "lease", "message_id", "last_error"},
    "login_codes": {"challenge_hash", "code_hash", "tries"}, "customer_logins": {"secret_hash", "shopify_hint"},
    "email_changes": {"undo_hash", "undo_until", "closed_at"}, "shopify_customers": {"calendar_digest"},
    "audit_entries": {"chain", "actor_id", "actor_role", "subject", "before", "after", "facts", "previous", "hash"},
}
"""Workings, secrets of sessions and links, and ids of others."""

ALL = PARTS | {"team_notes": NOTES}


def test_every_table_is_in_the_copy_or_has_a_reason():
    """A new table with anything about a customer fails here until somebody has decided."""
    known = {part.table.__tablename__ for part in ALL.values()}
    assert known | LEFT_OUT.keys() == set(Base.metadata.tables) and not known & LEFT_OUT.keys()


@pytest.mark.parametrize("part", ALL.values(), ids=ALL.keys())
def test_so_is_every_column(part):
    name = part.table.__tablename__
    assert set(part.table.__table__.c.keys()) - TECHNICAL - COLUMNS_LEFT_OUT.get(name, set()) == set(part.fields) - TECHNICAL


def test_so_is_the_profile():
    with_reason = {"email_canonical", "feed_secret_hash", "sign_out_before", "version", "erased_at", "merged_into"}
    assert set(Base.metadata.tables["customers"].c.keys()) - TECHNICAL - with_reason == set(PROFILE)


def test_every_part_is_read_in_words_or_stands_in_the_file():
    only_in_file = {"orders", "payers", "payment_steps", "text_messages", "sign_in_codes", "shopify", "history"}
    w = words_for("en")
    one = {"amount": 100, "currency": "USD", "brand": "visa", "last4": "4242", "exp_month": 1, "exp_year": 2040, "kind": "receipt", "number": 1, "text": "x",
           "contract": "x", "ref": "x", "comment": "x", "topic": "reminder", "phone": "+12125550101", "device": "x", "old_email": "x", "name": "x",
           "before": "2027-03-01T12:00:00+00:00", "starts_at": "2027-03-01T12:00:00+00:00", "order_name": "#1"}
    shown = {key for key, part in ALL.items()
             if len(groups({"profile": {}, key: [{name: one[name] for name in part.fields if name in one}]}, w, "UTC")) > 1}
    assert shown == ALL.keys() - only_in_file
    named = {name for key, part in ALL.items() if key in shown for name in part.fields}
    assert named <= LABELS.keys() | IN_FILE | {"source"}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


@pytest.fixture
def ada(world) -> int:
    """Someone signed in who has a booking with a note of the team, waits, was offered a time, and withdraws."""
    update_store(world.store_id, MERCHANT, withdrawal="everyone")
    who = signed_in(world, "ada@example.com")
    taken, b = world.book(at(10, 15), email="bea@example.com"), world.book(at(29, 15), paid=2500)
    add_note(world.store_id, MERCHANT, b.ref, "prefers the quiet room")
    join_waitlist(world.store_id, world.customer(b), b.ref, weekdays=[2], bands=["morning"])
    cancel_booking(world.store_id, MERCHANT, taken.ref)
    serve_waitlist(world.store_id)
    for email, statement in (("Ada@Example.com", "I take it back"), ("bea@example.com", "not hers")):
        declare_withdrawal(world.store_id, SYSTEM, name="Ada", email=email, contract="a course", statement=statement, asker=Asker("192.0.2.1"))
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.execute(insert(SmsStop).values(store_id=tx.store_id, phone="+12125550177", stopped_at=tx.now))
    assert b.customer_id == who.customer_id
    return b.customer_id


def copy(world: World, customer_id: int, **how) -> dict:
    with reading(world.store_id) as tx:
        return customer_data(tx, customer_id, **how)


def test_wishes_offers_withdrawals_and_history(world, ada):
    data = copy(world, ada)
    assert [(wait["kind"], wait["weekdays"], wait["bands"], wait["state"], wait["service"]) for wait in data["waiting"]] == [
        ("earlier", ["wed"], ["morning"], "waiting", "Massage")]
    assert [(held["state"], held["staff"]) for held in data["held_times"]] == [("open", "Elena Marsh")]
    assert [(said["statement"], said["email"]) for said in data["withdrawals"]] == [("I take it back", "ada@example.com")]
    assert {"create_booking", "join_waitlist", "add_note"} <= {entry["action"] for entry in data["history"]}
    assert {"withdrawal_received", "sign_in_code"} <= {message["topic"] for message in data["messages"]}, "also those about no booking"
    assert data["sign_in_codes"] and data["documents"][0]["kind"] == "receipt" and data["orders"] and data["stopped_numbers"] == []
    assert "bea@" not in str(data) and "not hers" not in str(data)


def test_notes_of_the_team_are_handed_out_by_the_shop_alone(world, ada):
    assert "quiet room" not in str(copy(world, ada))
    assert [note["text"] for note in copy(world, ada, by_shop=True)["team_notes"]] == ["prefers the quiet room"]


def test_an_address_nobody_has_proven_brings_nothing_that_only_bears_it(world):
    """R8: two guests may have typed it."""
    update_store(world.store_id, MERCHANT, withdrawal="everyone")
    b = world.book(at(10, 15), email="shared@example.com")
    declare_withdrawal(world.store_id, SYSTEM, name="Else", email="shared@example.com", contract="x", asker=Asker("192.0.2.1"))
    assert copy(world, b.customer_id)["withdrawals"] == []


def test_in_words(world, ada):
    told = dict(groups(copy(world, ada), words_for("en"), "America/New_York"))
    waits = dict(told["Waiting for a time"][0])
    assert waits["Kind"] == "An earlier time" and waits["Days of the week"] == "Wednesday" and waits["Times of day"] == "Morning"
    assert dict(told["Withdrawals"][0])["Message"] == "I take it back" and dict(told["Receipts"][0])["Document"] == "Receipt 1"


def test_the_card_and_what_was_agreed_to(world):
    b, account = world.book(at(10, 15)), connect_account(world.store_id, SYSTEM, "acct_1AbCdEf")
    with transaction(world.store_id, SYSTEM) as tx:
        card = new_id()
        tx.db.execute(insert(Card).values(store_id=tx.store_id, created_at=tx.now, id=card, customer_id=b.customer_id, account_id=account, provider_customer="cus_1", provider_ref="pm_1",
                                          brand="visa", last4="4242", exp_month=12, exp_year=2040, fingerprint="f1"))
        tx.db.execute(insert(CardConsent).values(store_id=tx.store_id, id=new_id(), card_id=card, customer_id=b.customer_id, booking_id=b.id,
                                                 source="manage_portal", text_version="1", text="I agree", most=0, fingerprint="f1", ip_hash="hashed", at=tx.now))
    data = copy(world, b.customer_id)
    assert [(card["brand"], card["last4"]) for card in data["cards"]] == [("visa", "4242")]
    assert [(said["text"], said["ip_hash"], said["fingerprint"], said["booking"]) for said in data["card_consents"]] == [("I agree", "hashed", "f1", b.ref)]
    assert dict(dict(groups(data, words_for("en"), "UTC"))["Saved cards"][0])["Card"] == "Visa ending in 4242, valid to 12/2040"
