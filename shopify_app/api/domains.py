"""The store's own host names, proven by a DNS record (A51, I52). For owners, as their screen is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from booking.actions import domains
from booking.keys import settings
from models.domain import Domain
from models.session import Tx
from models.store import Store, StoreHost
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation, owners_only
from shopify_app.api.shapes import access as s
from shopify_app.api.shapes.base import Listing, Nothing
from shopify_app.api.shapes.bookings import EmptyIn
from shopify_app.api.things import Thing


def _domains(tx: Tx, rows: Sequence[Row]) -> list[s.DomainOut]:
    served = dict(tx.db.execute(select(StoreHost.host, StoreHost.primary_host).where(
        StoreHost.store_id == tx.store_id, StoreHost.verified_at.is_not(None))).all())
    target = settings().store_host(tx.db.execute(select(Store.slug).where(Store.store_id == tx.store_id)).scalar_one())
    return [s.DomainOut(
        id=str(row.id), host=row.host, served=row.host in served, in_links=served.get(row.host, False), problem=row.problem,
        records=[s.DnsRecord(type="TXT", name=domains.record_name(row.host), value=domains.record_text(row.token)),
                 s.DnsRecord(type="CNAME", name=row.host, value=target)],
        proven_at=row.proven_at, next_look_at=row.next_check_at, created_at=row.created_at) for row in rows]


DOMAINS = Thing("domains", Domain, _domains, order="created_at")


@operation("GET", "/domains", summary="Host names of the store's own, and how they stand", query=PAGING, answer=Listing[s.DomainOut],
           allow=owners_only)
def list_domains(call: Call) -> Any:
    return DOMAINS.page(call)


@operation("POST", "/domains", summary="Claim a host name; the answer has the records to add", body=s.DomainIn, answer=s.DomainOut, status=201,
           allow=owners_only)
def post_domain(call: Call) -> Any:
    return DOMAINS.write(call, domains.add_domain, call.body.host)


@operation("GET", "/domains/{id}", summary="A host name", answer=s.DomainOut, allow=owners_only)
def get_domain(call: Call, id: str) -> Any:
    return DOMAINS.read(call, number(id))


@operation("POST", "/domains/{id}/look", summary="Have its DNS looked at now", body=EmptyIn, answer=s.DomainOut, allow=owners_only)
def post_look(call: Call, id: str) -> Any:
    domain_id = number(id)
    return call.act(domains.look_again, domain_id, show=lambda tx, done: DOMAINS.one(tx, domain_id))


@operation("POST", "/domains/{id}/use", summary="Let links in messages carry it; it has to be proven", body=EmptyIn, answer=s.DomainOut,
           allow=owners_only)
def post_use(call: Call, id: str) -> Any:
    domain_id = number(id)
    return call.act(domains.use_in_links, domain_id, show=lambda tx, done: DOMAINS.one(tx, domain_id))


@operation("DELETE", "/domains/{id}", summary="Give a host name up; links go back to the store's address here", answer=Nothing,
           allow=owners_only)
def delete_domain(call: Call, id: str) -> None:
    DOMAINS.remove(call, domains.remove_domain, number(id))
