"""Who is acting, by which credential, through which channel (R41)."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("customer", "link", "shopify_customer", "user", "token", "system")
CHANNELS = ("account", "link", "extension", "dashboard", "api", "webhook", "import", "schedule")


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is the customer, booking, user or token the credential proves; never a name or an address."""

    kind: str
    channel: str
    id: int | None = None
    role: str | None = None

    @property
    def is_merchant(self) -> bool:
        return self.kind in ("user", "token")

    @property
    def is_customer(self) -> bool:
        """Customers, link holders and Shopify customers act under the customer's rules."""
        return self.kind in ("customer", "link", "shopify_customer")


SYSTEM = Actor("system", "schedule")
