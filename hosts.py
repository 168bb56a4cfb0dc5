"""Which store a Host header means. Answers are remembered for a few seconds; the table decides (I27, I43)."""

from __future__ import annotations

import re
import time

from models.session import database
from settings import Settings

REMEMBERED_SECONDS = 10
REMEMBERED_HOSTS = 10_000
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Hosts:
    """Store ids by host name, of this process. Only hosts that have a store are remembered."""

    def __init__(self, settings: Settings) -> None:
        self.suffix = "." + settings.base_domain
        self.known: dict[str, tuple[float, int]] = {}

    def store_of(self, host_and_port: str) -> int | None:
        """The store id behind `slug.BASE_DOMAIN` or a store's own verified host name, or None."""
        host = host_and_port.rsplit(":", 1)[0].lower().rstrip(".")
        now = time.monotonic()
        remembered = self.known.get(host)
        if remembered and remembered[0] > now:
            return remembered[1]
        store_id = self._look_up(host)
        if store_id is None:
            self.known.pop(host, None)
        else:
            if len(self.known) >= REMEMBERED_HOSTS:
                self.known.clear()
            self.known[host] = (now + REMEMBERED_SECONDS, store_id)
        return store_id

    def _look_up(self, host: str) -> int | None:
        if host.endswith(self.suffix):
            slug = host[: -len(self.suffix)]
            return database().store_for_slug(slug) if SLUG.fullmatch(slug) else None
        if "." not in host or len(host) > 253 or host.replace(".", "").isdigit():
            return None
        return database().store_for_host(host)
