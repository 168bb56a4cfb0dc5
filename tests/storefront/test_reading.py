"""Reading changes nothing (R5, I29), costs few statements, and never fails on odd addresses."""

from __future__ import annotations

import pytest

from bench.pages import counted
from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import decline_booking
from booking.actions.join_waitlist import join_waitlist
from booking.actions.sessions import create_session
from booking.again import again_path
from booking.links import feedback_path
from booking.waitlist import entry_path
from models.actor import Actor
from sync.beat import serve_waitlist
from tests.storefront.visitor import account, link
from tests.support.world import MERCHANT, at


def pages(b, service: int) -> dict[str, list[str]]:
    """Addresses for every GET route of the storefront."""
    move = {"at": "2027-03-11T15:00:00+00:00"}
    details = f"/book/{service}/details?at=2027-03-11T15:00:00%2B00:00&staff=1"
    return {
        "/": ["/"], "/account": ["/account", "/account?view=calendar", "/account?view=calendar&month=2027-04", "/account?view=week", "/account?upcoming=x&past=y"],
        "/account/bookings/<ref>": [account(b), account(b) + "?action=reschedule", account(b) + "?panel=payment", account(b) + "?done=moved"],
        "/manage/<ref>": [link(b), link(b, action="reschedule"), link(b, action="accept", offer=1), link(b, panel="payment")],
        "/account/bookings/<ref>/reschedule": [account(b, "reschedule"), account(b, "reschedule") + "?at=2027-03-11T15:00:00%2B00:00"],
        "/manage/<ref>/reschedule": [link(b, "reschedule"), link(b, "reschedule", **move), link(b, "reschedule", month="2027-04")],
        "/account/bookings/<ref>/cancel": [account(b, "cancel")], "/manage/<ref>/cancel": [link(b, "cancel")],
        "/account/bookings/<ref>/card": [account(b, "card")], "/manage/<ref>/card": [link(b, "card")],
        "/pay/<secret>": ["/pay/x"], "/pay/<secret>/back": ["/pay/x/back"],
        "/account/bookings/<ref>/offers/<n>": [account(b, "offers/1")], "/manage/<ref>/offers/<n>": [link(b, "offers/1")],
        "/account/bookings/<ref>/calendar.ics": [account(b, "calendar.ics")], "/manage/<ref>/calendar.ics": [link(b, "calendar.ics")],
        "/account/bookings/<ref>/receipt.pdf": [account(b, "receipt.pdf"), account(b, "receipt.pdf") + "?document=1"],
        "/manage/<ref>/receipt.pdf": [link(b, "receipt.pdf")],
        "/account/login": ["/account/login", "/account/login?next=/account"], "/account/login/code": ["/account/login/code"],
        "/account/profile": ["/account/profile"], "/account/feed": ["/account/feed"], "/account/feed/<secret>.ics": ["/account/feed/x.ics"],
        "/manage": ["/manage"], "/book": ["/book"], "/book/<int(max=9223372036854775807):service_id>": [f"/book/{service}", f"/book/{service}?month=2027-04"],
        "/book/<int(max=9223372036854775807):service_id>/details": [details],
        "/product:<int(max=9223372036854775807):service_id>": [f"/product:{service}"],
        "/product:<int(max=9223372036854775807):service_id>/staff:<int(max=9223372036854775807):staff_id>": [f"/product:{service}/staff:{b.staff_id}"],
        "/account/bookings/<ref>/feedback": [account(b, "feedback")], "/feedback/<ref>": [feedback_path(b)],
        "/feedback.json": ["/feedback.json"], "/account/email": ["/account/email"], "/account/email/code": ["/account/email/code"],
        "/email-undo/<secret>": ["/email-undo/x"], "/account/email-restored": ["/account/email-restored"], "/account/phone": ["/account/phone"],
        "/account/sessions": ["/account/sessions"], "/account/cards": ["/account/cards"], "/account/data": ["/account/data"], "/account/data.json": ["/account/data.json"],
        "/account/deleted": ["/account/deleted"], "/unsubscribe/<token>": ["/unsubscribe/x"], "/withdraw": ["/withdraw"],
        "/staff-calendar/<secret>.ics": ["/staff-calendar/x.ics"],
        "/account/login/shopify": ["/account/login/shopify"], "/account/login/shopify/return": ["/account/login/shopify/return?code=x&state=y"],
        "/app/customers/callback": ["/app/customers/callback?code=x&state=y"], "/app/customers/signed-out": ["/app/customers/signed-out?state=y"],
        "/static/<path:filename>": ["/static/store.css", "/static/store.js", "/static/icon.svg"],
        "/static/theme-<accent>.css": ["/static/theme-1f5c4d.css"]}


def waiting_pages(world) -> dict[str, list[str]]:
    """Those of someone who waits for an earlier time, which is held, and of a full class."""
    far, other = world.book(at(29, 15)), world.book(at(10, 17), email="bea@example.com")
    entry = join_waitlist(world.store_id, world.customer(far), far.ref).facts["id"]
    cancel_booking(world.store_id, MERCHANT, other.ref, override=True)
    serve_waitlist(world.store_id)
    yoga = world.add_service("Yoga", capacity=2, staff=[world.tom])
    date = create_session(world.store_id, MERCHANT, service_id=yoga, staff_id=world.tom, starts_at=at(12, 15)).facts["id"]
    offer = world.sql("select id from waitlist_offers")[0][0]
    asked = world.book(at(11, 15), service=world.add_service("Consultation", policy={"approval": "manual"}), by=Actor("customer", "account"), email="n@example.com")
    refused = decline_booking(world.store_id, MERCHANT, asked.ref).booking
    return {
        "/again/<ref>": [again_path(refused)],
        "/account/bookings/<ref>/waitlist": [account(far, "waitlist")], "/manage/<ref>/waitlist": [link(far, "waitlist")],
        "/waitlist/<int(max=9223372036854775807):entry_id>": [entry_path(world.store_id, entry, **more) for more in (
            {}, {"offer": offer}, {"offer": offer, "action": "refuse"}, {"action": "stop"})],
        "/book/<int(max=9223372036854775807):service_id>/waitlist/<int(max=9223372036854775807):session_id>": [f"/book/{yoga}/waitlist/{date}"]}


NOT_THERE = ("/account/feed/x.ics", "/pay/x", "/pay/x/back", "/email-undo/x", "/account/phone", "/unsubscribe/x", "/withdraw",
             "/staff-calendar/x.ics", "/account/login/shopify", "/account/login/shopify/return?code=x&state=y",
             "/app/customers/callback?code=x&state=y", "/app/customers/signed-out?state=y")
"""These answer 404 here: no such secret, no number, not offered."""


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_page_writes_anything(app, world, ada, contents, method):
    b = world.book(at(10, 15), paid=2500)
    known = pages(b, world.service) | waiting_pages(world)
    routes = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("storefront.") and "GET" in rule.methods}
    assert routes == set(known)
    before = contents()
    for path in sum(known.values(), []):
        response = ada.client.open(path, method=method, base_url=ada.origin)
        assert response.status_code < 500 and (response.status_code < 400 or path in NOT_THERE), (path, response.status_code)
        if method == "HEAD":
            assert not response.data
    assert contents() == before


def test_the_checksum_sees_a_write(world, contents):
    before = contents()
    world.book(at(10, 15))
    assert contents() != before


def test_pages_cost_the_same_few_statements_however_many_bookings(world, ada):
    b = world.book(at(10, 15), paid=2500)
    for day in range(11, 26):
        world.book(at(day, 15))
    for path in ("/account", "/account?view=calendar", account(b), link(b)):
        with counted() as found:
            ada.get(path)
        found = [statement for statement in found if "set_config" not in statement]
        assert 1 <= len(found) <= 4, (path, found)


@pytest.mark.parametrize("path", [
    "/account/bookings/%00", "/manage/%00?token=%00", "/book/99999999999999999999999", "/account?upcoming=%00&past=" + "a" * 3000,
    "/account?view=calendar&month=%00", "/account?view=calendar&month=0001-01", "/account?view=calendar&month=9999-12",
    "/account/feed/%00.ics", "/static/../app.py", "/static/%00", "/static/theme-zzzzzz.css", "/account/bookings/%F0%9F%92%A9", "/nothing"])
def test_odd_addresses_are_answered_calmly(ada, path):
    assert ada.client.get(path, base_url=ada.origin).status_code in (200, 404)


@pytest.mark.parametrize("query", [
    "seats=" + "9" * 5000, "seats=-1", "seats=%D9%A3", "at=9999-12-31T23:59:59Z", "at=2200-12-31T23:59:59-12:00", "at=2027-03-11", "at=%00",
    "month=9999-12&day=9999-12-31", "month=0001-01", "staff=anyone", "staff=%00", "at=2027-03-11T15:00:00%2B23:59"])
def test_odd_queries_are_answered_calmly(world, ada, query):
    b = world.book(at(10, 15))
    for path in (account(b, "reschedule"), account(b, "cancel"), f"/book/{world.service}", f"/book/{world.service}/details"):
        assert ada.client.get(f"{path}?{query}", base_url=ada.origin).status_code in (200, 303, 409), path
