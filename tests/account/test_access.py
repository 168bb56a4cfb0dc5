"""Who gets in, what others' bookings look like, and CORS on every answer (R9, I27, I28, I39)."""

from __future__ import annotations

import time

import pytest

from models.session import database
from tests.account.conftest import PREFIX, Extension
from tests.support.shopify import ADA, BEA, KEY, ShopWorld, claims_of_admin, claims_of_customer, customer_token, signed
from tests.support.world import at

ROUTES = [("GET", "", None), ("GET", "/cancellation", None), ("GET", "/slots?from=2027-03-10&to=2027-03-11", None),
          ("POST", "/reschedule", {"starts_at": "2027-03-11T15:00:00Z", "version": 1}), ("POST", "/cancel", {"quote": "x"}),
          ("POST", "/feedback", {"rating": 5}), ("POST", "/waitlist", {}), ("DELETE", "/waitlist", None), ("POST", "/offers/1/accept", {}), ("POST", "/offers/decline", {})]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_others_bookings_are_as_unknown_as_unknown_ones(app, world, ada, owner_url, method, path, body):
    world.sold(at(9, 15))
    theirs = world.sold(at(10, 15), gid=BEA, email="bea@example.com")
    guest = world.book(at(11, 15), email="guest@example.com")
    neighbour = ShopWorld(owner_url).sold(at(10, 15))
    answers = [ada.refused(404, "not_found", method, f"/bookings/{ref}{path}", body)
               for ref in (theirs.ref, guest.ref, neighbour.ref, "0123456789ab", "x%00y", "ä", "x" * 41)]
    assert all(answer == answers[0] for answer in answers)
    assert (world.read(theirs.ref).version, world.read(theirs.ref).status) == (1, "confirmed")


def test_the_same_id_in_two_shops_is_two_customers(app, world, owner_url, as_customer):
    neighbour = ShopWorld(owner_url)
    here, there = world.sold(at(10, 15)), neighbour.sold(at(11, 15))
    assert [b["ref"] for b in as_customer(ADA).get("/bookings")["items"]] == [here.ref]
    assert [b["ref"] for b in as_customer(ADA, neighbour.shop).get("/bookings")["items"]] == [there.ref]
    # The host says nothing: the token names the shop.
    response = app.test_client().get(f"{PREFIX}/bookings", base_url=f"http://{neighbour.slug}.localhost",
                                     headers={"Authorization": f"Bearer {customer_token(world.shop, ADA)}"})
    assert [b["ref"] for b in response.json["items"]] == [here.ref]


def test_without_a_signed_in_customer_there_is_a_hint_and_no_data(world, as_customer):
    world.sold(at(10, 15))
    problem = as_customer(None).refused(401, "unauthorized", "GET", "/bookings")
    assert problem["detail"] == "Please sign in to your account to see your bookings."


def test_only_tokens_of_the_customer_account_open(app, world):
    world.sold(at(10, 15))
    now = int(time.time())
    good = claims_of_customer(world.shop, ADA)
    bad = {
        "admin": signed(claims_of_admin(world.shop)), "admin for a customer": signed(claims_of_admin(world.shop) | {"sub": ADA}),
        "customer with the admin's issuer": signed(good | {"iss": f"https://{world.shop}/admin"}), "user id": signed(good | {"sub": "42"}),
        "another secret": signed(good, "x" * 38), "another app": signed(good | {"aud": "other"}), "two audiences": signed(good | {"aud": [KEY, "other"]}),
        "expired": signed(good | {"exp": now - 11}), "too early": signed(good | {"nbf": now + 60}), "no expiry": signed({k: v for k, v in good.items() if k != "exp"}),
        "unknown shop": signed(good | {"dest": "nobody.myshopify.com"}), "no shop": signed(good | {"dest": "example.com"}),
        "unsigned": signed(good, "", "none"), "another algorithm": signed(good, algorithm="HS512"), "empty": "", "noise": "a.b.c", "merchant": "oc_1_" + "a" * 43}
    for name, token in bad.items():
        response = Extension(app.test_client(), token).send("GET", "/bookings")
        assert (response.status_code, response.json["code"]) == (401, "unauthorized"), name
    assert Extension(app.test_client(), None).send("GET", "/bookings").status_code == 401
    for scheme in ("Basic", "Token"):
        assert Extension(app.test_client(), None).send("GET", "/bookings", headers={"Authorization": f"{scheme} {signed(good)}"}).status_code == 401
    for dest in (world.shop, f"https://{world.shop}"):
        assert len(Extension(app.test_client(), signed(good | {"dest": dest})).get("/bookings")["items"]) == 1


def test_after_the_app_is_removed_tokens_of_the_shop_open_nothing(world, ada):
    """I62: at once, while they are still young."""
    world.sold(at(10, 15))
    world.as_owner("update shopify_installs set state = 'uninstalled', uninstalled_at = opencals_now(), access_token = null, refresh_token = null where store_id = %s", world.store_id)
    ada.refused(401, "unauthorized", "GET", "/bookings")


def test_a_customer_token_does_not_open_the_merchant_api(app, world):
    response = app.test_client().get("/api/merchant/v1/bookings", headers={"Authorization": f"Bearer {customer_token(world.shop, ADA)}"})
    assert response.status_code == 401


def test_the_portal_cookie_opens_nothing_here(app, world):
    """I47: bearer only; what a browser sends by itself is not looked at."""
    client = app.test_client()
    client.set_cookie("login", "anything")
    assert client.get(f"{PREFIX}/bookings", base_url=f"http://{world.slug}.localhost").status_code == 401


@pytest.mark.parametrize("path", ["/bookings", "/bookings/x/cancel", "/nothing", "", "/", "//bookings", "/bookings/"])
def test_preflight_needs_no_token_and_is_never_redirected(app, path):
    response = app.test_client().open(PREFIX + path, method="OPTIONS", base_url="http://nobody.localhost", headers={
        "Origin": "null", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type,idempotency-key"})
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*" and "Access-Control-Allow-Credentials" not in response.headers
    allowed = response.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type", "idempotency-key"} <= set(allowed)
    assert {"GET", "POST", "PATCH", "DELETE"} <= set(response.headers["Access-Control-Allow-Methods"].split(", "))


def test_every_kind_of_error_carries_cors(app, world, ada, monkeypatch):
    """`ada.send` looks at the headers of each."""
    ada.refused(404, "not_found", "GET", "/nothing")
    ada.refused(404, "not_found", "GET", "")
    ada.refused(404, "not_found", "GET", "//bookings")
    ada.refused(405, "invalid", "PUT", "/bookings")
    ada.refused(405, "invalid", "POST", "/bookings")
    ada.refused(422, "invalid", "GET", "/bookings", query_string={"customer": ADA})
    b = world.sold(at(10, 15))
    ada.refused(413, "invalid", "POST", f"/bookings/{b.ref}/cancel", data=b"{" + b" " * 300_000, content_type="application/json")
    monkeypatch.setattr(database().__class__, "store_for_shop", lambda *_: 1 / 0)
    ada.refused(500, "unavailable", "GET", "/bookings")


def test_an_origin_is_no_obstacle_on_a_shops_own_host(app, world):
    b = world.sold(at(10, 15))
    response = app.test_client().post(f"{PREFIX}/bookings/{b.ref}/reschedule", base_url=f"http://{world.slug}.localhost", json={
        "starts_at": "2027-03-11T15:00:00Z", "version": 1}, headers={"Origin": "https://extensions.example", "Authorization": f"Bearer {customer_token(world.shop, ADA)}"})
    assert response.status_code == 200


def test_an_erased_customer_is_nobody(world, ada):
    b = world.sold(at(10, 15))
    world.as_owner("update customers set erased_at = opencals_now() where store_id = %s and id = %s", world.store_id, b.customer_id)
    assert ada.get("/bookings")["items"] == []
    ada.refused(404, "not_found", "GET", f"/bookings/{b.ref}")


def test_closed_bookings_are_kept_for_the_stores_time_only(world, ada):
    from booking.actions.cancel_booking import cancel_booking
    from tests.support.world import MERCHANT

    b = world.sold(at(10, 15))
    cancel_booking(world.store_id, MERCHANT, b.ref)
    assert ada.get(f"/bookings/{b.ref}")["status"] == "cancelled"
    world.as_owner("update bookings set closed_at = closed_at - interval '1096 days' where store_id = %s and id = %s", world.store_id, b.id)
    ada.refused(404, "not_found", "GET", f"/bookings/{b.ref}")
