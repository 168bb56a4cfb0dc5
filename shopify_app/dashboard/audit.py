"""Audit: who changed what and when, filtered, exported, with the chain that shows that nothing was altered (A41, I63)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Response, request

from booking.keys import sign, unsign
from booking.rules.wall_time import day_span
from booking.wording import Words
from booking.wording.formats import count
from booking.wording.history import channel, history_line, kind, role, what
from models import trail
from models.session import reading
from models.trail import Entry, TrailFilters
from shopify_app.dashboard import given
from shopify_app.dashboard.door import MANAGERS, Visit, screen
from shopify_app.spreadsheets import csv_file, csv_line

PAGE, BATCH = 50, 500
FIELDS = ("who", "action", "from", "to", "refused")
LABELS = {
    "number": "Number", "at": "Time", "actor": "Who", "actor_name": "Name", "role": "Role", "channel": "Where", "action": "What", "allowed": "Allowed",
    "subject": "About", "subject_id": "Id", "booking": "Booking", "before": "Before", "after": "After", "facts": "Details", "hash": "Hash"}
"""The columns of the file and their titles, in this order."""


@screen("/audit", roles=MANAGERS)
def audit(visit: Visit) -> Any:
    values, filters = _filters(visit)
    check = request.args.get("check") == "1"
    with reading(visit.store_id) as tx:
        rows = trail.page(tx, filters, before=_position(visit), limit=PAGE + 1)
        names, actions, length = trail.names(tx), trail.actions(tx), trail.length(tx)
        broken = trail.broken_at(tx) if check else None
    w = visit.words
    lines = [(row, history_line(w, row, names, row.zone or visit.store.zone, row.currency or visit.store.currency)) for row in rows[:PAGE]]
    more = visit.url("/audit", **values, cursor=sign("audit-cursor", [visit.store_id, str(rows[PAGE - 1].chain)])) if len(rows) > PAGE else None
    return visit.show(
        "audit.html", here="audit", lines=lines, values=values, more=more, length=length, entries=count(visit.words.locale, length), checked=check, broken=broken,
        actions=[(action, what(w, action, "")) for action in actions], check=visit.url("/audit", check="1"),
        people=[("customers", w._("Customers")), ("team", w._("Team")), ("api", w._("API")), ("system", w._("System"))],
        csv=visit.url("/audit.csv", **values), json=visit.url("/audit.json", **values))


@screen("/audit.csv", roles=MANAGERS)
def audit_csv(visit: Visit) -> Response:
    return csv_file(visit.words, LABELS.values(), _csv(visit.words, _rows(visit)), "audit.csv")


@screen("/audit.json", roles=MANAGERS)
def audit_json(visit: Visit) -> Response:
    return Response(_json(_rows(visit)), mimetype="application/json", headers={"Content-Disposition": 'attachment; filename="audit.json"'})


def _filters(visit: Visit) -> tuple[dict[str, str], TrailFilters]:
    """The filter form as sent, and what it means; what makes no sense is left out."""
    values = {name: text for name in FIELDS if (text := given.text(request.args.get(name), 60))}
    if values.get("who") not in trail.WHO:
        values.pop("who", None)
    first, last = given.day(values.get("from")), given.day(values.get("to"))
    zone = visit.store.zone
    return values, TrailFilters(
        who=values.get("who", ""), action=values.get("action", ""), since=day_span(first, zone)[0] if first else None,
        until=day_span(last, zone)[1] if last else None, refused=values.get("refused") == "1")


def _position(visit: Visit) -> int | None:
    body = unsign("audit-cursor", request.args.get("cursor", ""))
    return int(body[1]) if isinstance(body, list) and len(body) == 2 and body[0] == visit.store_id else None


def _rows(visit: Visit) -> Iterator[tuple[Entry, str]]:
    """Every entry that fits with the actor's name, batch by batch, each in a transaction of its own."""
    filters = _filters(visit)[1]
    with reading(visit.store_id) as tx:
        names = trail.names(tx)

    def walk() -> Iterator[tuple[Entry, str]]:
        before: int | None = None
        while True:
            with reading(visit.store_id) as tx:
                rows = trail.page(tx, filters, before=before, limit=BATCH)
            yield from ((row, names.get((row.actor_kind, row.actor_id or ""), "")) for row in rows)
            if len(rows) < BATCH:
                return
            before = rows[-1].chain

    return walk()


def _told(entry: Entry, name: str) -> dict[str, Any]:
    return {
        "number": entry.chain, "at": entry.at.isoformat(), "actor": entry.actor_kind, "actor_name": name, "role": entry.actor_role,
        "channel": entry.channel, "action": entry.action, "allowed": entry.allowed, "subject": entry.subject,
        "subject_id": None if entry.subject_id is None else str(entry.subject_id), "booking": entry.ref, "before": entry.before,
        "after": entry.after, "facts": entry.facts, "hash": bytes(entry.hash).hex()}


def _csv(w: Words, rows: Iterator[tuple[Entry, str]]) -> Iterator[str]:
    """Codes in the reader's words; what was before and after is as it is kept."""
    for entry, name in rows:
        told = _told(entry, name) | {
            "actor": kind(w, entry.actor_kind), "role": role(w, entry.actor_role) if entry.actor_role else "", "channel": channel(w, entry.channel),
            "action": what(w, entry.action, entry.subject), "allowed": w._("yes") if entry.allowed else w._("no")}
        yield csv_line(json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict) else cell for cell in told.values())


def _json(rows: Iterator[tuple[Entry, str]]) -> Iterator[str]:
    between = "["
    for entry, name in rows:
        yield between + json.dumps(_told(entry, name), ensure_ascii=False)
        between = ",\n"
    yield "[]" if between == "[" else "]\n"
