"""The dashboard's menu, and the lines shown after a change. Texts are translated where they are shown."""

from __future__ import annotations

EVERYONE, MANAGERS, OWNER = ("owner", "manager", "staff"), ("owner", "manager"), ("owner",)

# (name, path, text, roles)
GROUPS: tuple[tuple[str, tuple[tuple[str, str, str, tuple[str, ...]], ...]], ...] = (
    ("Day", (
        ("today", "", "Today", EVERYONE),
        ("bookings", "/bookings", "Bookings", EVERYONE),
    )),
    ("Shop", (
        ("services", "/services", "Services", MANAGERS),
    )),
)

MESSAGES = {
    "saved": "Saved.",
    "added": "Added.",
    "removed": "Removed.",
    "approved": "Approved. The customer has been told.",
    "declined": "Declined. The customer has been told.",
    "marked": "Noted.",
    "moved": "Moved.",
    "cancelled": "Cancelled.",
    "seats_cancelled": "The seats are cancelled.",
    "booked": "Booked.",
    "link_sent": "The link is on its way, the same as before.",
    "link_revoked": "The old link no longer works. A new one is on its way.",
    "resent": "The message is on its way again.",
    "noted": "Note added.",
    "refund_owed": "The refund is owed now.",
    "refund_done": "The refund is being carried out.",
    "merged": "Merged.",
    "erased": "Everything personal about this customer is erased.",
}
