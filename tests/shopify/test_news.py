"""Whether somebody wants news is the same on both sides, whoever was told; no word comes back as an echo (I25, R44)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app import create_app
from booking import keys
from booking.actions.profile import change_profile, stop_mails
from booking.shopify.merging import merge_linked
from models.actor import SYSTEM, Actor
from models.session import database, use
from sandbox.shopify.shop import Trouble
from tests.shopify.delivering import deliver
from tests.shopify.test_first_import import go
from tests.shopify.test_people import new_customer


@pytest.fixture(scope="module")
def app(over, db) -> Flask:
    app = create_app(over.settings)
    yield app
    database().engine.dispose()
    use(db)
    keys.configure(over.settings)


@pytest.fixture
def ada(store) -> int:
    """Known on both sides; nothing said yet."""
    customer_id = new_customer(store)
    store.sync()
    store.webhooks()
    later(store)
    return customer_id


def later(store, **delta: int) -> None:
    store.set_clock(store.now + timedelta(**(delta or {"minutes": 1})))


def wish(store, customer_id: int, **wishes: bool) -> None:
    change_profile(store.store_id, Actor("customer", "account", customer_id), customer_id,
                   {"preferences": {channel: {"marketing": wanted} for channel, wanted in wishes.items()}})


def here(store, customer_id: int) -> tuple:
    return store.sql("select (preferences #>> '{email,marketing}')::boolean, (preferences #>> '{sms,marketing}')::boolean from customers where id = %s",
                     customer_id)[0]


def there(store) -> tuple:
    [customer] = store.shop.customers.values()
    return tuple((customer.get(f"{channel}_news") or {}).get("state") for channel in ("email", "sms"))


def gid(store) -> str:
    return next(iter(store.shop.customers))


def hear(app, store) -> int:
    """Every delivery Shopify wants to make arrives; how many."""
    waiting = store.webhooks()
    for webhook in waiting:
        deliver(app, store, webhook)
    return len(waiting)


def test_a_yes_here_is_told_there_with_its_moment(store, ada):
    wish(store, ada, email=True, sms=True)
    said_at = store.now
    later(store, hours=2)
    store.sync()
    assert there(store) == ("SUBSCRIBED", "SUBSCRIBED")
    assert store.shop.customers[gid(store)]["email_news"]["at"] == f"{said_at:%Y-%m-%dT%H:%M:%SZ}"
    assert len(store.calls("EmailConsent", "SmsConsent")) == 2 and store.due() == []


def test_one_click_in_a_mail_ends_it_there_too(store, ada):
    wish(store, ada, email=True)
    store.sync()
    later(store)
    stop_mails(store.store_id, SYSTEM, ada, "marketing")
    store.sync()
    assert there(store) == ("UNSUBSCRIBED", None)


def test_a_yes_there_comes_here_and_other_wishes_stay(app, store, ada):
    change_profile(store.store_id, Actor("customer", "account", ada), ada, {"preferences": {"email": {"reminders": False}}})
    store.sync()
    later(store)
    store.shop.change_consent(gid(store), "email", "SUBSCRIBED")
    store.shop.change_consent(gid(store), "sms", "SUBSCRIBED")
    hear(app, store)
    store.sync()
    assert here(store, ada) == (True, True)
    assert store.sql("select preferences #>> '{email,reminders}' from customers") == [("false",)]
    assert store.calls("EmailConsent", "SmsConsent", "CustomerUpdate") == []


def test_saving_a_profile_with_the_box_as_it_was_is_no_word(store, ada):
    store.shop.change_consent(gid(store), "email", "SUBSCRIBED")
    later(store)
    wish(store, ada, email=False)
    store.write("select shopify_mark('remote_customer', %s)", gid(store))
    store.sync()
    assert here(store, ada)[0] is True and there(store)[0] == "SUBSCRIBED", "nobody said no"


def test_a_new_customer_takes_their_wish_along_in_one_write(store):
    customer_id = new_customer(store)
    wish(store, customer_id, email=True, sms=True)
    store.sync()
    assert there(store) == ("SUBSCRIBED", "SUBSCRIBED") and store.calls("EmailConsent", "SmsConsent") == []
    assert [call["operation"] for call in store.writes()].count("CustomerCreate") == 1 and store.due() == []


@pytest.mark.parametrize("ours_first", [True, False])
def test_of_two_words_the_later_counts(store, ada, ours_first):
    wish(store, ada, email=True)
    store.sync()
    steps = [lambda: wish(store, ada, email=False), lambda: (store.shop.change_consent(gid(store), "email", "UNSUBSCRIBED"),
                                                             store.shop.change_consent(gid(store), "email", "SUBSCRIBED"))]
    for step in steps if ours_first else steps[::-1]:
        later(store)
        step()
    store.write("select shopify_mark('remote_customer', %s)", gid(store))
    store.sync()
    assert (here(store, ada)[0], there(store)[0]) == ((True, "SUBSCRIBED") if ours_first else (False, "UNSUBSCRIBED"))


def test_a_number_they_cannot_reach_is_not_asked_again_and_again(store, ada):
    store.shop.customers[gid(store)]["phone"] = None
    store.write("update customers set phone = null")
    wish(store, ada, sms=True)
    store.sync()
    assert store.calls("SmsConsent") == [] and store.due() == [], "no number, nothing to say about it"
    store.shop.customers[gid(store)]["phone"] = "+12125550101"

    def refuse(*given) -> None:
        raise Trouble(["input", "smsMarketingConsent"], "The phone number is not able to receive SMS")

    store.shop.change_consent = refuse
    for _ in range(3):
        later(store)
        store.write("select shopify_mark('remote_customer', %s)", gid(store))
        store.sync()
    assert len(store.calls("SmsConsent")) == 1
    assert store.sql("select facts->'fields' from shopify_tasks where facts->>'reason' = 'refused_there'") == [(["sms_news"],)]


def test_the_first_import_brings_consent_and_never_unsays_it(store):
    for n, state in enumerate(("SUBSCRIBED", "UNSUBSCRIBED", None)):
        made = store.shop.add_customer(firstName=f"P{n}", email=f"p{n}@example.com", verifiedEmail=True)
        if state:
            store.shop.change_consent(made["id"], "email", state)
    store.write("select shopify_mark('import', 'customers')")
    go(store)
    assert store.sql("select name, (preferences #>> '{email,marketing}')::boolean from customers order by name") == [("P0", True), ("P1", False), ("P2", None)]
    assert store.calls("EmailConsent", "CustomerById") == [] and store.due() == []
    later(store)
    stop_mails(store.store_id, SYSTEM, store.sql("select id from customers where name = 'P0'")[0][0], "marketing")
    store.sync()
    assert [c["email_news"]["state"] for c in store.shop.customers.values() if c.get("email_news")] == ["UNSUBSCRIBED", "UNSUBSCRIBED"]


def test_of_two_merged_the_stricter_wish_stands_on_both_sides(store, ada):
    other = new_customer(store, email="bea@example.com", name="Bea Moss", phone="")
    store.sync()
    later(store)
    wish(store, ada, email=True)
    store.sync()
    kept, removed = (store.sql("select shopify_id from customers where id = %s", n)[0][0] for n in (ada, other))
    store.shop.merge_customers(kept, removed)
    later(store)
    merge_linked(store.store_id, SYSTEM, kept, removed)
    store.sync()
    assert here(store, ada)[0] is False and there(store)[0] == "UNSUBSCRIBED"


class TestNoEcho:
    """Each of these fails when the worker's own suppression is off, although the rule alone would still write nothing twice."""

    def test_their_word_is_not_marked_to_be_sent_back(self, app, store, ada):
        store.shop.change_consent(gid(store), "email", "SUBSCRIBED")
        assert hear(app, store) == 2
        before = len(store.calls())
        store.sync()
        assert [call["operation"] for call in store.calls()[before:]] == ["CustomerById"], "read once, nothing else"
        assert store.sql("select kind from shopify_due where kind <> 'calendar'") == []
        store.sync()
        assert len(store.calls()) == before + 1

    def test_our_own_word_coming_back_asks_for_nothing(self, app, store, ada):
        wish(store, ada, email=True)
        store.sync()
        before = len(store.calls())
        assert hear(app, store) == 2, "the consent and the customer are both told of"
        store.sync()
        assert len(store.calls()) == before
        assert {row[0] for row in store.sql("select state from shopify_deliveries")} == {"ignored"}

    def test_what_was_written_is_agreed_on_at_once(self, store, ada):
        """A second look straight after ours finds nothing to do, without waiting for any delivery."""
        wish(store, ada, email=True)
        store.sync()
        assert store.sql("select agreed #> '{news,email}' from shopify_customers") == [(True,)]
        wrote = len(store.writes())
        later(store)
        store.shop.change_consent(gid(store), "email", "UNSUBSCRIBED")
        store.write("select shopify_mark('customer', %s)", str(ada))
        store.sync()
        assert len(store.writes()) == wrote and here(store, ada)[0] is False, "their later no is taken for theirs, not ours undone"


def test_erasing_forgets_deliveries_about_consent_too(app, store, ada):
    store.shop.change_consent(gid(store), "email", "SUBSCRIBED")
    store.shop.change_consent(gid(store), "sms", "SUBSCRIBED")
    hear(app, store)
    deliver(app, store, {"topic": "customers/redact", "payload": {
        "shop_id": store.shop.number, "customer": {"id": int(gid(store).rsplit("/", 1)[1])}, "orders_to_redact": []}})
    store.write("update shopify_deliveries set due_at = opencals_now() + interval '1 hour' where topic like '%%consent%%' and state = 'due'")
    store.sync()
    assert store.sql("select count(*) from shopify_deliveries where body is not null") == [(0,)]
