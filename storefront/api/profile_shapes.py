"""What customers send and see of themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from jsonapi.shapes import Flag, Shape
from storefront.api.shapes import Choice

Typed = Annotated[str, Field(max_length=500)]


class Kinds(Shape):
    transactional: Flag
    reminders: Flag
    offers: Flag
    marketing: Flag


class Preferences(Shape):
    email: Kinds
    sms: Kinds


class Profile(Shape):
    """`email` is changed in the Shopify account. `languages`: those the store's texts come in."""

    name: str
    email: str | None
    phone: str | None
    locale: str | None
    preferences: Preferences
    languages: list[Choice]


class SomeKinds(Shape):
    transactional: Flag | None = None
    reminders: Flag | None = None
    offers: Flag | None = None
    marketing: Flag | None = None


class SomePreferences(Shape):
    email: SomeKinds | None = None
    sms: SomeKinds | None = None


class ProfileIn(Shape):
    """Fields that are left out stay as they are; `phone` null removes the number."""

    name: Typed | None = None
    phone: Typed | None = None
    locale: Annotated[str, Field(max_length=20)] | None = None
    preferences: SomePreferences | None = None
