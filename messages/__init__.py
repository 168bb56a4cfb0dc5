"""Every message we send, one file each: what it says. How it looks is shared (templates/)."""

from __future__ import annotations

from messages.render import Mail, render_mail, render_sms

__all__ = ["Mail", "render_mail", "render_sms"]
