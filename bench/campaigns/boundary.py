"""The edge of a notice, to the second, on page, POST and API alike; for days also across both clock changes (R10, R11, A80)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from bench.campaigns import demo
from sandbox.browser import Browser

NEW_YORK = ZoneInfo("America/New_York")
SECOND = timedelta(seconds=1)


def main(argv: list[str]) -> int:
    walk = Walk(demo())
    try:
        held = [walk.case("24 hours", {"reschedule": {"notice": "PT24H"}, "cancel": {"notice": "PT24H"}}, walk.soon(12), timedelta(hours=24), "24")]
        for name, day, change in (("7 days over the change in March", date(2027, 3, 17), 167), ("7 days over the change in November", date(2027, 11, 10), 169)):
            start = datetime(day.year, day.month, day.day, 10, tzinfo=NEW_YORK)
            held.append(walk.case(name, {"reschedule": {"notice": "P7D"}, "cancel": {"notice": "P7D"}}, start, timedelta(hours=change), "168"))
    finally:
        walk.set_clock(datetime.now(UTC))
    return 0 if all(held) else 1


class Walk:
    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.api = httpx.Client(base_url=f"{facts['api']}/api/merchant/v1", timeout=60,
                                headers={"Authorization": f"Bearer {facts['stores']['demo']['merchant_token']}"})
        location = self.api.get("/locations").json()["items"][0]["id"]
        hours = {day: [["06:00", "22:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
        self.staff = self.api.post("/staff", json={"name": "Edge", "location": location, "hours": hours}).json()["id"]
        self.venue = self.api.get("/store").json()["name"]

    def soon(self, hour: int) -> datetime:
        day = datetime.now(NEW_YORK).date() + timedelta(days=9)
        return datetime(day.year, day.month, day.day, hour, tzinfo=NEW_YORK)

    def set_clock(self, now: datetime) -> None:
        httpx.post(f"{self.facts['sandbox']}/clock", json={"now": now.isoformat()}).raise_for_status()

    def case(self, name: str, policy: dict[str, Any], start: datetime, elapsed: timedelta, n: str) -> bool:
        """Just before the deadline everything is allowed; a second after it everything is refused with the sentence."""
        service = self.api.post("/services", json={"name": f"Edge {name}", "duration": "PT30M", "staff": [self.staff], "policy": policy, "horizon": "P720D"}).json()["id"]
        made = self.api.post("/bookings", json={"service": service, "starts_at": start.isoformat(), "customer": {"name": "Edge", "email": "edge@example.com"},
                                               "notify": False, "override": True})
        b = made.json()
        start = datetime.fromisoformat(b["starts_at"])
        edge = start.astimezone(UTC) - elapsed
        sentence = f"This booking is within {n}h of the appointment time and can't be rescheduled online. Please contact {self.venue} directly."
        # The sandbox's clock runs on while requests travel, so 20 seconds before stand for the edge; the tests stop the clock and ask at it.
        results = {}
        self.set_clock(edge - 20 * SECOND)
        page = Browser(self.facts["portal"]).visit(b["manage_url"])
        results["page before"] = page.status == 200 and "You can change this until" in page.text and sentence not in page.text
        picker = Browser(self.facts["portal"]).visit(b["manage_url"] + "&action=reschedule")
        results["picker before"] = picker.status == 200 and bool(picker.choices("at"))
        later = (start + timedelta(days=1)).isoformat()
        moved = self.api.post(f"/bookings/{b['ref']}/reschedule", json={"starts_at": later, "notify": False})
        results["API before"] = moved.status_code == 200
        self.api.post(f"/bookings/{b['ref']}/reschedule", json={"starts_at": start.isoformat(), "notify": False, "override": True}).raise_for_status()
        summary = Browser(self.facts["portal"]).visit(b["manage_url"] + "&action=reschedule")
        summary.submit("/reschedule", at=summary.choices("at")[-1])
        self.set_clock(edge + SECOND)
        page.visit(b["manage_url"])
        results["page after"] = sentence in page.text
        summary.submit("/reschedule")
        results["POST after"] = summary.status == 409 and sentence in summary.text
        refused = self.api.post(f"/bookings/{b['ref']}/reschedule", json={"starts_at": later}).json()
        results["API after"] = refused["status"] == 409 and refused["code"] == "too_late"
        results["booking intact"] = self.api.get(f"/bookings/{b['ref']}").json()["starts_at"] == b["starts_at"]
        print(f"{name}: start {start.isoformat()}, deadline {edge.isoformat()}: " + ", ".join(f"{k} {'ok' if v else 'WRONG'}" for k, v in results.items()))
        return all(results.values())
