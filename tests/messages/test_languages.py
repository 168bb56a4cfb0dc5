"""Every turn of every message in every language: whole, nothing left in English, in the right direction (R40, R46)."""

from __future__ import annotations

import gettext
import re

import pytest

from booking.wording import SHIPPED, words_for
from booking.wording.extract import texts
from booking.wording.languages import catalogue
from messages import render_mail, render_sms
from messages.render import MESSAGES
from tests.messages.test_topics import Page
from tests.messages.variants import VARIANTS, every

LANGUAGES = tuple(SHIPPED)
OTHERS = tuple(code for code in LANGUAGES if code != "en")


def pieces() -> set[str]:
    """What stands between the placeholders of our English texts, where it is long enough to be nothing else."""
    found = set()
    singular, plural = texts()
    for text in singular | {form for pair in plural for form in pair}:
        found |= {piece.strip(" .,:;()") for piece in re.split(r"\{\w*\}", text)}
    return {piece for piece in found if len(piece.split()) >= 3 and len(piece) >= 12}


ENGLISH = re.compile("|".join(sorted(map(re.escape, pieces()), key=len, reverse=True)))


class Lacking(gettext.NullTranslations):
    """Behind the catalogues: notes what they did not have."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        self.asked.add(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.asked.add(msgid1)
        return msgid1 if n == 1 else msgid2


@pytest.fixture
def lacking(monkeypatch) -> Lacking:
    noted = Lacking()
    for code in OTHERS:
        monkeypatch.setattr(catalogue(code)._fallback, "_fallback", noted)
    return noted


def test_the_turns_are_of_messages_there_are():
    assert set(VARIANTS) <= set(MESSAGES) and len(every("en")) >= 75


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_turn_is_whole(code):
    direction = words_for(code).direction
    for topic, turn, payload in every(code):
        mail = render_mail(topic, payload, "x.example")
        page, place = Page(mail.html), (code, topic, turn)
        assert f'<html lang="{code}" dir="{direction}">' in mail.html, place
        assert ("rtl" if code == "ar" else "ltr") == direction
        assert mail.subject and mail.text.strip() and not re.search(r"\{\w*\}|None|Undefined|\{\{|\{%", mail.subject + page.text + mail.text), place
        for link in page.links:
            assert link.startswith("tel:") or link.removeprefix("mailto:") in mail.text, (place, link, "is in the HTML body only")
        sms = render_sms(topic, payload)
        assert sms is None or 0 < len(sms) <= 640 and not re.search(r"\{\w*\}|None|\n", sms), place


@pytest.mark.parametrize("code", OTHERS)
def test_nothing_is_left_in_english(code, lacking):
    for topic, turn, payload in every(code):
        mail = render_mail(topic, payload, "x.example")
        for text in (mail.subject, Page(mail.html).text, mail.text, render_sms(topic, payload) or ""):
            assert not ENGLISH.search(text), (code, topic, turn, ENGLISH.findall(text))
    assert lacking.asked == set()


def test_what_is_left_in_english_is_found(lacking, monkeypatch):
    """The two checks above see a text that is not translated."""
    monkeypatch.delitem(catalogue("de")._catalog, "Your new time is {new}. It was {old} before.")
    topic, payload = next((topic, payload) for topic, _, payload in every("de") if topic == "booking_moved")
    mail = render_mail(topic, payload, "x.example")
    assert ENGLISH.search(mail.text) and lacking.asked == {"Your new time is {new}. It was {old} before."}
