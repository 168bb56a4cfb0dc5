"""Settings of the store: its name and contact, zone, language, and how its pages look (A107, A136, R46)."""

from __future__ import annotations

import re
from typing import Any

from flask import redirect, request
from sqlalchemy import select

from booking.actions.stores import update_store
from booking.rules.decision import Refused
from booking.wording import SHIPPED, words_for
from booking.wording.colours import FALLBACK, contrast, readable
from booking.wording.languages import pick
from booking.wording.staff_nouns import StaffNouns, earlier_prompt
from models.session import reading
from models.store import Store
from shopify_app.dashboard.door import Visit, screen
from shopify_app.dashboard.typed import Typed, differences
from shopify_app.dashboard.zones import ZONES

FIELDS = ("name", "email", "phone", "website", "zone", "locale", "staff_noun", "logo_url", "accent", "legal_name", "legal_address", "tax_id",
          "tax_percent")
STORED = (*FIELDS, "staff_nouns", "credit_days", "retention_days", "version")
NOUN = "staff_noun_"
"""With a language after it: the field of its own word for staff."""
LABELS = {"name": "Name", "email": "E-mail", "phone": "Phone", "website": "Website", "zone": "Time zone", "locale": "Language", "staff_noun": "Word for staff",
          "logo_url": "Logo", "accent": "Colour", "retention_days": "Days kept", "legal_name": "Legal name", "legal_address": "Legal address",
          "tax_id": "Tax number", "tax_percent": "Tax in prices", "credit_days": "Days credit lasts"}
LIGHT, DARK = "#f6f6f4", "#1b1e23"  # the grounds customers see the colour on


@screen("/settings")
def settings(visit: Visit) -> Any:
    return redirect(visit.url("/settings/portal"), 303)


@screen("/settings/store", methods=("GET", "POST"))
def store_settings(visit: Visit) -> Any:
    stored = _stored(visit)
    if request.method == "GET":
        return _show(visit, stored)
    typed = Typed(visit.words)
    values: dict[str, Any] = {name: typed.text(name, 600) for name in FIELDS}
    fields = typed.shown()
    if values["accent"] and not values["accent"].startswith("#"):
        values["accent"] = "#" + values["accent"]
    values["tax_percent"] = values["tax_percent"].replace(",", ".").removesuffix("%").strip()
    values["credit_days"] = typed.maybe("credit_days", 1, 3650)
    values["retention_days"] = typed.number("retention_days", 30, 3650)
    values |= {name: values[name] or None for name in ("website", "staff_noun", "logo_url", "accent", "legal_name", "legal_address", "tax_id",
                                                                    "tax_percent")}
    values["staff_nouns"] = {code: word for code in SHIPPED if (word := typed.text(NOUN + code, 120))}
    if typed.do == "preview":
        return _show(visit, fields)
    if not values["name"]:
        typed.wrong("name", visit.words._("Please give it a name."))
    if typed.problems:
        return _show(visit, fields, problems=typed.problems, status=422)
    changed = {name: value for name, value in values.items() if _differs(value, stored, name)}
    try:
        update_store(visit.store_id, visit.actor, version=typed.version(), **changed)
    except Refused as refused:
        if refused.code == "stale":
            theirs = _stored(visit)
            labels = {name: visit.words._(label) for name, label in LABELS.items()} | {
                NOUN + code: f"{visit.words._(LABELS['staff_noun'])} ({name})" for code, name in SHIPPED.items()}
            return _show(visit, fields | {"version": theirs["version"]}, status=409,
                         conflict=differences(labels, theirs, fields, lambda name, value: str(value or "")))
        if refused.code != "invalid":
            raise
        typed.refused(refused, lambda field: field.replace("staff_nouns.", NOUN))
        return _show(visit, fields, problems=typed.problems, status=422)
    return visit.go("/settings/store", done="saved")


def _stored(visit: Visit) -> dict[str, Any]:
    with reading(visit.store_id) as tx:
        row = tx.db.execute(select(*(getattr(Store, name) for name in STORED)).where(Store.store_id == tx.store_id)).one()
    nouns = {NOUN + code: word for code, word in row.staff_nouns.items()}
    return {name: "" if value is None else str(value) for name, value in row._asdict().items() if name != "staff_nouns"} | nouns


def _differs(value: Any, stored: dict[str, Any], name: str) -> bool:
    if isinstance(value, dict):
        return value != {code: stored[NOUN + code] for code in SHIPPED if stored.get(NOUN + code)}
    return str(value or "") != (stored[name] or "")


def _nouns(form: dict[str, Any]) -> dict[str, Any]:
    """What customers read of the staff in each language: in the store's own below its field, in the others below theirs."""
    own = {code: word for code in SHIPPED if (word := " ".join(form.get(NOUN + code, "").split()))}
    nouns = StaffNouns(form.get("staff_noun", "").strip() or None, own, form.get("locale", ""))
    read = [(code, name, words_for(code).direction, earlier_prompt(words_for(code), nouns)) for code, name in SHIPPED.items()]
    home = pick(form.get("locale"))
    return {"given": bool(own), "home": next(one for one in read if one[0] == home), "others": [one for one in read if one[0] != home or home in own]}


def _show(visit: Visit, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200,
          conflict: list[tuple[str, str, str]] | None = None) -> Any:
    return visit.show("settings_store.html", here="settings", form=form, problems=problems or {}, status=status, conflict=conflict,
                      languages=list(SHIPPED.items()), nouns=_nouns(form), zones=_zones(form.get("zone", "")), colours=_colours(form.get("accent", "")))


def _zones(present: str) -> list[str]:
    return list(ZONES) if present in ZONES or not present else [present, *ZONES]


def _colours(accent: str) -> dict[str, Any]:
    """The colour as it will stand on light and dark pages: darkened or lightened until it can be read (R46)."""
    accent = accent if accent.startswith("#") else f"#{accent}"
    chosen = accent.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else FALLBACK
    light, dark = readable(chosen, on=LIGHT), readable(chosen, on=DARK)
    return {"chosen": chosen, "changed": light != chosen, "shown": [
        (light, "#ffffff", LIGHT, f"{contrast(light, LIGHT):.1f}"), (dark, "#14161a", DARK, f"{contrast(dark, DARK):.1f}")]}
