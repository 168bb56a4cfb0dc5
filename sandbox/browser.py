"""A small browser for scripts: cookies, links and forms of real pages, no JavaScript."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx


@dataclass
class Form:
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.select: str | None = None
        self.hidden = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append(Form(a.get("method", "get"), a.get("action", "")))
        elif tag == "a" and "href" in a:
            self.links.append(a["href"])
        elif tag in ("style", "script"):
            self.hidden += 1
        elif self.forms and tag in ("input", "textarea", "select") and a.get("name"):
            form = self.forms[-1]
            if a.get("type") == "radio":
                form.choices.setdefault(a["name"], []).append(a.get("value", ""))
            elif a.get("type") != "checkbox" or "checked" in a:
                form.fields[a["name"]] = a.get("value", "")
            if tag == "select":
                self.select = a["name"]
        elif self.forms and tag == "option" and self.select and "selected" in a:
            self.forms[-1].fields[self.select] = a.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self.hidden -= 1
        if tag == "select":
            self.select = None

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)


class Browser:
    """Visits the pages of one host. `text` is what the page says, white space collapsed.

    Requests go to the loopback address with the page's Host header, since `*.localhost` resolves only in real browsers.
    """

    def __init__(self, origin: str) -> None:
        self.host = urlsplit(origin).netloc
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{urlsplit(origin).port or 80}", headers={"Host": self.host}, timeout=30)
        self.cookies: dict[str, str] = {}
        self.path, self.status, self.text = "/", 0, ""
        self.page = _Page()

    def visit(self, url: str) -> Browser:
        parts = urlsplit(url)
        return self._go("GET", parts.path + (f"?{parts.query}" if parts.query else ""))

    def submit(self, action_ends: str, **values: str) -> Browser:
        """Send the first form whose action ends so (query aside), with its own fields and these."""
        form = next((f for f in self.page.forms if urlsplit(f.action).path.endswith(action_ends)), None)
        if form is None:
            raise LookupError(f"no form for {action_ends!r} on {self.path}: {self.text[:200]}")
        target = urljoin(self.path, form.action)
        if form.method.lower() == "get":
            target = urlsplit(target).path + "?" + str(httpx.QueryParams(form.fields | values))
            return self._go("GET", target)
        return self._go("POST", target, form.fields | values)

    def choices(self, name: str) -> list[str]:
        """The values of a group of radio buttons."""
        return [value for form in self.page.forms for value in form.choices.get(name, [])]

    def _go(self, method: str, path: str, data: dict[str, str] | None = None) -> Browser:
        for _ in range(6):
            cookies = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
            answer = self.client.request(method, path, data=data, headers={"Cookie": cookies, **(
                {"Origin": f"http://{self.host}"} if method == "POST" else {})})
            for cookie in answer.headers.get_list("set-cookie"):
                name, _, value = cookie.split(";")[0].partition("=")
                self.cookies[name.strip()] = value
            self.path, self.status = path, answer.status_code
            if answer.status_code in (301, 302, 303):
                method, data = "GET", None
                parts = urlsplit(urljoin(path, answer.headers["location"]))
                path = parts.path + (f"?{parts.query}" if parts.query else "")
                continue
            self.page = _Page()
            if "html" in answer.headers.get("content-type", ""):
                self.page.feed(answer.text)
            self.text = " ".join(" ".join(self.page.words).split()) or answer.text
            return self
        raise LookupError(f"too many redirects at {path}")

    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query)
