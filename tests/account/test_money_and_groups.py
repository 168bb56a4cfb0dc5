"""Visits as one block, dates of a series, receipts, credit and prices from the extension (R21, R26, R31, R32, R39)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from booking import keys
from booking.actions.cancel_booking import cancel_booking
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from tests.storefront.test_together import series, visit
from tests.storefront.visitor import words
from tests.support.shopify import ADA
from tests.support.world import MERCHANT, at, hours

CREDIT = {"cancel": {"notice": "PT0S", "tiers": [{"outcome": "full"}], "credit_choice": True}}


def known(world, bookings):  # noqa: ANN001, ANN201
    """Make the bookings Ada's at Shopify."""
    world.known_at_shopify(bookings[0].customer_id, ADA)
    return bookings


def test_a_visit_moves_and_is_cancelled_as_one(world, ada):
    colour, cut = known(world, visit(world))
    shown = ada.get(f"/bookings/{cut.ref}")
    assert shown["together"]["kind"] == "visit" and [line["ref"] for line in shown["together"]["bookings"]] == [colour.ref, cut.ref]
    times = ada.get(f"/bookings/{cut.ref}/slots")
    assert times["price"] == {"amount": 7000, "currency": "USD"} and times["people"] == []
    start = next(slot["starts_at"] for day in times["days"] if day["date"] == "2027-03-11" for slot in day["slots"])
    moved = ada.post(f"/bookings/{cut.ref}/reschedule", {"starts_at": start, "version": cut.version, "price": 7000})
    assert moved["ref"] == cut.ref and world.read(colour.ref).starts_at.isoformat()[:10] == "2027-03-11"
    assert world.read(cut.ref).starts_at == world.read(colour.ref).ends_at
    quote = ada.get(f"/bookings/{cut.ref}/cancellation")
    assert (quote["amount"], quote["may_drop_seats"], quote["may_choose_credit"]) == (7000, False, False)
    done = ada.post(f"/bookings/{colour.ref}/cancel", {"quote": ada.get(f"/bookings/{colour.ref}/cancellation")["quote"]})
    assert done["refund"]["amount"] == 7000 and [world.read(b.ref).status for b in (colour, cut)] == ["cancelled", "cancelled"]
    told = {done["money"], *(ada.get(f"/bookings/{b.ref}")["money"] for b in (colour, cut))}
    assert told == {quote["sentence"]} and "$70 " in quote["sentence"], "the figure that was shown, wherever one looks (A8)"


def test_a_part_that_ended_before_the_others_tells_its_own_money(world, ada):
    colour, cut = known(world, visit(world))
    cancel_booking(world.store_id, MERCHANT, colour.ref, refund="full")
    world.set_clock(world.now + hours(1))
    ada.post(f"/bookings/{cut.ref}/cancel", {"quote": ada.get(f"/bookings/{cut.ref}/cancellation")["quote"]})
    assert ["$40 " in ada.get(f"/bookings/{b.ref}")["money"] for b in (colour, cut)] == [True, False]


def test_the_list_says_of_a_part_what_may_be_done_with_the_visit(world, ada):
    parts = known(world, visit(world))
    alone = world.sold(at(12, 15))
    listed = {one["ref"]: one for one in ada.get("/bookings")["items"]}
    assert [(listed[b.ref]["can_reschedule"], listed[b.ref]["can_cancel"]) for b in parts] == [(True, True)] * 2
    assert listed[parts[0].ref]["visit"] == listed[parts[1].ref]["visit"] and listed[alone.ref]["visit"] is None
    update_service(world.store_id, MERCHANT, parts[1].service_id, reschedule="off")
    listed = {one["ref"]: one for one in ada.get("/bookings")["items"]}
    assert [(listed[b.ref]["can_reschedule"], listed[b.ref]["can_cancel"]) for b in parts] == [(False, True)] * 2


@pytest.mark.parametrize("moved", [False, True])
def test_a_visit_stays_upcoming_until_the_last_of_it_is_over(world, ada, moved):
    """A26, R32: as in the account, on whichever page the rest of it stands."""
    colour, cut = known(world, visit(world))
    if moved:
        reschedule_booking(world.store_id, MERCHANT, cut.ref, starts_at=at(20, 16))
    later = [world.sold(at(11 + n // 5, 14 + n % 5), staff=world.tom) for n in range(22)]
    world.set_clock(at(10, 16, 1))
    first = ada.get("/bookings")
    rest = ada.get("/bookings", cursor=first["next"])
    pages = [[one["ref"] for one in page["items"]] for page in (first, rest)]
    assert pages[moved][0] == colour.ref and cut.ref in pages[moved] and sorted(sum(pages, [])) == sorted(b.ref for b in (colour, cut, *later))
    assert ada.get("/bookings", when="past")["items"] == []
    world.set_clock(at(20, 18))
    past = [one["ref"] for one in ada.get("/bookings", when="past")["items"]]
    assert ada.get("/bookings")["items"] == [] and (cut.ref in past) is moved


def test_one_part_of_a_visit_is_cancelled_where_the_shop_allows_it(world, ada):
    colour, cut = known(world, visit(world))
    assert ada.get(f"/bookings/{cut.ref}")["together"]["part_cancel"]
    whole = ada.get(f"/bookings/{cut.ref}/cancellation")
    assert (whole["may_cancel_part"], whole["part"], whole["amount"]) == (True, False, 7000)
    part = ada.get(f"/bookings/{cut.ref}/cancellation", part="true")
    assert (part["may_cancel_part"], part["part"], part["amount"]) == (True, True, world.read(cut.ref).paid)
    ada.refused(422, "invalid", "POST", f"/bookings/{cut.ref}/cancel", {"quote": whole["quote"], "part": True})
    ada.post(f"/bookings/{cut.ref}/cancel", {"quote": part["quote"], "part": True})
    assert [world.read(b.ref).status for b in (colour, cut)] == ["confirmed", "cancelled"]
    ada.refused(422, "invalid", "GET", f"/bookings/{colour.ref}/cancellation", query_string={"part": "yes"})
    single = ada.get(f"/bookings/{colour.ref}/cancellation")
    assert (single["may_cancel_part"], single["part"]) == (False, False)


def test_a_part_whose_money_became_less_is_shown_again_as_a_part(world, ada):
    _, cut = known(world, visit(world, cancel={"notice": "PT0S", "tiers": [{"at_least": "P1D", "outcome": "full"}, {"outcome": "forfeit"}]}))
    quote = ada.get(f"/bookings/{cut.ref}/cancellation", part="true")["quote"]
    world.set_clock(at(10, 10))
    problem = ada.refused(409, "quote_changed", "POST", f"/bookings/{cut.ref}/cancel", {"quote": quote, "part": True})
    assert (problem["cancellation"]["part"], problem["cancellation"]["amount"], problem["cancellation"]["kept"]) == (True, 0, 3000)
    assert world.read(cut.ref).status == "confirmed"


def test_no_part_is_cancelled_where_the_shop_does_not(world, ada):
    colour, cut = known(world, visit(world, cancel={"part_cancel": False}))
    assert not ada.get(f"/bookings/{cut.ref}")["together"]["part_cancel"] and not ada.get(f"/bookings/{cut.ref}/cancellation")["may_cancel_part"]
    ada.refused(409, "not_allowed", "GET", f"/bookings/{cut.ref}/cancellation", query_string={"part": "true"})
    whole = ada.get(f"/bookings/{cut.ref}/cancellation")["quote"]
    ada.refused(409, "not_allowed", "POST", f"/bookings/{cut.ref}/cancel", {"quote": whole, "part": True})
    assert [world.read(b.ref).status for b in (colour, cut)] == ["confirmed", "confirmed"]


def test_before_a_visit_moves_one_reads_that_the_shop_decides(world, ada):
    _, cut = known(world, visit(world))
    assert ada.get(f"/bookings/{cut.ref}/slots")["notes"] == []
    update_service(world.store_id, MERCHANT, cut.service_id, policy={"approval": "manual"})
    assert ada.get(f"/bookings/{cut.ref}/slots")["notes"] == [
        "Harbor Massage confirms moves personally. Your present time stays yours until then."]


def test_a_date_of_a_series_stands_for_itself(world, ada):
    made = known(world, series(world))
    shown = ada.get(f"/bookings/{made[1].ref}")
    assert shown["together"]["kind"] == "series" and [line["ref"] for line in shown["together"]["bookings"]] == [b.ref for b in made]
    quote = ada.get(f"/bookings/{made[1].ref}/cancellation")
    ada.post(f"/bookings/{made[1].ref}/cancel", {"quote": quote["quote"]})
    assert [world.read(b.ref).status for b in made] == ["confirmed", "cancelled", "confirmed", "confirmed"]


def test_receipts_open_by_their_links(app, world, ada):
    b = world.sold(at(10, 15), paid=2500)
    (receipt,) = ada.get(f"/bookings/{b.ref}")["documents"]
    assert (receipt["kind"], receipt["amount"]) == ("receipt", {"amount": 2500, "currency": "USD"}) and str(receipt["number"]) in receipt["title"]
    pdf = app.test_client().get(receipt["url"].removeprefix(f"http://{world.slug}.localhost"), base_url=f"http://{world.slug}.localhost")
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert ada.get(f"/bookings/{world.sold(at(11, 15)).ref}")["documents"] == []


def test_credit_instead_of_money_where_the_shop_gives_the_choice(world, ada):
    service = world.add_service("Facial", policy=CREDIT)
    b = world.sold(at(10, 15), service=service, staff=world.elena, paid=2500)
    money = ada.get(f"/bookings/{b.ref}/cancellation")
    assert money["may_choose_credit"] and not money["as_credit"] and money["outcome"] == "full"
    credit = ada.get(f"/bookings/{b.ref}/cancellation", as_credit="true")
    assert credit["as_credit"] and credit["outcome"] == "credit" and credit["amount"] == 2500
    ada.refused(422, "invalid", "GET", f"/bookings/{b.ref}/cancellation", query_string={"as_credit": "yes"})
    done = ada.post(f"/bookings/{b.ref}/cancel", {"quote": credit["quote"], "as_credit": True})
    assert done["refund"] == {"outcome": "credit", "amount": 2500, "currency": "USD", "state": "succeeded"}


def test_credit_for_a_whole_visit(world, ada):
    """R21: the same choice as for one booking."""
    made = known(world, visit(world, **CREDIT))
    money = ada.get(f"/bookings/{made[0].ref}/cancellation")
    assert money["may_choose_credit"] and (money["as_credit"], money["outcome"], money["amount"]) == (False, "full", 7000)
    credit = ada.get(f"/bookings/{made[0].ref}/cancellation", as_credit="true")
    assert (credit["as_credit"], credit["outcome"], credit["amount"], credit["may_choose_credit"]) == (True, "credit", 7000, True)
    done = ada.post(f"/bookings/{made[0].ref}/cancel", {"quote": credit["quote"], "as_credit": True})
    assert done["refund"] == {"outcome": "credit", "amount": 7000, "currency": "USD", "state": "succeeded"}
    assert [world.read(b.ref).status for b in made] == ["cancelled"] * 2


def test_a_dearer_time_is_booked_at_the_price_that_was_shown_only(world, ada):
    service = world.add_service("Facial", policy={"reschedule": {"price_difference": "difference"}})
    b = world.sold(at(10, 15), service=service, staff=world.elena, paid=8000)
    update_service(world.store_id, MERCHANT, service, price=9000)
    times = ada.get(f"/bookings/{b.ref}/slots")
    assert times["price"] == {"amount": 9000, "currency": "USD"} and "$10 more" in times["notes"][0]
    assert times["dearer"] == {"difference": {"amount": 1000, "currency": "USD"}, "difference_text": "$10", "due": {"amount": 1000, "currency": "USD"}, "pays": None,
                               "text": "The new time costs $90, $10 more. Still to pay at Harbor Massage: $10."}
    body = {"starts_at": "2027-03-11T15:00:00Z", "version": 1}
    ada.refused(409, "quote_changed", "POST", f"/bookings/{b.ref}/reschedule", body)
    ada.refused(409, "quote_changed", "POST", f"/bookings/{b.ref}/reschedule", body | {"price": 8500})
    assert ada.post(f"/bookings/{b.ref}/reschedule", body | {"price": 9000})["price"]["amount"] == 9000


@pytest.fixture
def with_keys(app):
    """The installation has keys of a card service; nothing here asks it anything."""
    before = keys.settings()
    keys.configure(replace(before, stripe_secret_key="sk_live_none"))
    yield
    keys.configure(before)


def test_a_difference_a_card_pays_first_leads_to_the_page_for_it(world, ada, app, with_keys):
    """R26: the extension takes no cards; the booking's own page does, at exactly this time."""
    service = world.add_service("Facial", policy={"reschedule": {"price_difference": "difference", "change_staff": True}})
    b = world.sold(at(10, 15), service=service, staff=world.elena, paid=8000)
    world.take_cards()
    update_service(world.store_id, MERCHANT, service, price=9000)
    times = ada.get(f"/bookings/{b.ref}/slots")
    dearer = times["dearer"]
    assert dearer["pays"] == dearer["due"] == {"amount": 1000, "currency": "USD"} and times["notes"] == [dearer["text"]]
    assert dearer["text"].startswith("The new time costs $90, $10 more. You pay $10 by card first; the new time is kept")
    body = {"starts_at": "2027-03-11T15:00:00Z", "version": 1, "price": 9000}
    for staff, name in ({}, "Elena Marsh"), ({"staff": str(world.tom)}, "Tom Okonkwo"), ({"staff": "anyone"}, "Elena Marsh"):
        no = ada.refused(409, "not_allowed", "POST", f"/bookings/{b.ref}/reschedule", body | staff)
        assert "$10 more, which is paid by card first. Nothing has changed" in no["detail"]
        origin, _, path = no["pay_url"].partition("/manage/")
        page = app.test_client().get("/manage/" + path, base_url=origin)
        said = words(page.text)
        assert page.status_code == 200 and "Thursday, March 11, 2027" in said and name in said.partition("New")[2] and "Continue to payment" in said
    assert world.read(b.ref).version == 1


def test_a_visit_leads_there_too(world, ada, app, with_keys):
    """R32: one payment for what its parts cost more; what comes back for a cheaper one is said beside it."""
    colour, cut = known(world, visit(world, reschedule={"price_difference": "difference"}))
    world.take_cards()
    update_service(world.store_id, MERCHANT, cut.service_id, price=4500)
    update_service(world.store_id, MERCHANT, colour.service_id, price=3500)
    times = ada.get(f"/bookings/{cut.ref}/slots")
    assert times["dearer"]["pays"] == {"amount": 1500, "currency": "USD"} and times["dearer"]["difference"] == {"amount": 1000, "currency": "USD"}
    assert times["dearer"]["text"].startswith("The new time costs $80, $10 more. You pay $15 by card first; the new times are kept")
    assert times["notes"][0] == "Colour: The new time costs $35, $5 less. You'll be refunded $5 to the card you paid with"
    body = {"starts_at": "2027-03-11T15:00:00Z", "version": world.read(cut.ref).version, "price": 8000}
    no = ada.refused(409, "not_allowed", "POST", f"/bookings/{cut.ref}/reschedule", body)
    origin, _, path = no["pay_url"].partition("/manage/")
    page = app.test_client().get("/manage/" + path, base_url=origin)
    said = words(page.text)
    assert page.status_code == 200 and "Thu, Mar 11, 2027, 10:00 AM EST" in said and "You pay $15 by card first" in said and "Continue to payment" in said
    assert world.read(colour.ref).starts_at == colour.starts_at


def test_a_part_that_costs_more_tells_it_where_another_makes_up_for_it(world, ada):
    """R26, R32: what comes back for one is not paid with the other, which is then owed at the shop; as the page says it."""
    colour, cut = known(world, visit(world, reschedule={"price_difference": "difference"}))
    update_service(world.store_id, MERCHANT, cut.service_id, price=3500)
    update_service(world.store_id, MERCHANT, colour.service_id, price=3500)
    times = ada.get(f"/bookings/{cut.ref}/slots")
    assert times["dearer"] is None and times["price"]["amount"] == 7000
    assert times["notes"] == ["Colour: The new time costs $35, $5 less. Harbor Massage will refund you $5 directly.",
                              "Cut: The new time costs $35, $5 more. Still to pay at Harbor Massage: $5."]
    ada.post(f"/bookings/{cut.ref}/reschedule", {"starts_at": "2027-03-11T15:00:00Z", "version": cut.version, "price": 7000})
    assert [(b.due, b.owed) for b in map(world.read, (colour.ref, cut.ref))] == [(0, 500), (500, 0)]


def test_of_each_part_it_says_what_a_move_takes_and_how_far_it_goes(world, ada):
    """R18, R33: as on the page."""
    tiers = [{"at_least": "P20D", "outcome": "full"}, {"outcome": "partial", "percent": 50}]
    _, cut = known(world, visit(world, cancel={"notice": "PT0S", "tiers": tiers}, reschedule={"within_days": 7}))
    notes = ada.get(f"/bookings/{cut.ref}/slots")["notes"]
    assert [f"{name}: {said}" for name in ("Colour", "Cut") for said in (
        "After this move at most 50% of what you paid can come back if you cancel later.", "The new date can be Mar 17, 2027 at the latest.")] == notes


def test_no_times_where_all_have_another_price_and_the_same_has_to_be_taken(world, ada):
    _, cut = known(world, visit(world, reschedule={"price_difference": "equal_only"}))
    update_service(world.store_id, MERCHANT, cut.service_id, price=9000)
    problem = ada.refused(409, "not_allowed", "GET", f"/bookings/{cut.ref}/slots")
    assert "The price has changed since this was booked" in problem["detail"]
