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

WORTH_IT = 4
"""A lane that could write less than this part of its next batch waits instead."""


@dataclass(slots=True, eq=False)
class Lane:
    """`rows` are numbers in the file, ascending; those before `taken` are being written, or are, up to the number `written`.
    `ready` are the drafts of the next."""

    rows: list[int] = field(default_factory=list)
    taken: int = 0
    written: int = -1
    busy: bool = False
    ready: list[Draft] = field(default_factory=list)

    def take(self, count: int) -> list[Draft]:
        batch, self.ready = self.ready[:count], self.ready[count:]
        self.taken, self.busy = self.taken + count, True
        return batch


def write_in_lanes(rows: Sequence[ImportRow], draft: Callable[[Sequence[ImportRow]], list[Draft]], write: Callable[[list[Draft]], Loaded],
                   wrote: Callable[[Loaded, int], None], *, two: bool, size: int) -> None:
    """Have `write` write every row, at most `size` at once; `wrote(loaded, rows)` is told of each batch, in this thread.

    While the database works, the next drafts are made ready here. The first failure stops what has not begun.
    """
    lanes = _two_lanes(rows) if two else [Lane(list(range(len(rows))))]
    earlier = _earlier(rows, lanes)
    customers: set[str] = set()
    running: dict[Future[Loaded], tuple[int, list[Lane]]] = {}
    with ThreadPoolExecutor(2, "import") as writers:
        while True:
            for lane, other in zip(lanes, reversed(lanes), strict=True):
                wanted = lane.rows[lane.taken + len(lane.ready):lane.taken + size]
                lane.ready += draft([rows[number] for number in wanted]) if wanted else []
                count = 0 if lane.busy else _free(lane, other, earlier, customers)
                if count and count * WORTH_IT >= len(lane.ready):
                    running[writers.submit(write, lane.take(count))] = count, [lane]
            if not running:
                # Neither could go far without the other: the next rows of both, in the file's order, as one.
                batch = _together(lanes, size)
                if not batch:
                    return
                running[writers.submit(write, batch)] = len(batch), lanes
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                count, of = running.pop(future)
                loaded = future.result()
                for lane in of:
                    lane.written, lane.busy = lane.rows[lane.taken - 1] if lane.taken else -1, False
                customers |= loaded.customers
                wrote(loaded, count)


def _together(lanes: list[Lane], size: int) -> list[Draft]:
    """The next rows of all lanes, at most `size`, in the file's order."""
    numbers = sorted((number, lane is lanes[0]) for lane in lanes for number in lane.rows[lane.taken:lane.taken + len(lane.ready)])[:size]
    first = sum(of_first for _, of_first in numbers)
    taken = [iter(lane.take(count)) for lane, count in zip(lanes, (first, len(numbers) - first), strict=False)]
    return [next(taken[0] if of_first else taken[1]) for _, of_first in numbers]


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
    """How many of the ready rows may be written now: up to one that waits for the other lane."""
    for count, draft in enumerate(lane.ready):
        if earlier.get(lane.rows[lane.taken + count], -1) > other.written and draft.person not in customers:
            return count
    return len(lane.ready)
