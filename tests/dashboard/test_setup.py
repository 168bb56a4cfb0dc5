"""From an empty store to a policy that works, and a file of old bookings on its way in (A45)."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest

from booking.actions.imports import LEASE, claim_import, forget_imports
from booking.actions.payment_accounts import connect_account
from booking.actions.services import update_service
from booking.actions.stores import create_store
from models.actor import SYSTEM
from sync.imports import run_due
from tests.dashboard import exports
from tests.dashboard.colleague import Colleague
from tests.dashboard.forms import form_at
from tests.storefront.visitor import Visitor, words
from tests.support.world import MERCHANT, World, at

HEADER = "id,starts_at,duration_minutes,service,staff,name,email,price\n"
ROWS = ("1,2027-03-10 09:00,60,Massage,Elena Marsh,Cleo Vance,cleo@example.com,80\n"
        "2,2027-03-10 11:00,60,Facial,Nina Roth,Dan Poe,dan@example.com,50\n"
        "3,nonsense,60,Massage,Elena Marsh,Eve Ray,eve@example.com,80\n"
        "4,2027-03-10 09:30,60,Massage,Elena Marsh,Flo Dean,flo@example.com,=80\n")


class Fresh:
    """A store with nothing in it, as far as a browser needs to know."""

    def __init__(self, slug: str, owner_url: str) -> None:
        self.owner_url, self.slug = owner_url, slug
        self.store_id = create_store(SYSTEM, slug=slug, name="New Place", zone="Europe/Berlin", currency="EUR", email="new@example.com")

    sql, outbox = World.sql, World.outbox


def test_five_steps_lead_from_nothing_to_a_booking_seen_as_the_customer_sees_it(app, world, owner_url):
    fresh = Fresh(f"fresh-{world.slug}", owner_url)
    person = Colleague(app, fresh).sign_in("owner")
    person.get("/admin/setup")
    assert "5 steps left" in words(person.page)
    person.send("/admin/setup/booking", 409)
    assert "There is no free time" in words(person.page)
    person.fill("/settings/locations/new", name="Studio")
    person.fill("/staff/new", name="Mara")
    person.fill("/services/new", name="Haircut", price="40")
    service = fresh.sql("select id from services")[0].id
    person.get("/admin/setup")
    assert "2 steps left" in words(person.page)
    person.fill(f"/services/{service}/policy", own="own", reschedule_n="2")
    person.get("/admin/setup")
    assert "1 step left" in words(person.page)
    person.send("/admin/setup/booking")
    person.get("/admin/setup")
    assert "All done." in words(person.page)
    assert [row.recipient for row in fresh.outbox("booking_confirmed")] == ["owner@example.com"]
    link = person.page.split("/manage/")[1].split('"')[0].replace("&amp;", "&")
    visitor = Visitor(app, fresh)
    visitor.get(f"/manage/{link}")
    assert "Haircut" in words(visitor.page) and "You can change this until" in words(visitor.page)


def test_a_deposit_that_nobody_can_pay_is_told(app, world, owner, manager):
    """A56, A146: without card payments customers book without their deposit; the form and the first steps say so, and where to go."""
    unpaid, undone = "Card payments are not set up: until they are, customers book without paying a deposit.", "How do deposits reach you?"
    service = world.add_service("Facial", staff=[world.elena])
    for colleague in (owner, manager):
        colleague.get(f"/admin/services/{service}")
        assert unpaid in words(colleague.page) and ('href="/admin/settings/payments"' in colleague.page) is (colleague is owner)
        assert "notice warn" not in colleague.page
        colleague.get("/admin/setup")
        assert undone not in words(colleague.page)
    update_service(world.store_id, MERCHANT, service, deposit=2000, price=4500)
    for colleague in (owner, manager):
        colleague.get(f"/admin/services/{service}")
        assert "notice warn" in colleague.page
        colleague.get("/admin/setup")
        assert undone in words(colleague.page) and ('href="/admin/settings/payments"' in colleague.page) is (colleague is owner)
    connect_account(world.store_id, SYSTEM, "acct_1Q2w3E4r5T6y7U8i")
    owner.get(f"/admin/services/{service}")
    assert unpaid not in words(owner.page)
    owner.get("/admin/setup")
    assert undone not in words(owner.page)


class TestImport:
    def upload(self, person, content: str | bytes, status: int = 303, name: str = "old.csv"):
        person.get("/admin/import")
        token = form_at(person.page, "/admin/import")["csrf_token"][0]
        content = content.encode() if isinstance(content, str) else content
        return person._keep(person.client.post("/admin/import", base_url=person.origin, content_type="multipart/form-data",
                                               data={"csrf_token": token, "file": (BytesIO(content), name)}), status)

    def run(self, person, content, **changes) -> str:
        path = self.upload(person, content).headers["Location"].removeprefix("/admin")
        person.fill(path, **changes)
        run_due(person.world.store_id)
        person.get(f"/admin{path}")
        return path

    def test_a_file_is_mapped_checked_imported_and_what_is_left_out_can_be_downloaded(self, manager, world):
        before = len(world.sql("select 1 from bookings"))
        path = self.run(manager, HEADER + ROWS)
        text = words(manager.page)
        assert "What would happen 2 bookings 2 rows left out" in text and "1 service, its self-service off" in text and "1 person" in text
        assert len(world.sql("select 1 from bookings")) == before
        manager.send(f"/admin{path}/start")
        run_due(world.store_id)
        manager.get(f"/admin{path}")
        assert "Imported 2 bookings" in words(manager.page)
        assert len(world.sql("select 1 from bookings")) == before + 2
        assert world.sql("select content from imports")[0].content is None and world.outbox("booking_confirmed") == []
        lines = exports.cells(manager.get(f"/admin{path}/errors.csv"))
        assert [line[0] for line in lines] == ["Line", "4", "5"] and lines[0][1] == "Reason"

    def test_columns_with_other_names_are_chosen_by_hand(self, manager, world):
        content = "Wann;Bis;Was;Wer;Kunde\r\n2027-03-11 09:00;2027-03-11 10:00;Massage;Elena Marsh;Zoë Müller\r\n".encode("cp1252")
        path = self.upload(manager, content).headers["Location"].removeprefix("/admin")
        manager.fill(path, 422)
        assert "Missing in the file: starts_at" in words(manager.page)
        manager.fill(path, open=False, c__starts_at="Wann", c__ends_at="Bis", c__service="Was", c__staff="Wer", c__name="Kunde")
        run_due(world.store_id)
        manager.get(f"/admin{path}")
        manager.send(f"/admin{path}/start")
        run_due(world.store_id)
        assert world.sql("select contact_name from bookings where contact_name like 'Zo%%'")[0].contact_name == "Zoë Müller"

    def test_nothing_is_imported_twice(self, manager, world):
        for expected in ("2 bookings", "0 bookings 2 were there already"):
            path = self.run(manager, HEADER + ROWS)
            assert f"What would happen {expected}" in words(manager.page)
            if expected == "2 bookings":
                manager.send(f"/admin{path}/start")
                run_due(world.store_id)

    def test_a_worker_that_dies_leaves_the_run_to_the_next(self, manager, world):
        path = self.upload(manager, HEADER + ROWS).headers["Location"].removeprefix("/admin")
        manager.fill(path)
        assert claim_import(world.store_id, SYSTEM).facts["run"]
        assert run_due(world.store_id) == 0
        manager.get(f"/admin{path}")
        assert "Checking the file" in words(manager.page)
        world.set_clock(world.now + LEASE + timedelta(seconds=1))
        assert run_due(world.store_id) == 1

    @pytest.mark.parametrize("content,says", [(b"", "is not a CSV file"), (b"\x00\x01\x02", "is not a CSV file"), (b"justoneword\n", "no header row"),
                                              (b"a,b\n" + b"x" * (5 * 1024 * 1024), "larger than 5 MB")])
    def test_files_that_cannot_be_read(self, manager, content, says):
        self.upload(manager, content, 422)
        assert says in words(manager.page)

    def test_only_this_form_takes_more_than_a_page(self, manager):
        assert self.upload(manager, HEADER + "x" * 300_000).status_code == 303
        answer = manager.client.post("/admin/services/new", base_url=manager.origin, data={"description": "x" * 300_000})
        assert answer.status_code == 413

    def test_wrong_moments_and_other_shops(self, manager, world, app, owner_url):
        path = self.upload(manager, HEADER + ROWS).headers["Location"].removeprefix("/admin")
        manager.get(f"/admin{path}")
        manager.send(f"/admin{path}/start", 409)
        stranger = Colleague(app, World(owner_url)).sign_in("owner")
        stranger.get(f"/admin{path}", 404)
        stranger.get(f"/admin{path}/errors.csv", 404)
        stranger.get("/admin/import")
        stranger.send(f"/admin{path}/remove", 404)
        manager.get(f"/admin{path}")
        manager.send(f"/admin{path}/remove")
        manager.get(f"/admin{path}", 404)

    def test_files_nobody_went_on_with_are_forgotten(self, manager, world):
        self.upload(manager, HEADER + ROWS)
        world.set_clock(at(9, 12))
        forget_imports(world.store_id, SYSTEM)
        assert world.sql("select 1 from imports") == []
