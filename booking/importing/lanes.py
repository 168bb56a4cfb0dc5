"""Two batches at once: the rows of a file parted by staff, so that neither waits for the other's locks, each part in the file's order.

Which lane writes a row changes nothing of the result. What overlaps what is decided among one person's rows. A customer comes with
the first row that names them, so a row waits while an earlier one of the same customer stands in the other lane unwritten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from booking.importing.drafts import Draft
from booking.importing.load import Loaded
from booking.importing.rows import ImportRow


@dataclass(slots=True, eq=False)
class Lane:
    """`rows` are numbers in the file, ascending; those before `taken` are being written, or are, up to the number `written`."""

    rows: list[int] = field(default_factory=list)
    taken: int = 0
    written: int = -1
    ready: list[Draft] = field(default_factory=list)


def write_in_lanes(rows: Sequence[ImportRow], draft: Callable[[Sequence[ImportRow]], list[Draft]], write: Callable[[list[Draft]], Loaded],
                   wrote: Callable[[Loaded, int], None], *, two: bool, size: int) -> None:
    """Have `write` write every row, at most `size` at once; `wrote(loaded, rows)` is told of each batch, in this thread.

    While the database works, the next drafts are made ready here. The first failure stops what has not begun.
    """
    lanes = _two_lanes(rows) if two else [Lane(list(range(len(rows))))]
    earlier = _earlier(rows, lanes)
    customers: set[str] = set()
    running: dict[Future[Loaded], tuple[Lane, int]] = {}
    with ThreadPoolExecutor(2, "import") as writers:
        while True:
            for lane, other in zip(lanes, reversed(lanes), strict=True):
                if not lane.ready:
                    lane.ready = draft([rows[number] for number in lane.rows[lane.taken:lane.taken + size]])
                count = 0 if any(busy is lane for busy, _ in running.values()) else _free(lane, other, earlier, customers)
                if count:
                    running[writers.submit(write, lane.ready[:count])] = lane, count
                    lane.taken, lane.ready = lane.taken + count, lane.ready[count:]
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                lane, count = running.pop(future)
                loaded = future.result()
                lane.written = lane.rows[lane.taken - 1]
                customers |= loaded.customers
                wrote(loaded, count)


def _two_lanes(rows: Sequence[ImportRow]) -> list[Lane]:
    """Of about the same length. One for all when only the order decides: people without an address, who are known within their batch,
    or an id that comes twice."""
    if not all(row.email_canonical for row in rows) or len({row.external_id for row in rows}) < len(rows):
        return [Lane(list(range(len(rows))))]
    lanes, lengths, lane_of = (Lane(), Lane()), [0, 0], {}
    for staff, count in Counter([row.staff.lower() for row in rows]).most_common():
        shorter = lengths.index(min(lengths))
        lane_of[staff] = lanes[shorter]
        lengths[shorter] += count
    for number, row in enumerate(rows):
        lane_of[row.staff.lower()].rows.append(number)
    return [lane for lane in lanes if lane.rows]


def _earlier(rows: Sequence[ImportRow], lanes: list[Lane]) -> dict[int, int]:
    """For a row whose customer stands in the other lane before it: the number of the nearest such row."""
    if len(lanes) < 2:
        return {}
    second, last, earlier = set(lanes[1].rows), ({}, {}), {}
    for number, row in enumerate(rows):
        mine = number in second
        if (before := last[not mine].get(row.email_canonical)) is not None:
            earlier[number] = before
        last[mine][row.email_canonical] = number
    return earlier


def _free(lane: Lane, other: Lane, earlier: dict[int, int], customers: set[str]) -> int:
    """How many of the ready rows may be written now: up to one that waits for the other lane.

    Of two lanes that wait the one at the earlier row waits for a row the other has begun, so one of them always goes on.
    """
    for count, draft in enumerate(lane.ready):
        if earlier.get(lane.rows[lane.taken + count], -1) > other.written and draft.person not in customers:
            return count
    return len(lane.ready)
