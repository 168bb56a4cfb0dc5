"""Withdrawing from a contract: recorded as declared, acknowledged to the second, told to the shop (R48, Directive (EU) 2023/2673)."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from booking import limits
from booking.actions.action import Done, action
from booking.actions.sign_in import Asker
from booking.addresses import canonical_email
from booking.rules.decision import Refused
from booking.store_messages import tell, tell_shop
from models.base import new_id
from models.booking_summary import BookingSummary, find
from models.session import Tx
from models.store import Store
from models.withdrawal import Withdrawal

LONGEST_CONTRACT, LONGEST_STATEMENT = 300, 2000


@action
def declare_withdrawal(tx: Tx, *, name: str, email: str, contract: str, statement: str = "", asker: Asker, locale: str | None = None) -> Done:
    """Record what was declared and acknowledge it by mail. It decides nothing: whether and what is owed follows from the law and
    the shop, apart from the cancellation policy. `facts`: id, at. Refused not_found where the shop has no such function.

    A flood of other messages to the address keeps nobody from declaring it: the acknowledgement waits for its turn (I37)."""
    setting, zone = tx.db.execute(select(Store.withdrawal, Store.zone).where(Store.store_id == tx.store_id)).one()
    if setting == "off":
        raise Refused("not_found")
    address = check_withdrawal(name, email, contract, statement)
    limits.count(tx, "withdrawal", address, (5, limits.HOUR))
    limits.count(tx, "withdrawal_source", asker.ip, (20, limits.HOUR))
    name, contract, statement = " ".join(name.split()), contract.strip(), statement.strip()
    b = _named(tx, contract, address)
    withdrawal_id, leaving = new_id(), limits.message_at(tx, "email", address, must=True)
    tx.db.execute(insert(Withdrawal).values(
        store_id=tx.store_id, id=withdrawal_id, name=name, email=address, contract=contract, statement=statement,
        booking_id=b.id if b else None, received_at=tx.now))
    tx.audit("declare_withdrawal", subject="withdrawal", subject_id=withdrawal_id, booking_id=b.id if b else None)
    told = {"declared": {"name": name, "email": address, "contract": contract, "statement": statement}, "zone": zone,
            "received_at": tx.now.isoformat(), "number": str(withdrawal_id)}
    tell(tx, "withdrawal_received", "email", address, str(withdrawal_id), locale=locale, name=name, due_at=leaving, **told)
    tell_shop(tx, "merchant_withdrawal", str(withdrawal_id), ref=b.ref if b else None, **told)
    return Done(facts={"id": withdrawal_id, "at": tx.now.isoformat()})


@action
def handle_withdrawal(tx: Tx, withdrawal_id: int) -> Done:
    """The shop notes that it has dealt with it. `facts["id"]`."""
    found = tx.db.execute(update(Withdrawal).where(
        Withdrawal.store_id == tx.store_id, Withdrawal.id == withdrawal_id, Withdrawal.handled_at.is_(None)).values(handled_at=tx.now)).rowcount
    if not found and not tx.db.execute(select(Withdrawal.id).where(Withdrawal.store_id == tx.store_id, Withdrawal.id == withdrawal_id)).scalar():
        raise Refused("not_found")
    if found:
        tx.audit("handle_withdrawal", subject="withdrawal", subject_id=withdrawal_id)
    return Done(facts={"id": withdrawal_id})


def check_withdrawal(name: str, email: str, contract: str, statement: str) -> str:
    """The address in its canonical form; Refused invalid with every field that is wrong."""
    errors, address = [], ""
    if not 1 <= len(" ".join(name.split())) <= 120:
        errors.append({"field": "name", "problem": "must have 1 to 120 characters"})
    try:
        address = canonical_email(email)
    except Refused as refused:
        errors += refused.facts["errors"]
    if not 1 <= len(contract.strip()) <= LONGEST_CONTRACT:
        errors.append({"field": "contract", "problem": f"must have 1 to {LONGEST_CONTRACT} characters"})
    if len(statement) > LONGEST_STATEMENT:
        errors.append({"field": "statement", "problem": f"must have 0 to {LONGEST_STATEMENT} characters"})
    if errors:
        raise Refused("invalid", errors=errors)
    return address


def _named(tx: Tx, contract: str, address: str) -> BookingSummary | None:
    """The booking that was named by its reference, if it was made with this address."""
    b = find(tx, contract.lower()) if contract.isascii() and contract.isalnum() and len(contract) <= 40 else None
    mine = b is not None and address in {(email or "").lower() for email in (b.contact_email, b.customer_email)}
    return b if mine else None
