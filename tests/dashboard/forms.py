"""Forms of a page as a browser without JavaScript would send them."""

from __future__ import annotations

from html.parser import HTMLParser


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self.inside: dict[str, list[str]] | None = None
        self.choosing: str | None = None
        self.writing: str | None = None
        self.options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        at = dict(attrs)
        if tag == "form":
            self.inside = {}
            self.forms.append((at.get("action", ""), self.inside))
        elif self.inside is None:
            return
        elif tag == "input" and at.get("name") and at.get("type") not in ("submit", "button", "file"):
            if at.get("type") not in ("checkbox", "radio") or "checked" in at:
                self.inside.setdefault(at["name"], []).append(at.get("value") or "")
        elif tag == "select":
            self.choosing, self.options = at.get("name"), []
        elif tag == "option" and self.choosing:
            self.options.append((at.get("value") or "", "selected" in at))
        elif tag == "textarea":
            self.writing = at.get("name")
            self.inside.setdefault(self.writing, [""])

    def handle_data(self, data: str) -> None:
        if self.writing and self.inside is not None:
            self.inside[self.writing][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None
        elif tag == "textarea":
            self.writing = None
        elif tag == "select" and self.choosing and self.inside is not None:
            chosen = [value for value, selected in self.options if selected] or [value for value, _ in self.options[:1]]
            self.inside.setdefault(self.choosing, []).extend(chosen[-1:])
            self.choosing = None


def form_at(page: str, action: str) -> dict[str, list[str]]:
    """Names and values of the page's form that is sent to `action`."""
    reader = _Forms()
    reader.feed(page)
    found = [fields for where, fields in reader.forms if where.partition("#")[0] == action]
    assert found, (action, [where for where, _ in reader.forms])
    return found[0]
