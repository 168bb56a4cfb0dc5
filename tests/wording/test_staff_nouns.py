"""What shops call their people, as each language says it (A94, R46)."""

from __future__ import annotations

import pytest

from booking.wording import SHIPPED, words_for
from booking.wording.staff_nouns import FORMS, StaffNouns, earlier_prompt, staff_noun


@pytest.mark.parametrize(("word", "home", "said"), [
    ("therapist", "en", {"en": "therapist", "de": "Ihrer Therapeutin oder Ihrem Therapeuten", "fr": "thérapeute", "es": "terapeuta", "ar": "المعالج"}),
    ("Stylist", "de", {"en": "stylist", "de": "Ihrer Stylistin oder Ihrem Stylisten", "ar": "مصفف الشعر"}),
    ("Friseur:in", "de-AT", {"en": "hairdresser", "de": "Ihrer Friseurin oder Ihrem Friseur", "es": "peluquero o peluquera"}),
    ("Médica", "es", {"es": "Médica", "en": "doctor", "fr": "médecin"}),
    ("dog groomer", "en", {"en": "dog groomer", "de": "Ihrer Ansprechperson", "fr": "prestataire", "es": "profesional", "ar": "المختص"}),
    (None, "en", {"en": "stylist", "fr": "styliste"})])
def test_the_readers_word(word, home, said):
    for language, noun in said.items():
        assert staff_noun(words_for(language), StaffNouns(word, {}, home)) == noun, language


def test_what_a_shop_gives_for_a_language_stands():
    nouns = StaffNouns("therapist", {"de": "unserem Team", "en": "healer"}, "en")
    assert earlier_prompt(words_for("de"), nouns).endswith("sobald ein früherer Termin mit unserem Team frei wird.")
    assert "if your healer has" in earlier_prompt(words_for("en"), nouns) and "votre thérapeute" in earlier_prompt(words_for("fr"), nouns)


@pytest.mark.parametrize("word", FORMS)
def test_every_usual_word_has_its_own_in_all_languages(word):
    said = {language: staff_noun(words_for(language), StaffNouns(word, {}, "en")) for language in SHIPPED}
    assert said["en"] == word and (word == "coach" or word not in (said["de"], said["ar"])) and said["de"].split()[0] in ("Ihrer", "Ihrem")
