"""Work at the payment provider: commands from the outbox, received events, intents whose outcome is open, the daily sweep (I16, I17)."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy import exists, or_, select

from gateways.stripe import accounts, cards, charges, deposits, events, pages, refunds
from gateways.stripe.client import enabled
from gateways.stripe.errors import Busy, Trouble, Unsure
from messages.mail import Later, Rejected, Unknown
from models.outbox import OutboxRow
from models.session import reading
from models.stripe_event import StripeEvent
from sync.outbox import Claimed, Delivered, deliver

log = logging.getLogger("opencals.payments")


class Payments:
    """Carries out the outbox's commands to the provider. None is ever given up: money that is owed stays on the list."""

    channels: tuple[str, ...] = ("stripe", "stripe_shared")
    most_attempts = float("inf")
    longest_wait_s = 300

    def __init__(self, store_id: int) -> None:
        self.store_id = store_id

    def send(self, row: Claimed) -> None:
        """Carry one command out; raises Later or Unknown when it must be tried again."""
        try:
            COMMANDS[row.topic](self.store_id, row.payload)
        except Unsure as error:
            raise Unknown(error.code) from error
        except Busy as error:
            raise Later(error.code) from error
        except Trouble as error:
            raise Rejected(error.code) from error


COMMANDS: dict[str, Callable[[int, dict], None]] = {
    "execute_refund": lambda store_id, payload: refunds.carry_out(store_id, int(payload["refund_id"])),
    "charge_card": lambda store_id, payload: charges.carry_out(store_id, int(payload["intent_id"])),
    "detach_card": lambda store_id, payload: cards.detach(store_id, int(payload["card_id"])),
    "return_deposit": lambda store_id, payload: deposits.give_back(store_id, int(payload["intent_id"])),
}
"""Topic of a command -> what does it."""


STEPS: tuple[Callable[[int], None], ...] = (events.act, refunds.ask_again, pages.ask_again, accounts.look_again, events.sweep)
"""What is looked at besides commands; each notes its own next time before it asks."""


def settle(store_id: int, *, keep_going: Callable[[], bool] = lambda: True) -> Delivered:
    """Everything due for one store at the provider. Safe to run twice at once; each command is noted as done before the next begins."""
    done = deliver(store_id, Payments(store_id), batch=1, keep_going=keep_going)
    if enabled():
        for step in STEPS:
            try:
                step(store_id)
            except Trouble as error:
                log.warning("the payment provider did not answer", extra={"store": store_id, "error": error.code})
    return done


def waits(store_id: int) -> bool:
    """Whether the store has commands for the provider, or events of it, that are due now."""
    with reading(store_id) as tx:
        commands = exists().where(
            OutboxRow.store_id == store_id, OutboxRow.state == "due", OutboxRow.channel.in_(Payments.channels), OutboxRow.due_at <= tx.now,
            or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until <= tx.now))
        received = exists().where(StripeEvent.store_id == store_id, StripeEvent.state == "due", StripeEvent.due_at <= tx.now)
        return tx.db.execute(select(or_(commands, received))).scalar_one()
