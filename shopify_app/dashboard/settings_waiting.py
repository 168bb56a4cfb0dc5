"""Settings > Earlier times & offers: who may wait, how long an offered time is theirs, the bands of the day (R34, R35, A94, A153, A154)."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select

from booking.actions.stores import update_store
from booking.rules.decision import Refused
from booking.rules.waitlist import BANDS
from models.session import reading
from models.store import Store
from shopify_app.dashboard.door import Visit, screen
from shopify_app.dashboard.typed import Typed, differences

FLAGS, NUMBERS = ("waitlist", "offer_hold"), {"waitlist_claim_minutes": (5, 1440), "waitlist_rest_hours": (1, 168), "offer_hours": (1, 168)}
LABELS = {"waitlist": "Earlier times", "waitlist_claim_minutes": "Minutes to decide", "waitlist_rest_hours": "Hours of rest", "offer_hours": "Hours an offer holds",
          "offer_hold": "Offered times are held"} | {f"{band}-{side}": f"{band.capitalize()} {side}" for band in BANDS for side in ("from", "to")}


@screen("/settings/waiting", methods=("GET", "POST"))
def waiting_settings(visit: Visit) -> Any:
    if request.method == "GET":
        return _show(visit, _stored(visit))
    typed = Typed(visit.words)
    values: dict[str, Any] = {name: typed.flag(name) for name in FLAGS} | {name: typed.number(name, *limits) for name, limits in NUMBERS.items()}
    spans = {band: [typed.text(f"{band}-from", 5), typed.text(f"{band}-to", 5)] for band in BANDS}
    values["waitlist_bands"] = {band: [start, "24:00" if end == "00:00" else end] for band, (start, end) in spans.items()}
    fields = typed.shown()
    if typed.problems:
        return _show(visit, fields, problems=typed.problems, status=422)
    try:
        update_store(visit.store_id, visit.actor, version=typed.version(), **values)
    except Refused as refused:
        if refused.code == "stale":
            theirs = _stored(visit)
            _ = visit.words._
            return _show(visit, fields | {"version": theirs["version"]}, status=409, conflict=differences(
                {name: _(label) for name, label in LABELS.items()}, theirs, fields,
                lambda name, value: (_("yes") if value else _("no")) if name in FLAGS else str(value or "")))
        if refused.code != "invalid":
            raise
        typed.refused(refused)
        return _show(visit, fields, problems=typed.problems, status=422)
    return visit.go("/settings/waiting", done="saved")


def _stored(visit: Visit) -> dict[str, Any]:
    with reading(visit.store_id) as tx:
        row = tx.db.execute(select(*(getattr(Store, name) for name in (*FLAGS, *NUMBERS, "waitlist_bands", "version"))).where(
            Store.store_id == tx.store_id)).one()
    bands = {f"{band}-{side}": "00:00" if (row.waitlist_bands.get(band) or ["", ""])[n] == "24:00" else (row.waitlist_bands.get(band) or ["", ""])[n]
             for band in BANDS for n, side in enumerate(("from", "to"))}
    return {name: "1" if getattr(row, name) else "" for name in FLAGS} | {name: str(getattr(row, name)) for name in (*NUMBERS, "version")} | bands


def _show(visit: Visit, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200,
          conflict: list[tuple[str, str, str]] | None = None) -> Any:
    _ = visit.words._
    names = {"morning": _("Morning"), "afternoon": _("Afternoon"), "evening": _("Evening")}
    return visit.show("settings_waiting.html", here="settings", form=form, problems=problems or {}, status=status, conflict=conflict,
                      bands=[(band, names.get(band, band)) for band in BANDS])
