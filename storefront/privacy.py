"""My data: read it, take it along, have it erased (R45)."""

from __future__ import annotations

import json

from flask import Response, g, redirect, request

from booking.access import visitor
from booking.actions.delete_account import delete_account
from booking.privacy import customer_data
from booking.rules.decision import Refused
from booking.wording.own_data import groups
from models.actor import Actor
from models.session import reading
from storefront.blueprint import bp, page, words
from storefront.cookies import forget_login
from storefront.door import require_login

AGAIN = "/account/login?again=1&next=/account/data"


@bp.get("/account/data")
def data_page():  # noqa: ANN201
    """Everything the shop keeps about the customer, in words, with the file and the way to have it erased."""
    with reading(g.store_id) as tx:
        store, person = require_login(tx)
        data = customer_data(tx, person.customer_id) or {}
    w = words(store, person)
    return page("data.html", store, w, person=person, groups=groups(data, w, person.zone or store.zone), problem=None)


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
