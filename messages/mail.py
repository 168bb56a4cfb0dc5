"""Mails on the wire: building the message, speaking SMTP, and what the outcome means (I6, I51)."""

from __future__ import annotations

import re
import smtplib
import ssl
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from messages.render import Mail

TIMEOUT = 20
CLOSING = 421


class Rejected(Exception):
    """The server refused for good (5xx): not tried again."""


class Later(Exception):
    """Nothing was accepted: try again later."""


class Unknown(Exception):
    """The connection broke after the content was sent: it may have been accepted. A repeat carries the same Message-ID."""


def compose(mail: Mail, *, sender: str, sender_name: str, reply_to: str | None, recipient: str, message_id: str,
            unsubscribe: str | None = None) -> EmailMessage:
    """multipart/mixed(alternative(plain, html, calendar), ics). Header values with line breaks raise ValueError (I51)."""
    message = EmailMessage()
    message["Subject"] = mail.subject
    message["From"] = Address(sender_name, addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    if reply_to:
        message["Reply-To"] = Address(sender_name, addr_spec=reply_to)
    message["Message-ID"] = message_id
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        # RFC 8058: mail programs offer their own button, which posts to the address.
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    if mail.ics and mail.ics_method:
        message.add_alternative(mail.ics, subtype="calendar", params={"method": mail.ics_method})
        message.add_attachment(mail.ics.encode(), "application", "ics", filename="booking.ics")
    return message


class Mailer:
    """One SMTP connection, opened when first needed and reopened after an error. `smtp://user:password@host:port` or `smtps://`."""

    def __init__(self, url: str) -> None:
        self.url = urlsplit(url)
        self.connection: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> None:
        """Hand over one message; raises Rejected, Later or Unknown.

        Servers close a line that was idle. When that shows on a line kept from an earlier message, a new one is opened at once.
        """
        kept = self.connection is not None
        connection = self._connected()
        try:
            self._hand_over(connection, message)
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            self.close()
            if kept:
                self.send(message)
                return
            raise Later(str(error)) from error
        except Exception:
            # Whatever stopped this message half way, the next one on the connection must not pay for it.
            self._reset()
            raise

    def check(self) -> None:
        """Connect and say hello; raises Later when the server does not answer."""
        self._connected()

    def close(self) -> None:
        if self.connection is not None:
            try:
                self.connection.close()
            finally:
                self.connection = None

    def _hand_over(self, connection: smtplib.SMTP, message: EmailMessage) -> None:
        content = _content(message)
        code, reply = connection.mail(message["From"].addresses[0].addr_spec)
        if code == CLOSING:
            raise smtplib.SMTPServerDisconnected(reply.decode(errors="replace")[:200])
        _judge(code, reply)
        code, reply = connection.rcpt(message["To"].addresses[0].addr_spec)
        _judge(code, reply)
        code, reply = connection.docmd("data")
        if code != 354:
            _judge(code, reply)
        try:
            connection.send(content)
            code, reply = connection.getreply()
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            self.close()
            raise Unknown(str(error)) from error
        _judge(code, reply)

    def _connected(self) -> smtplib.SMTP:
        if self.connection is not None:
            return self.connection
        host, port = self.url.hostname or "localhost", self.url.port or (465 if self.url.scheme == "smtps" else 25)
        try:
            if self.url.scheme == "smtps":
                connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
            else:
                connection = smtplib.SMTP(host, port, timeout=TIMEOUT)
            connection.ehlo_or_helo_if_needed()
            if self.url.scheme == "smtp" and connection.has_extn("starttls"):
                connection.starttls(context=ssl.create_default_context())
                connection.ehlo()
            if self.url.username:
                connection.login(unquote(self.url.username), unquote(self.url.password or ""))
        except (OSError, smtplib.SMTPException) as error:
            raise Later(str(error)) from error
        self.connection = connection
        return connection

    def _reset(self) -> None:
        try:
            if self.connection is not None:
                self.connection.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


def _judge(code: int, reply: bytes) -> None:
    if 200 <= code < 300:
        return
    text = f"{code} {reply.decode(errors='replace')[:200]}"
    raise Rejected(text) if code >= 500 else Later(text)


def _content(message: EmailMessage) -> bytes:
    """The message as it goes over the wire: CRLF, lines that start with a point doubled (RFC 5321 4.5.2), the final point."""
    body = message.as_bytes(policy=SMTP)
    body = re.sub(rb"(?m)^\.", b"..", body)
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n"
