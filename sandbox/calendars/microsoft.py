"""calendarView/delta of Graph v1.0: bare repetitions, masters, `@removed`, next and delta links, times in UTC."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import request

from sandbox.calendars.state import Account, Entry, State

ZONES = {"America/New_York": "Eastern Standard Time", "Europe/Berlin": "W. Europe Standard Time"}


def delta(state: State) -> Any:
    """GET /me/calendarView/delta."""
    account, asked = state.admitted("microsoft", request.headers.get("Authorization", "")), request.args
    if account is None:
        return _error(401, "InvalidAuthenticationToken")
    if any(name in asked for name in ("$select", "$filter", "$expand", "$orderby", "$search")):
        return _error(400, "ErrorInvalidUrlQuery")
    if 'outlook.timezone="UTC"' not in request.headers.get("Prefer", 'outlook.timezone="UTC"'):
        return _error(400, "SandboxSpeaksUtcOnly")
    token = asked.get("$deltatoken") or asked.get("$skiptoken")
    if token:
        since, upto, start, first, last = json.loads(base64.urlsafe_b64decode(token))
    elif "startDateTime" in asked and "endDateTime" in asked:
        since, upto, start, first, last = None, None, 0, asked["startDateTime"], asked["endDateTime"]
    else:
        return _error(400, "ErrorInvalidParameter")
    with state.lock:
        if since is not None and since < account.oldest:
            return _error(410, "SyncStateNotFound")
        upto = account.changes if upto is None else upto
        found = sorted((entry for entry in account.entries.values() if (not entry.gone if since is None else entry.change > since)
                        and (entry.gone or _within(account, entry, first, last))), key=lambda entry: entry.change)
        answer: dict[str, Any] = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Collection(event)",
                                  "value": [_shown(account, entry) for entry in found[start:start + state.page]]}
        if start + state.page < len(found):
            answer["@odata.nextLink"] = _link("$skiptoken", since, upto, start + state.page, first, last)
        else:
            answer["@odata.deltaLink"] = _link("$deltatoken", upto, None, 0, first, last)
    return answer


def event(state: State, event_id: str) -> Any:
    """GET /me/events/{id}."""
    account = state.admitted("microsoft", request.headers.get("Authorization", ""))
    if account is None:
        return _error(401, "InvalidAuthenticationToken")
    entry = account.entries.get(event_id)
    if entry is None or entry.gone:
        return _error(404, "ErrorItemNotFound")
    shown, wanted = _shown(account, entry), request.args.get("$select", "").split(",")
    return {"id": entry.id} | {name: value for name, value in shown.items() if wanted == [""] or name in wanted}


def _link(kind: str, *parts: Any) -> str:
    token = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()
    return f"{request.host_url.rstrip('/')}/microsoft/v1.0/me/calendarView/delta?{urlencode({kind: token})}"


def _within(account: Account, entry: Entry, first: str, last: str) -> bool:
    start, end = (value if isinstance(value, datetime) else datetime.combine(value, time.min, ZoneInfo(account.zone)) for value in (entry.start, entry.end))
    return end > datetime.fromisoformat(first) and start < datetime.fromisoformat(last)


def _shown(account: Account, entry: Entry) -> dict[str, Any]:
    """A removed one is its id; a repetition as made is id, start and end; all others come in full."""
    if entry.gone:
        return {"@odata.type": "#microsoft.graph.event", "id": entry.id, "@removed": {"reason": "deleted"}}
    whole_day = not isinstance(entry.start, datetime)
    shown: dict[str, Any] = {"@odata.type": "#microsoft.graph.event", "@odata.etag": f'W/"{entry.change}"', "id": entry.id,
                             "start": _when(entry.start), "end": _when(entry.end)}
    if entry.series:
        return shown | {"seriesMasterId": entry.series, "type": "occurrence"}
    return shown | {
        "subject": entry.title, "type": "seriesMaster" if entry.master else "singleInstance", "seriesMasterId": None, "isAllDay": whole_day,
        "isCancelled": False, "showAs": "free" if entry.free else "busy", "originalStartTimeZone": ZONES.get(account.zone, account.zone),
        "organizer": {"emailAddress": {"name": account.email, "address": account.email}},
        "responseStatus": {"response": "declined" if entry.declined else "organizer", "time": "0001-01-01T00:00:00Z"}}


def _when(value: datetime | date) -> dict[str, str]:
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None)
    else:
        value = datetime.combine(value, time.min)
    return {"dateTime": f"{value.isoformat(timespec='microseconds')}0", "timeZone": "UTC"}


def _error(status: int, code: str) -> Any:
    return {"error": {"code": code, "message": code, "innerError": {}}}, status
