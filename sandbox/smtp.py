"""A mail server that accepts everything for everyone, and fails on order."""

from __future__ import annotations

import asyncio

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.faults import Faults
from sandbox.mailbox import Mailbox, parse_mail

SLOW_SECONDS = 3
LONG_SECONDS = 30


class Sink:
    """Stores what arrives. Fault modes: see design 4.6; `timeout_after_effect` keeps the mail and drops the line before the reply."""

    def __init__(self, mailbox: Mailbox, faults: Faults) -> None:
        self.mailbox, self.faults = mailbox, faults

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        if self.faults.ordered.get("smtp", ("", 0))[0] == "down" and self.faults.take("smtp"):
            server.transport.abort()
            return "421 down"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mode = self.faults.take("smtp")
        if mode == "timeout":
            await asyncio.sleep(LONG_SECONDS)
            server.transport.abort()
            return "421 gone"
        if mode == "5xx":
            return "554 refused on order"
        if mode == "throttled":
            return "451 too many messages"
        if mode == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        for recipient in envelope.rcpt_tos:
            self.mailbox.add(parse_mail(envelope.content, recipient))
        if mode == "timeout_after_effect":
            server.transport.abort()
        return "250 OK"


def start(port: int, mailbox: Mailbox, faults: Faults) -> Controller:
    """Listen on loopback, in a thread of its own."""
    controller = Controller(Sink(mailbox, faults), hostname="127.0.0.1", port=port, data_size_limit=2**22)
    controller.start()
    return controller
