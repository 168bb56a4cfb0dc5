"""The one address Google and Microsoft send people back to: leads on to the shop they came from, and changes nothing (R5, I43)."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, abort, redirect, request
from sqlalchemy import select

from booking.keys import settings
from booking.links import store_origin
from models.session import reading
from models.store import Store
from shopify_app.calendar_grant import PATH, read_state

blueprint = Blueprint("calendar_return", __name__)
PASSED_ON = {"state": 1000, "code": 4000, "error": 100}
"""What the dashboard needs to know, and how long each may be."""


@blueprint.get(PATH)
def come_back() -> Response:
    """To the host the dashboard is open on; it is taken from the database, by the store the signed state names."""
    found = read_state(request.args.get("state", ""))
    if found is None:
        abort(404)
    store_id, own_host, _ = found
    with reading(store_id) as tx:
        slug = tx.db.execute(select(Store.slug).where(Store.store_id == store_id)).scalar()
        if slug is None:
            abort(404)
        origin = store_origin(tx, slug) if own_host else settings().origin(settings().store_host(slug))
    query = {name: request.args[name][:longest] for name, longest in PASSED_ON.items() if name in request.args}
    return redirect(f"{origin}/admin/staff/calendar-account?{urlencode(query)}", 303)
