"""The list of bookings and one booking: finding, filtering, exporting; everything about one; nothing of it for customers (A41, A104, A105)."""

from __future__ import annotations

import re

import pytest

from booking.actions.cancel_booking import cancel_booking
from booking.actions.create_booking import create_booking
from booking.actions.people import Person
from booking.actions.reschedule_booking import reschedule_booking
from models.actor import Actor
from tests.dashboard import exports
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import link, words
from tests.support.world import MERCHANT, NOW, World, at


def put(world: World, name: str, starts_at, email: str = "", phone: str = "", **more):  # noqa: ANN001, ANN201
    return create_booking(world.store_id, MERCHANT, service_id=world.service, starts_at=starts_at, staff_id=more.pop("staff", None),
                          person=Person(name, email, phone), **more).booking


def found(person: Colleague, **query: str) -> list[str]:
    """References of the bookings listed, in order."""
    person.get("/admin/bookings", query_string=query)
    return re.findall(r'class="strong" href="/admin/bookings/([0-9a-z]{12})"', person.page)


@pytest.fixture
def three(world):
    return [put(world, "Zoë O'Brien", at(5, 15), "zoe.brien@example.com", "+12125550177"),
            put(world, "Bob Stone", at(6, 15), "bob@example.com", staff=world.tom),
            put(world, "Stonewall Jackson", at(2, 15), "wall@example.com", "+4915112345678")]


@pytest.mark.parametrize(("text", "which"), [
    ("zoë", [0]), ("ZOË", [0]), ("brien", [0]), ("o'brien", [0]), ("zoë brien", [0]), ("zoe.brien@example.com", [0]), ("0177", [0]),
    ("+1 212 555-0177", [0]), ("stone", [1, 2]), ("bob stone", [1]), ("bob jackson", []), ("5678", [2]), ("ston%", []), ("'; --", []), ("example", [1, 0, 2])])
def test_bookings_are_found_by_name_address_and_phone(staff, three, text, which):
    assert found(staff, q=text) == [three[n].ref for n in which]


def test_a_reference_or_order_number_leads_to_the_booking(staff, three):
    assert found(staff, q=three[1].ref) == [three[1].ref]
    assert found(staff, q=f"#{three[2].order_number}") == [three[2].ref]
    assert found(staff, q="#999999") == []


def test_filters_narrow_and_stay_in_the_form(owner, world, three):
    assert found(owner) == [three[2].ref, three[0].ref, three[1].ref]
    assert found(owner, staff=str(world.tom)) == [three[1].ref]
    assert found(owner, **{"from": "2027-03-05", "to": "2027-03-05"}) == [three[0].ref]
    assert found(owner, status="cancelled") == []
    cancel_booking(world.store_id, MERCHANT, three[1].ref)
    assert found(owner, status="cancelled") == [three[1].ref]
    assert 'value="cancelled" selected' in owner.page
    assert found(owner, service="1", staff="abc", **{"from": "no date"}) == []
    assert found(owner, when="past") == []


def test_pages_continue_where_the_last_ended(owner, world, monkeypatch):
    monkeypatch.setattr("shopify_app.dashboard.bookings.PAGE", 2)
    made = [put(world, f"Guest {n}", at(5, 14 + n)).ref for n in range(5)]
    seen, address = [], "/admin/bookings"
    while address:
        owner.get(address)
        seen.append(re.findall(r'class="strong" href="/admin/bookings/([0-9a-z]{12})"', owner.page))
        more = re.search(r'<p class="pager"><a class="button quiet" href="([^"]+)"', owner.page)
        address = more[1].replace("&amp;", "&") if more else None
    assert seen == [made[:2], made[2:4], made[4:]]
    assert found(owner, cursor="forged") == made[:2]


def test_the_export_holds_every_row_and_no_formula(owner, world, monkeypatch):
    monkeypatch.setattr("shopify_app.dashboard.bookings.BATCH", 2)
    put(world, "=1+1", at(5, 14), phone="+12125550177", payments=[{"amount": 2550, "method": "cash"}])
    for n, name in enumerate(("@SUM(A1)", "-2", "Plain; \"quoted\"", "\tTab")):
        put(world, name, at(6, 14 + n))
    rows = exports.rows(owner.get("/admin/bookings.csv"))
    assert [row["Customer"] for row in rows] == ["'=1+1", "'@SUM(A1)", "'-2", 'Plain; "quoted"', "Tab"]
    assert (rows[0]["Phone"], rows[0]["Paid"], rows[0]["Date"], rows[0]["Start"]) == ("'+12125550177", "25.50", "2027-03-05", "09:00")


def test_staff_may_look_but_not_export(staff, three):
    assert found(staff)
    staff.get("/admin/bookings.csv", 403)


def test_a_booking_shows_everything_about_it(owner, world):
    b = world.book(at(10, 15), paid=2500)
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(11, 16))
    owner.get(f"/admin/bookings/{b.ref}")
    text = words(owner.page)
    for part in ("Ada Archer", "ada@example.com", "Massage", "Elena Marsh", "Harbor Street", "11:00 AM to 12:00 PM EST", "$80", "$25 by card",
                 "Moved by Customer, account", "Wed, Mar 10, 2027, 10:00 AM EST → Thu, Mar 11, 2027, 11:00 AM EST", "Booked by API token, API",
                 "Confirmation Waiting", "New time Waiting", f"order #{b.order_number}"):
        assert part in text, part


def test_the_history_names_people_and_refused_attempts(owner, world):
    b = world.book(at(1, 15))
    with pytest.raises(Exception, match="too_late"):
        cancel_booking(world.store_id, world.holder(b), b.ref, quote="")
    owner.get(f"/admin/bookings/{b.ref}")
    owner.send(f"/admin/bookings/{b.ref}/arrive", version=b.version)
    owner.get(f"/admin/bookings/{b.ref}")
    text = words(owner.page)
    assert "Checked in by Sam Owner (owner), dashboard Status: Confirmed → Checked in" in text
    assert "Refused: Cancelled by Link holder, mailed link Too late under the policy." in text


@pytest.mark.parametrize(("verbs", "status"), [
    (["arrive"], "arrived"), (["arrive", "ready"], "ready_to_start"), (["arrive", "ready", "complete"], "completed"), (["no-show"], "no_show")])
def test_staff_note_the_states_of_the_day(staff, world, verbs, status):
    b = world.book(at(1, 15))
    world.set_clock(at(1, 15, 30))
    for verb in verbs:
        staff.get(f"/admin/bookings/{b.ref}")
        staff.send(f"/admin/bookings/{b.ref}/{verb}", version=world.read(b.ref).version)
    assert world.read(b.ref).status == status
    world.set_clock(NOW)


@pytest.mark.parametrize("verbs", [[], ["arrive"], ["arrive", "ready"]])
def test_nobody_has_missed_what_has_not_begun(staff, world, verbs):
    """The button comes with the start; a form of somebody's own is refused in words (A155)."""
    b = world.book(at(5, 15))
    staff.get(f"/admin/bookings/{b.ref}")
    for verb in verbs:
        staff.send(f"/admin/bookings/{b.ref}/{verb}", version=world.read(b.ref).version)
        staff.get(f"/admin/bookings/{b.ref}")
    assert "/no-show" not in staff.page
    staff.send(f"/admin/bookings/{b.ref}/no-show", 409, version=world.read(b.ref).version)
    assert "has not begun yet" in words(staff.page) and world.read(b.ref).status != "no_show"
    world.set_clock(at(5, 15))
    staff.get(f"/admin/bookings/{b.ref}")
    assert f"/bookings/{b.ref}/no-show" in staff.page
    world.set_clock(NOW)


def test_an_old_page_gets_the_present_state(owner, world):
    b = world.book(at(5, 15))
    owner.get(f"/admin/bookings/{b.ref}")
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(6, 15))
    owner.send(f"/admin/bookings/{b.ref}/arrive", 409, version=b.version)
    assert "Someone has changed this booking" in words(owner.page) and "Saturday, March 6" in words(owner.page)
    assert world.read(b.ref).status == "confirmed"


def test_a_message_is_sent_again_to_the_address_known_now(owner, world):
    b = world.book(at(5, 15))
    first = world.outbox("booking_confirmed")[0]
    owner.get(f"/admin/bookings/{b.ref}")
    owner.send(f"/admin/bookings/{b.ref}/messages/{first.id}/resend")
    again = world.outbox("booking_confirmed")
    assert len(again) == 2 and again[1].recipient == "ada@example.com" and again[1].state == "due"
    assert again[1].payload["manage_url"] == first.payload["manage_url"]
    for other in ("1", "999999999999"):
        owner.get(f"/admin/bookings/{b.ref}")
        owner.send(f"/admin/bookings/{b.ref}/messages/{other}/resend", 404)


def test_a_message_about_an_older_time_is_not_repeated(owner, world):
    b = world.book(at(5, 15))
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(6, 15))
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(7, 15))
    customers = [row for row in world.outbox("booking_moved") if row.recipient == "ada@example.com"]
    old, new = customers[0], customers[-1]
    owner.get(f"/admin/bookings/{b.ref}")
    owner.send(f"/admin/bookings/{b.ref}/messages/{old.id}/resend", 409)
    owner.get(f"/admin/bookings/{b.ref}")
    owner.send(f"/admin/bookings/{b.ref}/messages/{new.id}/resend")
    assert len([row for row in world.outbox("booking_moved") if row.recipient == "ada@example.com"]) == 3


def test_the_link_is_sent_unchanged_or_replaced(owner, world, nobody):
    b = world.book(at(5, 15))
    owner.get(f"/admin/bookings/{b.ref}")
    owner.send(f"/admin/bookings/{b.ref}/send-link")
    assert world.outbox("manage_link")[-1].payload["manage_url"].endswith(link(b))
    owner.get(f"/admin/bookings/{b.ref}")
    owner.send(f"/admin/bookings/{b.ref}/revoke-link")
    nobody.get(link(b), 404)
    nobody.get(link(world.read(b.ref)))


def test_notes_stay_in_the_house(owner, world, nobody):
    b = world.book(at(5, 15))
    owner.get(f"/admin/bookings/{b.ref}")
    owner.send(f"/admin/bookings/{b.ref}/notes", note="Canary: pays late")
    owner.get(f"/admin/bookings/{b.ref}")
    assert "Canary: pays late" in words(owner.page) and "Sam Owner" in words(owner.page)
    nobody.get(link(b))
    assert "Canary" not in nobody.page
    assert world.sql("select count(*) from audit_entries where (before::text || after::text || facts::text) like '%%Canary%%'") == [(0,)]
    note = re.search(r"/notes/(\d+)/remove", owner.page)[1]
    owner.send(f"/admin/bookings/{b.ref}/notes/{note}/remove")
    owner.get(f"/admin/bookings/{b.ref}")
    assert "Canary" not in owner.page
    owner.send(f"/admin/bookings/{b.ref}/notes", 422, note="  ")


def test_goodwill_is_owed_and_then_carried_out(owner, staff, world):
    b = world.book(at(5, 15), paid=2500, method="cash")
    owner.get(f"/admin/bookings/{b.ref}")
    for wrong in ("", "abc", "0", "26", "10.001"):
        owner.send(f"/admin/bookings/{b.ref}/goodwill", 422, amount=wrong)
    owner.send(f"/admin/bookings/{b.ref}/goodwill", amount="10,50")
    assert world.read(b.ref).owed == 1050
    owner.get(f"/admin/bookings/{b.ref}")
    refund = re.search(r"/refunds/(\d+)/execute", owner.page)[1]
    owner.send(f"/admin/bookings/{b.ref}/refunds/{refund}/execute")
    assert (world.read(b.ref).owed, world.read(b.ref).refunded) == (0, 1050)
    staff.get(f"/admin/bookings/{b.ref}")
    assert "goodwill" not in staff.page
    staff.send(f"/admin/bookings/{b.ref}/goodwill", 403, amount="1")


def test_a_payment_is_noted_and_has_its_receipt(owner, staff, world):
    b = world.book(at(5, 15), paid=2500)
    owner.get(f"/admin/bookings/{b.ref}")
    assert "Still to pay" in owner.page
    for wrong in ("", "abc", "0", "55.01"):
        owner.send(f"/admin/bookings/{b.ref}/payments", 422, taken=wrong, method="cash")
    owner.send(f"/admin/bookings/{b.ref}/payments", 422, taken="5", method="card")
    owner.send(f"/admin/bookings/{b.ref}/payments", taken="55", method="cash")
    assert (world.read(b.ref).paid, world.read(b.ref).due) == (8000, 0)
    owner.get(f"/admin/bookings/{b.ref}")
    assert "Receipt 2" in owner.page and "Still to pay" not in owner.page
    owner.get(f"/admin/bookings/{b.ref}/documents/3", 404)
    assert owner.client.get(f"/admin/bookings/{b.ref}/documents/2", base_url=owner.origin).data.startswith(b"%PDF-")
    staff.get(f"/admin/bookings/{b.ref}")
    staff.send(f"/admin/bookings/{b.ref}/payments", 403, taken="1", method="cash")


def test_amounts_finer_than_cards_move_are_refused_in_words(owner, world):
    """Fils go back to a card in tens (R25): goodwill and the amount of a cancellation say so, and nothing happens."""
    service = world.add_service("Kuwait", currency="KWD")
    b = world.book(at(10, 15), service=service, staff=world.elena, paid=2510)
    owner.get(f"/admin/bookings/{b.ref}")
    owner.send(f"/admin/bookings/{b.ref}/goodwill", 422, amount="1.255")
    assert "Cards move KWD in steps of KWD0.010 only." in words(owner.page).replace("\xa0", "")
    owner.get(f"/admin/bookings/{b.ref}/cancel")
    owner.send(f"/admin/bookings/{b.ref}/cancel", 422, refund="amount", amount="1.255")
    assert "Cards move KWD in steps of KWD0.010 only." in words(owner.page).replace("\xa0", "") and world.read(b.ref).owed == 0
    owner.send(f"/admin/bookings/{b.ref}/cancel", refund="amount", amount="1.25")
    assert world.read(b.ref).owed == 1250


def test_the_reason_of_goodwill_is_told_to_the_customer(owner, world):
    b = world.book(at(5, 15), paid=2500)
    owner.get(f"/admin/bookings/{b.ref}")
    owner.send(f"/admin/bookings/{b.ref}/goodwill", amount="10", told="We started late")
    assert world.outbox("refund_given")[0].payload["reason"] == "We started late"


def test_why_the_customer_moved_it_stands_with_the_booking_and_that_they_said_so_in_its_history(owner, world):
    b = world.book(at(8, 15), service=world.add_service("Consultation", policy={"reschedule": {"reason": "required"}}), staff=world.elena)
    reschedule_booking(world.store_id, world.customer(b), b.ref, starts_at=at(9, 15), reason="My train is late")
    owner.get(f"/admin/bookings/{b.ref}")
    seen = words(owner.page)
    assert "Reason for moving My train is late" in seen and "A reason was given." in seen


def test_requests_are_approved_or_declined(owner, world):
    service = world.add_service("Consultation", policy={"approval": "manual"})
    one, two = (world.book(at(day, 15), service=service, by=Actor("customer", "account"), email=f"c{day}@example.com") for day in (8, 9))
    owner.get(f"/admin/bookings/{one.ref}")
    assert "Please answer by" in words(owner.page)
    owner.send(f"/admin/bookings/{one.ref}/approve", version=one.version)
    owner.get(f"/admin/bookings/{two.ref}")
    owner.send(f"/admin/bookings/{two.ref}/decline", version=two.version, reason="Fully booked")
    assert (world.read(one.ref).status, world.read(two.ref).status, world.read(two.ref).cancel_reason) == ("confirmed", "declined", "Fully booked")
    assert world.outbox("approval_given")[-1].payload["by_name"] == "Sam Owner"


@pytest.mark.parametrize("path", ["", "/notes", "/arrive", "/send-link"])
def test_unknown_bookings_and_those_of_other_shops_are_the_same(owner, owner_url, path):
    other = World(owner_url).book(at(5, 15))
    owner.get("/admin")
    for ref in (other.ref, "nothing00000", "a%00b", "é"):
        if path:
            owner.get("/admin")
            owner.send(f"/admin/bookings/{ref}{path}", 404, note="x")
        else:
            owner.get(f"/admin/bookings/{ref}", 404)


def test_addresses_and_numbers_keep_their_order_and_break_after_the_at_sign(staff, world):
    """R46: beside Arabic too, in the messages of a booking and in the list of customers."""
    b = world.book(at(9, 15))
    arabic = {"Accept-Language": "ar"}
    booking = staff.get(f"/admin/bookings/{b.ref}", headers=arabic).get_data(as_text=True)
    assert '<bdi dir="ltr">ada@<wbr>example.com</bdi>' in booking and '<bdi dir="ltr">+12125550101</bdi>' in booking
    assert '<td class="of"><bdi>ada@<wbr>example.com</bdi></td>' in staff.get("/admin/customers", headers=arabic).get_data(as_text=True)
