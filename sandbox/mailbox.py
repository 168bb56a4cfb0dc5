"""Where mails and SMS of the demo land. Kept in a file, so that a restart still shows them."""

from __future__ import annotations

import base64
import json
import re
import threading
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

MOST = 5000


class Mailbox:
    """Messages newest last, with a running id; at most 5,000 stay. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()
        self.items: list[dict[str, Any]] = []
        if path.exists():
            self.items = [json.loads(line) for line in path.read_text().splitlines()][-MOST:]
        self.next = self.items[-1]["id"] + 1 if self.items else 1

    def add(self, item: dict[str, Any]) -> None:
        with self.lock:
            item = {"id": self.next, "received_at": datetime.now(UTC).isoformat(timespec="milliseconds")} | item
            self.next += 1
            self.items.append(item)
            del self.items[:-MOST]
            with self.path.open("a") as file:
                file.write(json.dumps(item) + "\n")

    def newest(self, to: str | None = None, limit: int = 1000) -> list[dict[str, Any]]:
        with self.lock:
            found = [item for item in reversed(self.items) if not to or item["to"].lower() == to.lower()]
        return found[:limit]

    def find(self, number: int) -> dict[str, Any] | None:
        with self.lock:
            return next((item for item in self.items if item["id"] == number), None)


def parse_mail(raw: bytes, recipient: str) -> dict[str, Any]:
    """A received mail as /mail.json shows it: to, subject, text, html, links, attachments."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    text, html, attachments = "", "", []
    for part in message.walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True) or b""
        kind = part.get_content_type()
        if part.is_attachment() or kind == "text/calendar":
            attachments.append({"name": part.get_filename() or "invite.ics", "type": kind, "method": part.get_param("method"),
                                "content": base64.b64encode(content).decode(), "text": content.decode(errors="replace")})
        elif kind == "text/plain" and not text:
            text = content.decode(part.get_content_charset() or "utf-8", errors="replace")
        elif kind == "text/html" and not html:
            html = content.decode(part.get_content_charset() or "utf-8", errors="replace")
    return {"to": recipient, "from": str(message["From"]), "subject": str(message["Subject"]), "message_id": str(message["Message-ID"]),
            "text": text, "html": html, "links": _links(html) or re.findall(r"https?://\S+", text), "attachments": attachments}


class _Hrefs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if tag == "a" and name == "href" and value]


def _links(html: str) -> list[str]:
    parser = _Hrefs()
    parser.feed(html)
    return list(dict.fromkeys(parser.found))
