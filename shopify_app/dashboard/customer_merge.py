"""Merging two records of one person (R44)."""

from __future__ import annotations

from typing import Any

from flask import request

from booking.actions.merge_customers import merge_customers
from booking.rules.decision import Refused
from models import customer_list
from models.customer_list import ListedCustomer
from models.session import Tx, reading
from shopify_app.dashboard import given
from shopify_app.dashboard.customers import show_customer
from shopify_app.dashboard.door import MANAGERS, Visit, screen


@screen("/customers/<int:customer_id>/merge", roles=MANAGERS)
def customer_merge_choose(visit: Visit, customer_id: int) -> Any:
    """Who else is this? Records with the same address or phone first, others by search."""
    asked = given.text(request.args.get("q"), 120)
    with reading(visit.store_id) as tx:
        c = _there(tx, customer_id)
        found = [row for row in customer_list.search(tx, asked, limit=20) if row.id != c.id] if asked else []
    return visit.show("customer_merge_choose.html", here="customers", c=c, asked=asked, found=found)


@screen("/customers/<int:customer_id>/merge/<int:other_id>", roles=MANAGERS, methods=("GET", "POST"))
def customer_merge(visit: Visit, customer_id: int, other_id: int) -> Any:
    """What stays and what goes, then the one button."""
    with reading(visit.store_id) as tx:
        kept, other = _there(tx, customer_id), customer_list.one(tx, given.known_id(other_id))
    if request.method == "GET" and other is not None:
        return visit.show("customer_merge.html", here="customers", kept=kept, other=other, reasons=_reasons(visit, kept, other))
    try:
        merge_customers(visit.store_id, visit.actor, kept.id, given.known_id(other_id))
    except Refused as refused:
        if refused.code == "not_found":
            raise
        w = visit.words
        problem = w._("Both belong to different customers in Shopify. Please merge them there; this list follows.") \
            if refused.code == "not_allowed" else w._("This is the same customer.")
        return show_customer(visit, kept.id, problem=problem, status=409)
    return visit.go(f"/customers/{kept.id}", done="merged")


def _reasons(visit: Visit, kept: ListedCustomer, other: ListedCustomer) -> list[str]:
    """What to think about before."""
    w, found = visit.words, []
    if kept.email_verified_at and other.email_verified_at:
        found.append(w._("Both have signed in with their own address. From now on only {kept} opens the account, with the bookings of both.").format(
            kept=kept.email))
    elif kept.email and other.email and kept.email.lower() != other.email.lower():
        found.append(w._("They have different addresses. Messages will go to {address}.").format(
            address=other.email if other.email_verified_at else kept.email))
    return found


def _there(tx: Tx, customer_id: int) -> ListedCustomer:
    c = customer_list.one(tx, given.known_id(customer_id))
    if c is None:
        raise Refused("not_found")
    return c
