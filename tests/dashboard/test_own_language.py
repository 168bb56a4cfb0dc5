"""Whose language the dashboard speaks: one's own, else the browser's, else the store's; mails to the team follow it too (R46)."""

from __future__ import annotations

from booking.actions.own_profile import change_own_profile
from booking.actions.sign_in_user import request_user_code
from booking.actions.sign_in import Asker
from booking.actions.stores import update_store
from booking.rules.decision import Refused
from models.actor import SYSTEM, Actor
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import words
from tests.support.world import at

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


def test_the_browser_is_asked_then_the_store(nobody, owner, world):
    assert 'lang="en"' in owner.get("/admin").text
    assert 'lang="de"' in owner.get("/admin", headers=GERMAN).text and "Heute ist niemand" not in owner.page and "Für heute ist niemand gebucht." in owner.page
    assert "Im Dashboard anmelden" in nobody.get("/admin/login", headers=GERMAN).text
    update_store(world.store_id, SYSTEM, locale="ar")
    page = owner.get("/admin/settings/policy", headers={"Accept-Language": "it"}).text
    assert '<html lang="ar" dir="rtl">' in page and "تغيير الموعد" in page
    assert {"Cookie", "Accept-Language"} <= set(owner.get("/admin").headers["Vary"].split(", "))


def test_ones_own_choice_wins_and_is_kept(staff, world):
    staff.fill("/profile", locale="fr", name="Sam Dupont")
    assert "Enregistré." in staff.get("/admin/profile?done=saved", headers=GERMAN).text and "Sam Dupont" in staff.page
    assert world.sql("select locale, name from users where email = 'staff@example.com'") == [("fr", "Sam Dupont")]
    entry = world.sql("select before, after from audit_entries where action = 'change_user'")[-1]
    assert entry == ({"locale": None}, {"locale": "fr"})
    staff.fill("/profile", locale="")
    assert 'lang="de"' in staff.get("/admin", headers=GERMAN).text


def test_what_is_wrong_is_said_in_ones_language(manager):
    manager.fill("/profile", locale="de")
    manager.fill("/profile", 422, name="")
    assert "Bitte prüfen Sie diese Felder" in manager.page and "Name: Das muss 1 bis 120 Zeichen haben." in words(manager.page)
    manager.fill("/profile", 422, locale="xx")
    assert "Bitte wählen Sie eines davon." in manager.page
    manager.fill("/settings/store", 422, zone="Mars/Base")
    assert "Zeitzone: Das ist keine Zeitzone wie America/New_York." in words(manager.page)


def test_only_people_have_a_profile(world):
    for by, code in ((Actor("token", "api", 1), "not_allowed"), (Actor("user", "dashboard", 5, "owner"), "not_found")):
        try:
            change_own_profile(world.store_id, by, name="X", locale=None)
        except Refused as refused:
            assert refused.code == code
        else:
            raise AssertionError("somebody without a row changed a profile")


def test_mails_to_the_team_are_in_each_ones_language(app, world, owner):
    Colleague(app, world).sign_in("manager").fill("/profile", locale="es")
    world.book(at(9, 15), by=Actor("customer", "account"))
    told = {row.recipient: row.payload["locale"] for row in world.outbox("merchant_booking_created")}
    assert (told["owner@example.com"], told["manager@example.com"]) == ("en", "es")
    request_user_code(world.store_id, Actor("user", "dashboard"), "manager@example.com", challenge="c" * 43, asker=Asker("192.0.2.7"))
    assert world.outbox("sign_in_code")[-1].payload["locale"] == "es"


def test_the_preview_is_read_in_the_customers_language(manager, world):
    update_store(world.store_id, SYSTEM, locale="fr")
    path = f"/services/{world.service}/policy"
    page = manager.get(f"/admin{path}", headers=GERMAN).text
    assert "Was der Kunde liest" in page and '<ul lang="fr" dir="ltr">' in page
    manager.fill(path, 200, read_in="ar", do="preview")
    assert '<ul lang="ar" dir="rtl">' in manager.page and 'value="ar" selected' in manager.page
