"""Which column of a file means what: Acuity Scheduling's export, and our own documented format (docs/import.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace

FIELDS = (
    "id", "starts_at", "ends_at", "duration_minutes", "zone", "service", "staff", "location", "name", "first_name", "last_name",
    "email", "phone", "seats", "price", "paid", "status", "notes", "booked_at",
)
IMPORTED = frozenset({"pending", "confirmed", "completed", "cancelled", "no_show"})
REQUIRED = ("starts_at", "service", "staff")


class FormatError(Exception):
    """The file's columns cannot be understood; the text says which and what to do."""


@dataclass(frozen=True)
class Format:
    """`columns` maps our field names to header names; `statuses` maps lower-case labels to booking statuses."""

    name: str
    columns: dict[str, str]
    statuses: dict[str, str]

    def with_changes(self, columns: dict[str, str], statuses: dict[str, str]) -> Format:
        unknown = sorted(set(columns) - set(FIELDS))
        if unknown:
            raise FormatError(f"Unknown field {', '.join(unknown)}. Fields: {', '.join(FIELDS)}.")
        if meaningless := sorted(set(statuses.values()) - IMPORTED):
            raise FormatError(f"Unknown status {', '.join(meaningless)}. Statuses: {', '.join(sorted(IMPORTED))}.")
        return replace(self, columns=self.columns | columns, statuses=self.statuses | {k.lower(): v for k, v in statuses.items()})

    def positions(self, header: list[str]) -> dict[str, int]:
        """Field -> column number. Headers are compared without case and surrounding space."""
        places = {title.strip().lower(): number for number, title in reversed(list(enumerate(header)))}
        found = {field: places[title.lower()] for field, title in self.columns.items() if title.lower() in places}
        missing = [f"{field} (column {self.columns.get(field, '?')!r})" for field in REQUIRED if field not in found]
        if "ends_at" not in found and "duration_minutes" not in found:
            missing.append("ends_at or duration_minutes")
        if missing:
            raise FormatError(f"Missing in the file: {', '.join(missing)}. Map columns with --map field=Column.")
        return found


STATUSES = {s: s for s in IMPORTED} | {
    "no-show": "no_show", "no show": "no_show", "noshow": "no_show", "canceled": "cancelled", "": ""}

ACUITY = Format("acuity", {
    "id": "Appointment ID", "starts_at": "Start Time", "ends_at": "End Time", "zone": "Timezone", "service": "Type",
    "staff": "Calendar", "first_name": "First Name", "last_name": "Last Name", "email": "Email", "phone": "Phone",
    "price": "Appointment Price", "paid": "Amount Paid Online", "status": "Label", "notes": "Notes",
    "booked_at": "Date Scheduled",
}, STATUSES | {"confirmed": "", "checked in": "", "completed": "completed"})

OPENCALS = Format("opencals", {field: field for field in FIELDS}, STATUSES)

FORMATS = {f.name: f for f in (ACUITY, OPENCALS)}


def detect(header: list[str]) -> Format:
    """The format whose required columns all stand in the header."""
    for known in FORMATS.values():
        try:
            known.positions(header)
        except FormatError:
            continue
        return known
    raise FormatError("These columns are neither Acuity's export nor our format. Name the format with --format and map "
                      "columns with --map field=Column.")
