"""What people of the shop read: every problem, deed and kind of message has words, in every language (R41, R46)."""

from __future__ import annotations

import ast
import re
from functools import partial
from pathlib import Path

import pytest

from booking.rules.policy import DEFAULT
from booking.rules.told_settings import TOLD
from booking.wording import deeds, fields, fields_told, topics, words_for
from booking.wording.extract import JINJA, merchant_texts, texts
from booking.wording.languages import SHIPPED
from booking.wording.outside import outside_text
from booking.wording.problems import PROBLEMS, UNKNOWN, known_problem, problem_text
from messages.render import MESSAGES

ROOT = Path(__file__).parents[2]
CODE = [path for folder in ("booking", "sync", "gateways") for path in (ROOT / folder).rglob("*.py")]
RAISED = {"Unusable", "FormatError"}
SAID = {"availability", "durations", "template_text"}
"""Rules whose ValueErrors are handed on as problems."""


def literal(node: ast.expr) -> list[str]:
    """A text, or the texts of a choice; values in it become 7."""
    if isinstance(node, ast.IfExp):
        return literal(node.body) + literal(node.orelse)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "7" for part in node.values)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [one + other for one in literal(node.left) for other in literal(node.right)]
    return []


def problems() -> set[tuple[str, str]]:
    """(file, problem) of everything that can stand at a field, or at a row of an import."""
    found = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            texts: list[str] = []
            if isinstance(node, ast.Dict):
                texts = [text for key, value in zip(node.keys, node.values, strict=True)
                         if isinstance(key, ast.Constant) and key.value == "problem" for text in literal(value)]
            elif isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name == "wrong" and len(node.args) == 2:
                    texts = literal(node.args[1])
                elif name in RAISED or name == "ValueError" and path.stem in SAID:
                    texts = literal(node.args[0]) if node.args else []
            found |= {(path.name, text) for text in texts}
    return found


def test_every_problem_has_a_sentence_for_the_shop():
    """One without has to be added to booking/wording/problems.py, and to the catalogues."""
    found = problems()
    found = {(name, re.sub("^7 7 is not an ", "price 7 is not an ", re.sub("^7 7 (is not a|does) ", r"start 7 \1 ", text))) for name, text in found}
    codes = re.compile(r"[a-z_]+")  # states of a domain, and the like, which screens word themselves
    assert len(found) > 90
    assert sorted(f"{name}: {text}" for name, text in found if not known_problem(text) and not codes.fullmatch(text)) == []


def test_a_problem_carries_its_values_into_every_language():
    for code in ("en", "de", "fr", "es", "ar"):
        w = words_for(code)
        assert "120" in problem_text(w, "must have 1 to 120 characters")
        assert "'25:00'" in problem_text(w, "mon: '25:00' is not a time from 00:00 to 24:00")
        assert problem_text(w, "something nobody has foreseen") == w._(UNKNOWN)
    assert problem_text(words_for("de"), "must be from 1 to 6, what is still to pay") == "Das ist mehr, als noch zu bezahlen ist."
    assert problem_text(words_for("fr"), "must be from 2 to 6 weeks") == "Il faut de 2 à 6 semaines."


def shown_constants(path: Path) -> set[str]:
    """Texts in a screen's code that look like words for people: two words in a row, or one with a capital. Docstrings are none."""
    tree = ast.parse(path.read_text())
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent
            and re.search(r"[A-Za-z]{2,} [a-z]|^[A-Z][a-z]+(?: |$)", node.value)}


NOT_WORDS = re.compile(r"Lax|None|Cookie|Location|Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|"
                       r"(?:public|private|attachment|inline|default-src)\b.*|[\w-]+: .*|.*'(?:none|self)'.*|"
                       r"value (?:link|element)|Test booking|a calendar could not be connected")
"""Values of headers, cookies and attributes, regions of the zone data, the mark of the test booking, a line of the log."""


def test_no_text_in_the_code_of_screens_is_outside_the_catalogues():
    single, pairs = merchant_texts()
    known = set(PROBLEMS) | single | {text for pair in pairs for text in pair} | texts()[0] | {text for pair in texts()[1] for text in pair}
    loose = {f"{path.name}: {text}" for path in sorted((ROOT / "shopify_app/dashboard").glob("*.py")) for text in shown_constants(path)
             if text not in known and not NOT_WORDS.fullmatch(text)}
    assert sorted(loose) == []


@pytest.mark.parametrize("folder", ["dashboard", "embed"])
def test_no_text_in_templates_is_outside_a_translating_call(folder):
    """Whatever state a screen is in: between the tags there is nothing but expressions, signs and names of formats."""
    loose = []
    for path in sorted((ROOT / "shopify_app" / folder / "templates").rglob("*.html")):
        page = " ".join(text for _, kind, text in JINJA.lex(path.read_text()) if kind == "data")
        page = re.sub(r"<!doctype.*?>|<(script|style|code)\b.*?</\1>|&\w+;", " ", page, flags=re.S)
        loose += [f"{path.name}: {text.strip()}" for text in re.split(r"<[^>]*>", page) if re.search(r"[A-Za-z]{2,}", text) and not FORMATS.fullmatch(text.strip())]
        loose += [f"{path.name}: {found}" for found in re.findall(r'\b(?:aria-label|title|placeholder|alt)="([^"]*[A-Za-z]{2,}[^"]*)"', page)]
    assert loose == []


FORMATS = re.compile(r"CSV|JSON|TXT|CNAME|ISO 8601|[:\s]*\(\s*ms\)|/account|Opencals(?: Customer Calendar)?")


def verbs() -> set[str]:
    """What the audit trail can name: texts given to `tx.audit`."""
    found = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "audit" and node.args:
                found |= {text for text in literal(node.args[0]) if "7" not in text}
    return found


def refused_deeds() -> set[str]:
    """Actions on a booking: an attempt that is refused is kept under their own name."""
    return {node.name for path in CODE for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)
            and any(isinstance(mark, ast.Name) and mark.id == "action" for mark in node.decorator_list)
            and "ref" in {arg.arg for arg in node.args.args}}


def test_every_deed_has_words():
    kinds = {f"{verb}_{kind}" for verb in ("create", "update", "delete") for kind in ("service", "staff", "location")}
    assert len(verbs()) > 90 and len(refused_deeds()) > 25 and sorted((verbs() | refused_deeds() | kinds) - set(deeds.LABELS)) == []


def test_every_kind_of_message_has_words():
    assert sorted(set(MESSAGES) - set(topics.LABELS)) == []


def test_changed_fields_are_named_and_listed():
    assert fields.fields_named(words_for("de"), ["name", "duration_s", "name"]) == "Name, Dauer"
    assert fields.fields_named(words_for("en"), ["something_new"]) == "Other"


@pytest.mark.parametrize("locale", SHIPPED)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_any_number_of_changed_fields_is_listed_in_every_language(locale, count):
    w, names = words_for(locale), ["name", "duration_s", "price", "capacity", "active"][:count]
    assert fields.fields_named(w, names).split(w.comma) == [w._(fields.LABELS[name]) for name in names]


@pytest.mark.parametrize(("said", "read"), [
    ("answered 302: redirects are not followed", "Der Empfänger antwortete 302: Weiterleitungen wird nicht gefolgt."),
    ("The host answered 404.", "Der Empfänger antwortete 404."), ("did not answer in time", "Der Empfänger hat nicht rechtzeitig geantwortet."),
    ("550 5.1.1 no such mailbox", "550 5.1.1 no such mailbox")])
def test_what_went_wrong_outside(said, read):
    assert outside_text(words_for("de"), said) == read


def test_old_and_new_values_are_told_in_words():
    """A41: of a policy part by part, money and times as people read them, ids by their names."""
    w = words_for("en")
    say = partial(fields_told.told, w, names={("staff", "1"): "Elena Marsh", ("location", "7"): "Harbor Street"}, currency="USD")
    assert say("deposit", 0, 2500) == [("Deposit", "$0", "$25")] and say("real_time", True, False) == [("Real-time availability", "yes", "no")]
    assert say("lead_time_s", 3600, 5400) == [("Booked at least ahead", "1 h", "1 h 30 min")]
    assert say("location_id", None, 7) == [("Location", "–", "Harbor Street")] and say("staff", [], ["1"]) == [("Staff", "–", "Elena Marsh")]
    assert say("policy", {"cancel": {"notice": "PT24H", "fee": {"amount": 0}}}, {"cancel": {"notice": "P7D", "fee": {"amount": 500}}}) == [
        ("Policy: Cancellation fee", "$0", "$5"), ("Policy: Cancelling until, before the start", "24 hours", "7 days")]
    tiers = [{"at_least": "PT48H", "outcome": "partial", "percent": 50}, {"outcome": "forfeit"}]
    assert say("policy", {"cancel": {"tiers": [{"outcome": "full"}]}}, {"cancel": {"tiers": tiers}}) == [
        ("Policy: What comes back", "Otherwise: everything back", "At least 48 hours: part back 50%; Otherwise: nothing back")]
    assert say("policy", None, {"approval": "manual"}) == [("Policy", "As the store", "Its own")]
    assert say("policy", {"approval": "automatic"}, {"approval": "manual"}) == [
        ("Policy: New bookings and moves by customers", "Everything is confirmed at once", "New bookings and moves wait for you")]
    assert say("policy", {"reschedule": {"limit": 5}}, {"reschedule": {"limit": 5, "reason": "required"}})[1:] == [
        ("Policy: Reason for moving", "Not asked", "Has to be given")]
    assert say("hours", {"mon": [["09:00", "17:00"]]}, {"mon": []}) == [("Hours: Monday", "09:00–17:00", "–")]
    assert {field for field in TOLD if field not in fields.LABELS} == set()


def test_every_part_of_a_policy_has_a_name():
    assert {path for path, _ in fields_told._leaves(DEFAULT.to_json())} | fields_told.UNSAID.keys() == set(fields_told.LABELS)
