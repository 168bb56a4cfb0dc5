"""SMS are counted as networks count them: GSM alphabet or Unicode, parts of a longer one are shorter (3GPP TS 23.038, 23.040)."""

from __future__ import annotations

import pytest

from booking.rules.sms_length import GSM, GSM_TWICE, sms_length


@pytest.mark.parametrize(("text", "parts", "places", "beyond"), [
    ("", 1, 0, ""), ("a" * 160, 1, 160, ""), ("a" * 161, 2, 161, ""), ("a" * 306, 2, 306, ""), ("a" * 307, 3, 307, ""),
    ("€" * 80, 1, 160, ""), ("€" * 81, 2, 162, ""), ("Grüße für Zoë", 1, 13, "ë"), ("Ñandú", 1, 5, "ú"),
    ("ş" + "a" * 69, 1, 70, "ş"), ("ş" + "a" * 70, 2, 71, "ş"), ("ع" * 134, 2, 134, "ع"), ("ع" * 135, 3, 135, "ع"),
    ("😀" * 35, 1, 70, "😀"), ("😀" * 36, 2, 72, "😀"), ("naïve — “yes”", 1, 13, "ï—“”")])
def test_length(text, parts, places, beyond):
    found = sms_length(text)
    assert (found.parts, found.places, found.beyond) == (parts, places, beyond)
    assert found.room == {1: 70, 2: 134, 3: 201}[parts] if beyond else found.room == {1: 160, 2: 306, 3: 459}[parts]


def test_a_character_of_two_places_is_not_cut():
    # 152 places and one of two: it moves to the next part whole, so 306 places need three parts.
    assert sms_length("a" * 152 + "€" + "a" * 152).parts == 3 and sms_length("a" * 306).parts == 2
    assert sms_length("a" * 66 + "😀" + "a" * 66).parts == 3 and sms_length("ع" + "a" * 133).parts == 2


def test_the_alphabet_is_that_of_the_standard():
    assert len(GSM) == 127 and len(GSM_TWICE) == 10 and not GSM & GSM_TWICE
