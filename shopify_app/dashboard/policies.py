"""The policy editor: of one service, and of the store (A31-A36, A78, A132, A151, R2, R17-R23, R26, D26d).

Sending the form with the button `preview`, `add` or `remove-N` shows it again; without a button it saves. What cannot work is
said before anything is saved, and saved only when the merchant wants it all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import select

from booking.actions.services import update_service
from booking.actions.stores import update_store
from booking.facts import read_policy
from booking.rules.decision import Refused
from booking.rules.policy import Flags, Policy, resolve_flags
from booking.wording import SHIPPED, words_for
from booking.wording.languages import pick
from models.service import Service
from models.session import Tx, reading
from models.store import Store
from shopify_app.dashboard import policy_form
from shopify_app.dashboard.door import Visit, screen
from shopify_app.policy_preview import preview
from shopify_app.dashboard.typed import Typed, differences, must_be_id

SWITCHES = ("self_service", "reschedule", "cancel")
OWN_SWITCHES = (*SWITCHES, "offer_hold")


@dataclass(frozen=True)
class Subject:
    """Whose policy it is. Of the store where `service_id` is None: then there is no price, no horizon and nothing to inherit."""

    service_id: int | None
    name: str
    own: Policy | None
    default: Policy
    store_flags: Flags
    switches: dict[str, str]
    version: int
    price: int | None
    horizon_days: int | None
    currency: str

    @property
    def path(self) -> str:
        return "/settings/policy" if self.service_id is None else f"/services/{self.service_id}/policy"

    def fields(self) -> dict[str, Any]:
        policy = self.own if self.own is not None else self.default
        return policy_form.form_of(policy, self.currency) | self.switches | {"own": "own" if self.own is not None else "store",
                                                                            "version": str(self.version)}


@screen("/services/<int:service_id>/policy", methods=("GET", "POST"))
def service_policy(visit: Visit, service_id: int) -> Any:
    return _editor(visit, service_id)


@screen("/settings/policy", methods=("GET", "POST"))
def store_policy(visit: Visit) -> Any:
    return _editor(visit, None)


def _editor(visit: Visit, service_id: int | None) -> Any:
    subject, now = _read(visit, service_id)
    if request.method == "GET":
        return _show(visit, subject, subject.fields(), now)
    typed = Typed(visit.words)
    fields = policy_form.shown(typed) | {"own": typed.form.get("own", "own")}
    if typed.do == "add":
        return _show(visit, subject, policy_form.with_row(fields), now)
    if typed.do.startswith("remove-"):
        return _show(visit, subject, policy_form.without_row(fields, typed.do.removeprefix("remove-")), now)
    switches = {name: typed.chosen(name, ("inherit", "on", "off")) for name in OWN_SWITCHES} if service_id is not None else {}
    own = service_id is None or typed.chosen("own", ("store", "own")) == "own"
    policy = policy_form.read(typed, subject.currency) if own else None
    if typed.problems:
        return _show(visit, subject, fields, now, problems=typed.problems, status=422)
    if typed.do == "preview":
        return _show(visit, subject, fields, now, policy=policy)
    if own and _preview(visit, subject, policy, switches, now).concerns and not typed.flag("anyway"):
        return _show(visit, subject, fields, now, policy=policy, ask=True, status=422)
    return _save(visit, subject, typed, fields, policy, switches, now)


def _save(visit: Visit, subject: Subject, typed: Typed, fields: dict[str, Any], policy: Policy | None, switches: dict[str, str], now: Any) -> Any:
    body = None if policy is None else policy.to_json()
    try:
        if subject.service_id is None:
            update_store(visit.store_id, visit.actor, policy=body, version=typed.version())
        else:
            update_service(visit.store_id, visit.actor, subject.service_id, policy=body, version=typed.version(), **switches)
    except Refused as refused:
        if refused.code == "stale":
            theirs, now = _read(visit, subject.service_id)
            return _show(visit, theirs, fields | {"version": str(theirs.version)}, now, policy=policy, status=409,
                         conflict=_conflict(visit, theirs, fields))
        if refused.code != "invalid":
            raise
        typed.refused(refused, policy_form.field_of)
        return _show(visit, subject, fields, now, problems=typed.problems, status=422)
    return visit.go(subject.path, done="saved")


def _conflict(visit: Visit, theirs: Subject, fields: dict[str, Any]) -> list[tuple[str, str, str]]:
    options = policy_form.choices(visit.words)
    outcomes, units = dict(options["outcome"]), dict(options["unit"])

    def text(name: str, value: Any) -> str:
        if name == "tiers":
            return "; ".join(f"{row['n']} {units.get(row['unit'], '')}: {outcomes.get(row['outcome'], '')} {row['value']}" for row in value or [])
        if name == "rest":
            return f"{outcomes.get(value['outcome'], '')} {value['value']}" if value else ""
        if name in policy_form.TICKS:
            return visit.words._("yes") if value else visit.words._("no")
        known = "unit" if name.endswith("_unit") else "switch" if name in OWN_SWITCHES else name
        return dict(options.get(known, ())).get(value, str(value or ""))

    labels = {name: visit.words._(label) for name, label in policy_form.LABELS.items()}
    return differences(labels, theirs.fields(), fields, text)


def _show(visit: Visit, subject: Subject, fields: dict[str, Any], now: Any, *, policy: Policy | None = None, problems: dict[str, str] | None = None,
          ask: bool = False, status: int = 200, conflict: list[tuple[str, str, str]] | None = None) -> Any:
    seen = policy if policy is not None else subject.own or subject.default
    if fields.get("own") == "store":
        seen = subject.default
    return visit.show(
        "policy.html", here="settings" if subject.service_id is None else "services", subject=subject, form=fields, problems=problems or {},
        languages=SHIPPED.items(), read_in=_read_in(visit), choices=policy_form.choices(visit.words), ask=ask, conflict=conflict,
        seen=_preview(visit, subject, seen, {name: fields.get(name, "inherit") for name in SWITCHES}, now), status=status)


def _preview(visit: Visit, subject: Subject, policy: Policy | None, switches: dict[str, str], now: Any) -> Any:
    flags = subject.store_flags
    if subject.service_id is not None:
        flags = resolve_flags(flags, *(switches.get(name, "inherit") for name in SWITCHES))
    return preview(visit.words, words_for(_read_in(visit)), policy if policy is not None else subject.default, flags, now=now, zone=visit.store.zone,
                   currency=subject.currency, venue=visit.store.name, price=subject.price, horizon_days=subject.horizon_days)


def _read_in(visit: Visit) -> str:
    """The language the preview is read in: the one chosen beside it, at first the store's, which most customers read."""
    return pick(request.form.get("read_in") or visit.store.locale)


def _read(visit: Visit, service_id: int | None) -> tuple[Subject, Any]:
    """The policy's subject and the database's now; Refused not_found for an unknown service."""
    with reading(visit.store_id) as tx:
        store = tx.db.execute(select(Store.policy, Store.reschedule, Store.cancel, Store.version, Store.currency).where(
            Store.store_id == tx.store_id)).one()
        flags, default = Flags(store.reschedule, store.cancel), read_policy(store.policy)
        if service_id is None:
            return Subject(None, visit.store.name, default, default, flags, {}, store.version, None, None, store.currency), tx.now
        row = _service(tx, must_be_id(service_id))
        return Subject(row.id, row.name, None if row.policy is None else read_policy(row.policy), default, flags,
                       {name: getattr(row, name) for name in OWN_SWITCHES}, row.version, row.price, row.horizon_days, row.currency), tx.now


def _service(tx: Tx, service_id: int) -> Any:
    row = tx.db.execute(select(Service).where(Service.store_id == tx.store_id, Service.id == service_id)).one_or_none()
    if row is None:
        raise Refused("not_found")
    return row
