"""First answers to idempotency keys: given again in full, and never readable from the database alone (I12, I60, I64)."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from booking import keys
from booking.actions.redact_customer import redact_customer
from models.actor import SYSTEM
from tests.support.world import at

HOOK = {"url": "https://example.com/hook", "topics": ["booking.created"]}


def dump(world) -> str:  # noqa: ANN001
    """The whole table, as who holds a copy of the database reads it."""
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as owner:
        owner.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        rows = owner.execute("select k::text from idempotency_keys k").fetchall()
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("path,body,field", [
    ("/webhooks", HOOK, "secret"), ("/tokens", {"label": "Till"}, "token"), ("/staff/{staff}/calendar/feed", {}, "url")])
def test_a_secret_is_given_again_to_a_repeat_and_stands_nowhere_in_the_clear(api, world, path, body, field):
    path = path.format(staff=world.elena)
    first, again = (api.send("POST", path, body, key="k1") for _ in range(2))
    assert (first.status_code, first.data) == (again.status_code, again.data) == (201, first.data)
    secret = first.json[field].removeprefix("whsec_").split("/staff-calendar/")[-1].removesuffix(".ics")
    assert len(secret) > 20 and "k1" in dump(world) and secret not in dump(world)


def test_neither_do_manage_links_nor_names(api, world):
    made = api.send("POST", "/bookings", {"service": str(world.service), "starts_at": at(10, 15).isoformat(),
                                          "customer": {"name": "Ada Archer", "email": "ada@example.com"}}, key="k1").json
    kept = dump(world)
    assert made["manage_url"].split("token=")[1] not in kept and "ada@example.com" not in kept and made["ref"] not in kept


def test_an_answer_copied_to_another_key_opens_nothing(api, world):
    api.send("POST", "/locations", {"name": "Pier 4", "zone": "America/New_York"}, key="k1")
    api.send("POST", "/locations", {"name": "Pier 5", "zone": "America/New_York"}, key="k2")
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as owner:
        owner.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        owner.execute("update idempotency_keys set sealed = (select sealed from idempotency_keys where key = 'k2') where key = 'k1'")
    api.refused(409, "idempotency_mismatch", "POST", "/locations", {"name": "Pier 4", "zone": "America/New_York"}, key="k1")


def test_a_change_of_the_key_is_outlived_and_its_end_is_no_failure(api, monkeypatch):
    body = {"name": "Pier 4", "zone": "America/New_York"}
    first = api.send("POST", "/locations", body, key="k1")
    old = keys.settings()
    monkeypatch.setattr(keys, "_settings", replace(old, secret_key="n" * 40, secret_key_fallbacks=(old.secret_key,)), raising=True)
    assert api.send("POST", "/locations", body, key="k1").data == first.data
    monkeypatch.setattr(keys, "_settings", replace(old, secret_key="n" * 40, secret_key_fallbacks=()), raising=True)
    api.refused(409, "idempotency_mismatch", "POST", "/locations", body, key="k1")


def test_an_answer_that_is_not_kept_any_more_is_no_failure_and_nothing_is_done_twice(api, world):
    body = {"name": "Pier 4", "zone": "America/New_York"}
    api.send("POST", "/locations", body, key="k1")
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as owner:
        owner.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        owner.execute("update idempotency_keys set sealed = null")
    api.refused(409, "idempotency_mismatch", "POST", "/locations", body, key="k1")
    assert world.sql("select count(*) from locations where store_id = opencals_store() and name = 'Pier 4'") == [(1,)]


def test_an_erased_person_is_in_no_answer(api, world):
    for n, email in enumerate(("Ada@Example.com", "bea@example.com")):
        api.send("POST", "/bookings", {"service": str(world.service), "starts_at": at(10, 15 + n).isoformat(),
                                       "customer": {"name": "A", "email": email}}, key=f"k{n}")
    [row] = world.sql("select id from customers where email_canonical = 'ada@example.com' and store_id = opencals_store()")
    redact_customer(world.store_id, SYSTEM, row.id)
    assert world.sql("select key from idempotency_keys where store_id = opencals_store()") == [("k1",)]
