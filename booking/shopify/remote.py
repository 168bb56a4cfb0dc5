"""A customer as the Admin API shows it, in our terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from booking.addresses import canonical_email, canonical_phone
from booking.rules.consent import Said
from booking.rules.decision import Refused
from booking.rules.two_way import full_name

STATES = {"SUBSCRIBED": True, "UNSUBSCRIBED": False, "NOT_SUBSCRIBED": None, "NEVER_SUBSCRIBED": None, "PENDING": None}
"""What a marketing state says; of e-mail silence is NOT_SUBSCRIBED, of SMS NEVER_SUBSCRIBED. INVALID and REDACTED are not here: about such an address there is nothing to say."""


@dataclass(frozen=True, slots=True)
class RemoteCustomer:
    """`news`: by channel, what was said about news; a channel without a usable address is not in it. `made_for`: the customer of
    ours they were made for over there, by the mark only our app can set."""

    gid: str
    first_name: str | None
    last_name: str | None
    email: str | None
    verified_email: bool
    phone: str | None
    locale: str | None
    updated_at: datetime
    news: Mapping[str, Said] = field(default_factory=dict)
    made_for: int | None = None

    def fields(self) -> dict[str, str | None]:
        """An address or number we could not use counts as none."""
        return {"name": full_name(self.first_name, self.last_name) or None, "email": _usable(canonical_email, self.email),
                "phone": _usable(lambda text: canonical_phone(text, None), self.phone), "locale": self.locale or None}


def remote_of(body: dict[str, Any]) -> RemoteCustomer:
    """From the fields of the API; KeyError, TypeError or ValueError when they are not as agreed."""
    email, phone = body["defaultEmailAddress"], body["defaultPhoneNumber"]
    news = {}
    if email and email["marketingState"] in STATES:
        news["email"] = Said(STATES[email["marketingState"]], _instant(email["marketingUpdatedAt"]))
    if phone and phone["smsMarketingConsent"]["state"] in STATES:
        news["sms"] = Said(STATES[phone["smsMarketingConsent"]["state"]], _instant(phone["smsMarketingConsent"]["updatedAt"]))
    mark = (body.get("ours") or {}).get("value", "")
    return RemoteCustomer(body["id"], body["firstName"], body["lastName"], email and email["emailAddress"], bool(body["verifiedEmail"]),
                          phone and phone["phoneNumber"], body["locale"], datetime.fromisoformat(body["updatedAt"]), news,
                          int(mark) if mark.isascii() and mark.isdecimal() and len(mark) < 20 else None)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _usable(canonical: Callable[[str], str], text: str | None) -> str | None:
    if not text:
        return None
    try:
        return canonical(text)
    except Refused:
        return None
