"""One canonical form for each address, computed here and nowhere else (I40)."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from booking.rules.decision import Refused

PLAIN = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")


@lru_cache(maxsize=2_000)
def canonical_email(text: str) -> str:
    """The address in lower case, its domain in ASCII; Refused("invalid", field="email") when it cannot receive mail.

    Only the case is folded: two mailboxes that differ in dots or tags stay two (I40).
    """
    text = text.strip()
    if len(text) <= 254 and PLAIN.fullmatch(text.lower()) and "--" not in text and len(text.split("@")[0]) <= 64:
        return text.lower()
    try:
        valid = validate_email(text, check_deliverability=False, allow_smtputf8=False, test_environment=False, strict=True)
    except EmailNotValidError:
        raise Refused("invalid", field="email", errors=[{"field": "email", "problem": "is not an e-mail address"}]) from None
    return valid.ascii_email.lower() if valid.ascii_email else valid.normalized.lower()


@lru_cache(maxsize=2_000)
def canonical_phone(text: str, region: str | None) -> str:
    """E.164, or Refused("invalid", field="phone"). `region` (ISO 3166) is for numbers without a country code."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise Refused("invalid", field="phone", errors=[
            {"field": "phone", "problem": "is not a phone number; give it with its country code, as in +1 212 555 0100"}])
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask_email(email: str | None) -> str:
    """`j•••@example.com` (R6)."""
    if not email or "@" not in email:
        return ""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}•••@{domain}"


def mask_phone(phone: str | None) -> str:
    """The last two digits (R6)."""
    return f"••• {phone[-2:]}" if phone else ""


def mask_address(address: str) -> str:
    """`7 P•••`: whoever gave it knows it again, nobody else finds the house (R6)."""
    return f"{address[:3].rstrip()}•••" if address else ""


def first_name(name: str) -> str:
    return name.split()[0] if name.split() else ""
