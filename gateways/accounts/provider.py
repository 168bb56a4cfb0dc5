"""The two providers, where they are asked, and what we ask to be allowed."""

from __future__ import annotations

from dataclasses import dataclass

from booking.keys import settings


@dataclass(frozen=True, slots=True)
class Provider:
    """Addresses are the provider's own and fixed; only the sandbox of tests and the demo takes their place.

    `scope` is what is asked for, `reads` the part of a granted scope without which nothing can be read.
    """

    key: str
    name: str
    authorize: str
    token: str
    revoke: str | None
    api: str
    scope: str
    reads: str
    asks: tuple[tuple[str, str], ...]

    @property
    def client_id(self) -> str:
        return (settings().google_client_id if self.key == "google" else settings().microsoft_client_id) or ""

    @property
    def client_secret(self) -> str:
        return (settings().google_client_secret if self.key == "google" else settings().microsoft_client_secret) or ""

    @property
    def offered(self) -> bool:
        """Whether this installation is registered there."""
        return bool(self.client_id and self.client_secret)


# developers.google.com/identity/protocols/oauth2/web-server; developers.google.com/workspace/calendar/api/v3/reference
GOOGLE = Provider(
    "google", "Google Calendar", "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token",
    "https://oauth2.googleapis.com/revoke", "https://www.googleapis.com/calendar/v3", "https://www.googleapis.com/auth/calendar.events.readonly",
    "calendar.events.readonly", (("access_type", "offline"), ("prompt", "consent")))

# learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow; learn.microsoft.com/graph/api/event-delta
MICROSOFT = Provider(
    "microsoft", "Microsoft 365 / Outlook.com", "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    "https://login.microsoftonline.com/common/oauth2/v2.0/token", None, "https://graph.microsoft.com/v1.0",
    "offline_access https://graph.microsoft.com/Calendars.ReadBasic", "Calendars.Read", (("prompt", "select_account"), ("response_mode", "query")))

PROVIDERS = {provider.key: provider for provider in (GOOGLE, MICROSOFT)}
"""By the name that is stored."""


def offered() -> list[Provider]:
    return [provider for provider in PROVIDERS.values() if provider.offered]


def place(provider: Provider, url: str) -> str:
    """`url` of the provider, or the same path at the sandbox's stand-in."""
    sandbox = settings().sandbox_url
    if not sandbox or settings().environment == "production":
        return url
    return f"{sandbox.rstrip('/')}/{provider.key}/{url.split('/', 3)[3]}"
