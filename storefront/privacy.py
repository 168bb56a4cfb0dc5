"""My data: read it, take it along, have it erased (R45)."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from flask import Response, g, redirect, request

from booking.access import visitor
from booking.actions.delete_account import delete_account
from booking.privacy import customer_data
from booking.rules.decision import Refused
from booking.wording import Words
from models.actor import Actor
from models.session import reading
from storefront.blueprint import bp, page, words
from storefront.cookies import forget_login
from storefront.door import require_login

MONEY = frozenset({"amount", "price", "paid", "refunded", "owed", "used"})
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")
AGAIN = "/account/login?again=1&next=/account/data"


@bp.get("/account/data")
def data_page():  # noqa: ANN201
    """Everything the shop keeps about the customer, in words, with the file and the way to have it erased."""
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
        data = customer_data(tx, person.customer_id) or {}
    w = words(store, person)
    return page("data.html", store, w, person=person, groups=_groups(data, w, person.zone or store.zone), problem=None)


@bp.get("/account/data.json")
def data_file() -> Response:
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
        data = customer_data(tx, person.customer_id)
    return Response(json.dumps(data, ensure_ascii=False, indent=2), mimetype="application/json",
                    headers={"Content-Disposition": f'attachment; filename="{store.slug}-my-data.json"'})


@bp.post("/account/delete")
def delete():  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
    if "sure" not in request.form:
        return redirect("/account/data#delete", 303)
    try:
        delete_account(g.store_id, Actor("customer", "account", person.customer_id), person.customer_id, person.login_id)
    except Refused:
        return redirect(AGAIN, 303)
    response = redirect("/account/deleted", 303)
    forget_login(response)
    return response


@bp.get("/account/deleted")
def deleted():  # noqa: ANN201
    with reading(g.store_id) as tx:
        store, _ = visitor(tx, None)
    return page("deleted.html", store, words(store))


def _groups(data: dict[str, Any], w: Words, zone: str) -> list[tuple[str, list[list[tuple[str, str]]]]]:
    """(heading, its entries as name and value); empty groups and values are left out."""
    headings = {
        "profile": w._("Profile"), "bookings": w._("Bookings"), "payments": w._("Payments"), "refunds": w._("Refunds"), "credits": w._("Credit"),
        "feedback": w._("Feedback"), "messages": w._("Messages sent to you"), "sessions": w._("Sign-ins"),
        "address_changes": w._("Changes of your address")}
    groups = []
    for key, heading in headings.items():
        entries = [data[key]] if key == "profile" else data.get(key, [])
        told = [[(name.replace("_", " "), _text(name, value, entry, w, zone)) for name, value in entry.items() if value not in (None, "", {})] for entry in entries]
        if told:
            groups.append((heading, told))
    return groups


def _text(name: str, value: Any, entry: dict[str, Any], w: Words, zone: str) -> str:
    """A value as people read it: money with its currency, moments in the customer's zone."""
    if name in MONEY and "currency" in entry:
        return w.money(value, entry["currency"])
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return w.when(datetime.fromisoformat(value), zone)
    if isinstance(value, bool):
        return w._("yes") if value else w._("no")
    if isinstance(value, dict):
        return "; ".join(f"{channel}: {', '.join(kind for kind, on in kinds.items() if on) or w._('no')}" for channel, kinds in value.items())
    return str(value)
