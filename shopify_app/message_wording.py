"""What a message of the shop says now, and how a wording looks with a real booking: shared by the JSON and the dashboard (A126)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from booking import notices
from booking.keys import settings
from booking.rules.decision import Refused
from booking.rules.sms_length import SmsLength, sms_length
from booking.templates import EDITABLE, FIELDS, at_version, newest, problems
from messages import Mail, render_mail, render_sms
from messages.render import our_wording
from models.booking_summary import BookingSummary
from models.session import Tx

Texts = Mapping[str, str | None]
"""subject, heading, body, and sms, which is None for messages that go by mail only."""


@dataclass(frozen=True)
class Wording:
    """`version` 0: never changed. `custom` False: `texts` are ours, as a text with placeholders to begin with."""

    version: int
    custom: bool
    since: datetime | None
    texts: dict[str, str | None]


@dataclass(frozen=True)
class Sample:
    """A message as it would leave. `sms` is None for messages that go by mail only."""

    mail: Mail
    sms: str | None
    length: SmsLength | None


def worded(tx: Tx, topic: str, locale: str, number: int | None = None) -> Wording:
    """The wording in force, or that of an old version; Refused not_found for a version that never was."""
    last = newest(tx, topic, locale)
    row = last if number is None else at_version(tx, topic, locale, number)
    if row is None and number is not None:
        raise Refused("not_found")
    custom = row is not None and row.body is not None
    texts = {field: getattr(row, field) for field in FIELDS} if custom else standard(topic, locale)
    return Wording(last.version if last else 0, custom, row.created_at if row else None, texts)


def standard(topic: str, locale: str) -> dict[str, str | None]:
    """What we say, as a text with placeholders to begin with."""
    return our_wording(topic, locale, EDITABLE[topic])


def by_sms(topic: str, locale: str) -> bool:
    """Whether the message also goes by SMS."""
    return standard(topic, locale)["sms"] is not None


def sampled(tx: Tx, topic: str, locale: str, texts: Texts, b: BookingSummary) -> Sample:
    """The message with a real booking; nothing is saved or sent. Refused invalid where it could not be saved."""
    wrong = problems(topic, dict(texts))
    if wrong:
        raise Refused("invalid", errors=wrong)
    payload = notices.sample(tx, topic, b, locale) | {"template": dict(texts), "test": True}
    sms = render_sms(topic, payload)
    return Sample(render_mail(topic, payload, settings().base_domain), sms, None if sms is None else sms_length(sms))
