"""Accounts of stores: sealed at rest, one store each, keys that rotate, and work that is found without Redis (I20, I21, I64)."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from booking import keys, sealing
from booking.actions.payment_accounts import connect_account, disconnect_account, reseal_accounts
from booking.actions.refund_booking import refund_booking
from gateways.stripe.client import account_of
from gateways.stripe.events import Told, keep
from models.actor import SYSTEM
from models.base import new_id
from models.payment_account import PaymentAccount
from models.session import reading, transaction
from settings import Settings, SettingsError
from sync.beat import sweep_farther
from sync.payments import settle
from tests.actions.test_reschedule import refused
from tests.stripe.conftest import Till
from tests.stripe.test_refunds import owed, state
from tests.support.world import MERCHANT, World, at


def store_of(account: str) -> int | None:
    """The store an event of this account is kept for."""
    return keep(Told(f"evt_{new_id()}", "refund.updated", account, "re_1", None, datetime.now(UTC)))


class TestSealing:
    def test_only_store_and_field_it_was_sealed_for_open_it(self, paying):
        sealed = sealing.seal(1, "a", "acct_secret")
        assert sealing.unseal(1, "a", sealed) == "acct_secret" and "acct" not in sealed and sealed != sealing.seal(1, "a", "acct_secret")
        for store, field in ((2, "a"), (1, "b")):
            with pytest.raises(sealing.Unsealable):
                sealing.unseal(store, field, sealed)

    @pytest.mark.parametrize("change", [lambda s: s[:-4] + "AAA=", lambda s: s.replace("v1", "v2"), lambda s: "", lambda s: "v1.x.y", lambda s: s + "é"])
    def test_an_altered_text_does_not_open(self, paying, change):
        with pytest.raises(sealing.Unsealable):
            sealing.unseal(1, "a", change(sealing.seal(1, "a", "text")))

    def test_keys_rotate_without_a_pause(self, paying, world, till):
        old = paying.secret_key
        keys.configure(dataclasses.replace(paying, secret_key="n" * 40, secret_key_fallbacks=(old,)))
        with reading(world.store_id) as tx:
            assert account_of(tx).name == till.account
        assert store_of(till.account) == world.store_id
        assert reseal_accounts(world.store_id, SYSTEM).facts == {"resealed": 1}
        keys.configure(dataclasses.replace(paying, secret_key="n" * 40))
        with reading(world.store_id) as tx:
            assert account_of(tx).name == till.account
        assert store_of(till.account) == world.store_id
        assert reseal_accounts(world.store_id, SYSTEM).facts == {"resealed": 0}


    def test_a_key_taken_away_too_early_stops_nobody_else(self, paying, world, till, owner_url):
        """The shop's money waits, its pages explain, and the other shops go on (I70)."""
        neighbour = Till(World(owner_url), till.bank)
        mine, theirs = owed(till, 2500)[1], owed(neighbour, 2500)[1]
        with transaction(world.store_id, SYSTEM) as tx:
            tx.db.execute(update(PaymentAccount).values(account_sealed="v1.00000000.AAAA"))
            assert account_of(tx) is None
        for store_id in (world.store_id, neighbour.world.store_id):
            settle(store_id)
        assert state(world, mine)[0] == "pending" and state(neighbour.world, theirs)[0] == "succeeded"


class TestConnecting:
    def test_one_account_is_one_stores(self, till, world, owner_url):
        other = World(owner_url)
        assert refused("invalid", connect_account, other.store_id, SYSTEM, till.account).facts["errors"][0]["problem"] == "is used by another store"
        for wrong in ("", "acct", "acct_é1234", "cus_12345", "acct_" + "x" * 60):
            refused("invalid", connect_account, other.store_id, SYSTEM, wrong)

    def test_what_an_account_took_goes_back_there_after_another_was_connected(self, till, world, bank):
        b = world.book(at(10, 15))
        till.take(b, 5000)
        connect_account(world.store_id, SYSTEM, f"acct_new{world.slug}")
        refund_booking(world.store_id, MERCHANT, b.ref, amount=5000)
        settle(world.store_id)
        assert [made["amount"] for made in bank.all("refund", till.account)] == [5000] and bank.all("refund", f"acct_new{world.slug}") == []

    def test_disconnected_takes_nothing_and_still_gives_back(self, till, world, bank):
        b = world.book(at(10, 15))
        till.take(b, 5000)
        disconnect_account(world.store_id, SYSTEM)
        with reading(world.store_id) as tx:
            assert account_of(tx) is None
        refund_booking(world.store_id, MERCHANT, b.ref, amount=5000)
        settle(world.store_id)
        assert len(till.refunds()) == 1 and store_of(till.account) is None


def test_the_beat_finds_the_work_when_redis_knows_nothing(till, world, paying):
    _, refund = owed(till, 2500)
    sweep_farther("payments", False, dataclasses.replace(paying, redis_url="redis://127.0.0.1:9"))
    assert state(world, refund)[0] == "succeeded"


ENVIRONMENT = {"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", "SMTP_URL": "smtp://x", "SECRET_KEY": "s" * 32, "LINK_KEYS": "k1:" + "0" * 64}


@pytest.mark.parametrize(("given", "problem"), [
    ({"STRIPE_SECRET_KEY": "sk_live_x"}, "together"), ({"STRIPE_WEBHOOK_SECRET": "whsec_x", "STRIPE_PUBLISHABLE_KEY": "pk"}, "together"),
    ({"STRIPE_API_BASE": "http://elsewhere"}, "https")])
def test_half_a_stripe_is_named_at_start(given, problem):
    with pytest.raises(SettingsError, match=problem):
        Settings.from_environment(ENVIRONMENT | given)


def test_without_stripe_the_settings_are_complete():
    assert Settings.from_environment(ENVIRONMENT).stripe_secret_key is None
