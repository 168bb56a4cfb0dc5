"""The dashboard's menu, and the lines shown after a change. Texts are translated where they are shown."""

from __future__ import annotations

EVERYONE, MANAGERS, OWNER = ("owner", "manager", "staff"), ("owner", "manager"), ("owner",)

# (name, path, text, roles)
GROUPS: tuple[tuple[str, tuple[tuple[str, str, str, tuple[str, ...]], ...]], ...] = (
    ("Day", (
        ("today", "", "Today", EVERYONE),
    )),
    ("Shop", (
        ("services", "/services", "Services", MANAGERS),
    )),
)

MESSAGES = {
    "saved": "Saved.",
    "added": "Added.",
    "removed": "Removed.",
}
