"""A second reader of calendar files, to compare ours with: lines taken apart by hand, repetitions by python-dateutil alone.

It shares nothing with sync/calendars.py: neither the parser (icalendar) nor the expansion (recurring-ical-events).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import tz as dateutil_tz
from dateutil.rrule import rruleset, rrulestr

LINE = re.compile(r'(?P<name>[A-Za-z0-9-]+)(?P<params>(?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^;:"])*)*):(?P<value>.*)', re.S)
DURATION = re.compile(r"([+-])?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
Span = tuple[datetime, datetime]


@dataclass
class Prop:
    value: str
    params: dict[str, str]


@dataclass
class Event:
    props: dict[str, list[Prop]] = field(default_factory=dict)

    def one(self, name: str) -> Prop | None:
        return next(iter(self.props.get(name, ())), None)

    def text(self, name: str) -> str:
        found = self.one(name)
        return found.value if found else ""


class File:
    """All entries of a file; times without a zone, and whole days, are wall time of `zone`."""

    def __init__(self, text: str, zone: str) -> None:
        self.zone: tzinfo = ZoneInfo(zone)
        self.lines = re.sub(r"\r?\n[ \t]", "", text).replace("\r\n", "\n").split("\n")
        self.text, self.known = text, {}
        self.events = list(self._events())

    def _events(self) -> Iterator[Event]:
        inside: list[str] = []
        event = Event()
        for line in self.lines:
            match = LINE.fullmatch(line.rstrip("\r"))
            if match is None:
                continue
            name, value = match["name"].upper(), match["value"]
            if name == "BEGIN":
                inside.append(value.strip().upper())
                event = Event() if inside[-1] == "VEVENT" else event
            elif name == "END":
                if inside and inside.pop() == "VEVENT":
                    yield event
            elif inside and inside[-1] == "VEVENT":
                params = {key.upper(): text.strip('"') for key, text in re.findall(r';([A-Za-z0-9-]+)=("[^"]*"|[^;:"]*)', match["params"])}
                event.props.setdefault(name, []).append(Prop(value.strip(), params))

    def zone_of(self, name: str | None) -> tzinfo:
        if not name:
            return self.zone
        if name not in self.known:
            try:
                self.known[name] = ZoneInfo(name)
            except Exception:
                try:
                    self.known[name] = dateutil_tz.tzical(io.StringIO(self.text)).get(name) or self.zone
                except ValueError:
                    self.known[name] = self.zone
        return self.known[name]

    def at(self, prop: Prop, value: str | None = None) -> tuple[datetime, tzinfo, bool]:
        """(wall time, its zone, whether it is a whole day)."""
        text = value if value is not None else prop.value
        if len(text) == 8:
            return datetime.combine(date(int(text[:4]), int(text[4:6]), int(text[6:])), time.min), self.zone, True
        wall = datetime.strptime(text.rstrip("Z")[:15], "%Y%m%dT%H%M%S")
        return wall, UTC if text.endswith("Z") else self.zone_of(prop.params.get("TZID")), False

    def spans(self, start: datetime, end: datetime) -> list[Span]:
        """When the file is busy between the two, not merged."""
        found: list[Span] = []
        masters, overrides = self._newest()
        for uid, event in masters.items():
            replaced = {self._moment(prop) for prop in overrides.get(uid, {}).values() for prop in [prop.one("RECURRENCE-ID")] if prop}
            found += [span for moment, span in self._occurrences(event, end) if moment not in replaced]
        for entries in overrides.values():
            found += [span for event in entries.values() for _, span in self._single(event)]
        return [(max(a, start), min(b, end)) for a, b in found if a < b and b > start and a < end]

    def _newest(self) -> tuple[dict[str, Event], dict[str, dict[datetime, Event]]]:
        masters: dict[str, Event] = {}
        overrides: dict[str, dict[Any, Event]] = {}
        for number, event in enumerate(self.events):
            if event.one("DTSTART") is None:
                continue
            uid, recurrence = event.text("UID") or f"none-{number}", event.one("RECURRENCE-ID")
            place, key = (masters, uid) if recurrence is None else (overrides.setdefault(uid, {}), self._moment(recurrence))
            known = place.get(key)
            if known is None or int(event.text("SEQUENCE") or 0) >= int(known.text("SEQUENCE") or 0):
                place[key] = event
        return masters, overrides

    def _moment(self, prop: Prop, value: str | None = None) -> datetime:
        wall, zone, _ = self.at(prop, value)
        return wall.replace(tzinfo=zone).astimezone(UTC)

    def _length(self, event: Event) -> tuple[timedelta, bool]:
        """(how long, whether that is wall time: whole days and the like)."""
        first, start = self.at(event.props["DTSTART"][0]), event.props["DTSTART"][0]
        if (ends := event.one("DTEND")) is not None:
            last = self.at(ends)
            if first[2]:
                return last[0] - first[0], True
            return self._moment(ends) - self._moment(start), False
        if match := DURATION.fullmatch(event.text("DURATION")):
            weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
            return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds), first[2]
        return timedelta(days=1 if first[2] else 0), first[2]

    def _busy(self, event: Event) -> bool:
        return event.text("TRANSP").upper() != "TRANSPARENT" and event.text("STATUS").upper() != "CANCELLED"

    def _single(self, event: Event) -> list[tuple[datetime, Span]]:
        wall, zone, _ = self.at(event.props["DTSTART"][0])
        return [self._placed(wall, zone, event)] if self._busy(event) else []

    def _placed(self, wall: datetime, zone: tzinfo, event: Event) -> tuple[datetime, Span]:
        length, by_wall = self._length(event)
        start = wall.replace(tzinfo=zone).astimezone(UTC)
        stop = (wall + length).replace(tzinfo=zone).astimezone(UTC) if by_wall else start + length
        return start, (start, stop)

    def _occurrences(self, event: Event, end: datetime) -> list[tuple[datetime, Span]]:
        if not self._busy(event):
            return []
        wall, zone, whole_day = self.at(event.props["DTSTART"][0])
        rules = rruleset()
        rules.rdate(wall)
        for prop in event.props.get("RRULE", ()):
            rules.rrule(rrulestr(self._until(prop.value, zone, whole_day), dtstart=wall))
        for name, add in (("RDATE", rules.rdate), ("EXDATE", rules.exdate)):
            for prop in event.props.get(name, ()):
                for value in prop.value.split(","):
                    moment, of, day = self.at(prop, value.split("/")[0])
                    add(moment if day or of is zone else moment.replace(tzinfo=of).astimezone(zone).replace(tzinfo=None))
        last = end.astimezone(zone).replace(tzinfo=None) + timedelta(days=1)
        found = []
        for moment in rules:
            if moment > last:
                break
            found.append(self._placed(moment, zone, event))
        return found

    def _until(self, rule: str, zone: tzinfo, whole_day: bool) -> str:
        """dateutil compares wall times: an end in UTC becomes one of the rule's zone."""
        match = re.search(r"UNTIL=([0-9TZ]+)", rule)
        if match is None:
            return rule
        text = match[1]
        if len(text) == 8:
            until = datetime.strptime(text, "%Y%m%d") + (timedelta() if whole_day else timedelta(hours=23, minutes=59, seconds=59))
        else:
            until = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")
            until = until.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if text.endswith("Z") and not whole_day else until
        return rule.replace(match[0], f"UNTIL={until:%Y%m%dT%H%M%S}")
