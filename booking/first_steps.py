"""How far a new store has come: what it takes to a policy that works and a booking to try it on (A45)."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import exists, func, literal, or_, select

from models.audit import AuditEntry
from models.booking import Booking
from models.location import Location
from models.payment_account import PaymentAccount
from models.service import Service
from models.session import Tx
from models.staff import Staff, StaffService


class Steps(NamedTuple):
    """Whether there is a location, someone at work, a service someone gives, a policy looked at and saved, and a booking; `payments`:
    that no service asks for a deposit which nobody can pay."""

    location: bool
    staff: bool
    service: bool
    policy: bool
    booking: bool
    payments: bool


def steps_done(tx: Tx) -> Steps:
    here = tx.store_id
    given = select(StaffService.service_id).join(Staff, (Staff.store_id == StaffService.store_id) & (Staff.id == StaffService.staff_id)).where(
        StaffService.store_id == here, Staff.active)
    return Steps._make(tx.db.execute(select(
        exists().where(Location.store_id == here, Location.active), exists().where(Staff.store_id == here, Staff.active, Staff.hours != literal({}, Staff.hours.type)),
        exists().where(Service.store_id == here, Service.active, Service.id.in_(given)),
        exists().where(AuditEntry.store_id == here, AuditEntry.action.in_(("update_service", "update_store")),
                       or_(func.jsonb_exists(AuditEntry.facts["saved"], "policy"), func.jsonb_exists(AuditEntry.after["fields"], "policy"))),
        exists().where(Booking.store_id == here),
        or_(~exists().where(Service.store_id == here, Service.active, Service.deposit > 0),
            exists().where(PaymentAccount.store_id == here, PaymentAccount.ended_at.is_(None), PaymentAccount.charges_enabled)))).one())
