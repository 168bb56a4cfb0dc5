"""Every language we ship is whole: nothing untranslated, nothing lost from a sentence, nothing left in English (R46)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from booking.wording import SHIPPED, words_for
from booking.wording.extract import merchant_texts, texts
from booking.wording.languages import CATALOGUES, MERCHANTS, pick
from messages import render_mail, render_sms
from messages.render import MESSAGES
from tests.messages.payloads import LINK, REFUND, TO_CUSTOMER, payload

EXTENSIONS = Path(__file__).parents[2] / "extensions"
LANGUAGES = ("de", "fr", "es", "ar")
IN_WORDS = {"de": (0,), "fr": (0,), "es": (0,), "ar": (0, 1, 2)}
SINGULAR, PLURAL = texts()
READERS = {"customers": (CATALOGUES, (SINGULAR, PLURAL)), "shop": (MERCHANTS, merchant_texts())}
NAMES_ONLY = re.compile(r"[{}\w]*[{][^ ]*(?:[ ,·()]*[{]\w+[}][),]*)*")
"""Texts made of values alone, such as {service}, {when} ({ref})."""
SAME_EVERYWHERE = frozenset({"SMS", "MMMM y", "{name} ({role})", "{day}, {time} {zone}"})


@pytest.fixture(scope="module", params=[(reader, code) for reader in READERS for code in LANGUAGES], ids="-".join)
def catalogue(request):
    """(language, what it knows, the texts it must know)."""
    reader, code = request.param
    folder, wanted = READERS[reader]
    with (folder / f"{code}.po").open("rb") as file:
        return code, {message.id: message.string for message in read_po(file, locale=code) if message.id}, wanted


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_the_languages_are_shipped():
    assert set(SHIPPED) == {"en", *LANGUAGES} and len(SINGULAR) > 500 and len(PLURAL) >= 15
    assert [len(found) > least for found, least in zip(READERS["shop"][1], (1200, 15), strict=True)] == [True, True]


def test_every_text_is_translated(catalogue):
    """What is missing here has to be written: `python -m booking.wording.missing` lists it by language."""
    code, known, (singular, plural) = catalogue
    missing = sorted(text for text in singular if not known.get(text)) + sorted(
        pair[0] for pair in plural if not known.get(pair) or not all(known[pair]))
    assert missing == []


def test_placeholders_are_the_same(catalogue):
    code, known, _ = catalogue
    for source, translated in known.items():
        if isinstance(source, tuple):
            for n, text in enumerate(translated):
                # The forms of one and of two say the number in a word where the language does.
                told = names(text) | (names(source[1]) & {"n"} if n in IN_WORDS[code] else set())
                assert told == names(source[1]), (code, text)
        else:
            assert names(translated) == names(source), (code, source)


def test_nothing_is_left_in_english(catalogue):
    code, known, _ = catalogue
    same = {source for source, translated in known.items() if source == translated and len(source) > 12 and not NAMES_ONLY.fullmatch(source)}
    assert same <= SAME_EVERYWHERE, code


@pytest.mark.parametrize(("wanted", "code"), [("de-AT", "de"), ("fr_CA", "fr"), ("es-419", "es"), ("ar-EG", "ar"), ("it", "en"), (None, "en")])
def test_a_locale_finds_its_language(wanted, code):
    assert pick(wanted) == code


@pytest.mark.parametrize("code", SHIPPED)
def test_what_is_chosen_from_fits_a_narrow_phone(code):
    """A closed list shows one line of about 26 letters at 320 px; what it cuts cannot be read."""
    w = words_for(code)
    options = [w._("money, the way you paid"), w._("credit for your next visit"), w._("Anyone free"), w._("Only this date"), w._("This and following dates"),
               w._("All coming dates"), w._("The whole visit"), w._("Only this part"),
               w._("Automatic"), w._("That of the place")]
    assert [text for text in options if len(text) > 26] == []


@pytest.mark.parametrize("folder", [CATALOGUES, MERCHANTS])
def test_numbers_of_several_groups_keep_their_order_in_arabic(folder):
    """A mark before them holds the sign alone; groups after it would still change places."""
    with (folder / "ar.po").open("rb") as file:
        texts = [text for message in read_po(file, locale="ar") for text in ([message.string] if isinstance(message.string, str) else message.string)]
    numbers = [number for text in texts for number in re.findall(r".?\+\d+ [\d ]+\d.?", text)]
    assert numbers and [number for number in numbers if (number[0], number[-1]) != ("\u2066", "\u2069")] == []


def test_arabic_runs_from_right_to_left():
    assert words_for("ar").direction == "rtl" and words_for("de").direction == "ltr"
    assert 'dir="rtl"' in render_mail("booking_confirmed", payload("booking_confirmed", locale="ar"), "x.example").html


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("topic", TO_CUSTOMER)
def test_no_message_falls_back(topic, code):
    """The same message in English shares no sentence with the translated one; the link is whole."""
    def sentences(locale: str) -> set[str]:
        mail = render_mail(topic, payload(topic, locale=locale, refund=REFUND), "x.example")
        return {line.strip() for line in mail.text.splitlines() if len(line.split()) > 3 and not re.search(r"https?://|Harbor|Deep tissue", line)}

    assert sentences(code) and not sentences(code) & sentences("en")
    sms = render_sms(topic, payload(topic, locale=code, refund=REFUND))
    assert sms and sms.endswith(LINK) and len(sms) <= 320


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_message_can_be_made(code):
    for topic in MESSAGES:
        mail = render_mail(topic, payload(topic, locale=code), "x.example")
        assert mail.subject and not re.search(r"\{\w*\}", mail.text), topic


def test_dates_and_counts_follow_the_language():
    at = datetime(2027, 3, 13, 14, tzinfo=UTC)
    assert words_for("de").date(at, "Europe/Berlin") == "Samstag, 13. März 2027"
    assert words_for("fr").date(at, "Europe/Paris") == "samedi 13 mars 2027"
    assert words_for("es").date(at, "Europe/Madrid") == "sábado, 13 de marzo de 2027"
    assert words_for("fr").date(datetime(2027, 3, 1, 14, tzinfo=UTC), "Europe/Paris") == "lundi 1er mars 2027"
    assert words_for("fr").when(datetime(2027, 3, 1, 14, tzinfo=UTC), "Europe/Paris") == "lun. 1er mars 2027, 15:00 CET"
    ar = words_for("ar")
    assert [ar.ngettext("{n} day", "{n} days", n) for n in (1, 2, 3, 11, 100)] == ["يوم واحد", "يومان", "{n} أيام", "{n} يومًا", "{n} يوم"]


def extension_texts(extension: str, locale: str) -> dict[str, str]:
    """`{path of keys: text}` of an extension's locale file."""
    def flat(part: dict, path: str):  # noqa: ANN202
        for key, value in part.items():
            yield from flat(value, f"{path}{key}.") if isinstance(value, dict) else [(path + key, value)]
    return dict(flat(json.loads((EXTENSIONS / extension / "locales" / f"{locale}.json").read_text()), ""))


@pytest.mark.parametrize("extension", ["booking-page", "booking-blocks"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_the_shopify_account_says_it_in_the_words_of_the_portal(extension, code):
    """What is the same in English, but for a full stop, is the same in every language."""
    portal, here = words_for(code), extension_texts(extension, code)
    other = []
    for path, english in extension_texts(extension, "en.default").items():
        known = next((text for text in (english, f"{english}.") if text in SINGULAR), None)
        if known and path in here and portal.gettext(known).rstrip(".") != here[path].rstrip("."):
            other.append((path, english, here[path], portal.gettext(known)))
    assert other == []


def test_buttons_are_written_alike_in_both_places():
    texts_here = {text.casefold(): text for extension in ("booking-page", "booking-blocks") for text in extension_texts(extension, "en.default").values()}
    assert [(text, texts_here[text.casefold()]) for text in SINGULAR if texts_here.get(text.casefold(), text) != text] == []
