"""What this Stripe knows: objects by account, kept in a file that only grows; idempotency keys that are forgotten after a day."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.stripe.errors import StripeError, missing

KEYS_LIVE = timedelta(hours=24)
PREFIXES = {"customer": "cus", "payment_method": "pm", "setup_intent": "seti", "payment_intent": "pi", "charge": "ch", "refund": "re", "event": "evt",
            "account": "acct", "account_link": "alnk", "dispute": "du"}
Object = dict[str, Any]


class State:
    """Objects in the order they were made. Keys that begin with an underscore stay inside. One lock for everything."""

    def __init__(self, path: Path | None = None, now: Callable[[], datetime] | None = None) -> None:
        self.path, self.now = path, now or (lambda: datetime.now(UTC))
        self.lock = threading.RLock()
        self.objects: dict[tuple[str, str], Object] = {}
        self.kinds: dict[str, dict[tuple[str, str], None]] = {}
        self.keys: dict[tuple[str, str], tuple[datetime, str, int, Any]] = {}
        if path is not None and path.exists():
            for line in path.read_text().splitlines():
                account, made = json.loads(line)
                self._keep(account, made)

    def new(self, account: str, kind: str, /, **fields: Any) -> Object:
        made = {"id": f"{PREFIXES[kind]}_{secrets.token_hex(12)}", "object": kind, "created": self.seconds(), "livemode": False} | fields
        return self.save(account, made)

    def save(self, account: str, made: Object) -> Object:
        """Keep the object as it is now."""
        self._keep(account, made)
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps([account, made]) + "\n")
        return made

    def get(self, account: str, kind: str, wanted: str) -> Object:
        found = self.objects.get((account, wanted))
        if found is None or found["object"] != kind:
            raise missing(kind, wanted)
        return found

    def each(self, account: str | None, kind: str) -> Iterator[tuple[str, Object]]:
        """(account, object), oldest first; of every account for None."""
        keys = [key for key in self.kinds.get(kind, ()) if account in (None, key[0]) and key in self.objects]
        return ((key[0], self.objects[key]) for key in keys)

    def _keep(self, account: str, made: Object) -> None:
        self.objects[account, made["id"]] = made
        self.kinds.setdefault(made["object"], {})[account, made["id"]] = None

    def seconds(self) -> int:
        return int(self.now().timestamp())

    # Idempotency

    def replayed(self, account: str, key: str, request: str) -> tuple[int, Any] | None:
        """The first answer to the key while it is remembered; an error when the request differs."""
        kept = self.keys.get((account, key))
        if kept is None or kept[0] + KEYS_LIVE <= self.now():
            return None
        if kept[1] != _digest(request):
            raise StripeError(400, "idempotency_error", "Keys for idempotent requests can only be used with the same parameters they were first used with.")
        return kept[2], kept[3]

    def remember(self, account: str, key: str, request: str, status: int, body: Any) -> None:
        self.keys[account, key] = (self.now(), _digest(request), status, json.loads(json.dumps(body)))


def _digest(request: str) -> str:
    return hashlib.sha256(request.encode()).hexdigest()


def shown(value: Any) -> Any:
    """The value as answers and events carry it."""
    if isinstance(value, dict):
        return {key: shown(part) for key, part in value.items() if not key.startswith("_")}
    return [shown(part) for part in value] if isinstance(value, list) else value
