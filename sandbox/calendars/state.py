"""Accounts with their entries and what was granted to whom; kept in a file where one is named."""

from __future__ import annotations

import pickle
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

ACCESS_SECONDS, CODE_SECONDS = 3599, 600


@dataclass
class Entry:
    """One entry. Whole days have dates, the end being the day after the last. `change` numbers the last change of the account."""

    id: str
    start: datetime | date
    end: datetime | date
    title: str = "Private"
    series: str | None = None
    master: bool = False
    free: bool = False
    declined: bool = False
    gone: bool = False
    change: int = 0


@dataclass
class Account:
    """A person's account. Cursors that began before `oldest` are forgotten (410)."""

    provider: str
    email: str
    zone: str
    entries: dict[str, Entry] = field(default_factory=dict)
    changes: int = 0
    oldest: int = 0

    def put(self, start: datetime | date, end: datetime | date, **more: object) -> Entry:
        """Add an entry, or change the one of this `id`."""
        entry = Entry(str(more.pop("id", None) or secrets.token_hex(12)), start, end, **more)  # type: ignore[arg-type]
        self.changes += 1
        entry.change = self.changes
        self.entries[entry.id] = entry
        return entry

    def weekly(self, start: datetime, length: timedelta, times: int, **more: object) -> str:
        """A series: its master and its repetitions, each with an id of its own. The id of the series."""
        series = self.put(start, start + length, master=True, **more).id
        for week in range(times):
            first = start + timedelta(weeks=week)
            self.put(first, first + length, id=f"{series}_{first:%Y%m%dT%H%M%SZ}", series=series, **more)
        return series

    def remove(self, entry_id: str) -> None:
        """Cancel an entry; with a series its repetitions."""
        for entry in self.entries.values():
            if entry_id in (entry.id, entry.series):
                self.changes += 1
                entry.gone, entry.change = True, self.changes

    def forget(self) -> None:
        """No cursor handed out so far is known any more."""
        self.changes += 1
        self.oldest = self.changes


@dataclass
class Grant:
    """What a person has allowed. `refresh` is the token that is good now; Microsoft's changes with every use."""

    account: str
    provider: str
    scope: str
    refresh: str
    ended: bool = False


@dataclass
class Code:
    account: str
    redirect_uri: str
    challenge: str
    scope: str
    until: float


class State:
    """All accounts of both providers. Thread-safe enough for one process: changes are made under `lock`."""

    def __init__(self, file: Path | None = None) -> None:
        self.file, self.lock, self.page = file, threading.RLock(), 250
        self.accounts: dict[str, Account] = {}
        self.grants: list[Grant] = []
        self.codes: dict[str, Code] = {}
        self.access: dict[str, tuple[Grant, float]] = {}
        self.asked: list[tuple[str, str]] = []
        if file is not None and file.exists():
            self.accounts, self.grants = pickle.loads(file.read_bytes())  # noqa: S301  (our own file)

    def account(self, provider: str, email: str, zone: str = "America/New_York") -> Account:
        return self.accounts.setdefault(email, Account(provider, email, zone))

    def of(self, provider: str) -> list[Account]:
        return [account for account in self.accounts.values() if account.provider == provider]

    def code_for(self, account: str, redirect_uri: str, challenge: str, scope: str) -> str:
        code = secrets.token_urlsafe(24)
        self.codes[code] = Code(account, redirect_uri, challenge, scope, time.monotonic() + CODE_SECONDS)
        return code

    def grant(self, code: Code, provider: str) -> Grant:
        found = Grant(code.account, provider, code.scope, f"1//{secrets.token_urlsafe(30)}")
        self.grants.append(found)
        self.save()
        return found

    def granted(self, provider: str, refresh: str) -> Grant | None:
        return next((one for one in self.grants if (one.provider, one.refresh, one.ended) == (provider, refresh, False)), None)

    def access_for(self, grant: Grant) -> str:
        token = f"ya29.{secrets.token_urlsafe(40)}"
        self.access[token] = (grant, time.monotonic() + ACCESS_SECONDS)
        return token

    def admitted(self, provider: str, header: str) -> Account | None:
        """Whose calendar a bearer token opens."""
        grant, until = self.access.get(header.removeprefix("Bearer "), (None, 0.0))
        if grant is None or grant.ended or grant.provider != provider or until < time.monotonic():
            return None
        return self.accounts.get(grant.account)

    def end(self, account: str) -> None:
        """The person takes back whatever they have allowed."""
        for one in self.grants:
            one.ended = one.ended or one.account == account
        self.save()

    def save(self) -> None:
        if self.file is not None:
            partial = self.file.with_suffix(".part")
            partial.write_bytes(pickle.dumps((self.accounts, self.grants)))
            partial.chmod(0o600)
            partial.replace(self.file)
