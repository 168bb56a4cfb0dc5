"""Signing in with a typed code (R7, I30, I35, I36, I38)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from booking import access
from booking.actions.sign_in import Asker, new_challenge, request_login_code, sign_in, sign_out, sign_out_everywhere, use_code
from booking.rules.decision import Refused
from models.actor import Actor
from models.session import reading, transaction
from tests.support.world import NOW, World, at

GUEST = Actor("customer", "account")
HERE = Asker("192.0.2.7")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def ask(world: World, email: str = "ada@example.com", challenge: str | None = None, ip: str = HERE.ip) -> tuple[str, str]:
    """(challenge, the code that was mailed)."""
    challenge = challenge or new_challenge()
    request_login_code(world.store_id, GUEST, email, challenge=challenge, asker=Asker(ip))
    return challenge, world.outbox("sign_in_code")[-1].payload["code"]


def enter(world: World, challenge: str, code: str) -> dict:
    return sign_in(world.store_id, GUEST, code, challenge=challenge).facts


def refused(world: World, challenge: str, code: str) -> Refused:
    with pytest.raises(Refused) as caught:
        enter(world, challenge, code)
    assert caught.value.code == "unauthorized"
    return caught.value


def who(world: World, secret: str | None) -> access.SignedIn | None:
    with reading(world.store_id) as tx:
        return access.visitor(tx, secret)[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_the_mailed_code_signs_in_and_makes_the_customer(world):
    challenge, code = ask(world, "  Ada@Example.com ")
    facts = enter(world, challenge, f" {code[:3]} {code[3:]} ")
    person = who(world, facts["secret"])
    assert (person.customer_id, person.email, person.signed_in_at) == (facts["customer_id"], "ada@example.com", NOW)
    assert world.sql("select email_canonical, email_verified_at from customers") [-1] == ("ada@example.com", NOW)


def test_the_code_has_six_digits_and_only_its_keyed_hash_is_kept(world):
    challenge, code = ask(world)
    assert len(code) == 6 and code.isdecimal()
    rows = world.sql("select row_to_json(c)::text from login_codes c")
    assert len(rows) == 1 and f'"{code}"' not in rows[0][0] and challenge not in rows[0][0]
    audit = " ".join(row[0] for row in world.sql("select row_to_json(a)::text from audit_entries a"))
    assert f'"{code}"' not in audit and "ada@example.com" not in audit


def test_codes_differ(world):
    codes = {ask(world, f"p{n}@example.com", ip=f"192.0.2.{n}")[1] for n in range(30)}
    assert len(codes) >= 29


def test_it_works_for_ten_minutes_and_not_at_the_end_of_them(world):
    challenge, code = ask(world)
    other, other_code = ask(world, "bea@example.com")
    world.set_clock(NOW + timedelta(minutes=10) - timedelta(microseconds=1))
    assert enter(world, challenge, code)["secret"]
    world.set_clock(NOW + timedelta(minutes=10))
    assert refused(world, other, other_code).facts["left"] == 0


def test_it_works_once(world):
    challenge, code = ask(world)
    enter(world, challenge, code)
    refused(world, challenge, code)
    assert world.sql("select count(*) from customer_logins") == [(1,)]


def test_five_wrong_tries_end_it_and_each_is_counted_although_refused(world):
    challenge, code = ask(world)
    assert [refused(world, challenge, wrong(code)).facts["left"] for _ in range(5)] == [4, 3, 2, 1, 0]
    assert refused(world, challenge, code).facts["left"] == 0
    assert world.sql("select tries from login_codes") == [(5,)]


def test_the_fifth_try_may_be_right(world):
    challenge, code = ask(world)
    for _ in range(4):
        refused(world, challenge, wrong(code))
    assert enter(world, challenge, code)["secret"]


def test_a_newer_code_voids_the_older_one_in_any_browser(world):
    first, old = ask(world)
    second, new = ask(world)
    refused(world, first, old)
    refused(world, second, old) if old != new else None
    assert enter(world, second, new)["secret"]


def test_another_address_keeps_its_code(world):
    first, code = ask(world)
    ask(world, "bea@example.com")
    assert enter(world, first, code)["secret"]


def test_the_code_is_bound_to_the_browser_that_asked(world):
    _, code = ask(world)
    refused(world, new_challenge(), code)


def test_the_code_is_bound_to_its_store(world, owner_url):
    other = World(owner_url)
    challenge, code = ask(world)
    refused(other, challenge, code)
    assert enter(world, challenge, code)["secret"]


@pytest.mark.parametrize("typed", ["", "0", "abcdef", "１２３４５６", "000000000000", "' or 1=1 --", "\x00", "-"])
def test_nonsense_is_refused_like_any_wrong_code(world, typed):
    challenge, _ = ask(world)
    assert refused(world, challenge, typed).facts["left"] == 4


def test_ten_submits_at_once_make_one_session(world):
    """I35: the row is locked while the code is looked at; one of the right ones closes it."""
    challenge, code = ask(world)
    outcomes, start = [], threading.Barrier(10)

    def submit() -> None:
        start.wait()
        try:
            outcomes.append(enter(world, challenge, code)["secret"])
        except Refused as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=submit) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("unauthorized") == 9
    assert world.sql("select count(*) from customer_logins") == [(1,)]


def test_a_code_two_transactions_look_at_is_used_once(world):
    """I35: the second look waits for the first to commit, and then finds the code used."""
    challenge, code = ask(world)
    outcomes: list[str] = []

    def second() -> None:
        try:
            with transaction(world.store_id, GUEST) as tx:
                use_code(tx, code, challenge, "login")
            outcomes.append("ok")
        except Refused as error:
            outcomes.append(error.code)

    thread = threading.Thread(target=second)
    with transaction(world.store_id, GUEST) as tx:
        use_code(tx, code, challenge, "login")
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(10)
    assert outcomes == ["unauthorized"]


def test_wrong_submits_at_once_get_no_sixth_try(world):
    challenge, code = ask(world)
    left, start = [], threading.Barrier(12)

    def submit() -> None:
        start.wait()
        left.append(refused(world, challenge, wrong(code)).facts["left"])

    threads = [threading.Thread(target=submit) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(left) == [0] * 8 + [1, 2, 3, 4]
    assert world.sql("select tries from login_codes") == [(5,)]


def test_known_and_unknown_addresses_leave_the_same_traces(world):
    """I36: same answer, one mail of the same shape, the same rows; only the address differs."""
    world.book(at(10, 15))
    seen = []
    for email in ("ada@example.com", "nobody@example.com"):
        before = [world.sql(f"select count(*) from {table}")[0][0] for table in ("login_codes", "attempts", "audit_entries", "customers")]
        done = request_login_code(world.store_id, GUEST, email, challenge=new_challenge(), asker=HERE)
        after = [world.sql(f"select count(*) from {table}")[0][0] for table in ("login_codes", "attempts", "audit_entries", "customers")]
        payload = dict(world.outbox("sign_in_code")[-1].payload, code="")
        seen.append((done, [b - a for a, b in zip(before, after, strict=True)], payload))
    assert seen[0] == seen[1]


class TestSessions:
    """I38: made by typing a code, ended on the server, never of two stores (I30)."""

    @pytest.fixture
    def secrets(self, world) -> list[str]:
        return [enter(world, *ask(world))["secret"] for _ in range(2)]

    def test_each_login_is_its_own(self, world, secrets):
        assert secrets[0] != secrets[1]
        assert world.sql("select count(*) from customer_logins where secret_hash = any(%s)", secrets) == [(0,)]

    def test_signing_out_ends_this_one(self, world, secrets):
        sign_out(world.store_id, GUEST, secrets[0])
        assert who(world, secrets[0]) is None and who(world, secrets[1]) is not None

    def test_signing_out_everywhere_ends_all(self, world, secrets):
        sign_out_everywhere(world.store_id, GUEST, who(world, secrets[0]).customer_id)
        assert [who(world, secret) for secret in secrets] == [None, None]

    def test_it_opens_nothing_in_another_store(self, world, secrets, owner_url):
        assert who(World(owner_url), secrets[0]) is None

    def test_nothing_but_the_secret_opens_it(self, world, secrets):
        assert [who(world, s) for s in (None, "", secrets[0][:-1], secrets[0] + "A", secrets[0].swapcase())] == [None] * 5

    def test_it_ends_after_180_days(self, world, secrets):
        world.set_clock(NOW + access.LONGEST_LOGIN - timedelta(microseconds=1))
        assert who(world, secrets[0]) is not None
        world.set_clock(NOW + access.LONGEST_LOGIN)
        assert who(world, secrets[0]) is None
