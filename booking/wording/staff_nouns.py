"""What a shop calls its people, in the reader's language (A94, R46).

A language's own word stands as the shop wrote it. Where it gave one word alone, a usual one is known in every language, and for another
one there is a general word. They stand as in the sentence: German has its article with them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from booking.wording.languages import pick
from booking.wording.words import Words

LONGEST = 80
FORMS = {
    "stylist": "hair stylist, stylistin, styliste, estilista", "hairdresser": "friseur, friseurin, coiffeur, coiffeuse, peluquero, peluquera, مصفف الشعر, مصففة الشعر",
    "barber": "barbier, barbero, الحلاق", "beautician": "esthetician, kosmetiker, kosmetikerin, esthéticien, esthéticienne, esteticista",
    "therapist": "therapeut, therapeutin, thérapeute, terapeuta, المعالج", "massage therapist": "masseur, masseuse, masseurin, masajista",
    "trainer": "personal trainer, trainerin, entraîneur, entrenador, entrenadora, المدرب", "coach": "",
    "instructor": "kursleiter, kursleiterin, moniteur, monitrice, monitor, monitora", "teacher": "lehrer, lehrerin, professeur, profesor, profesora, المعلم, المدرس",
    "doctor": "arzt, ärztin, médecin, docteur, médico, médica, الطبيب", "dentist": "zahnarzt, zahnärztin, dentiste, dentista, طبيب الأسنان",
    "consultant": "adviser, advisor, berater, beraterin, conseiller, conseillère, asesor, asesora, المستشار",
    "specialist": "fachkraft, spécialiste, especialista, الاختصاصي",
    "provider": "staff, staff member, mitarbeiter, mitarbeiterin, prestataire, profesional, المختص",
}
"""The usual words, each with what it is called elsewhere."""
USUAL = {form: word for word, others in FORMS.items() for form in (word, *others.split(", "))}
BOTH = re.compile(r"[:*_/]-?in$")


class StaffNouns(NamedTuple):
    """`word` is the one of the shop's own language, `own` those it gave for single languages."""

    word: str | None
    own: Mapping[str, str]
    home: str


def staff_noun(w: Words, nouns: StaffNouns) -> str:
    """The word as it stands after `your`; of a shop that gave none, the stylist of A94."""
    if w.locale in nouns.own:
        return nouns.own[w.locale]
    usual = USUAL.get(BOTH.sub("in", nouns.word.casefold())) if nouns.word else "stylist"
    if nouns.word and w.locale == pick(nouns.home) and (usual is None or w.locale != "de"):
        return nouns.word  # only in German it would lack its article
    return _usual(w)[usual or "provider"]


def earlier_prompt(w: Words, nouns: StaffNouns) -> str:
    """A94, word for word; the noun is the shop's."""
    return w._("Want a slot sooner? We'll let you know if your {staff} has earlier availability.").format(staff=staff_noun(w, nouns))


def _usual(w: Words) -> dict[str, str]:
    return {
        "stylist": w._("stylist"), "hairdresser": w._("hairdresser"), "barber": w._("barber"), "beautician": w._("beautician"),
        "therapist": w._("therapist"), "massage therapist": w._("massage therapist"), "trainer": w._("trainer"), "coach": w._("coach"),
        "instructor": w._("instructor"), "teacher": w._("teacher"), "doctor": w._("doctor"), "dentist": w._("dentist"),
        "consultant": w._("consultant"), "specialist": w._("specialist"), "provider": w._("provider")}
