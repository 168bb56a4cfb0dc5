"""Who and what has access to a store: its team, its host names, its tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from booking.user_access import ROLES
from booking.wording import SHIPPED
from shopify_app.api.shapes.base import Email, Flag, Shape

Role = Literal[ROLES]  # type: ignore[valid-type]
Language = Literal[tuple(SHIPPED)]  # type: ignore[valid-type]
PersonName = Annotated[str, Field(min_length=1, max_length=120)]


class MemberIn(Shape):
    """Someone invited: a mail tells them where to sign in. `notify`: mails about changes by customers."""

    email: Email
    name: PersonName
    role: Role
    notify: Flag = True


class MemberPatch(Shape):
    """`language` is that of the dashboard and of mails to them; null the browser's, and for mails the store's."""

    name: PersonName | None = None
    role: Role | None = None
    notify: Flag | None = None
    language: Language | None = None


class MemberOut(Shape):
    """`signed_in_at` is null for someone who has only been invited so far."""

    id: str
    email: str
    name: str
    role: Role
    notify: bool
    language: Language | None
    signed_in_at: datetime | None
    created_at: datetime


class DomainIn(Shape):
    """A host name such as `booking.example.com`."""

    host: Annotated[str, Field(min_length=1, max_length=300)]


class DnsRecord(Shape):
    type: Literal["TXT", "CNAME"]
    name: str
    value: str


class DomainOut(Shape):
    """`served`: customers reach the store there. `in_links`: links in messages carry it. `records` are what its DNS has to say;
    `problem` is `missing`, `no_answer`, `in_use` or null, as of the last look."""

    id: str
    host: str
    served: bool
    in_links: bool
    problem: str | None
    records: list[DnsRecord]
    proven_at: datetime | None
    next_look_at: datetime
    created_at: datetime


class TokenIn(Shape):
    """`label` says what the token is for."""

    label: Annotated[str, Field(min_length=1, max_length=100)]


class TokenOut(Shape):
    """`token` only in the answer to making it."""

    id: str
    label: str
    created_at: datetime
    changed_at: datetime | None
    token: str | None = None

