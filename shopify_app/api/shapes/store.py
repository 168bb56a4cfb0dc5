"""The store and its defaults."""

from __future__ import annotations

from typing import Annotated, Literal

import babel
from pydantic import AfterValidator, Field

from shopify_app.api.shapes.base import Email, Flag, Name, Phone
from shopify_app.api.shapes.catalogue import Zone
from shopify_app.api.shapes.money import ReceiptOut, ReceiptPatch
from shopify_app.api.shapes.offers import WaitlistPatch, WaitlistSettings
from shopify_app.api.shapes.policy import Policy
from shopify_app.api.shapes.store_words import WordsOut, WordsPatch


def _known_locale(text: str) -> str:
    try:
        babel.Locale.parse(text.replace("_", "-"), sep="-")
    except (ValueError, babel.UnknownLocaleError):
        raise ValueError("is not a language such as de or pt-BR") from None
    return text


Locale = Annotated[str, Field(max_length=20, pattern="^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,2}$"), AfterValidator(_known_locale)]
Accent = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]


class StorePatch(ReceiptPatch, WaitlistPatch, WordsPatch):
    name: Name | None = None
    zone: Zone | None = None
    locale: Locale | None = None
    email: Email | None = None
    phone: Phone | None = None
    accent: Accent | None = None
    reschedule: Flag | None = None
    cancel: Flag | None = None
    real_time: Flag | None = None
    open_for_booking: Flag | None = None
    require_login_to_cancel: Flag | None = None
    website: Annotated[str, Field(max_length=500)] | None = None
    logo_url: Annotated[str, Field(max_length=500)] | None = None
    contact_note: Annotated[str, Field(max_length=500)] | None = None
    retention_days: Annotated[int, Field(strict=True, ge=30, le=3650)] | None = None
    policy: Policy | None = None


class StoreOut(ReceiptOut, WaitlistSettings, WordsOut):
    id: str
    slug: str
    name: str
    kind: Literal["standalone", "shopify"]
    zone: str
    currency: str
    locale: str
    email: str | None
    phone: str | None
    accent: str | None
    reschedule: bool
    cancel: bool
    real_time: bool
    open_for_booking: bool
    require_login_to_cancel: bool
    website: str | None
    logo_url: str | None
    contact_note: str | None
    retention_days: int
    policy: Policy
