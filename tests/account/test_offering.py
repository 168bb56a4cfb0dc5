"""Earlier times and offered times from the extension (R34, R35)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from booking import keys
from booking.actions.cancel_booking import cancel_booking
from booking.actions.make_offers import Proposal, make_offers
from booking.actions.payment_accounts import connect_account
from models.actor import SYSTEM, Actor
from sync.beat import serve_waitlist
from tests.support.shopify import ADA, BEA, ShopWorld
from tests.support.world import MERCHANT, at

FAR, GUEST = at(29, 15), Actor("customer", "account")


def test_waiting_for_an_earlier_time(world, ada):
    b = world.sold(FAR)
    asks = ada.get(f"/bookings/{b.ref}")
    assert asks["actions"]["waitlist"]["allowed"] and "Want a slot sooner?" in asks["actions"]["waitlist"]["sentence"] and asks["waiting"] is None
    waits = ada.post(f"/bookings/{b.ref}/waitlist", {"weekdays": ["mon", "wed"], "bands": ["morning"]})
    assert waits["waiting"] == {"place": 1, "weekdays": ["mon", "wed"], "bands": ["morning"], "anyone": False, "until": waits["waiting"]["until"], "held": None}
    assert waits["actions"]["waitlist"]["sentence"] == "You are number 1 in line. One person at a time is asked."
    changed = ada.post(f"/bookings/{b.ref}/waitlist", {"anyone": True})
    assert changed["waiting"]["anyone"] and len(changed["waiting"]["weekdays"]) == 7 and changed["waiting"]["bands"] == ["morning", "afternoon", "evening"]
    assert ada.send("DELETE", f"/bookings/{b.ref}/waitlist").json["waiting"] is None
    assert ada.send("DELETE", f"/bookings/{b.ref}/waitlist").status_code == 200
    ada.refused(422, "invalid", "POST", f"/bookings/{b.ref}/waitlist", {"weekdays": ["someday"]})


def test_what_is_held_for_the_one_who_waits(app, world, ada):
    taken = world.book(at(10, 15), email="bea@example.com")
    b = world.sold(FAR)
    ada.post(f"/bookings/{b.ref}/waitlist")
    cancel_booking(world.store_id, MERCHANT, taken.ref)
    serve_waitlist(world.store_id)
    held = ada.get(f"/bookings/{b.ref}")["waiting"]["held"]
    assert held["starts_at"] == "2027-03-10T10:00:00-05:00" and held["staff_name"] == "Elena Marsh" and "is held for you until" in held["sentence"]
    page = app.test_client().get(held["url"].removeprefix(f"http://{world.slug}.localhost"), base_url=f"http://{world.slug}.localhost")
    assert page.status_code == 200


def test_a_closed_booking_has_no_line_to_leave(world, ada):
    """R4: the waiting ended with it."""
    b = world.sold(FAR)
    ada.post(f"/bookings/{b.ref}/waitlist")
    cancel_booking(world.store_id, MERCHANT, b.ref)
    ada.refused(409, "closed", "DELETE", f"/bookings/{b.ref}/waitlist")


def test_too_near_to_wait(world, ada):
    b = world.sold(at(10, 15))
    may = ada.get(f"/bookings/{b.ref}")["actions"]["waitlist"]
    assert (may["allowed"], may["reason"], may["sentence"]) == (False, "too_late", "Earlier times can be asked for until 14 days before the appointment.")
    assert ada.refused(409, "too_late", "POST", f"/bookings/{b.ref}/waitlist", {})["detail"] == may["sentence"]


@pytest.fixture
def asked(app, owner_url):
    """(shop with approval, request that has two offers)."""
    world = ShopWorld(owner_url, policy={"approval": "manual"})
    b = world.sold(at(10, 15), by=GUEST, paid=2500)
    make_offers(world.store_id, MERCHANT, b.ref, [Proposal(at(11, 15)), Proposal(at(12, 15), world.tom)])
    return world, b


def test_an_offer_is_taken_once(asked, as_customer):
    world, b = asked
    ada = as_customer(ADA, world.shop)
    shown = ada.get(f"/bookings/{b.ref}")
    assert [(o["round"], o["n"], o["free"], o["starts_at"], o["staff_name"]) for o in shown["offers"]] == [
        (1, 1, True, "2027-03-11T10:00:00-05:00", "Elena Marsh"), (1, 2, True, "2027-03-12T10:00:00-05:00", "Tom Okonkwo")]
    assert shown["actions"]["offers"]["allowed"] and shown["actions"]["offers"]["deadline"] == "2027-03-02T07:00:00-05:00"
    for unknown in ("3", "0", "x", "99999999999999999999"):
        ada.refused(404, "not_found", "POST", f"/bookings/{b.ref}/offers/{unknown}/accept")
    as_customer(BEA, world.shop).refused(404, "not_found", "POST", f"/bookings/{b.ref}/offers/1/accept")
    done = ada.post(f"/bookings/{b.ref}/offers/2/accept", key="k")
    assert (done["status"], done["starts_at"], done["staff_name"], done["offers"]) == ("confirmed", "2027-03-12T10:00:00-05:00", "Tom Okonkwo", [])
    assert ada.post(f"/bookings/{b.ref}/offers/2/accept", key="k") == done
    ada.refused(409, "stale", "POST", f"/bookings/{b.ref}/offers/1/accept")


def test_a_time_that_is_gone_leaves_the_other(asked, as_customer):
    world, b = asked
    ada = as_customer(ADA, world.shop)
    world.book(at(11, 15), email="bea@example.com")
    problem = ada.refused(409, "slot_taken", "POST", f"/bookings/{b.ref}/offers/1/accept", {"round": 1})
    assert [(o["n"], o["free"]) for o in problem["offers"]] == [(1, False), (2, True)]
    assert ada.get(f"/bookings/{b.ref}")["offers"] == problem["offers"]
    assert ada.post(f"/bookings/{b.ref}/offers/2/accept")["status"] == "confirmed"


def test_an_answer_is_to_the_round_that_was_shown(asked, as_customer):
    """R27, I14: another round has other times under the same numbers; they come with the refusal (R15)."""
    world, b = asked
    ada = as_customer(ADA, world.shop)
    make_offers(world.store_id, MERCHANT, b.ref, [Proposal(at(13, 15)), Proposal(at(14, 15))])
    for path in ("2/accept", "decline"):
        problem = ada.refused(409, "stale", "POST", f"/bookings/{b.ref}/offers/{path}", {"round": 1})
        assert [(o["round"], o["n"], o["starts_at"]) for o in problem["offers"]] == [
            (2, 1, "2027-03-13T10:00:00-05:00"), (2, 2, "2027-03-14T11:00:00-04:00")]
        assert problem["detail"].startswith("The offered times have changed since you opened the page.")
    assert world.read(b.ref).status == "pending"
    ada.refused(422, "invalid", "POST", f"/bookings/{b.ref}/offers/2/accept", {"round": "2"})
    assert ada.post(f"/bookings/{b.ref}/offers/2/accept", {"round": 2})["starts_at"] == "2027-03-14T11:00:00-04:00"


def test_none_of_them(asked, as_customer):
    world, b = asked
    done = as_customer(ADA, world.shop).post(f"/bookings/{b.ref}/offers/decline")
    assert done["closed"] and done["money"]


def test_nothing_offered(world, ada):
    b = world.sold(at(10, 15))
    may = ada.get(f"/bookings/{b.ref}")["actions"]["offers"]
    assert (may["allowed"], may["reason"]) == (False, "not_allowed") and may["sentence"]
    ada.refused(404, "not_found", "POST", f"/bookings/{b.ref}/offers/1/accept")
    ada.refused(409, "stale", "POST", f"/bookings/{b.ref}/offers/decline")


def test_a_saved_card_is_kept_on_the_bookings_own_page(app, world, ada):
    """Where the shop has an account at Stripe; the extension itself never sees card data."""
    b = world.sold(at(10, 15))
    assert ada.get(f"/bookings/{b.ref}")["actions"]["card"]["sentence"] == "Harbor Massage doesn't keep cards online. Please contact Harbor Massage directly."
    before = keys.settings()
    keys.configure(replace(before, stripe_secret_key="sk_live_x", stripe_publishable_key="pk_live_x", stripe_webhook_secret="whsec_" + "w" * 32))
    try:
        connect_account(world.store_id, SYSTEM, f"acct_{world.slug}")
        shown = ada.get(f"/bookings/{b.ref}")
        assert shown["actions"]["card"] == {"allowed": True, "reason": None, "sentence": "No card is saved for this booking.", "deadline": None}
        page = app.test_client().get(shown["links"]["card"].removeprefix(f"http://{world.slug}.localhost"), base_url=f"http://{world.slug}.localhost")
        assert page.status_code == 200 and "No card is saved for this booking." in page.text
        cancel_booking(world.store_id, MERCHANT, b.ref)
        assert ada.get(f"/bookings/{b.ref}")["actions"]["card"]["reason"] == "closed"
    finally:
        keys.configure(before)
