"""The audit trail in plain words: who did what, what it was before and what it is now (R41, A41, A147)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from booking.wording.deeds import deed
from booking.wording.fields import fields_named
from booking.wording.fields_told import told
from booking.wording.topics import topic
from booking.wording.disputes import dispute_state
from booking.wording.words import Words


class Told(Protocol):
    """What is needed of an audit entry."""

    at: datetime
    actor_kind: str
    actor_id: str | None
    actor_role: str | None
    channel: str
    action: str
    allowed: bool
    subject: str
    subject_id: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    facts: dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One value before and after; `old` is empty for something new."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Line:
    """One entry. `who` names the person where one is known, `where` the channel; `notes` say what was out of the ordinary."""

    at: datetime
    who: str
    where: str
    what: str
    changes: list[Change]
    notes: list[str]
    allowed: bool


def history_line(w: Words, entry: Told, names: dict[tuple[str, str], str], zone: str, currency: str) -> Line:
    """An entry in words; times in `zone`, money in `currency`."""
    return Line(entry.at, actor(w, entry, names), channel(w, entry.channel), what(w, entry.action, entry.subject, entry.allowed),
                _changes(w, entry, names, zone, currency), _notes(w, entry, currency), entry.allowed)


def actor(w: Words, entry: Told, names: dict[tuple[str, str], str]) -> str:
    """`Sam Owner (owner)`, `Customer`, `Link holder`, `API token "Website"`, `System`."""
    own = entry.subject_id if entry.actor_id is None and entry.subject == entry.actor_kind else None
    name = names.get((entry.actor_kind, entry.actor_id or str(own or "")))
    if entry.actor_kind == "user":
        return w._("{name} ({role})").format(name=name or w._("Someone of the team"), role=role(w, entry.actor_role))
    if entry.actor_kind == "token":
        return w._("API token {name}").format(name=f"“{name}”") if name else w._("API token")
    return kind(w, entry.actor_kind)


def kind(w: Words, code: str) -> str:
    """What kind of caller it was; an unknown code as it is."""
    return {"customer": w._("Customer"), "link": w._("Link holder"), "shopify_customer": w._("Customer"), "system": w._("System"),
            "user": w._("Team"), "token": w._("API token")}.get(code, code)


def role(w: Words, code: str | None) -> str:
    return {"owner": w._("owner"), "manager": w._("manager"), "staff": w._("staff")}.get(code or "", code or w._("team"))


def channel(w: Words, code: str) -> str:
    return {
        "account": w._("account"), "link": w._("mailed link"), "extension": w._("Shopify account"), "dashboard": w._("dashboard"),
        "api": w._("API"), "webhook": w._("webhook"), "import": w._("import"), "schedule": w._("automatic"),
    }.get(code, code)


def what(w: Words, action: str, subject: str, allowed: bool = True) -> str:
    """What was done, or tried."""
    text = deed(w, action)
    return text if allowed else w._("Refused: {what}").format(what=text)


def _changes(w: Words, entry: Told, names: dict[tuple[str, str], str], zone: str, currency: str) -> list[Change]:
    before, after = entry.before or {}, entry.after or {}
    shown = {
        "starts_at": (w._("Time"), lambda v: w.when(datetime.fromisoformat(v), zone)),
        "staff_id": (w._("With"), lambda v: names.get(("staff", str(v)), w._("someone who has left"))),
        "status": (w._("Status"), w.status), "seats": (w._("Seats"), str), "price": (w._("Price"), lambda v: w.money(v, currency)),
        "dispute": (w._("Dispute"), lambda v: dispute_state(w, v)), "state": (w._("Refund"), lambda v: refund_state(w, v)), "capacity": (w._("Places"), str),
    }
    found = []
    for field, (label, say) in shown.items():
        old, new = before.get(field), after.get(field)
        if new is None or old == new or (entry.before is None and field in ("seats", "price", "state")):
            continue
        found.append(Change(label, "" if old is None else say(old), say(new)))
    fields = [str(field) for field in after.get("fields", ()) if field not in shown or field not in after]
    for field in (field for field in fields if field in after):
        found += [Change(*line) for line in told(w, field, before.get(field), after[field], names, currency)]
    if unsaid := [field for field in fields if field not in after]:
        found.append(Change(w._("Fields"), "", fields_named(w, unsaid)))
    return found


def _notes(w: Words, entry: Told, currency: str) -> list[str]:
    facts, notes = entry.facts, []
    if not entry.allowed:
        notes.append(_refused(w, facts.get("code", "")))
    if facts.get("override"):
        notes.append(w._("Outside the customers' rules, by override."))
    if facts.get("outside_hours"):
        notes.append(w._("Outside working hours."))
    if facts.get("overlap"):
        notes.append(w._("Over another booking or time off."))
    if facts.get("reason_given"):
        notes.append(w._("A reason was given."))
    if facts.get("waits"):
        notes.append(w._("Waits for approval."))
    if (quote := facts.get("quote")) and quote.get("outcome") != "none":
        notes.append(w._("Money back: {amount}, kept: {kept}.").format(amount=w.money(quote["amount"], quote["currency"]),
                                                                      kept=w.money(quote["kept"], quote["currency"])))
    if facts.get("paid"):
        notes.append(w._("Paid: {amount}.").format(amount=w.money(facts["paid"], currency)))
    if entry.action == "execute_refund" and facts.get("amount"):
        notes.append(w._("Amount: {amount}.").format(amount=w.money(facts["amount"], currency)))
    if facts.get("by_hand"):
        notes.append(w._("Given by hand"))
    if facts.get("topic"):
        notes.append(topic(w, facts["topic"]))
    return notes


def _refused(w: Words, code: str) -> str:
    return {
        "too_late": w._("Too late under the policy."), "limit_reached": w._("Moved as often as the policy allows."),
        "not_allowed": w._("Not allowed by the settings."), "closed": w._("The booking was closed already."),
        "checked_in": w._("The customer was checked in already."),
    }.get(code, code)


def refund_state(w: Words, state: str) -> str:
    return {"none": w._("Nothing to refund"), "owed": w._("Owed"), "pending": w._("On its way"), "succeeded": w._("Refunded"),
            "failed": w._("Failed")}.get(state, state)


def message_state(w: Words, state: str, attempts: int, delivery: str | None = None) -> str:
    """Whether a message has left (A104); `delivery` is what the SMS provider reports."""
    if delivery in ("delivered", "undelivered", "failed"):
        return w._("Delivered") if delivery == "delivered" else w._("Not delivered")
    if state == "due":
        return w._("Waiting") if not attempts else w.ngettext("Trying again, {n} try so far", "Trying again, {n} tries so far", attempts).format(n=attempts)
    return {"sent": w._("Sent"), "failed": w._("Failed"), "superseded": w._("Not sent: outdated"), "unknown": w._("Uncertain")}.get(state, state)
