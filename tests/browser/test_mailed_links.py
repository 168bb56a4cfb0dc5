"""No link of any mail changes anything when it is fetched, looked at by a scanner, or opened with scripts running (D1-D5, R5, I46)."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from app import create_app
from bench.campaigns.readonly import MOVING
from booking.actions.manage_link import send_manage_link
from messages import render_mail
from messages.render import MESSAGES
from models.tables import ALL
from tests.browser.mailed import mailed_links, send_everything
from tests.messages.test_topics import Page
from tests.messages.variants import every
from tests.support.world import MERCHANT, at


@pytest.fixture
def checksum(postgres, database_name) -> Callable[[], dict[str, str]]:
    """Of every business table, read past row security: what counts attempts to sign in is none."""

    def read() -> dict[str, str]:
        with psycopg.connect(postgres.admin_url(database_name)) as connection:
            return {table.name: connection.execute(
                f"select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table.name} t").fetchone()[0]
                for table in ALL if table.name not in MOVING}

    return read


def with_links() -> set[str]:
    """The messages that carry a link in some turn."""
    return {topic for topic, _, payload in every("en")
            if any(link.startswith("http") for link in Page(render_mail(topic, payload, "x.example").html).links)}


def test_every_link_of_every_mail_is_only_looked_at(world, visit, site, checksum):
    send_everything(world)
    links = mailed_links(world)
    assert set(links) == with_links() and set(links) < set(MESSAGES)
    paths = sorted(set().union(*links.values()))
    for kind in ("/manage/", "action=reschedule", "action=accept&offer=", "/waitlist/", "action=refuse", "action=stop", "/feedback/", "/unsubscribe/",
                 "/email-undo/", "/admin", "/book"):
        assert any(kind in path for path in paths), kind
    before = checksum()
    client, origin = create_app(site).test_client(), site.origin(site.store_host(world.slug))
    for path in paths:
        for method in ("GET", "HEAD"):
            answer = client.open(path, method=method, base_url=origin)
            assert answer.status_code in (200, 302, 303), (method, path, answer.status_code)
    assert checksum() == before
    page = visit(world, width=375)
    for path in paths:
        answer = page.goto(path, wait_until="load")
        assert answer is not None and answer.ok, path
        page.evaluate("dispatchEvent(new Event('scroll')); document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_load_state("networkidle")
    assert checksum() == before


def test_the_checksum_sees_a_change(world, checksum):
    b = world.book(at(10, 15))
    before = checksum()
    send_manage_link(world.store_id, MERCHANT, b.ref)
    after = checksum()
    assert {name for name in before if before[name] != after[name]} >= {"outbox", "audit_entries"}
