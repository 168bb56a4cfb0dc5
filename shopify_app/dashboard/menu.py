"""The dashboard's menu, and the lines shown after a change. Texts are translated where they are shown."""

from __future__ import annotations

EVERYONE, MANAGERS, OWNER = ("owner", "manager", "staff"), ("owner", "manager"), ("owner",)

# (name, path, text, roles)
GROUPS: tuple[tuple[str, tuple[tuple[str, str, str, tuple[str, ...]], ...]], ...] = (
    ("Day", (
        ("today", "", "Today", EVERYONE),
        ("calendar", "/calendar", "Calendar", EVERYONE),
        ("bookings", "/bookings", "Bookings", EVERYONE),
        ("customers", "/customers", "Customers", EVERYONE),
        ("waitlist", "/waitlist", "Waitlist", EVERYONE),
    )),
    ("To do", (
        ("approvals", "/approvals", "Approvals", MANAGERS),
        ("refunds", "/refunds", "Refunds owed", MANAGERS),
        ("disputes", "/disputes", "Disputes", MANAGERS),
        ("withdrawals", "/withdrawals", "Withdrawals", MANAGERS),
        ("conflicts", "/conflicts", "Conflicts", EVERYONE),
    )),
    ("Shop", (
        ("services", "/services", "Services", MANAGERS),
        ("staff", "/staff", "Staff", MANAGERS),
        ("time_off", "/time-off", "Time off", EVERYONE),
        ("classes", "/classes", "Classes", EVERYONE),
        ("settings", "/settings", "Settings", MANAGERS),
        ("import", "/import", "Import", MANAGERS),
        ("setup", "/setup", "First steps", MANAGERS),
    )),
    ("Access", (
        ("team", "/team", "Team", OWNER),
        ("api", "/api-tokens", "API and webhooks", OWNER),
    )),
    ("Overview", (
        ("feedback", "/feedback", "Customer feedback", MANAGERS),
        ("insights", "/insights", "Insights", MANAGERS),
        ("audit", "/audit", "Audit", MANAGERS),
    )),
    ("You", (
        ("profile", "/profile", "My profile", EVERYONE),
    )),
)

MESSAGES = {
    "saved": "Saved.",
    "added": "Added.",
    "removed": "Removed.",
    "class_cancelled": "Cancelled. Everyone booked is being told.",
    "invited": "Invited. A mail is on its way.",
    "revoked": "Revoked. It no longer opens anything.",
    "secret_renewed": "The secret is new from now on.",
    "pinged": "On its way. The log shows how it ends.",
    "test_booked": "Booked. The confirmation is on its way to you.",
    "looking": "We are looking now.",
    "calendar_set": "We read it from now on; the first time within a minute.",
    "calendar_removed": "It is read no longer. Its busy time is free again.",
    "feed_stopped": "The address opens nothing any more.",
    "disconnected": "Disconnected. Customers no longer pay online here.",
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
    "payment_noted": "The payment is noted, with its receipt.",
    "refund_done": "The refund is being carried out.",
    "withdrawal_handled": "Noted as dealt with.",
    "refund_noted": "Noted as given back. The customer has been told.",
    "charging": "The card is being charged. How it ends stands under Money in a moment.",
    "replied": "The answer is on its way.",
    "merged": "Merged.",
    "restored": "Restored. Messages say this from now on.",
    "reset": "Back to the standard wording. What you had stays under Versions.",
    "erased": "Everything personal about this customer is erased.",
}
