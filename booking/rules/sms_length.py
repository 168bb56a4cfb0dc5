"""How many text messages a text becomes (3GPP TS 23.038, 23.040): 160 characters of the GSM alphabet or 70 of Unicode in one,
153 or 67 in each part of a longer one."""

from __future__ import annotations

from dataclasses import dataclass

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
GSM_TWICE = frozenset("\f^{}\\[~]|€")
"""Characters that take two places of the GSM alphabet."""
GSM_ROOM, UNICODE_ROOM = (160, 153), (70, 67)


@dataclass(frozen=True, slots=True)
class SmsLength:
    """`parts`: how many are sent and paid. `places`: how many the text fills. `beyond`: the characters that force Unicode, each once."""

    parts: int
    places: int
    beyond: str

    @property
    def room(self) -> int:
        """The places these parts have."""
        whole, part = UNICODE_ROOM if self.beyond else GSM_ROOM
        return whole if self.parts == 1 else self.parts * part


def sms_length(text: str) -> SmsLength:
    """The length of an SMS; a character of two places is never cut in two."""
    beyond = "".join(dict.fromkeys(char for char in text if char not in GSM and char not in GSM_TWICE))
    sizes = [_utf16(char) for char in text] if beyond else [2 if char in GSM_TWICE else 1 for char in text]
    whole, part = UNICODE_ROOM if beyond else GSM_ROOM
    places = sum(sizes)
    if places <= whole:
        return SmsLength(1, places, beyond)
    parts, used = 1, 0
    for size in sizes:
        if used + size > part:
            parts, used = parts + 1, 0
        used += size
    return SmsLength(parts, places, beyond)


def _utf16(char: str) -> int:
    return 2 if ord(char) > 0xFFFF else 1
