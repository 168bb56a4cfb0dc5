"""A staff member's bookings under a secret address: first names only, ended at will."""

from __future__ import annotations

from booking.actions.cancel_booking import cancel_booking
from booking.actions.staff_calendars import renew_staff_feed
from tests.support.world import MERCHANT, at


def test_the_feed_shows_the_persons_bookings_and_no_contact_data(world, visitor, contents):
    b, gone = world.book(at(10, 15)), world.book(at(11, 15))
    world.book(at(12, 15), staff=world.tom)
    cancel_booking(world.store_id, MERCHANT, gone.ref)
    secret = renew_staff_feed(world.store_id, MERCHANT, world.elena).facts["secret"]
    before = contents()
    response = visitor.get(f"/staff-calendar/{secret}.ics")
    assert contents() == before and response.mimetype == "text/calendar"
    text = response.text.replace("\r\n ", "")
    assert text.count("BEGIN:VEVENT") == 1 and f"UID:{b.ref}" in text and "SUMMARY:Massage - Ada" in text
    assert not any(word in text for word in ("Archer", "example.com/", "+1212", "token=", "ada@"))
    second = renew_staff_feed(world.store_id, MERCHANT, world.elena).facts["secret"]
    visitor.get(f"/staff-calendar/{secret}.ics", 404)
    visitor.get(f"/staff-calendar/{second}.ics")
    renew_staff_feed(world.store_id, MERCHANT, world.elena, stop=True)
    visitor.get(f"/staff-calendar/{second}.ics", 404)
