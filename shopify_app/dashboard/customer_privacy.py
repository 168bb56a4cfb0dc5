"""One person's data: handed out, or erased (R45)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Response, request
from sqlalchemy import func, select

from booking.actions.export_customer import export_customer
from booking.actions.redact_customer import redact_customer
from booking.rules.decision import Refused
from booking.wording.own_data import groups
from models import customer_list
from models.booking import Booking
from models.session import reading
from shopify_app.dashboard import given
from shopify_app.dashboard.door import MANAGERS, Visit, screen


@screen("/customers/<int:customer_id>/export", roles=MANAGERS, methods=("POST",))
def customer_export(visit: Visit, customer_id: int) -> Response:
    """The data as a file: JSON, or a page to read and print."""
    data = export_customer(visit.store_id, visit.actor, given.known_id(customer_id)).facts["data"]
    if request.form.get("format") == "page":
        return visit.show("customer_data.html", here="customers", data=data, customer_id=customer_id, groups=groups(data, visit.words, visit.store.zone),
                          made=visit.words.when(datetime.fromisoformat(data["made_at"]), visit.store.zone))
    body = json.dumps(data, ensure_ascii=False, indent=1)
    return Response(body, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="customer-{customer_id}.json"'})


@screen("/customers/<int:customer_id>/erase", roles=MANAGERS, methods=("GET", "POST"))
def customer_erase(visit: Visit, customer_id: int) -> Any:
    """What goes and what stays, then the one button; it cannot be taken back."""
    with reading(visit.store_id) as tx:
        c = customer_list.one(tx, given.known_id(customer_id))
        if c is None:
            raise Refused("not_found")
        ahead = tx.db.execute(select(func.count()).select_from(Booking).where(
            Booking.store_id == tx.store_id, Booking.customer_id == c.id, Booking.closed_at.is_(None), Booking.ends_at > tx.now)).scalar_one()
        owed = tx.db.execute(select(Booking.currency, func.sum(Booking.owed)).where(
            Booking.store_id == tx.store_id, Booking.customer_id == c.id, Booking.owed > 0).group_by(Booking.currency)).all()
    if request.method == "POST" and request.form.get("sure") == "1":
        redact_customer(visit.store_id, visit.actor, c.id)
        return visit.go("/customers", done="erased")
    missing = request.method == "POST"
    return visit.show("customer_erase.html", here="customers", status=422 if missing else 200, c=c, ahead=ahead, owed=owed, missing=missing)
