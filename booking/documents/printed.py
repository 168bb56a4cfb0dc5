"""A document in words: from frozen facts to the lines of the page, in the language it was issued in. Same money as everywhere."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from babel.numbers import format_decimal

from booking.addresses import first_name
from booking.wording import Words, words_for


class Issued(NamedTuple):
    """A row of `documents`, and the name its booking was made for."""

    number: int
    kind: str
    amount: int
    currency: str
    facts: dict[str, Any]
    issued_at: datetime
    customer: str


def title(w: Words, kind: str, number: int) -> str:
    text = w._("Receipt {number}") if kind == "receipt" else w._("Credit note {number}")
    return text.format(number=number)


def printed(document: Issued, *, masked: bool = False) -> dict[str, Any]:
    """Everything the template lays out, as texts. `masked` shows the first name only, for whoever holds a link (R6)."""
    facts, w = document.facts, words_for(document.facts["locale"])
    zone, item = facts["zone"], facts["item"]
    name = first_name(document.customer) if masked else document.customer
    start, end = datetime.fromisoformat(item["starts_at"]), datetime.fromisoformat(item["ends_at"])
    service = item["service"] if item["seats"] == 1 else w.ngettext("{service}, {n} seat", "{service}, {n} seats", item["seats"]).format(
        service=item["service"], n=item["seats"])
    return {
        "title": title(w, document.kind, document.number), "lang": w.locale, "direction": w.direction,
        "seller": _seller(w, facts["store"]),
        "about": [pair for pair in (
            (w._("Date"), w.date(document.issued_at, zone)),
            (w._("Order"), f"#{facts['order']}") if facts["order"] else None,
            (w._("To receipt"), ", ".join(map(str, facts["receipts"]))) if facts.get("receipts") else None,
            (w._("Booking"), facts["ref"]), (w._("Customer"), name) if name else None) if pair],
        "lines_head": [w._("Item"), w._("Amount")],
        "lines": [[service, f"{w.date(start, zone)}, {w.span(start, end, zone)}", _place(item), w.money(item["price"], document.currency)]],
        "money_head": [w._("Payments and refunds"), w._("Date"), w._("Amount")],
        "money": _money_lines(document, w), "totals": _totals(document, w),
        "foot": w._("Page {page} of {pages}"), "thanks": w._("Thank you for your visit.") if document.kind == "receipt" else ""}


def _seller(w: Words, store: dict[str, Any]) -> list[str]:
    """Name first; the legal name, address and tax number where the store gave them."""
    lines = [store["name"], store["legal_name"] if store["legal_name"] != store["name"] else None, *(store["legal_address"] or "").splitlines(),
             w._("Tax number: {number}").format(number=store["tax_id"]) if store["tax_id"] else None,
             " · ".join(filter(None, (store["phone"], store["email"])))]
    return [line for line in lines if line]


def _place(item: dict[str, Any]) -> str:
    return ", ".join(filter(None, (item["staff"], item["location"])))


def _money_lines(document: Issued, w: Words) -> list[list[str]]:
    """Payments, then refunds with a minus sign, each with its date and method."""
    facts, zone = document.facts, document.facts["zone"]

    def line(text: str, at: str, amount: int) -> list[str]:
        return [text, w.short_date_and_year(datetime.fromisoformat(at), zone), w.money(amount, document.currency)]

    paid = [line(w._("Paid: {method}").format(method=method(w, one["method"])), one["at"], one["amount"]) for one in facts["payments"]]
    back = []
    for one in facts["refunds"]:
        if one["credit"]:
            text = w._("Given as credit")
            if one["until"]:
                text = w._("Given as credit, valid until {date}").format(date=w.short_date_and_year(datetime.fromisoformat(one["until"]), zone))
        else:
            text = w._("Refunded: {method}").format(method=", ".join(method(w, name) for name in one["methods"]))
        back.append(line(text, one["at"], -one["amount"]))
    return paid + back


def _totals(document: Issued, w: Words) -> list[list[str]]:
    """The document's own amount first, then what belongs to it."""
    facts, currency = document.facts, document.currency
    receipt = document.kind == "receipt"
    name = w._("Amount received") if receipt else w._("Amount given as credit") if facts["refunds"][-1]["credit"] else w._("Amount refunded")
    rows = [[name, w.money(document.amount, currency)]]
    if facts["tax"]:
        percent = format_decimal(Decimal(facts["tax"]["percent"]), locale=w.locale)
        rows.append([w._("Tax contained ({percent}%)").format(percent=percent), w.money(facts["tax"]["amount"], currency)])
    if facts.get("fee"):
        rows.append([w._("Cancellation fee"), w.money(facts["fee"], currency)])
    if facts.get("kept"):
        rows.append([w._("Kept per our policy"), w.money(facts["kept"], currency)])
    if facts["due"]:
        rows.append([w._("Still to pay"), w.money(facts["due"], currency)])
    return rows


def method(w: Words, name: str) -> str:
    """How money was paid."""
    return {"card": w._("card"), "cash": w._("cash"), "gift_card": w._("gift card"), "shopify": w._("online shop"),
            "credit": w._("credit")}.get(name, w._("other"))
