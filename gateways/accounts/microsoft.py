"""Busy times from Microsoft 365 and Outlook.com: calendarView/delta with delta links (Graph v1.0, "event: delta").

Repetitions come with id, start and end only; whether they keep busy stands in the master of their series, which comes along or is
asked for. Graph sends more than times where it answers in full (it knows no `$select` here); nothing else of it is looked at.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import quote, urlencode

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from booking.calendar_reading import Change, Reading
from booking.rules.wall_time import resolve, valid_zone
from gateways.accounts.provider import MICROSOFT, place
from gateways.accounts.wire import CursorGone, GrantEnded, Later, send

PREFER = 'odata.maxpagesize=500, outlook.timezone="UTC"'
OF_MASTER = "type,showAs,isCancelled,isAllDay,originalStartTimeZone,responseStatus"
FREE = frozenset({"free", "workingElsewhere"})
MOST_PAGES, MOST_ENTRIES, MOST_MASTERS = 200, 20_000, 500


def read(access: str, cursor: str | None, start: datetime, end: datetime, zone: str) -> Reading:
    """What has changed since `cursor`; without one everything from `start` to `end`. `zone` is for whole days that name none.

    CursorGone (410, or a series as a whole has changed), GrantEnded, Later.
    """
    url = cursor or place(MICROSOFT, f"{MICROSOFT.api}/me/calendarView/delta") + "?" + urlencode(
        {"startDateTime": start.isoformat(), "endDateTime": end.isoformat()})
    items: list[dict[str, Any]] = []
    for _ in range(MOST_PAGES):
        answer = _get(access, url, PREFER)
        items += _objects(answer.get("value"))
        if len(items) > MOST_ENTRIES:
            raise Later(f"There are more than {MOST_ENTRIES} entries in 400 days.")
        if "@odata.deltaLink" in answer:
            masters = {str(item.get("id")): item for item in items if item.get("type") == "seriesMaster"}
            if cursor and masters:
                raise CursorGone("A series has changed as a whole.")
            return Reading(_changes(access, items, masters, zone), _ours(answer["@odata.deltaLink"]), whole=cursor is None)
        url = _ours(answer.get("@odata.nextLink"))
    raise Later("Microsoft gave an answer that does not end.")


def _get(access: str, url: str, prefer: str | None = None) -> dict[str, Any]:
    status, answer, _ = send(MICROSOFT.name, "GET", url, headers={"Authorization": f"Bearer {access}"} | ({"Prefer": prefer} if prefer else {}))
    if status == 200:
        return answer
    error = answer.get("error")
    code = str(error.get("code", "")) if isinstance(error, dict) else ""
    if status == 410 or code.lower() in ("syncstatenotfound", "syncstateinvalid", "resyncrequired"):
        raise CursorGone("Microsoft wants to be read anew.")
    if status == 403:
        raise GrantEnded("Microsoft does not allow us to read this calendar.")
    raise Later(f"Microsoft did not answer the question ({code or status}).")


def _ours(link: object) -> str:
    """Where to go on, at Graph and nowhere else: the token goes there."""
    if not isinstance(link, str) or not link.startswith(place(MICROSOFT, MICROSOFT.api) + "/") or len(link) > 8000:
        raise Later("Microsoft gave an answer we cannot read.")
    return link


def _objects(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Later("Microsoft gave an answer we cannot read.")
    return value


def _changes(access: str, items: list[dict[str, Any]], masters: dict[str, dict[str, Any]], zone: str) -> list[Change]:
    bare = dict.fromkeys(str(item["seriesMasterId"]) for item in items if _is_bare(item))
    missing = [series for series in bare if series not in masters]
    if len(missing) > MOST_MASTERS:
        raise Later(f"There are more than {MOST_MASTERS} series in 400 days.")
    known = masters | {series: _master(access, series) for series in missing}
    try:
        return [_change(known.get(str(item.get("seriesMasterId")), {}) | item if _is_bare(item) else item, zone)
                for item in items if item.get("type") != "seriesMaster"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Later("Microsoft gave an entry we cannot read.") from error


def _is_bare(item: dict[str, Any]) -> bool:
    return item.get("type") == "occurrence" and bool(item.get("seriesMasterId")) and "showAs" not in item


def _master(access: str, series: str) -> dict[str, Any]:
    """How the series as a whole is shown; one that is gone by now keeps nobody busy."""
    url = place(MICROSOFT, f"{MICROSOFT.api}/me/events/{quote(series, safe='')}") + f"?$select={OF_MASTER}"
    status, answer, _ = send(MICROSOFT.name, "GET", url, headers={"Authorization": f"Bearer {access}"})
    if status == 404:
        return {"isCancelled": True}
    if status != 200:
        raise Later(f"Microsoft did not answer the question ({status}).")
    return {name: value for name, value in answer.items() if name in OF_MASTER.split(",") and name != "type"}


def _change(item: dict[str, Any], zone: str) -> Change:
    entry, series = str(item["id"]), item.get("seriesMasterId")
    declined = (item.get("responseStatus") or {}).get("response") == "declined"
    if "@removed" in item or item.get("isCancelled") or item.get("showAs") in FREE or declined:
        return Change(entry, series, None)
    start, end = _instant(item, "start", zone), _instant(item, "end", zone)
    return Change(entry, series, (start, end) if start < end else None)


def _instant(item: dict[str, Any], which: str, zone: str) -> datetime:
    """An instant in UTC, as asked for. A whole day is one of the zone it was made in: its midnights are wall time."""
    found = datetime.fromisoformat(item[which]["dateTime"])
    if item.get("isAllDay") and found.time() == time.min:
        made_in = str(item.get("originalStartTimeZone") or "")
        own = WINDOWS_TO_OLSON.get(made_in, made_in)
        return resolve(found.replace(tzinfo=None), own if own != "UTC" and valid_zone(own) else zone)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
