"""No link of any mail changes anything when it is fetched, looked at by a scanner, or opened with scripts running (D1-D5, R5, I46)."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest

from app import create_app
from bench.campaigns.readonly import MOVING
from booking.actions.manage_link import send_manage_link
from booking.links import manage_path
from messages import render_mail
from messages.render import MESSAGES
from models.tables import ALL
from tests.browser.mailed import mailed_links, send_everything
from tests.messages.payloads import ORIGIN
from tests.messages.test_topics import Page
from tests.messages.variants import every
from tests.support.world import MERCHANT, at

LINKLESS = {"merchant_deposit_stuck", "phone_code", "sign_in_code", "withdrawal_received"}
"""Messages without a link of ours in any of their turns."""


@pytest.fixture
def checksum(postgres, database_name) -> Callable[[], dict[str, str]]:
    """Of every business table, read past row security: what counts attempts to sign in is none."""

    def read() -> dict[str, str]:
        with psycopg.connect(postgres.admin_url(database_name)) as connection:
            return {table.name: connection.execute(
                f"select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table.name} t").fetchone()[0]
                for table in ALL if table.name not in MOVING}

    return read


def with_links() -> dict[str, set[str]]:
    """Message -> the links it carries in any of its turns, for the messages that have some."""
    found: dict[str, set[str]] = {}
    for topic, _, payload in every("en"):
        found.setdefault(topic, set()).update(link for link in Page(render_mail(topic, payload, "x.example").html).links if link.startswith(ORIGIN))
    return {topic: links for topic, links in found.items() if links}


def shape(link: str) -> str:
    """What kind of page a link opens: its path without references (some are letters only), and what it asks for there."""
    parts = urlsplit(link)
    path = re.sub(r"(?<=/)[0-9a-hjkmnp-tv-z]{12}(?![^/])|[^/]*[0-9.][^/]*", "_", re.sub(r"(?<=/email-undo/).*|(?<=/unsubscribe/).*", "_", parts.path))
    return f"{path} {sorted((name, value if name in ('action', 'panel') else '') for name, value in parse_qsl(parts.query))}"


def test_a_reference_of_letters_alone_is_one_too():
    assert shape("/feedback/abcdefghjkmn?token=k1.x") == shape("/feedback/0123456789ab?token=k1.x") == "/feedback/_ [('token', '')]"
    assert shape("/admin/bookings/abcdefghjkmn") == "/admin/bookings/_ []" != shape("/admin/withdrawals/0123456789ab")


def test_every_message_has_its_place():
    """A new message has to say here whether it carries links, and then the walk below meets them."""
    assert set(MESSAGES) - set(with_links()) == LINKLESS


def test_every_link_of_every_mail_is_only_looked_at(world, visit, site, checksum):
    b = send_everything(world)
    links, known = mailed_links(world), with_links()
    assert set(links) <= set(known) < set(MESSAGES)
    paths = sorted(set().union(*links.values()))
    for topic in set(known) - set(links):
        # Not sent here: mails to the shop only, and what they link is the dashboard, which asks who comes.
        assert topic.startswith("merchant_") and all(link.startswith(f"{ORIGIN}/admin") for link in known[topic]), topic
        paths += [link.removeprefix(ORIGIN).replace("0123456789ab", b.ref) for link in known[topic]]
    paths.append(manage_path(b, panel="payment"))  # where a card can be saved: that mail needs a bank
    assert {shape(link) for found in known.values() for link in found} <= {shape(path) for path in paths}
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
