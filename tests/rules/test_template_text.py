"""Texts with names in them: names only, problems with their place, values never read again (A126, I51)."""

from __future__ import annotations

import pytest

from bench.campaigns.templates import check_random_texts
from booking.rules.template_text import TemplateError, blocks, fill, parse

NAMES = {"service", "shop"}


@pytest.mark.parametrize(("text", "filled"), [
    ("", ""), ("plain", "plain"), ("{service} at {shop}", "Massage at Harbor"), ("{{service}}", "{service}"), ("}}{{", "}{"),
    ("{{{service}}}", "{Massage}"), ("50 % {service}", "50 % Massage"), ("$" + "{service}", "$Massage")])
def test_names_become_values(text, filled):
    assert fill(text, {"service": "Massage", "shop": "Harbor"}) == filled


@pytest.mark.parametrize("value", ["{shop}", "{{7*7}}", "%(x)s", "{0.__class__}", "}", "\\x41", "<b>"])
def test_a_value_is_never_read_again(value):
    assert fill("a {service} b", {"service": value, "shop": "x"}) == f"a {value} b"


@pytest.mark.parametrize(("text", "line", "column"), [
    ("{nothing}", 1, 1), ("ab {Service}", 1, 4), ("one\ntwo {service.__class__}", 2, 5), ("x\n\n  }", 3, 3), ("{", 1, 1), ("{service", 1, 1),
    ("{ service }", 1, 1), ("{service!r}", 1, 1), ("{service:>99999999}", 1, 1), ("{0}", 1, 1), ("{}", 1, 1), ("{service[0]}", 1, 1), ("a\nb{%x%}", 2, 2)])
def test_everything_else_with_a_brace_is_refused_with_its_place(text, line, column):
    with pytest.raises(TemplateError) as caught:
        parse(text, NAMES)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_elements_stand_alone():
    assert blocks("Hello\nyou\n\n{manage}\n \n\nBye {shop}\n", NAMES, {"manage"}) == [
        ("text", "Hello\nyou"), ("element", "manage"), ("text", "Bye {shop}")]
    for text, line, column in (("Hello\n\nsee {manage}", 3, 5), ("a\n\nb\nc {wrong}", 4, 3)):
        with pytest.raises(TemplateError) as caught:
            blocks(text, NAMES, {"manage"})
        assert (caught.value.line, caught.value.column) == (line, column)


def test_any_text_is_either_refused_or_filled_to_the_letter():
    """The campaign `templates` does the same 200,000 times."""
    assert 100 < check_random_texts(3_000, seed=1) < 3_000
