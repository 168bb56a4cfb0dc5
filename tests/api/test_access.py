"""Who gets in, and that a store never sees another (I27, I28, I46)."""

from __future__ import annotations

import re
from datetime import timedelta

import psycopg
import pytest

from booking.access_tokens import mint, parse
from booking.actions.join_waitlist import join_waitlist
from booking.actions.leave_feedback import leave_feedback
from booking.actions.sign_in import Asker
from booking.actions.stores import update_store
from booking.actions.withdraw import declare_withdrawal
from models.session import reading
from shopify_app.api.door import OPERATIONS
from tests.api.conftest import Api, disputed, imported, token_for
from tests.support.world import MERCHANT, World, at

BODIES = {"post_charge": {"amount": 100, "reason": "no_show"}, 
    "patch_location": {"name": "Mine"}, "patch_staff": {"name": "Mine"}, "patch_service": {"name": "Mine", "approval": "manual"},
    "put_staff_date": {"hours": []}, "patch_block": {"reason": "Mine"}, "patch_session": {"capacity": 9}, "patch_customer": {"name": "Mine"},
    "post_reschedule": {"starts_at": "2027-03-11T15:00:00Z", "override": True}, "post_cancel": {"override": True}, "post_refund": {"amount": 1},
    "post_payment": {"amount": 1, "method": "cash"},
    "post_note": {"text": "Mine"}, "post_remove_note": {"note": "1"}, "post_resend": {"message": "1"}, "post_merge": {"other": "1"},
    "put_staff_calendar": {"url": "https://example.com/a.ics"}, "post_reply": {"text": "Mine"}, "post_publish": {"published": False},
}
SLOTS = {"from": "2027-03-10", "to": "2027-03-11"}


@pytest.fixture
def other(app, owner_url) -> World:
    return World(owner_url)


def everything_of(world: World) -> dict[str, str]:
    """One id of each kind."""
    course = world.add_service("Yoga", capacity=3, staff=[world.elena])
    session = world.session(course, at(12, 18))
    b = world.book(at(10, 15), paid=900, method="cash")
    theirs = Api(None, None)
    theirs.client, theirs.token = world.client, token_for(world)
    block = theirs.post("/blocks", {"staff": str(world.tom), "starts_at": "2027-03-10T09:00:00Z", "ends_at": "2027-03-10T10:00:00Z"})
    theirs.post(f"/bookings/{b.ref}/refund", {"amount": 100}, status=200)
    refund = theirs.get("/refunds")["items"][0]["id"]
    webhook = theirs.post("/webhooks", {"url": "https://example.com/hook", "topics": ["booking.created"]})
    visit = world.book(world.now - timedelta(hours=30), override=True)
    feedback = leave_feedback(world.store_id, world.customer(visit), visit.ref, rating=5).facts["id"]
    update_store(world.store_id, MERCHANT, withdrawal="everyone")
    withdrawal = declare_withdrawal(world.store_id, MERCHANT, name="Ada", email="ada@example.com", contract="1001", asker=Asker("192.0.2.1")).facts["id"]
    early = world.book(at(29, 15), email="early@example.com")
    waiter = join_waitlist(world.store_id, world.customer(early), early.ref).facts["id"]
    return {"waitlist": str(waiter), "imports": imported(theirs)["id"], "disputes": str(disputed(world)), "withdrawals": str(withdrawal), "templates": "reminder", "feedback": str(feedback), "locations": str(world.location),
            "staff": str(world.elena), "services": str(world.service), "sessions": str(session), "blocks": block["id"],
            "customers": str(b.customer_id), "bookings": b.ref, "refunds": refund, "webhooks": webhook["id"],
            "team": theirs.post("/team", {"email": "new@example.com", "name": "New", "role": "staff"})["id"],
            "domains": theirs.post("/domains", {"host": f"book.{world.slug}.example"})["id"], "tokens": theirs.get("/tokens")["items"][0]["id"]}


def fingerprint(store_id: int) -> list:
    """A checksum over every table that the store can read, and the sequences of its trail."""
    with reading(store_id) as tx:
        tables = tx.db.exec_driver_sql("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
                                       " and relname <> 'alembic_version' order by 1").scalars().all()
        return [(t, *tx.db.exec_driver_sql(f"select count(*), md5(string_agg(x::text, '|' order by x::text)) from {t} x").one()) for t in tables]


def test_anothers_things_answer_exactly_like_unknown_ones(app, api, world, other):
    other.client = app.test_client()
    theirs = everything_of(other)
    before = fingerprint(other.store_id)
    walked = 0
    for op in OPERATIONS:
        if "{" not in op.path or op.path.startswith("/shopify/"):
            continue
        kind = op.path.split("/")[1]
        if kind == "templates":
            continue  # names of messages are the same in every store
        unknown = "0123456789ab" if kind == "bookings" else "1234567890123456789"
        answers = []
        for thing in (theirs[kind], unknown):
            path = re.sub(r"{\w+}", thing, op.path.replace("{document}", "1"))
            query = SLOTS if path.endswith("/slots") else {}
            response = api.send(op.method, path, BODIES.get(op.name, {}) if op.body else None, query_string=query)
            headers = {name: value for name, value in response.headers if name != "X-Request-Id"}
            answers.append((response.status_code, response.data, headers))
        assert answers[0] == answers[1] and answers[0][0] == 404, op
        walked += 1
    assert walked >= 72
    assert fingerprint(other.store_id) == before


@pytest.mark.parametrize("path,field,more", [
    ("/staff", "location", {"name": "X"}), ("/services", "location", {"name": "X", "duration": "PT60M"}),
    ("/bookings", "service", {"starts_at": "2027-03-10T15:00:00Z", "customer": {"email": "a@example.com"}}),
    ("/blocks", "location", {"starts_at": "2027-03-10T15:00:00Z", "ends_at": "2027-03-10T16:00:00Z"}),
    ("/blocks", "staff", {"starts_at": "2027-03-10T15:00:00Z", "ends_at": "2027-03-10T16:00:00Z"}),
])
def test_anothers_ids_in_bodies_are_unknown(api, world, other, path, field, more):
    theirs = {"location": other.location, "service": other.service, "staff": other.elena}[field]
    answers = [api.send("POST", path, more | {field: text}) for text in (str(theirs), "1234567890123456789")]
    assert len({(a.status_code, a.data) for a in answers}) == 1 and answers[0].status_code == 422
    api.refused(422, "invalid", "POST", path, more | {field: "none"})


def test_a_booking_never_goes_to_anothers_customer_or_staff(api, world, other):
    stranger = other.book(at(10, 15)).customer_id
    body = {"service": str(world.service), "starts_at": "2027-03-10T15:00:00Z", "customer": str(stranger)}
    assert api.refused(422, "invalid", "POST", "/bookings", body)["errors"] == [{"field": "customer", "problem": "is not known"}]
    api.refused(422, "invalid", "POST", "/bookings", body | {"customer": {"email": "a@example.com"}, "staff": str(other.elena)})
    b = world.book(at(10, 15))
    api.refused(422, "invalid", "POST", f"/bookings/{b.ref}/reschedule", {"starts_at": "2027-03-11T15:00:00Z", "staff": str(other.elena)})
    assert api.get("/bookings", customer=stranger)["items"] == []


def test_every_wrong_credential_gives_the_same_answer(app, api, world, other, owner_url):
    mine = token_for(world)
    head, secret = mine[:-44], mine[-43:]
    theirs = token_for(other)
    revoked = token_for(world)
    with psycopg.connect(owner_url.replace("+psycopg", "")) as connection:
        connection.execute("select set_config('app.store_id', %s, true)", (str(world.store_id),))
        connection.execute("update merchant_tokens set revoked_at = now() where secret_hash = %s", (parse(revoked)[1],))
    wrong = ["", "Bearer", f"Basic {mine}", f"Bearer {mine}x", f"Bearer {head}_{'A' * 43}", f"Bearer {mint(world.store_id)[0]}",
             f"Bearer {theirs[:-43]}{secret}", f"Bearer {revoked}", f"Bearer oc_zzzzzzzzzzzzz_{'A' * 43}", f"Bearer {mine}\u00e4",
             "Bearer " + "x" * 5000]
    client = app.test_client()
    answers = set()
    for header in wrong:
        response = client.get("/api/merchant/v1/store", headers={"Authorization": header}, base_url="http://api.localhost")
        assert response.status_code == 401 and response.headers["WWW-Authenticate"] == "Bearer", header
        answers.add(response.data)
    assert len(answers) == 1
    assert client.get("/api/merchant/v1/store", base_url="http://api.localhost").status_code == 401
    assert client.get("/api/merchant/v1/store", headers={"Authorization": f"bearer {mine}"}, base_url="http://api.localhost").status_code == 200


def test_the_token_names_the_store_whatever_the_host_says(app, api, world, other):
    response = api.client.get("/api/merchant/v1/store", headers={"Authorization": f"Bearer {api.token}"}, base_url=f"http://{other.slug}.localhost")
    assert response.json["id"] == str(world.store_id)


def test_every_operation_needs_the_token(app, world):
    nobody = Api(app.test_client(), None)
    for op in OPERATIONS:
        nobody.refused(401, "unauthorized", op.method, re.sub(r"{\w+}", "1", op.path), {} if op.body else None)


def test_reading_changes_nothing(app, api, world):
    world.client = app.test_client()
    things = everything_of(world)
    before = fingerprint(world.store_id)
    for op in OPERATIONS:
        if op.method == "GET":
            path = re.sub(r"{\w+}", things.get(op.path.split("/")[1], ""), op.path.replace("{document}", "1"))
            for method in ("GET", "HEAD"):
                status = 404 if op.path == "/shopify" else 200  # this shop is not Shopify's
                assert api.send(method, path, query_string=SLOTS if path.endswith("/slots") else {}).status_code == status, path
    api.send("OPTIONS", "/bookings")
    assert fingerprint(world.store_id) == before
