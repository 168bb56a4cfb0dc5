"""The team: invited, given roles, let go, never without an owner; tokens shown once and revoked (A148, R42)."""

from __future__ import annotations

import threading

import pytest

from booking.actions.stores import create_user
from booking.actions.team import change_user, remove_user
from booking.rules.decision import Refused
from models.actor import SYSTEM
from models.session import database, reading
from tests.dashboard.colleague import Colleague
from tests.storefront.visitor import words
from tests.support.world import MERCHANT, World


def member(world, email):
    return world.sql("select id, role, notify, removed_at from users where email = %s", email)[0]


def test_someone_invited_is_mailed_where_to_go_and_signs_in_with_a_code(owner, world, app):
    owner.fill("/team", name="Noor", email="Noor@Example.com", role="manager")
    mail = world.outbox("team_invitation")[-1]
    assert mail.recipient == "noor@example.com" and mail.payload["url"] == f"http://{world.slug}.localhost/admin"
    noor = Colleague(app, world)
    noor.enter("noor@example.com")
    noor.get("/admin/services")
    noor.get("/admin/team", 403)


def test_a_new_role_counts_at_once_and_so_does_leaving(owner, world, app):
    person = Colleague(app, world).sign_in("manager")
    number = member(world, "manager@example.com").id
    owner.fill("/team", to=f"/team/{number}", role="staff", notify=None)
    person.get("/admin/services", 403)
    assert member(world, "manager@example.com").notify is False
    owner.fill("/team", to=f"/team/{number}/remove")
    person.get("/admin", 303)
    owner.fill("/team", name="Back", email="manager@example.com", role="manager")
    person.get("/admin", 303)
    assert member(world, "manager@example.com").removed_at is None


def test_the_last_owner_can_neither_leave_nor_become_something_else(owner, world):
    number = member(world, "owner@example.com").id
    for to, changes in ((f"/team/{number}", {"role": "manager"}), (f"/team/{number}/remove", {})):
        owner.fill("/team", 409, to=to, **changes)
        assert "A shop needs at least one owner" in words(owner.page)
    create_user(world.store_id, SYSTEM, email="two@example.com", name="Two")
    assert owner.fill("/team", to=f"/team/{number}", role="manager").headers["Location"] == "/admin?done=saved"


def test_two_owners_who_let_each_other_go_leave_one(world):
    first, second = (create_user(world.store_id, SYSTEM, email=f"{n}@example.com", name=n).facts["id"] for n in ("a", "b"))
    refused = []

    def go(user_id: int) -> None:
        try:
            remove_user(world.store_id, MERCHANT, user_id)
        except Refused as reason:
            refused.append(reason.code)

    both = [threading.Thread(target=go, args=(user_id,)) for user_id in (first, second)]
    [t.start() for t in both]
    [t.join() for t in both]
    assert refused == ["not_allowed"]


def test_the_database_keeps_an_owner_too(world):
    import psycopg

    create_user(world.store_id, SYSTEM, email="a@example.com", name="A")
    with psycopg.connect(world.owner_url.replace("+psycopg", "")) as c:
        c.execute("select set_config('app.store_id', %s, false)", (str(world.store_id),))
        with pytest.raises(psycopg.errors.CheckViolation):
            c.execute("update users set role = 'staff' where store_id = %s", (world.store_id,))


@pytest.mark.parametrize("changes,says", [({"email": "no"}, "not an e-mail address"), ({"name": ""}, "1 to 120"), ({"role": "king"}, "choose one"),
                                          ({"email": "owner@example.com"}, "in the team already")])
def test_invitations_that_are_refused_keep_what_was_typed(owner, changes, says):
    owner.fill("/team", 422, **({"name": "Kim", "email": "kim@example.com", "role": "staff"} | changes))
    assert says in words(owner.page)


def test_people_of_another_shop_are_out_of_reach(owner, owner_url):
    other = World(owner_url)
    stranger = create_user(other.store_id, SYSTEM, email="x@example.com", name="X").facts["id"]
    owner.get("/admin/team")
    owner.send(f"/admin/team/{stranger}", 404, role="staff")
    owner.get("/admin/team")
    owner.send(f"/admin/team/{stranger}/remove", 404)
    with pytest.raises(Refused):
        change_user(owner.world.store_id, MERCHANT, stranger, role="staff")


def test_whoever_makes_a_store_by_command_invites_its_first_owner(app, world):
    fresh = f"kai-{world.slug}"
    made = app.test_cli_runner().invoke(args=["store", "create", "Kai", "--slug", fresh, "--zone", "Europe/Berlin", "--currency", "EUR", "--owner", "Kay@Example.com"])
    assert made.exit_code == 0, made.output
    store_id = database().store_for_slug(fresh)
    with reading(store_id) as tx:
        assert tx.db.exec_driver_sql("select email, role from users").all() == [("kay@example.com", "owner")]
        assert tx.db.exec_driver_sql("select topic from outbox").scalars().all() == ["team_invitation"]
    again = app.test_cli_runner().invoke(args=["store", "create", "Kai", "--slug", f"{fresh}-2", "--zone", "Europe/Berlin", "--currency", "EUR", "--owner", "nobody"])
    assert again.exit_code == 1 and database().store_for_slug(f"{fresh}-2") is None


def test_a_token_is_shown_once_used_and_revoked(owner, world, app):
    owner.fill("/api-tokens", 200, label="Till")
    token = next(word for word in words(owner.page).split() if word.startswith("oc_"))
    owner.get("/admin/api-tokens")
    assert token not in owner.page and "Till" in words(owner.page) and "never" in words(owner.page)

    def call(method: str = "GET"):
        return app.test_client().open("/api/merchant/v1/store", method=method, json={"name": "Till & Co"} if method == "PATCH" else None,
                                      base_url="http://api.localhost", headers={"Authorization": f"Bearer {token}"}).status_code

    assert call() == 200
    owner.get("/admin/api-tokens")
    assert "never" in words(owner.page)
    assert call("PATCH") == 200
    owner.get("/admin/api-tokens")
    assert "never" not in words(owner.page)
    number = world.sql("select id from merchant_tokens where label = 'Till'")[0].id
    owner.send(f"/admin/api-tokens/{number}/revoke")
    assert call() == 401
    owner.get("/admin/api-tokens")
    owner.send(f"/admin/api-tokens/{number}/revoke", 404)
    owner.fill("/api-tokens", 422, label="")
