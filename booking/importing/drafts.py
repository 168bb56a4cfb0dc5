"""What of a booking can be made ready before its transaction: everything but its state, its customer and its policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from booking.importing.catalogue import Catalogue, place_of
from booking.importing.copying import cell
from booking.importing.rows import ImportRow
from models.base import new_id, new_ref

COLUMNS = (
    "id", "ref", "service_id", "staff_id", "location_id", "starts_at", "ends_at", "zone", "local_start", "fold", "seats", "price",
    "contact_name", "contact_email", "contact_email_canonical", "contact_phone", "notes", "external_id", "created_at")
"""Of `Draft.cells`. `created_at` is null where the file does not say."""


@dataclass(slots=True, eq=False)
class Draft:
    """A row with its ids, and `cells`: the part of its line for COPY that is known."""

    row: ImportRow
    id: int
    service_id: int
    staff_id: int
    person: str
    cells: str


def drafts_of(rows: Sequence[ImportRow], catalogue: Catalogue) -> list[Draft]:
    """One for each row, with ids that ascend: neighbours in the file are neighbours in the indexes."""
    return [_draft(row, booking_id, catalogue) for row, booking_id in zip(rows, sorted(new_id() for _ in rows), strict=True)]


def _draft(row: ImportRow, booking_id: int, catalogue: Catalogue) -> Draft:
    staff_id, home_id = catalogue.staff[row.staff.lower()]
    service_id = catalogue.services[row.service.lower()]
    location_id = catalogue.locations.get(place_of(row).lower(), home_id)
    return Draft(row, booking_id, service_id, staff_id, row.email_canonical or row.phone or f"name:{row.name.lower()}", (
        f"{booking_id}\t{new_ref()}\t{service_id}\t{staff_id}\t{location_id}\t{row.starts_at}\t{row.ends_at}\t{row.zone}\t{row.local_start}\t{row.fold}"
        f"\t{row.seats}\t{max(row.price or 0, row.paid)}\t{cell(row.name)}\t{cell(row.email)}\t{cell(row.email_canonical)}\t{cell(row.phone)}"
        f"\t{cell(row.notes)}\t{cell(row.external_id)}\t{row.booked_at or cell(None)}"))
