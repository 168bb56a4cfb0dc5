"""Two customers have become one at Shopify: ours follow (R44)."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from booking.actions.action import Done, action
from booking.actions.merge_customers import merge_customers
from booking.rules.decision import Refused
from booking.shopify.due import mark
from booking.shopify.following import find_forgotten, follow, wait_beside
from booking.shopify.gone import in_turn, is_erased, merged_into, note_merge, remember_erased
from booking.shopify.people import find_known, forget_state, from_shopify
from booking.shopify.privacy import forget_person
from booking.shopify.tasks import note
from models.customer import Customer
from models.session import Tx


@action
def merge_linked(tx: Tx, kept_gid: str, removed_gid: str) -> Done:
    """The kept one gets everything of the removed one. Where we know only one of the two, it is the kept one from here on.

    Nobody who is merged into another, deleted or erased can be merged afterwards: where we hear of a merge later than of that, it went
    before it, and ends as it would have then (I23); only what was erased stays erased. Repeating it changes nothing. What cannot be
    joined here is a case for the merchant.
    """
    from_shopify(tx)
    in_turn(tx)
    kept_gid = merged_into(tx, kept_gid) or kept_gid
    if kept_gid == removed_gid:
        return Done()
    first, second = sorted((kept_gid, removed_gid))  # one order for locks, whichever is kept
    rows = {gid: find_known(tx, gid) for gid in (first, second)}
    kept, removed = rows[kept_gid], rows[removed_gid]
    forgotten = find_forgotten(tx, removed_gid)
    note_merge(tx, kept_gid, removed_gid)
    if is_erased(tx, kept_gid):
        remember_erased(tx, kept_gid)
        if removed is not None:
            forget_person(tx, removed)
            forgotten = removed.id
        if forgotten is not None:
            wait_beside(tx, kept_gid, forgotten)
        return Done()
    if forgotten is not None and kept is not None:
        follow(tx, kept.id, forgotten)
    elif forgotten is not None:
        wait_beside(tx, kept_gid, forgotten)
        mark(tx, "remote_customer", kept_gid)
    if removed is None:
        return Done()
    mine = update(Customer).where(Customer.store_id == tx.store_id, Customer.id == removed.id)
    if kept is None:
        if removed.shopify_id is None:
            forget_state(tx, removed.id)
        tx.db.execute(mine.values(shopify_id=kept_gid, version=Customer.version + 1))
        tx.audit("link_customer", subject="customer", subject_id=removed.id, gid=kept_gid, before_gid=removed.shopify_id)
    else:
        tx.db.execute(mine.values(shopify_id=None))
        forget_state(tx, removed.id)
        audited, queued = len(tx._audit), len(tx._outbox)
        try:
            with tx.line.attempt():
                merge_customers.within(tx, kept.id, removed.id)
        except (Refused, IntegrityError) as error:
            # Something both have and only one can: nothing is joined, and a person of the shop decides.
            del tx._audit[audited:], tx._outbox[queued:]
            note(tx, "merge_conflict", removed_gid, customer_id=removed.id, kept=str(kept.id),
                 code=error.code if isinstance(error, Refused) else "both_have_one")
    mark(tx, "remote_customer", kept_gid)
    mark(tx, "calendar", str((kept or removed).id))
    return Done()
