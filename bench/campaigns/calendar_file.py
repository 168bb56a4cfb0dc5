"""`bench campaign calendar_file FILE.ics [FIRST DAY] [ZONE]`: a calendar file blocks exactly the slots a second, independent reader says.

Every slot of five minutes is compared, from the day before to 400 days after the first day (default: the middle of the file's own dates).
"""

from __future__ import annotations

import sys
import time as clock
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.independent_ics import File, Span
from booking.rules.wall_time import use_packaged_zones
from sync.calendars import AHEAD, BEHIND, busy_spans

SLOT = timedelta(minutes=5)


def main(argv: list[str]) -> int:
    if not argv:
        print(__doc__, file=sys.stderr)
        return 2
    use_packaged_zones()
    body, zone = Path(argv[0]).read_bytes(), argv[2] if len(argv) > 2 else "Europe/Berlin"
    file = File(body.decode("utf-8-sig", "replace"), zone)
    starts = sorted(file.at(event.props["DTSTART"][0])[0] for event in file.events if "DTSTART" in event.props)
    now = (datetime.fromisoformat(argv[1]) if len(argv) > 1 and argv[1] else starts[len(starts) // 2]).replace(tzinfo=UTC)
    begun = clock.process_time()
    ours = slots(busy_spans(body, zone, now), now)
    took = clock.process_time() - begun
    theirs = slots(file.spans(now - BEHIND, now + AHEAD), now)
    print(f"{len(file.events)} entries from {starts[0]:%Y-%m-%d} to {starts[-1]:%Y-%m-%d}; read around {now:%Y-%m-%d} in {took:.2f} s of CPU time; "
          f"{sum('RRULE' in event.props for event in file.events)} repeat, {sum('RECURRENCE-ID' in event.props for event in file.events)} are changed repetitions, "
          f"{sum('EXDATE' in event.props for event in file.events)} leave dates out")
    print(f"slots of 5 minutes: {len(ours)} blocked by our reader, {len(theirs)} by the other, {len(ours - theirs)} only by ours, {len(theirs - ours)} only by the other")
    for name, only in (("only ours", ours - theirs), ("only theirs", theirs - ours)):
        for number in sorted(only)[:5]:
            print(f"  {name}: {now - BEHIND + number * SLOT:%Y-%m-%d %H:%M} UTC")
    return 0 if ours == theirs else 1


def slots(spans: list[Span], now: datetime) -> set[int]:
    """The numbers of the slots that are not wholly free."""
    first, found = now - BEHIND, set()
    for start, end in spans:
        found.update(range((start - first) // SLOT, -((first - end) // SLOT)))
    return found
