"""Settings > Domain: the store's address here, and host names of its own with their proof (A51, I52)."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select

from booking.actions.domains import add_domain, look_again, record_name, record_text, remove_domain, use_in_links
from booking.keys import settings
from booking.rules.decision import Refused
from models.domain import Domain
from models.session import reading
from models.store import StoreHost
from shopify_app.dashboard.door import OWNER, Visit, screen
from shopify_app.dashboard.typed import Typed, must_be_id


@screen("/settings/domain", roles=OWNER, methods=("GET", "POST"))
def domain_settings(visit: Visit) -> Any:
    if request.method == "GET":
        return _show(visit, {"host": ""})
    typed = Typed(visit.words)
    try:
        add_domain(visit.store_id, visit.actor, typed.text("host", 300))
    except Refused as refused:
        if refused.code != "invalid":
            raise
        typed.refused(refused)
        return _show(visit, typed.shown(), problems=typed.problems, status=422)
    return visit.go("/settings/domain", done="added")


@screen("/settings/domain/<int:domain_id>/look", roles=OWNER, methods=("POST",))
def look_at_domain(visit: Visit, domain_id: int) -> Any:
    look_again(visit.store_id, visit.actor, must_be_id(domain_id))
    return visit.go("/settings/domain", done="looking")


@screen("/settings/domain/<int:domain_id>/use", roles=OWNER, methods=("POST",))
def use_domain(visit: Visit, domain_id: int) -> Any:
    try:
        use_in_links(visit.store_id, visit.actor, must_be_id(domain_id))
    except Refused as refused:
        if refused.code != "not_allowed":
            raise
        return _show(visit, {"host": ""}, problems={"host": visit.words._("That domain is not proven at the moment.")}, status=409)
    return visit.go("/settings/domain", done="saved")


@screen("/settings/domain/<int:domain_id>/remove", roles=OWNER, methods=("POST",))
def drop_domain(visit: Visit, domain_id: int) -> Any:
    remove_domain(visit.store_id, visit.actor, must_be_id(domain_id))
    return visit.go("/settings/domain", done="removed")


def _show(visit: Visit, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200) -> Any:
    _, zone = visit.words._, visit.store.zone
    said = {"missing": _("The TXT record is not there, or not to be seen yet: new records can take an hour."),
            "no_answer": _("The name servers of this domain gave no answer. We try again by ourselves."),
            "in_use": _("Another store here has proven the same name. Remove its record first.")}
    with reading(visit.store_id) as tx:
        served = dict(tx.db.execute(select(StoreHost.host, StoreHost.primary_host).where(
            StoreHost.store_id == tx.store_id, StoreHost.verified_at.is_not(None))).all())
        rows = tx.db.execute(select(Domain).where(Domain.store_id == tx.store_id).order_by(Domain.created_at, Domain.id)).all()
        domains = [{"id": row.id, "host": row.host, "served": row.host in served, "primary": served.get(row.host, False),
                    "looking": row.next_check_at <= tx.now, "problem": said.get(row.problem or ""), "record_name": record_name(row.host),
                    "record_text": record_text(row.token), "seen": visit.words.when(row.proven_at, zone) if row.proven_at else ""} for row in rows]
    here = settings()
    return visit.show("settings_domain.html", here="settings", form=form, problems=problems or {}, status=status, domains=domains,
                      address=here.origin(here.store_host(visit.store.slug)), target=here.store_host(visit.store.slug),
                      looking=any(d["looking"] for d in domains) and request.method == "GET")
