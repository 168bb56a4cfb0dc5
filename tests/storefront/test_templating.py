"""What templates write is escaped as Jinja would have escaped it."""

from enum import StrEnum

import pytest
from flask import Flask
from jinja2 import Undefined
from markupsafe import Markup, escape

from storefront.presenting import Card
from templating import Templates, shown


class Colour(StrEnum):
    RED = "<red>"


class Said:
    def __html__(self) -> str:
        return "<b>said</b>"


HOSTILE = """<script>"&'</script>"""
WRITTEN = ["", "plain", HOSTILE, "٣ < ٤", "\x00", 7, 2.5, None, True, Markup("<b>&amp;</b>"), Colour.RED, Said(), Undefined(name="x"), [HOSTILE]]


@pytest.mark.parametrize("value", WRITTEN, ids=[type(value).__name__ for value in WRITTEN])
def test_it_is_what_escape_gives(value: object) -> None:
    assert shown(value) == str(escape(value))


@pytest.mark.parametrize(("template", "page"), [
    ("{{ a }}", "&lt;i&gt;"),
    ("{{ a|safe }}", "<i>"),
    ("{{ (a ~ a)|upper }}", "&lt;I&gt;&lt;I&gt;"),
    ("<p title='{{ a }}'>{{ b }}</p>", "<p title='&lt;i&gt;'><b>b</b></p>"),
    ("{% macro m(x) %}<u>{{ x }}</u>{% endmacro %}{{ m(a) }}", "<u>&lt;i&gt;</u>"),
    ("{% set s %}<u>{{ a }}</u>{% endset %}{{ s }}", "<u>&lt;i&gt;</u>"),
    ("{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}{{ a }}{% endcall %}", "[&lt;i&gt;]"),
    ("{% filter upper %}{{ a }}{% endfilter %}", "&LT;I&GT;"),
    ("{% autoescape false %}{{ a }}{% endautoescape %}{{ a }}", "<i>&lt;i&gt;"),
    ("{% autoescape loose %}{{ a }}{% endautoescape %}", "<i>"),
    ("{{ _('<i>%s') }}{{ _(a) }}{{ _('A').lower() }}", "said &lt;i&gt;%ssaid &lt;i&gt;said a"),
    ("{{ _('n', b='<i>') }}", "said n, &lt;i&gt;"),
])
def test_every_way_to_write(template: str, page: str) -> None:
    found = Templates(Flask("plain"), autoescape=True).from_string(template)
    assert found.render(a="<i>", b=Markup("<b>b</b>"), loose=False, _=lambda text, **more: ", ".join([f"said {text}", *more.values()])) == page


def test_templates_are_compiled_so() -> None:
    assert "shown(value)" in Templates(Flask("plain"), autoescape=True).compile("{% for a in (1, 2) %}{{ a }}{% endfor %}", raw=True)


def test_pages_are_written_so(app) -> None:  # noqa: ANN001
    assert type(app.jinja_env) is Templates


def test_a_line_of_the_list_takes_a_card_in_its_order(app) -> None:  # noqa: ANN001
    source = app.jinja_env.loader.get_source(app.jinja_env, "account.html")[0]
    assert f"{{% for {', '.join(Card._fields)} in bookings %}}" in source
