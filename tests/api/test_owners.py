"""What owners alone look after: the team, host names, tokens (A51, A148, E120, I52)."""

from __future__ import annotations

import pytest

from booking.actions.domains import record_lookup
from booking.actions.stores import create_user
from booking.rules.decision import Refused
from models.actor import SYSTEM, Actor
from shopify_app.api.call import Call
from shopify_app.api.door import OPERATIONS, owners_only
from tests.api.conftest import Api


class TestTeam:
    def test_someone_is_invited_changed_and_let_go(self, api, world):
        ada = api.post("/team", {"email": "Ada@Example.com", "name": "Ada", "role": "owner"})
        assert (ada["email"], ada["role"], ada["notify"], ada["language"], ada["signed_in_at"]) == ("ada@example.com", "owner", True, None, None)
        assert world.outbox("team_invitation")[-1].recipient == "ada@example.com"
        ben = api.post("/team", {"email": "ben@example.com", "name": "Ben", "role": "staff", "notify": False})
        assert {one["id"] for one in api.get("/team")["items"]} == {ada["id"], ben["id"]}
        changed = api.patch(f"/team/{ben['id']}", {"role": "manager", "language": "de"})
        assert changed == ben | {"role": "manager", "language": "de"} == api.get(f"/team/{ben['id']}")
        assert api.patch(f"/team/{ben['id']}", {"language": None})["language"] is None
        api.delete(f"/team/{ben['id']}")
        api.refused(404, "not_found", "GET", f"/team/{ben['id']}")
        api.refused(404, "not_found", "PATCH", f"/team/{ben['id']}", {"role": "staff"})
        assert world.sql("select action from audit_entries where subject = 'user' order by id") == [
            ("invite_user",), ("invite_user",), ("change_user",), ("change_user",), ("remove_user",)]

    def test_a_store_keeps_an_owner(self, api):
        one = api.post("/team", {"email": "ada@example.com", "name": "Ada", "role": "owner"})["id"]
        assert "owner" in api.refused(409, "not_allowed", "DELETE", f"/team/{one}")["detail"]
        api.refused(409, "not_allowed", "PATCH", f"/team/{one}", {"role": "staff"})
        api.refused(422, "invalid", "POST", "/team", {"email": "ada@example.com", "name": "Ada", "role": "staff"})

    @pytest.mark.parametrize("body", [{"email": "x", "name": "A", "role": "staff"}, {"email": "a@example.com", "name": "", "role": "staff"},
                                      {"email": "a@example.com", "name": "A", "role": "king"}, {"email": "a@example.com", "role": "staff"}])
    def test_bad_invitations(self, api, world, body):
        api.refused(422, "invalid", "POST", "/team", body)
        assert world.outbox("team_invitation") == []

    def test_an_unknown_language_is_refused(self, api):
        one = api.post("/team", {"email": "ada@example.com", "name": "Ada", "role": "owner"})["id"]
        api.refused(422, "invalid", "PATCH", f"/team/{one}", {"language": "xx"})


class TestDomains:
    def test_a_host_is_claimed_proven_used_and_given_up(self, api, world):
        host = f"book.{world.slug}.example"
        made = api.post("/domains", {"host": f"https://{host.upper()}/"})
        assert (made["host"], made["served"], made["in_links"], made["proven_at"]) == (host, False, False, None)
        txt, cname = made["records"]
        assert (txt["type"], txt["name"]) == ("TXT", f"_opencals.{host}") and txt["value"].startswith("opencals-store=")
        assert (cname["type"], cname["name"]) == ("CNAME", host) and cname["value"].startswith(f"{world.slug}.")
        api.refused(409, "not_allowed", "POST", f"/domains/{made['id']}/use", {})
        assert api.post(f"/domains/{made['id']}/look", {}, status=200)["id"] == made["id"]
        record_lookup(world.store_id, SYSTEM, int(made["id"]), txt["value"].removeprefix("opencals-store="), True)
        assert api.get("/domains")["items"][0]["served"]
        assert api.post(f"/domains/{made['id']}/use", {}, status=200)["in_links"]
        b = api.post("/bookings", {"service": str(world.service), "starts_at": "2027-03-10T15:00:00Z", "customer": {"email": "a@example.com"}})
        assert f"//{host}" in b["manage_url"]
        api.delete(f"/domains/{made['id']}")
        api.refused(404, "not_found", "GET", f"/domains/{made['id']}")
        assert host not in api.get(f"/bookings/{b['ref']}")["manage_url"]

    @pytest.mark.parametrize("host", ["", "localhost", "203.0.113.9", "a b.example", "x" * 301])
    def test_no_host_name(self, api, host):
        api.refused(422, "invalid", "POST", "/domains", {"host": host})


class TestTokens:
    def test_a_token_is_shown_once_and_works_until_revoked(self, api):
        made = api.post("/tokens", {"label": "Website"})
        site = Api(api.client, made["token"])
        assert site.get("/store")["name"] == "Harbor Massage"
        listed = api.get("/tokens")["items"]
        assert "Website" in [one["label"] for one in listed] and all(one.get("token") is None for one in listed)
        api.delete(f"/tokens/{made['id']}")
        site.refused(401, "unauthorized", "GET", "/store")
        api.refused(404, "not_found", "DELETE", f"/tokens/{made['id']}")
        api.refused(422, "invalid", "POST", "/tokens", {"label": ""})

    def test_its_text_is_kept_nowhere(self, api, world):
        made = api.post("/tokens", {"label": "Website"}, key="once")
        tables = [name for (name,) in world.sql("select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
                                               " and relname <> 'alembic_version'")]
        assert [t for t in tables if world.sql(f"select count(*) from {t} x where x::text like %s", f"%{made['token'][-30:]}%")[0][0]] == []


def test_managers_in_the_shopify_admin_do_not_reach_what_owners_look_after(world):
    """The door lets managers in; operations of owners ask again."""
    user = create_user(world.store_id, SYSTEM, email="m@example.com", name="Mia", role="manager")
    with pytest.raises(Refused) as refused:
        owners_only(Call(world.store_id, Actor("user", "dashboard", user, "manager"), "user:1"))
    assert refused.value.facts["kind"] == "role"
    owners_only(Call(world.store_id, Actor("user", "dashboard", user, "owner"), "user:1"))
    owners_only(Call(world.store_id, Actor("token", "api", 1), "token:1"))


def test_every_operation_of_owners_asks():
    asked = [op for op in OPERATIONS if op.path.split("/")[1] in ("team", "domains", "tokens", "webhooks", "payment-account")]
    assert len(asked) == 27
    assert asked == [op for op in OPERATIONS if op.allow is owners_only]


def test_pinging_a_webhook_queues_an_event(api, world):
    hook = api.post("/webhooks", {"url": "https://example.com/hook", "topics": ["booking.created"]})
    assert api.send("POST", f"/webhooks/{hook['id']}/ping", {}).status_code == 204
    assert [d["topic"] for d in api.get(f"/webhooks/{hook['id']}/deliveries")["items"]] == ["ping"]
