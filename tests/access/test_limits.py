"""How often a code may be asked for: counted in the database, by canonical address and by source (R7, I21, I37)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import redis

from booking import limits
from booking.actions.sign_in import Asker, new_challenge, request_login_code
from booking.rules.decision import Refused
from models.actor import Actor
from models.session import transaction
from tests.support.world import NOW, World

GUEST = Actor("customer", "account")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def ask(world: World, email: str = "ada@example.com", ip: str = "192.0.2.1") -> str:
    """`ok`, or the refusal's code."""
    try:
        request_login_code(world.store_id, GUEST, email, challenge=new_challenge(), asker=Asker(ip))
    except Refused as refused:
        return refused.code
    return "ok"


def test_three_codes_in_fifteen_minutes_then_none(world):
    assert [ask(world) for _ in range(4)] == ["ok", "ok", "ok", "rate_limited"]
    assert len(world.outbox("sign_in_code")) == 3


def test_it_says_how_long_to_wait_and_keeps_its_word(world):
    for _ in range(3):
        ask(world)
    world.set_clock(NOW + timedelta(minutes=5))
    with pytest.raises(Refused) as caught:
        request_login_code(world.store_id, GUEST, "ada@example.com", challenge=new_challenge(), asker=Asker("192.0.2.1"))
    assert caught.value.facts["retry_after"] == 600
    world.set_clock(NOW + timedelta(minutes=15) - timedelta(microseconds=1))
    assert ask(world) == "rate_limited"
    world.set_clock(NOW + timedelta(minutes=15))
    assert ask(world) == "ok"


def test_a_refused_request_is_not_counted(world):
    """Knocking on a closed door does not keep it closed: the owner of the address is not locked out for longer (I37)."""
    for _ in range(20):
        ask(world)
    world.set_clock(NOW + timedelta(minutes=15))
    assert ask(world) == "ok"


def test_spelling_variants_share_one_quota(world):
    spellings = ("ada@example.com", "ADA@EXAMPLE.COM", " Ada@Example.com ", "ada@EXAMPLE.com")
    assert [ask(world, spelling, ip=f"192.0.2.{n}") for n, spelling in enumerate(spellings)] == ["ok", "ok", "ok", "rate_limited"]


def test_two_mailboxes_have_two_quotas(world):
    """Dots and tags make other mailboxes (I40)."""
    assert [ask(world, mail, ip="192.0.2.9") for mail in ("a.da@example.com", "ada+x@example.com", "ada@example.com") for _ in range(3)] == ["ok"] * 9


def test_ten_a_day_for_an_address(world):
    given = []
    for n in range(5):
        world.set_clock(NOW + timedelta(hours=n))
        given += [ask(world, ip=f"192.0.2.{n}") for _ in range(3)]
    assert given == ["ok"] * 10 + ["rate_limited"] * 5
    world.set_clock(NOW + timedelta(days=1))
    assert ask(world) == "ok"


def test_ten_an_hour_from_one_source_whatever_the_address(world):
    assert [ask(world, f"p{n}@example.com") for n in range(11)] == ["ok"] * 10 + ["rate_limited"]
    assert ask(world, "p0@example.com", ip="198.51.100.1") == "ok"
    world.set_clock(NOW + timedelta(hours=1))
    assert ask(world, "p11@example.com") == "ok"


def test_stores_count_apart(world, owner_url):
    other = World(owner_url)
    for _ in range(3):
        ask(world)
    assert (ask(world), ask(other)) == ("rate_limited", "ok")


def test_redis_forgetting_everything_resets_nothing(world, redis_url):
    for _ in range(3):
        ask(world)
    redis.Redis.from_url(redis_url).flushall()
    assert ask(world) == "rate_limited"


def test_twelve_requests_at_once_get_three_codes(world):
    """Attempts of one subject wait for each other, so no two see the same count."""
    outcomes, start = [], threading.Barrier(12)

    def run(n: int) -> None:
        start.wait()
        outcomes.append(ask(world, ip=f"192.0.2.{n}"))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["ok"] * 3 + ["rate_limited"] * 9


def test_no_address_stands_in_the_table_of_attempts(world):
    ask(world)
    assert "ada@" not in str(world.sql("select scope, subject from attempts")) and "192.0.2" not in str(world.sql("select subject from attempts"))


def test_scopes_and_windows_count_apart(world):
    def count(scope: str) -> None:
        with transaction(world.store_id, GUEST) as tx:
            limits.count(tx, scope, "x", (1, limits.MINUTE))

    count("one")
    count("two")
    with pytest.raises(Refused) as caught:
        count("one")
    assert (caught.value.code, caught.value.facts["retry_after"]) == ("rate_limited", 60)
