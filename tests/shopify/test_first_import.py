"""The first import: the whole file or nothing of it, once, wherever it was interrupted (I25, I26)."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from gateways.shopify import bulk as wire
from gateways.shopify.wire import Unreachable
from sync.shopify import importing
from tests.shopify.test_people import new_customer

PEOPLE = 230


@pytest.fixture
def many(store):
    """A shop with customers there, and an import asked for."""
    for number in range(PEOPLE):
        store.shop.add_customer(firstName=f"P{number}", lastName="Ünal", email=f"p{number}@example.com", phone=f"+1212555{1000 + number}",
                                verifiedEmail=number % 2 == 0)
    store.write("select shopify_mark('import', 'customers')")
    return store


def go(store, rounds: int = 8) -> None:
    for _ in range(rounds):
        store.sync()
        store.set_clock(store.now + timedelta(seconds=30))
        file_is_written(store)
        if state(store) == "done":
            return


def file_is_written(store) -> None:
    """The sandbox's own thread finishes the file of a bulk operation, in its own time."""
    until = time.monotonic() + 30
    while any(operation["status"] == "RUNNING" for operation in list(store.shop.bulk.values())):
        assert time.monotonic() < until, "the sandbox never finished the file"
        time.sleep(0.01)


def state(store) -> str:
    return store.sql("select coalesce((select state from shopify_imports), 'none')")[0][0]


def people(store) -> int:
    return store.sql("select count(*) from customers where shopify_id is not null")[0][0]


def test_everybody_comes_once(many):
    go(many)
    assert state(many) == "done" and people(many) == PEOPLE
    assert many.sql("select count(*) from customers where email_verified_at is not null") == [(PEOPLE // 2,)]
    assert many.sql("select count(*) from shopify_staged") == [(0,)] and many.writes()[0]["operation"] == "BulkRun"
    many.write("select shopify_mark('import', 'customers')")
    before = len(many.calls())
    go(many, rounds=1)
    assert people(many) == PEOPLE and len(many.calls("BulkRun")) == 1 and len(many.calls()) >= before


def test_nothing_is_sent_back_and_nobody_is_read_again(many):
    go(many)
    assert len(many.calls("CustomerById", "CustomerUpdate", "CustomerCreate", "CustomerByIdentifier")) == 0 and many.due() == []


def test_the_audit_chain_holds(many):
    go(many)
    assert many.sql("select broken_audit_chain()") == [(None,)]


def test_whom_we_know_is_linked_not_doubled(many):
    known = new_customer(many, email="p4@example.com", name="Known Before", verified=True)
    stranger = new_customer(many, email="p5@example.com", name="Unproven")
    go(many)
    assert many.sql("select shopify_id is not null from customers where id = %s", known) == [(True,)]
    assert many.sql("select shopify_id from customers where id = %s", stranger) == [(None,)]
    assert people(many) == PEOPLE


@pytest.mark.parametrize("after", [0, 1, 100, 229])
def test_killed_while_reading_it_goes_on_where_it_was(many, monkeypatch, after):
    whole = wire.lines

    def cut(url: str, start: int = 0):
        for number, line in enumerate(whole(url, start)):
            if number == after:
                raise Unreachable("cut")
            yield line

    monkeypatch.setattr(importing, "BATCH", 50)
    monkeypatch.setattr(importing.bulk, "lines", cut)
    many.sync()
    many.set_clock(many.now + timedelta(seconds=30))
    file_is_written(many)
    many.sync()
    staged = many.sql("select staged from shopify_imports")[0][0]
    assert state(many) == "reading" and staged == after // 50 * 50 and people(many) == 0, "nothing of a half file is applied"
    read_again = []
    monkeypatch.setattr(importing.bulk, "lines", lambda url, start=0: (read_again.append(start), whole(url, start))[1])
    go(many)
    assert people(many) == PEOPLE and (read_again[0] > 0) == (staged > 0)


def test_a_file_that_is_short_is_never_applied(many, monkeypatch):
    whole = wire.lines
    short = [True]

    def lines(url: str, start: int = 0):
        found = list(whole(url, start))
        return iter(found[:-1] if short[0] else found)

    monkeypatch.setattr(importing.bulk, "lines", lines)
    go(many, rounds=2)
    assert people(many) == 0 and many.sql("select last_error from shopify_imports")[0][0] == f"{PEOPLE - 1} of {PEOPLE} customers came"
    short[0] = False
    many.set_clock(many.now + timedelta(hours=1))
    go(many)
    assert people(many) == PEOPLE


def test_killed_while_applying_it_goes_on_without_doubles(many, monkeypatch):
    real, done = importing.apply_staged, []

    def dies(*args, **kwargs):
        if len(done) == 2:
            raise RuntimeError("killed")
        done.append(real(*args[:2], 60))
        return done[-1]

    monkeypatch.setattr(importing, "apply_staged", dies)
    go(many, rounds=2)
    assert state(many) == "applying" and people(many) == 120
    monkeypatch.undo()
    many.set_clock(many.now + timedelta(hours=1))
    go(many)
    assert people(many) == PEOPLE and len({row[0] for row in many.sql("select shopify_id from customers")}) == PEOPLE


def test_an_answer_lost_when_asking_does_not_ask_twice(many):
    many.over.shopify.faults.order("shopify", "timeout_after_effect", 1)
    many.sync()
    many.set_clock(many.now + timedelta(minutes=5))
    go(many)
    assert people(many) == PEOPLE and len(many.shop.bulk) <= 2


def test_an_empty_shop_is_done_at_once(store):
    store.write("select shopify_mark('import', 'customers')")
    go(store)
    assert state(store) == "done" and people(store) == 0
