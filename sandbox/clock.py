"""The product's clock, moved: the sandbox redefines opencals_now() in its own database. Production has no such switch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from booking.rules.durations import parse

FURTHEST = timedelta(days=365 * 20)


class Clock:
    """Reads and moves the clock with the database's owner role."""

    def __init__(self, owner_url: str) -> None:
        self.url = owner_url.replace("+psycopg", "")

    def read(self) -> tuple[datetime, float]:
        """(the product's now, seconds it is ahead of the machine)."""
        with psycopg.connect(self.url) as connection:
            now, real = connection.execute("select opencals_now(), transaction_timestamp()").fetchone() or (None, None)
        return now.astimezone(UTC), (now - real).total_seconds()

    def change(self, body: object) -> None:
        """`{"now": RFC 3339}` or `{"advance": "PT2H"}`; ValueError in words otherwise."""
        if not isinstance(body, dict) or len(body) != 1 or not ({"now", "advance"} & set(body)):
            raise ValueError('send {"now": "2027-03-01T09:00:00Z"} or {"advance": "PT2H"}')
        if "advance" in body:
            notice = parse(body["advance"])
            self._set(timedelta(seconds=self.read()[1] + notice.rank))
            return
        try:
            wanted = datetime.fromisoformat(str(body["now"]))
        except ValueError:
            raise ValueError("now must be an RFC 3339 instant") from None
        if wanted.tzinfo is None:
            raise ValueError("now must say its offset, such as Z")
        self._set(wanted - datetime.now(UTC))

    def _set(self, ahead: timedelta) -> None:
        if abs(ahead) > FURTHEST:
            raise ValueError("that is more than 20 years away")
        with psycopg.connect(self.url) as connection:
            connection.execute(
                "create or replace function opencals_now() returns timestamptz language sql stable as"
                f" $$ select transaction_timestamp() + interval '{int(ahead / timedelta(microseconds=1))} microseconds' $$")
