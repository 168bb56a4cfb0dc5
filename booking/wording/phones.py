"""Telephone numbers as people write them."""

from __future__ import annotations

import phonenumbers


def readable_phone(number: str) -> str:
    """A stored number (E.164) as +1 212-555-0142; anything else as it is."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number
