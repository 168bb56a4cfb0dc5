"""Every policy example of the acceptance list, entered in the editor, acts on the portal at once and on links already mailed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.actions.services import update_service
from models.actor import SYSTEM
from tests.dashboard.colleague import Colleague
from tests.dashboard.forms import form_at
from tests.storefront.visitor import Visitor, link, words
from tests.support.world import World, at

TIERS = {"tier__0__n": "7", "tier__0__unit": "days", "tier__0__outcome": "full"}


def path(world) -> str:
    return f"/services/{world.service}/policy"


def stored(world):
    return world.sql("select policy, self_service, reschedule, cancel from services where id = %s", world.service)[0]


def moment(world, b, before: timedelta) -> None:
    world.set_clock(b.starts_at - before)


def test_a32_a_massage_may_be_moved_until_two_hours_before_also_by_a_link_mailed_before(manager, world, app):
    b = world.book(at(10, 15))
    visitor = Visitor(app, world)
    moment(world, b, timedelta(hours=3))
    visitor.get(link(b))
    assert "within 24h" in words(visitor.page)
    manager.fill(path(world), own="own", reschedule_n="2", reschedule_unit="hours")
    visitor.get(link(b))
    assert "within 24h of the appointment time and can't be rescheduled" not in words(visitor.page)
    moment(world, b, timedelta(hours=2))
    visitor.get(link(b, "reschedule"))
    moment(world, b, timedelta(hours=2) - timedelta(microseconds=1))
    visitor.get(link(b))
    assert "within 2h of the appointment time and can't be rescheduled online" in words(visitor.page)


def test_a33_a_consultation_needs_24_hours(manager, world, app):
    manager.fill(path(world), own="own", reschedule_n="24", reschedule_unit="hours")
    b, visitor = world.book(at(10, 15)), Visitor(app, world)
    for before, possible in ((timedelta(hours=24), True), (timedelta(hours=23, minutes=59), False)):
        moment(world, b, before)
        visitor.get(link(b))
        assert ("You can change this until" in words(visitor.page)) is possible


def test_a34_the_two_notices_act_independently(manager, world, app):
    manager.fill(path(world), own="own", reschedule_n="90", reschedule_unit="minutes", cancel_n="3", cancel_unit="days")
    b, visitor = world.book(at(10, 15)), Visitor(app, world)
    moment(world, b, timedelta(days=2))
    visitor.get(link(b))
    text = words(visitor.page)
    assert "You can change this until" in text and "within 72h of the appointment time and can't be cancelled online" in text
    moment(world, b, timedelta(hours=1))
    visitor.get(link(b))
    assert "within 1.5h" in words(visitor.page)


def test_a35_a_class_is_free_to_cancel_until_seven_days_before(manager, world, app):
    manager.fill(path(world), own="own", cancel_n="0", cancel_unit="hours", **TIERS)
    b, visitor = world.book(at(20, 15), paid=2500), Visitor(app, world)
    world.take_cards()
    # The clocks change on the 14th: seven days before is the same wall time, 24 hours x 7 would be an hour later (R11).
    world.set_clock(at(13, 16))
    visitor.get(link(b, "cancel"))
    assert "You'll be refunded $25" in words(visitor.page)
    world.set_clock(at(13, 16) + timedelta(microseconds=1))
    visitor.get(link(b, "cancel"))
    assert "Your $25 deposit can't be refunded per our policy." in words(visitor.page)


def test_a36_training_can_be_cancelled_inside_48_hours_and_nothing_comes_back(manager, world, app):
    manager.fill(path(world), own="own", cancel_n="0", cancel_unit="hours", tier__0__n="48", tier__0__unit="hours", tier__0__outcome="full")
    b, visitor = world.book(at(10, 15), paid=8000), Visitor(app, world)
    moment(world, b, timedelta(hours=47))
    visitor.get(link(b, "cancel"))
    assert "Your $80 deposit can't be refunded per our policy." in words(visitor.page)
    visitor.send(link(b, "cancel"))
    assert world.read(b.ref).status == "cancelled"


def test_a132_the_master_switch_acts_at_once_on_pages_already_open_and_links_already_mailed(manager, world, app):
    b, visitor = world.book(at(10, 15)), Visitor(app, world)
    visitor.get(link(b, "cancel"))
    manager.fill(path(world), self_service="off")
    visitor.send(link(b, "cancel"), 409)
    assert "doesn't offer cancelling this booking online" in words(visitor.page)
    visitor.get(link(b))
    assert "doesn't offer rescheduling" in words(visitor.page)
    manager.fill(path(world), self_service="on")
    visitor.get(link(b, "cancel"))


def test_one_switch_at_a_time(manager, world, app):
    manager.fill(path(world), cancel="off")
    b, visitor = world.book(at(10, 15)), Visitor(app, world)
    visitor.get(link(b))
    text = words(visitor.page)
    assert "You can change this until" in text and "doesn't offer cancelling" in text


def test_offered_times_can_be_held_for_one_service(manager, world):
    manager.fill(path(world), offer_hold="on")
    assert world.sql("select offer_hold from services where id = %s", world.service)[0].offer_hold == "on"


def test_schedule_an_appointment_takes_the_place_of_cancelling(manager, world, app):
    manager.fill(path(world), own="own", instead_schedule="1")
    visitor = Visitor(app, world)
    visitor.get(link(world.book(at(10, 15))))
    assert "Schedule an appointment" in words(visitor.page) and "Cancel Booking" not in words(visitor.page)


def test_the_stores_policy_reaches_every_service_without_its_own(manager, world, app):
    manager.fill("/settings/policy", reschedule_n="3", reschedule_unit="days")
    b, visitor = world.book(at(20, 15)), Visitor(app, world)
    moment(world, b, timedelta(days=2))
    visitor.get(link(b))
    assert "within 72h" in words(visitor.page)
    assert stored(world).policy is None


@pytest.mark.parametrize("approval,first,moved", [
    ("automatic", "confirmed", "confirmed"), ("manual", "pending", "pending"), ("first_only", "pending", "confirmed"),
    ("reschedule_only", "confirmed", "pending"), ("by_notice", "confirmed", "pending")])
def test_each_way_of_approval_reaches_customers(manager, world, approval, first, moved):
    from booking.actions.approve_booking import approve_booking
    from booking.actions.reschedule_booking import reschedule_booking
    from models.actor import Actor
    from tests.support.world import MERCHANT

    manager.fill(path(world), own="own", approval=approval, approval_n="3", approval_unit="days", reschedule_n="0")
    b = world.book(at(10, 15), by=Actor("link", "link"))
    assert b.status == first
    if first == "pending":
        approve_booking(world.store_id, MERCHANT, b.ref)
    moment(world, b, timedelta(days=2))
    done = reschedule_booking(world.store_id, world.holder(b), b.ref, starts_at=at(12, 15), version=world.read(b.ref).version)
    assert done.booking.status == moved


def test_rows_are_added_removed_and_previewed_without_a_script_and_without_saving(manager, world):
    target = f"/admin{path(world)}"
    manager.fill(path(world), 200, do="add", reschedule_n="5")
    fields = form_at(manager.page, target)
    assert fields["tier-1-n"] == [""] and fields["reschedule_n"] == ["5"]
    manager.fill(path(world), 200, open=False, tier__1__n="2", tier__1__unit="days", tier__1__outcome="percent", tier__1__value="50", do="preview", own="own")
    assert "Cancel until" in words(manager.page) and "50% refund" in words(manager.page)
    manager.fill(path(world), 200, open=False, do="remove-0")
    fields = form_at(manager.page, target)
    assert fields["tier-0-n"] == ["2"] and "tier-1-n" not in fields
    assert stored(world).policy is None


def test_rows_may_come_in_any_order_and_empty_ones_do_not_count(manager, world):
    manager.fill(path(world), own="own", tier__0__n="48", tier__0__unit="hours", tier__0__outcome="percent", tier__0__value="50",
                 tier__1__n="7", tier__1__unit="days", tier__1__outcome="full", tier__2__n="", tier__2__unit="days", tier__2__outcome="full", cancel_n="0")
    assert stored(world).policy["cancel"]["tiers"] == [
        {"at_least": "P7D", "outcome": "full"}, {"at_least": "PT48H", "outcome": "partial", "percent": 50}, {"outcome": "forfeit"}]


def test_the_reason_for_moving(manager, world):
    manager.fill(path(world), own="own", move_reason="optional")
    assert stored(world).policy["reschedule"]["reason"] == "optional"
    manager.fill(path(world), move_reason="none")
    assert "reason" not in stored(world).policy["reschedule"]  # as before there was such a setting: the release before reads it too
    manager.fill(path(world), 200, move_reason="required", do="preview")
    assert "When you move it you are asked for the reason." in words(manager.page)


def test_a_saved_policy_comes_back_as_it_was(manager, world):
    policy = {
        "reschedule": {"allowed": False, "notice": "P1DT12H", "limit": 0, "within_days": 30, "change_staff": True, "price_difference": "equal_only",
                       "reason": "required"},
        "cancel": {"allowed": True, "notice": "PT90M", "instead_schedule": False, "tiers": [
            {"at_least": "P14D", "outcome": "credit"}, {"at_least": "P7DT6H", "outcome": "credit", "percent": 80},
            {"at_least": "PT48H", "outcome": "partial", "amount": 4050}, {"at_least": "PT24H", "outcome": "credit", "amount": 1000}, {"outcome": "forfeit"}],
            "fee": {"amount": 550}, "refund_mode": "manual", "credit_choice": True, "part_cancel": False},
        "approval": "by_notice", "approval_notice": "P3D", "approval_hours": 6, "release_old_slot_at_once": True}
    update_service(world.store_id, SYSTEM, world.service, policy=policy)
    was = stored(world).policy
    manager.fill(path(world))
    assert stored(world).policy["cancel"]["tiers"][0] == {"at_least": "P14D", "outcome": "credit", "percent": 100}
    was["cancel"]["tiers"][0]["percent"] = 100
    assert stored(world).policy == was


@pytest.mark.parametrize("changes,says", [
    ({"reschedule_n": "180", "reschedule_unit": "days"}, "no booking could ever be changed"),
    ({"cancel_n": "200", "cancel_unit": "days"}, "no booking could ever be changed"),
    ({"fee": "90"}, "The fee of $90 is more than the price of $80"),
    ({"tier__0__outcome": "amount", "tier__0__value": "81"}, "The fixed amount of $81 is more than the price of $80"),
    ({"tier__0__n": "200", "tier__0__unit": "days"}, "Nobody can book 200 days ahead"),
    ({"tier__0__outcome": "percent", "tier__0__value": "20", "rest-outcome": "full"}, "Cancelling later gives more back"),
    ({"cancel_n": "3", "cancel_unit": "days", "tier__1__n": "2", "tier__1__unit": "hours", "tier__1__outcome": "percent", "tier__1__value": "50"},
     "so this row never applies"),
    ({"instead_schedule": "1", "reschedule_allowed": None}, "has no way to say so")])
def test_what_cannot_work_is_explained_before_saving_and_saved_only_when_wanted(manager, world, changes, says):
    manager.fill(path(world), 422, own="own", **changes)
    assert says in words(manager.page) and "This cannot work as it stands" in words(manager.page)
    assert stored(world).policy is None
    manager.fill(path(world), open=False, anyway="1")
    assert stored(world).policy is not None


@pytest.mark.parametrize("changes,says", [
    ({"reschedule_n": "two"}, "whole number, such as 24"), ({"limit": "-1"}, "whole number from 0 to 1000"), ({"fee": "1.234"}, "amount such as"),
    ({"tier__0__n": "24", "tier__0__unit": "hours", "tier__1__n": "1", "tier__1__unit": "days", "tier__1__outcome": "full"}, "Another row has the same time"),
    ({"tier__0__outcome": "percent", "tier__0__value": "101"}, "whole number from 0 to 100"), ({"reschedule_n": "9999", "reschedule_unit": "days"}, "longer than two years"),
    ({"approval": "maybe"}, "Please choose one of these"), ({"within_days": "0"}, "whole number from 1 to 731")])
def test_wrong_entries_are_shown_at_their_field_and_nothing_is_saved(manager, world, changes, says):
    manager.fill(path(world), 422, own="own", **changes)
    assert says in words(manager.page) and 'class="problem"' in manager.page
    assert stored(world).policy is None


def test_two_editors_of_one_policy(app, world):
    one, other = Colleague(app, world).sign_in("owner"), Colleague(app, world).sign_in("manager")
    one.get(f"/admin{path(world)}")
    other.fill(path(world), own="own", reschedule_n="4")
    one.fill(path(world), 409, open=False, own="own", reschedule_n="6", fee="10")
    text = words(one.page)
    assert "Reschedule until 4 6" in text and "Cancellation fee" in text
    one.fill(path(world), open=False)
    assert stored(world).policy["reschedule"]["notice"] == "PT6H"


def test_the_preview_reads_as_the_customer_will_with_real_dates(manager, world):
    manager.fill(path(world), 200, own="own", do="preview", cancel_n="0", tier__0__n="48", tier__0__unit="hours", tier__0__outcome="full", fee="5", limit="2")
    text = words(manager.page)
    for said in ("For a booking on Mon, Mar 15, 2027, 10:00 AM EDT", "Cancel until Sat, Mar 13, 2027, 9:00 AM EST: full refund.", "Cancel later: no refund.",
                 "A cancellation fee of $5 is taken from the refund.", "You can move a booking up to 2 times.",
                 "This booking is within 24h of the appointment time and can't be rescheduled online. Please contact Harbor Massage directly."):
        assert said in text, said


def test_a_new_shop_shows_24_hours(manager, world):
    """A78."""
    manager.get(f"/admin{path(world)}")
    fields = form_at(manager.page, f"/admin{path(world)}")
    assert (fields["reschedule_n"], fields["reschedule_unit"], fields["cancel_n"], fields["cancel_unit"]) == (["24"], ["hours"], ["24"], ["hours"])


def test_a_yen_shop_types_whole_yen(app, owner_url):
    world = World(owner_url)
    world.sql("select 1")
    service = world.add_service("Onsen", price=5000, currency="JPY")
    person = Colleague(app, world).sign_in("owner")
    person.fill(f"/services/{service}/policy", own="own", fee="300")
    assert world.sql("select policy from services where id = %s", service)[0].policy["cancel"]["fee"] == {"amount": 300}
    person.fill(f"/services/{service}/policy", 422, own="own", fee="300.5")
