"""GET on every route and on every mailed link, as guest, customer, link holder and merchant: a checksum over all business tables
stays the same (R5, I46)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
from flask import Flask

from bench.campaigns import demo
from bench.campaigns.patient import sign_in
from models.tables import ALL
from sandbox.postgres import Postgres

MOVING = ("attempts", "login_codes")


def main(argv: list[str]) -> int:
    facts = demo()
    store = facts["stores"]["demo"]
    customer = store["customers"][0]["email"]
    signed_in = sign_in(facts, customer)
    mails = httpx.get(f"{facts['sandbox']}/mail.json", timeout=60).json()
    links = sorted({link for mail in mails for link in mail["links"] if link.startswith("http")})[:400]
    paths = routes(facts, store)
    before = checksum()
    asked = answers = 0
    port = urlsplit(facts["portal"]).port
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        cookies = "; ".join(f"{k}={v}" for k, v in signed_in.cookies.items())
        for headers in ({"Host": signed_in.host}, {"Host": signed_in.host, "Cookie": cookies},
                        {"Host": f"127.0.0.1:{port}", "Authorization": f"Bearer {store['merchant_token']}"}):
            for path in paths:
                for method in ("GET", "HEAD"):
                    asked += 1
                    answers += client.request(method, path, headers=headers).status_code >= 500
        for link in links:
            parts = urlsplit(link)
            asked += 1
            answers += client.get(f"{parts.path}?{parts.query}", headers={"Host": parts.netloc}).status_code >= 500
    same = before == checksum()
    print(f"{asked} GET and HEAD requests on {len(paths)} routes and {len(links)} mailed links: {answers} answered 5xx; checksum over"
          f" {len(ALL) - len(MOVING)} tables unchanged: {same}")
    return 0 if same and not answers else 1


def application() -> Flask:
    """The demo's application in this process: for its routes."""
    from app import create_app
    from sandbox.command import _join
    from sandbox.parts import Parts
    from settings import Settings

    parts = Parts(Path(os.environ.get("OPENCALS_VAR", "var")))
    _join(parts)
    return create_app(Settings.from_environment(parts.environment))


def routes(facts: dict[str, Any], store: dict[str, Any]) -> list[str]:
    """Every GET route of the application with true values where it takes some."""
    app = application()
    booking = store["customers"][0]["bookings"][1]
    api = httpx.Client(base_url=f"{facts['api']}/api/merchant/v1", headers={"Authorization": f"Bearer {store['merchant_token']}"})
    ids = {kind: api.get(f"/{kind}").json()["items"][0]["id"] for kind in ("locations", "staff", "services", "sessions", "customers")}
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        kind = next((k for k in ids if f"/{k}/" in rule.rule), "services")
        path = re.sub(r"<(?:\w+:)?ref>", booking["ref"], rule.rule)
        path = re.sub(r"<(?:\w+:)?(?:id|service_id)>", str(ids[kind]), path)
        path = re.sub(r"<path:filename>", "store.css", re.sub(r"<accent>", "1f5c4d", re.sub(r"<[^>]*>(?=\.ics)", "x", path)))
        if "/manage/" in path:
            path += "?" + urlsplit(booking["manage_url"]).query
        elif path.endswith("/slots"):
            path += "?from=2027-01-01&to=2027-01-31"
        found.append(path)
        if path.startswith("/manage/") and "reschedule" not in path:
            found += [f"{path}&action=reschedule", f"{path}&action=accept&offer=2", f"{path}&panel=payment"]
    return found


def checksum() -> str:
    var = Path(os.environ.get("OPENCALS_VAR", "var"))
    server = Postgres(var)
    server.port = int((var / "postgres.port").read_text())
    with psycopg.connect(server.admin_url("opencals")) as c:
        return "|".join(str(c.execute(f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {table.name} t").fetchone()[0])
                        for table in ALL if table.name not in MOVING)
