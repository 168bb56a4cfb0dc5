"""Customers are the same on both sides: linked by proof, each field by its own rule, nothing comes back as an echo (R9, I25)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.customers import create_customer, update_customer
from booking.actions.people import Person
from booking.actions.profile import change_profile, renew_feed
from booking.links import check_token, manage_token
from tests.support.world import MERCHANT, at

FIELDS = {"name", "email", "phone"}


def new_customer(store, email="ada@example.com", name="Ada Archer", phone="+12125550101", verified=False) -> int:
    customer_id = create_customer(store.store_id, MERCHANT, Person(name, email, phone)).facts["id"]
    if verified:
        store.write("update customers set email_verified_at = opencals_now() where id = %s", customer_id)
    return customer_id


def ours(store, customer_id: int) -> tuple:
    return store.sql("select name, email, phone, shopify_id from customers where id = %s", customer_id)[0]


def later(store, **delta) -> None:
    store.set_clock(store.now + timedelta(**(delta or {"minutes": 1})))


def test_a_customer_of_ours_is_made_there_once(store):
    customer_id = new_customer(store)
    store.sync()
    [there] = store.shop.customers.values()
    assert (there["firstName"], there["lastName"], there["email"], there["phone"]) == ("Ada", "Archer", "ada@example.com", "+12125550101")
    assert ours(store, customer_id)[3] == there["id"]
    assert store.due() == [] and len(store.calls("CustomerCreate")) == 1
    store.sync()
    assert [call["operation"] for call in store.writes()].count("CustomerUpdate") == 0


def test_a_lost_answer_does_not_make_them_twice(store):
    new_customer(store)
    store.over.shopify.faults.order("shopify", "timeout_after_effect", 2)
    store.sync()
    later(store)
    store.sync()
    assert len(store.shop.customers) == 1 and store.sql("select count(*) from customers where shopify_id is not null") == [(1,)]


def test_our_change_goes_there_and_its_echo_changes_nothing(store):
    customer_id = new_customer(store)
    store.sync()
    later(store)
    update_customer(store.store_id, MERCHANT, customer_id, Person("Ada Lovelace", "ada@example.com", "+12125550101"), {"name"})
    store.sync()
    [there] = store.shop.customers.values()
    assert (there["firstName"], there["lastName"]) == ("Ada", "Lovelace")
    written = len(store.writes())
    store.write("select shopify_mark('remote_customer', %s)", there["id"])
    store.sync()
    assert len(store.writes()) == written and store.due() == []


def test_their_change_comes_here_and_is_not_sent_back(store):
    customer_id = new_customer(store)
    store.sync()
    later(store)
    [there] = store.shop.customers.values()
    store.shop.change_customer(there["id"], firstName="Augusta", phone="+12125550199")
    store.write("select shopify_mark('remote_customer', %s)", there["id"])
    written = len(store.writes())
    store.sync()
    assert ours(store, customer_id)[:3] == ("Augusta Archer", "ada@example.com", "+12125550199")
    assert len(store.writes()) == written and store.due() == []


@pytest.mark.parametrize("ours_first", [True, False])
def test_of_two_edits_of_a_field_the_later_wins_and_others_stay(store, ours_first):
    customer_id = new_customer(store)
    store.sync()
    [there] = store.shop.customers.values()

    def here() -> None:
        later(store)
        update_customer(store.store_id, MERCHANT, customer_id, Person("Ours Here", "ada@example.com", "+12125550111"), {"name", "phone"})

    def over_there() -> None:
        later(store)
        store.shop.change_customer(there["id"], firstName="Theirs", lastName="There")

    for edit in (here, over_there) if ours_first else (over_there, here):
        edit()
    store.write("select shopify_mark('remote_customer', %s)", there["id"])
    store.sync()
    later(store)
    store.sync()
    name = "Theirs There" if ours_first else "Ours Here"
    assert ours(store, customer_id)[0] == name and f"{there['firstName']} {there['lastName']}" == name
    assert ours(store, customer_id)[2] == there["phone"] == "+12125550111"


def test_someone_new_there_becomes_a_customer_here(store):
    there = store.shop.add_customer(firstName="Bea", lastName="Moss", email="bea@example.com", verifiedEmail=True)
    store.write("select shopify_mark('remote_customer', %s)", there["id"])
    store.sync()
    assert store.sql("select name, email, email_verified_at is not null, shopify_id from customers") == [("Bea Moss", "bea@example.com", True, there["id"])]
    assert store.writes() == []


def test_they_are_linked_only_when_both_have_verified_the_address(store):
    first = new_customer(store, verified=True)
    second = new_customer(store, email="bea@example.com", name="Bea Moss", phone="")
    store.write("delete from shopify_due")
    for email in ("ada@example.com", "bea@example.com"):
        there = store.shop.add_customer(firstName="Re", email=email, verifiedEmail=True)
        store.write("select shopify_mark('remote_customer', %s)", there["id"])
    store.sync()
    assert ours(store, first)[3] is not None and ours(store, second)[3] is None
    assert store.sql("select count(*) from customers where email_canonical = 'bea@example.com'") == [(2,)]


def test_who_is_linked_already_is_not_linked_to_another(store):
    customer_id = new_customer(store, verified=True)
    store.sync()
    before = ours(store, customer_id)[3]
    store.shop.customers[before]["email"] = "old@example.com"
    there = store.shop.add_customer(firstName="Mallory", email="ada@example.com", verifiedEmail=True)
    store.write("delete from shopify_due")
    store.write("select shopify_mark('remote_customer', %s)", there["id"])
    store.sync()
    assert ours(store, customer_id)[3] == before
    assert store.sql("select kind, facts->>'reason' from shopify_tasks") == [("link_conflict", "linked_to_another")]
    assert store.sql("select email_verified_at from customers where shopify_id = %s", there["id"]) == [(None,)]


def test_an_unverified_address_there_is_no_proof(store):
    customer_id = new_customer(store, verified=True)
    store.shop.add_customer(firstName="Someone", email="ada@example.com", verifiedEmail=False)
    store.sync()
    assert ours(store, customer_id)[3] is None and len(store.shop.customers) == 1 and store.due() == []


def test_gone_there_stays_here_and_is_not_sent_anew(store):
    customer_id = new_customer(store)
    b = store.book(at(10, 15), email="ada@example.com")
    store.sync()
    gid = ours(store, b.customer_id)[3]
    store.shop.remove_customer(gid)
    store.write("select shopify_mark('remote_customer', %s)", gid)
    store.sync()
    later(store)
    update_customer(store.store_id, MERCHANT, customer_id, Person("Ada Anew", "ada@example.com", ""), {"name"})
    store.sync()
    assert gid not in store.shop.customers and ours(store, b.customer_id)[3] is None and store.read(b.ref).status == "confirmed"


def test_a_number_somebody_else_has_there_is_not_sent_again_and_again(store):
    store.shop.add_customer(firstName="First", phone="+12125550101")
    customer_id = new_customer(store, phone="")
    store.sync()
    later(store)
    update_customer(store.store_id, MERCHANT, customer_id, Person("Ada Archer", "ada@example.com", "+12125550101"), {"phone", "name"})
    store.sync()
    tried = len(store.calls("CustomerUpdate"))
    assert tried >= 1 and store.sql("select facts->>'reason' from shopify_tasks") == [("refused_there",)]
    store.write("select shopify_mark('customer', %s)", str(customer_id))
    store.sync()
    assert len(store.calls("CustomerUpdate")) == tried and ours(store, customer_id)[2] == "+12125550101"


def test_a_mark_that_comes_while_we_work_is_not_lost(store, monkeypatch):
    """The row is removed only as it was seen: what was marked meanwhile is looked at again."""
    from sync.shopify import engine
    seen = []

    def work(shop, subject, facts) -> None:
        seen.append(subject)
        if len(seen) == 1:
            store.write("select shopify_mark('order', 'gid://shopify/Order/1')")

    monkeypatch.setitem(engine.WORK, "order", work)
    store.write("select shopify_mark('order', 'gid://shopify/Order/1')")
    store.sync()
    assert len(seen) == 2 and store.due() == []


def test_an_edit_back_to_what_was_agreed_is_an_edit_all_the_same(store):
    """Theirs, then ours, and ours is what both had before: the later word stands, and is no longer an edit once it has arrived."""
    customer_id = new_customer(store)
    store.sync()
    [there] = store.shop.customers.values()
    later(store)
    store.shop.change_customer(there["id"], firstName="Theirs")
    for name in ("Somebody Else", "Ada Archer"):
        later(store)
        update_customer(store.store_id, MERCHANT, customer_id, Person(name, "ada@example.com", "+12125550101"), {"name"})
    store.sync()
    assert (there["firstName"], ours(store, customer_id)[0]) == ("Ada", "Ada Archer")
    assert store.sql("select changed from shopify_customers") == [({},)]
    store.shop.change_customer(there["id"], firstName="Augusta")  # in the same second: nothing of ours is newer
    store.write("select shopify_mark('remote_customer', %s)", there["id"])
    store.sync()
    assert ours(store, customer_id)[0] == "Augusta Archer"


def test_word_of_our_own_creation_before_its_lost_answer_is_settled_makes_nobody_twice(store):
    """The answer is lost, the delivery about it comes at once, before the creation is tried again."""
    customer_id = new_customer(store)
    store.over.shopify.faults.order("shopify", "timeout_after_effect", 1)
    store.sync()
    [there] = store.shop.customers.values()
    assert ours(store, customer_id)[3] is None
    store.write("select shopify_mark('remote_customer', %s)", there["id"])
    store.sync()
    later(store)
    store.sync()
    assert store.sql("select id, shopify_id from customers") == [(customer_id, there["id"])] and len(store.shop.customers) == 1
    assert store.due() == [] and store.sql("select count(*) from shopify_tasks") == [(0,)]


def test_an_edit_after_a_creation_whose_answer_was_lost_is_not_lost(store):
    customer_id = new_customer(store)
    store.over.shopify.faults.order("shopify", "timeout_after_effect", 1)
    store.sync()
    [there] = store.shop.customers.values()
    later(store)
    update_customer(store.store_id, MERCHANT, customer_id, Person("Ada Lovelace", "ada@example.com", "+12125550101"), {"name"})
    later(store)
    store.shop.change_customer(there["id"], phone="+12125550199")
    store.sync()
    later(store)
    store.sync()
    assert ours(store, customer_id)[:3] == ("Ada Lovelace", "ada@example.com", "+12125550199")
    assert (there["firstName"], there["lastName"], there["phone"]) == ("Ada", "Lovelace", "+12125550199")


@pytest.mark.parametrize(("field", "value"), [("phone", "+12125550199"), ("email", "new@example.com")])
def test_a_number_or_address_from_there_is_as_unproven_as_the_shops_own_word(store, field, value):
    """What the old one has opened ends; messages go to the new one, and the next of them has the new link (R7, I33, I38, I41)."""
    customer_id = new_customer(store, verified=True)
    b = store.book(at(10, 15), email="ada@example.com")
    store.sync()
    store.write("update customers set phone_verified_at = opencals_now() where id = %s", customer_id)
    store.write("insert into customer_logins (store_id, id, secret_hash, customer_id, created_at) values (opencals_store(), 7, 'h', %s, opencals_now())", customer_id)
    renew_feed(store.store_id, store.customer(b), customer_id)
    token, sent = manage_token(store.store_id, b.ref, b.link_epoch), len(store.outbox())
    later(store)
    [there] = store.shop.customers.values()
    store.shop.change_customer(there["id"], **{field: value})
    store.write("select shopify_mark('remote_customer', %s)", there["id"])
    store.sync()
    assert store.sql("select phone_verified_at, feed_secret_hash from customers where id = %s", customer_id) == [(None, None)]
    assert store.sql("select count(*) from customer_logins where ended_at is null") == [(0,)]
    now = store.read(b.ref)
    assert (now.text_to if field == "phone" else now.mail_to) == value and len(store.outbox()) == sent
    # Texts cannot be sent here, so the number never had the link.
    assert check_token(token, store.store_id, b.ref, now.link_epoch) is (field == "phone")


def test_back_to_the_shops_language_means_its_language_over_there(store):
    """Everybody has a language at Shopify: ours that have none are sent there with the shop's, once, and stay without one here (R38)."""
    customer_id = new_customer(store)
    store.sync()
    later(store)
    owner = store.customer(store.book(at(10, 15), email="ada@example.com"))
    [there] = store.shop.customers.values()
    for locale, over_there in (("de", "de"), (None, "en")):
        later(store)
        change_profile(store.store_id, owner, customer_id, {"locale": locale})
        store.sync()
        assert there["locale"] == over_there and store.due() == []
    assert store.sql("select locale from customers where id = %s", customer_id) == [(None,)]
    written = len(store.calls("CustomerUpdate"))
    later(store)
    change_profile(store.store_id, owner, customer_id, {"name": "Ada Lovelace"})
    store.sync()
    assert there["lastName"] == "Lovelace" and len(store.calls("CustomerUpdate")) == written + 1
    later(store)
    store.shop.change_customer(there["id"], locale="fr")
    store.write("select shopify_mark('remote_customer', %s)", there["id"])
    store.sync()
    assert store.sql("select locale from customers where id = %s", customer_id) == [("fr",)]
