"""A real mail server on loopback, and a shop whose mails go there. SMS is off, so that every row is a mail."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from booking import keys
from sandbox import smtp
from sandbox.faults import Faults
from sandbox.files import free_port
from sandbox.mailbox import Mailbox
from settings import Settings
from sync.outbox import Carrier
from tests.support.world import World


@dataclasses.dataclass
class Post:
    """The mail server: what arrived, and the faults ordered."""

    port: int
    mailbox: Mailbox
    faults: Faults

    @property
    def ids(self) -> list[str]:
        """Message-ID of each arrival, oldest first, without brackets and domain."""
        return [item["message_id"].strip("<>").partition("@")[0] for item in self.mailbox.items]

    @property
    def subjects(self) -> list[str]:
        return [item["subject"] for item in self.mailbox.items]

    def fail(self, mode: str, times: int = 1) -> None:
        self.faults.order("smtp", mode, times)


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    post = Post(free_port(), Mailbox(tmp_path / "mail.jsonl"), Faults())
    controller = smtp.start(post.port, post.mailbox, post.faults)
    yield post
    controller.stop()


@pytest.fixture
def mailing(settings: Settings, post: Post) -> Iterator[Settings]:
    """Settings in force whose mails reach `post`."""
    changed = dataclasses.replace(settings, smtp_url=f"smtp://127.0.0.1:{post.port}", sms_url=None)
    keys.configure(changed)
    yield changed
    keys.configure(settings)


@pytest.fixture
def carrier(mailing: Settings) -> Iterator[Carrier]:
    carrier = Carrier(mailing)
    yield carrier
    carrier.close()


@pytest.fixture
def world(db, mailing, owner_url) -> World:
    return World(owner_url)
