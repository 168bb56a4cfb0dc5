"""A checked request of one store: what was asked, how to act on it once, and the pages of lists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from flask import request
from pydantic import BaseModel

from booking.actions.action import Done, Once, action
from booking.keys import sign, unsign
from booking.rules.decision import Refused
from booking.slots import MOST_DAYS
from models.actor import Actor
from models.moved_start import LONGEST_WALK, Walk, go_on
from models.session import Tx

LONGEST_KEY = 255


@dataclass
class Call:
    """`principal` names whose idempotency keys these are: `token:17`, `shopify-customer:gid...`."""

    store_id: int
    actor: Actor
    principal: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)

    def act(self, verb: Callable[..., Done], *args: Any, show: Callable[[Tx, Done], BaseModel | None], **values: Any) -> dict[str, Any]:
        """Run an action and show what it left, both in one transaction. With an Idempotency-Key a repeat gets the first answer (I12)."""
        done = _showing(verb)(self.store_id, self.actor, show, args, values, once=self._once())
        return done.answer if done.answer is not None else _shown(done)

    def _once(self) -> Once | None:
        key = request.headers.get("Idempotency-Key")
        if not key:
            return None
        if len(key) > LONGEST_KEY:
            raise Refused("invalid", errors=[{"field": "Idempotency-Key", "problem": f"is longer than {LONGEST_KEY} characters"}])
        body = hashlib.sha256(request.get_data()).hexdigest()
        return Once.of(self.principal, key, _shown, request.method, request.path, body)

    def position(self, kind: str) -> list[Any] | None:
        """What `next` was given for this list of this store with these filters; None for the beginning (I66)."""
        text = self.query.get("cursor")
        if text is None:
            return None
        body = unsign("api-cursor", text)
        if not isinstance(body, list) or body[:2] != [self.store_id, self._scope(kind)]:
            raise Refused("invalid", errors=[{"field": "cursor", "problem": "does not belong to this list"}])
        return body[2]

    def walk(self, tx: Tx, kind: str, thing: str) -> Walk:
        """Where `next` was given for a list by start, of the rows of the table `thing`."""
        found = go_on(tx, thing, self.position(kind))
        if found is None:
            raise Refused("invalid", errors=[{"field": "cursor", "problem": f"is older than {LONGEST_WALK.days} days: begin the list anew"}])
        return found

    def day(self, name: str) -> date:
        """A parameter that is a date."""
        try:
            day = date.fromisoformat(self.query.get(name, ""))
            if 2000 <= day.year <= 2100:
                return day
        except ValueError:
            pass
        raise Refused("invalid", errors=[{"field": name, "problem": "must be a date such as 2027-03-01"}])

    def days(self, today: date | None = None, many: int = 1) -> tuple[date, date]:
        """`from` and `to`: at most MOST_DAYS local days. Both are needed, unless there is a `today`: `many` days from then on."""
        first = today if today and "from" not in self.query else self.day("from")
        last = first + timedelta(days=many - 1) if today and "to" not in self.query else self.day("to")
        if not first <= last <= first + timedelta(days=MOST_DAYS - 1):
            raise Refused("invalid", errors=[{"field": "to", "problem": f"must be 0 to {MOST_DAYS - 1} days after from"}])
        return first, last

    def next(self, kind: str, position: list[Any]) -> str:
        return sign("api-cursor", [self.store_id, self._scope(kind), position])

    def _scope(self, kind: str) -> str:
        filters = {name: value for name, value in sorted(self.query.items()) if name not in ("cursor", "limit")}
        return f"{kind}:{hashlib.sha256(json.dumps(filters).encode()).hexdigest()[:16]}"


def _showing(verb: Callable[..., Done]) -> Callable[..., Done]:
    """The action, and in its transaction a look at what it left. It keeps its name: refused attempts are recorded under it."""

    def run(tx: Tx, show: Callable[[Tx, Done], BaseModel | None], args: tuple[Any, ...], values: dict[str, Any]) -> Done:
        done = verb.within(tx, *args, **values)  # type: ignore[attr-defined]
        shown = show(tx, done)
        return replace(done, facts={"shown": {} if shown is None else shown.model_dump(mode="json", exclude_unset=True)})

    run.__name__ = verb.__name__
    return action(run)


def _shown(done: Done) -> dict[str, Any]:
    assert done.facts is not None
    return done.facts["shown"]
