"""events.list of the Calendar API v3: expanded repetitions, sync tokens, pages, partial answers by `fields`."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from sandbox.calendars.state import Account, Entry, State

RESTRICTIONS = {"timeMin", "timeMax", "q", "iCalUID", "orderBy", "updatedMin"}


def events(state: State) -> Any:
    """GET /calendars/primary/events."""
    account, asked = state.admitted("google", request.headers.get("Authorization", "")), request.args
    if account is None:
        return _error(401, "authError")
    if asked.get("singleEvents") != "true":
        return _error(400, "sandboxExpandsOnly")
    token = asked.get("syncToken")
    if token and RESTRICTIONS & set(asked):
        return _error(400, "syncTokenWithRequestRestrictions")
    with state.lock:
        since, first, last = _read(token) if token else (0, asked.get("timeMin"), asked.get("timeMax"))
        if token and since < account.oldest:
            return _error(410, "fullSyncRequired")
        found = sorted((entry for entry in account.entries.values() if not entry.master and (entry.change > since if token else not entry.gone)
                        and (entry.gone or _within(account, entry, first, last))), key=lambda entry: entry.change)
        start, size = int(asked.get("pageToken") or 0), min(int(asked.get("maxResults", 250)), state.page)
        answer: dict[str, Any] = {"kind": "calendar#events", "summary": account.email, "timeZone": account.zone,
                                  "items": [_shown(account, entry) for entry in found[start:start + size]]}
        if start + size < len(found):
            answer["nextPageToken"] = str(start + size)
        else:
            answer["nextSyncToken"] = base64.urlsafe_b64encode(json.dumps([account.changes, first, last]).encode()).decode()
    return _part(answer, _fields(iter(re.findall(r"[\w*]+|[(),/]", asked["fields"])))) if "fields" in asked else answer


def _read(token: str) -> tuple[int, str | None, str | None]:
    since, first, last = json.loads(base64.urlsafe_b64decode(token))
    return since, first, last


def _within(account: Account, entry: Entry, first: str | None, last: str | None) -> bool:
    start, end = (_instant(account, value) for value in (entry.start, entry.end))
    return (first is None or end > datetime.fromisoformat(first)) and (last is None or start < datetime.fromisoformat(last))


def _instant(account: Account, value: datetime | date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time.min, ZoneInfo(account.zone))


def _shown(account: Account, entry: Entry) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": "calendar#event", "etag": f'"{entry.change}"', "id": entry.id, "status": "cancelled" if entry.gone else "confirmed"}
    if entry.series:
        shown |= {"recurringEventId": entry.series, "originalStartTime": _when(account, entry.start)}
    if entry.gone:
        return shown
    shown |= {"summary": entry.title, "creator": {"email": account.email, "self": True}, "start": _when(account, entry.start), "end": _when(account, entry.end)}
    if entry.free:
        shown["transparency"] = "transparent"
    if entry.declined:
        shown["attendees"] = [{"email": account.email, "self": True, "responseStatus": "declined"}]
    return shown


def _when(account: Account, value: datetime | date) -> dict[str, str]:
    if isinstance(value, datetime):
        return {"dateTime": value.astimezone(UTC).astimezone(ZoneInfo(account.zone)).isoformat(), "timeZone": account.zone}
    return {"date": value.isoformat()}


def _fields(words: Iterator[str]) -> dict[str, Any]:
    """`a,b(c,d)` -> {"a": {}, "b": {"c": {}, "d": {}}}."""
    found: dict[str, Any] = {}
    name = ""
    for word in words:
        if word == "(":
            found[name] = _fields(words)
        elif word == ")":
            break
        elif word != ",":
            name = word
            found[name] = {}
    return found


def _part(value: Any, fields: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_part(item, fields) for item in value]
    if isinstance(value, dict) and fields:
        return {name: _part(value[name], inner) for name, inner in fields.items() if name in value}
    return value


def _error(status: int, reason: str) -> Any:
    return {"error": {"code": status, "message": reason, "errors": [{"domain": "global", "reason": reason, "message": reason}]}}, status
