"""The dashboard speaks every language we ship: no text of ours is outside the catalogues, and each reader gets their own (R46, A148)."""

from __future__ import annotations

import re

import pytest

from booking.actions.blocks import create_block
from booking.actions.cancel_booking import cancel_booking
from booking.actions.decline_booking import decline_booking
from booking.actions.domains import add_domain
from booking.actions.imports import upload_import
from booking.actions.join_class_waitlist import join_class_waitlist
from booking.actions.leave_feedback import leave_feedback
from booking.actions.mark_booking import complete_booking
from booking.actions.people import Person
from booking.actions.remove_waiter import remove_waiter
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.sign_in import Asker
from booking.actions.staff_dates import set_staff_date
from booking.actions.stores import update_store
from booking.actions.wait_again import wait_again
from booking.actions.webhooks import create_webhook, ping_webhook
from booking.actions.withdraw import declare_withdrawal, handle_withdrawal
from booking.wording import SHIPPED, words, words_for
from models.actor import SYSTEM, Actor
from shopify_app.dashboard.door import SCREENS
from tests.dashboard.pseudo import CLOSE, OPEN, Pseudo, unwrapped
from tests.support.world import MERCHANT, at
from tests.waitlist.line import wait

DATA = ("name", "email", "phone", "ref", "address", "reason", "notes", "text", "url", "host", "label", "filename", "slug", "comment", "reply", "recipient",
        "contact_name", "contact_email", "contact_phone", "zone", "cancel_reason", "move_reason", "website", "description", "contract", "statement")
CODES = {"CSV", "JSON", "TXT", "CNAME", "SMS", "Opencals", "America/New_York", "ISO 8601", "http", "localhost", "EU", "USD", *SHIPPED.values()}
"""Names that are the same in every language."""
HEADER = "Anfang,Dauer,Dienst,Wer"
FILES = re.compile(r"csv|json|/documents/|/data$|/feed")
"""Routes that answer with a file, which is made for other programs or by its own templates."""


@pytest.fixture
def pseudo(monkeypatch):
    """Every page is rendered in the language of brackets."""
    monkeypatch.setattr(words, "catalogue", lambda locale: Pseudo())
    words_for.cache_clear()
    yield
    monkeypatch.undo()
    words_for.cache_clear()


@pytest.fixture
def paths(world) -> list[str]:
    """A shop with something on every screen; all its screens, each state of the many-faced ones."""
    b = world.book(at(1, 15), paid=2500)
    world.book(at(1, 15, 30), email="b@example.com", override=True)
    other = world.book(at(3, 15), email="c@example.com")
    moved = world.book(at(4, 15), email="m@example.com", notes="Mind the stairs")
    reschedule_booking(world.store_id, world.customer(moved), moved.ref, starts_at=at(5, 15))
    asked = world.book(at(9, 15), service=world.add_service("Consultation", policy={"approval": "manual"}), by=Actor("customer", "account"), email="w@example.com")
    yoga = world.add_service("Yoga", capacity=6, staff=[world.elena], policy={"cancel": {"tiers": [
        {"at_least": "P7D", "outcome": "full"}, {"at_least": "PT48H", "outcome": "partial", "percent": 50}, {"outcome": "forfeit"}]}})
    session = world.session(yoga, at(12, 15), capacity=6)
    world.book(at(12, 15), service=yoga, staff=world.elena, email="d@example.com", seats=2)
    owed = world.book(at(9, 18), paid=2500, method="cash", email="o@example.com")
    cancel_booking(world.store_id, MERCHANT, owed.ref, refund="full")
    seen = world.book(at(1, 13), email="s@example.com", override=True)
    complete_booking(world.store_id, MERCHANT, seen.ref)
    world.set_clock(at(1, 16))
    leave_feedback(world.store_id, world.customer(seen), seen.ref, rating=4, comment="Lovely")
    create_block(world.store_id, MERCHANT, staff_id=world.tom, starts_at=at(1, 19), ends_at=at(1, 21), reason="School")
    set_staff_date(world.store_id, MERCHANT, world.elena, at(10, 15).date(), [["10:00", "12:00"]])
    add_domain(world.store_id, SYSTEM, f"book.{world.slug}.example")
    hook = create_webhook(world.store_id, SYSTEM, url="https://example.com/hook", topics=["booking.created"]).facts["id"]
    ping_webhook(world.store_id, SYSTEM, hook)
    update_store(world.store_id, MERCHANT, withdrawal="everyone")
    for contract in (b.ref, "Order 1001"):
        declared = declare_withdrawal(world.store_id, Actor("customer", "link"), name="Ada Archer", email="ada@example.com", contract=contract,
                                      statement="Changed my mind", asker=Asker("203.0.113.7")).facts["id"]
    handle_withdrawal(world.store_id, MERCHANT, declared)
    run = upload_import(world.store_id, SYSTEM, "old.csv", f"{HEADER}\n".encode()).facts["id"]
    twin = world.sql("select id from customers where email = 'c@example.com'")[0][0]
    wait(world, email="early@example.com", weekdays=[0], bands=["morning"])
    wait(world, at(29, 17), email="over@example.com")
    remove_waiter(world.store_id, MERCHANT, world.sql("select id from waitlist_entries order by created_at desc, id limit 1")[0][0])
    refused = decline_booking(world.store_id, MERCHANT, world.book(at(10, 20), service=world.sql("select id from services where name = 'Consultation'")[0][0],
                                                                   staff=world.tom, by=Actor("customer", "account"), email="n@example.com").ref).booking
    wait_again(world.store_id, world.holder(refused), refused.ref)
    full = world.session(yoga, at(13, 15), capacity=1)
    world.book(at(13, 15), service=yoga, staff=world.elena, email="f@example.com")
    join_class_waitlist(world.store_id, Actor("customer", "account"), full, person=Person("Bea Berg", "e@example.com", "", "en"))
    return [
        "/waitlist", "/waitlist?show=offered", "/waitlist?show=over", f"/classes/{full}", f"/bookings/{refused.ref}",
        "", "/calendar?date=2027-03-01", "/calendar?view=week&date=2027-03-01", "/calendar?view=month&date=2027-03-01", "/bookings", "/bookings?staff=1",
        f"/bookings/{b.ref}", f"/bookings/{asked.ref}", f"/bookings/{owed.ref}", f"/bookings/{moved.ref}", f"/bookings/{seen.ref}",
        f"/bookings/{b.ref}/move", f"/bookings/{b.ref}/move?date=2027-03-02&time=22:00", f"/bookings/{other.ref}/cancel", f"/bookings/{b.ref}/cancel", f"/bookings/{b.ref}/charge",
        "/bookings/new", f"/bookings/new?service={world.service}", f"/bookings/new?service={world.service}&date=2027-03-05&time=22:00&who=ada",
        "/customers", f"/customers/{b.customer_id}", f"/customers/{b.customer_id}/edit", f"/customers/{b.customer_id}/merge?q=ada",
        f"/customers/{b.customer_id}/merge/{twin}", f"/customers/{b.customer_id}/erase", "/approvals", "/refunds", "/refunds?show=done", "/conflicts",
        "/feedback", "/insights", "/audit", "/audit?check=1", "/services", "/services/new", f"/services/{yoga}", f"/services/{yoga}/policy",
        f"/services/{world.service}/policy", "/settings", "/settings/policy", "/settings/portal", "/settings/store", "/settings/waiting", "/settings/messages", "/settings/messages/booking_confirmed/en", "/settings/locations",
        f"/settings/locations/{world.location}", "/settings/locations/new", "/settings/domain", "/staff", "/staff/new", f"/staff/{world.elena}",
        f"/staff/{world.elena}/dates", "/time-off", "/classes", "/classes/new", f"/classes/{session}", "/team", "/api-tokens", "/webhooks", "/disputes", "/withdrawals", "/withdrawals?show=done", "/settings/payments",
        f"/staff/{world.elena}/calendar", f"/staff/{world.elena}/calendar/google", "/staff/calendar-account",
        f"/webhooks/{hook}", "/import", f"/import/{run}", "/setup", "/profile", "/nothing-here", "/customers/5"]


def data_of(world) -> set[str]:  # noqa: ANN001
    """Everything in the store that somebody has typed, or that names a row."""
    columns = world.sql("select table_name, column_name from information_schema.columns where table_schema = 'public' and data_type = 'text'"
                        " and column_name = any(%s) and table_name not in (select viewname from pg_views)", list(DATA))
    found = CODES | {f"http://{world.slug}.localhost/account", f"book.{world.slug}.example", *HEADER.split(",")}
    for table, column in columns:
        found |= {str(value) for (value,) in world.sql(f"select distinct {column} from {table} where {column} is not null")}
    return found


def test_every_text_on_every_screen_is_ours_to_translate(owner, paths, world, pseudo):
    """In the language of brackets nothing stands without them but data; what does was never wrapped."""
    found = []
    data = data_of(world)
    for path in paths:
        page = owner.client.get(f"/admin{path}", base_url=owner.origin, follow_redirects=True).get_data(as_text=True)
        assert OPEN in page and CLOSE in page or path == "/nothing-here", path
        found += [f"{path}: {text}" for text in unwrapped(page, data)]
    assert found == []


def test_every_field_that_names_its_help_has_it(owner, paths):
    """What `aria-describedby` points to stands on the page (R46)."""
    missing = set()
    for path in paths:
        page = owner.client.get(f"/admin{path}", base_url=owner.origin, follow_redirects=True).get_data(as_text=True)
        ids = set(re.findall(r'\bid="([^"]+)"', page))
        missing |= {(path, one) for said in re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', page) for one in said.split() if one not in ids}
    assert missing == set()


def test_the_list_has_every_screen(paths):
    """A new screen that is looked at belongs into the list above."""
    listed = {re.sub(r"\?.*", "", path) for path in paths}
    for entry in SCREENS:
        if "GET" in entry.methods and not FILES.search(entry.path):
            pattern = re.sub(r"<[^>]+>", "[^/]+", entry.path)
            assert any(re.fullmatch(pattern, path) for path in listed), entry.path
