"""Someone with a browser without JavaScript: follows redirects by hand, sends forms as the page has them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from flask import Flask
from werkzeug.test import TestResponse

from booking.links import manage_path
from models.booking_summary import BookingSummary
from tests.support.world import World


class Visitor:
    """A cookie jar at one store. `page` is the last answer's text."""

    def __init__(self, app: Flask, world: World) -> None:
        self.world, self.origin = world, f"http://{world.slug}.localhost"
        self.client = app.test_client()
        self.page = ""

    def get(self, path: str, status: int = 200, **more) -> TestResponse:
        return self._keep(self.client.get(path, base_url=self.origin, **more), status)

    def post(self, path: str, status: int = 303, *, token: bool = True, headers: dict | None = None, **form) -> TestResponse:
        """Send `form`, with the CSRF token of the last page unless told not to."""
        if token:
            form["csrf_token"] = fields(self.page).get("csrf_token", "")
        return self._keep(self.client.post(path, base_url=self.origin, data=form, headers=headers), status)

    def send(self, path: str, status: int = 303, **changes) -> TestResponse:
        """Send the last page's hidden fields to `path`, with changes."""
        return self.post(path, status, **(fields(self.page) | changes))

    def sign_in(self, email: str = "ada@example.com", **query: str) -> TestResponse:
        self.get("/account/login", query_string=query)
        self.send("/account/login", email=email)
        self.get("/account/login/code", query_string=query)
        return self.send("/account/login/code", code=self.code(email))

    def code(self, email: str) -> str:
        return [row for row in self.world.outbox("sign_in_code") if row.recipient == email][-1].payload["code"]

    def _keep(self, response: TestResponse, status: int) -> TestResponse:
        self.page = response.get_data().decode(errors="replace").replace("<wbr>", "")  # where an address may break says nothing
        assert response.status_code == status, (response.status_code, response.headers.get("Location"), words(self.page))
        return response


def account(b: BookingSummary, part: str = "") -> str:
    return f"/account/bookings/{b.ref}" + (f"/{part}" if part else "")


def link(b: BookingSummary, part: str = "", **parameters: object) -> str:
    path, _, query = manage_path(b, **parameters).partition("?")
    return path + (f"/{part}" if part else "") + f"?{query}"


def words(page: str) -> str:
    """What a reader sees, on one line."""
    text = _Text()
    text.feed(page.replace("<wbr>", ""))
    return " ".join("".join(text.parts).split())


def fields(page: str) -> dict[str, str]:
    """Name and value of the hidden inputs of the page; the main part's win over the header's."""
    found = {}
    for tag in re.findall(r"<input type=\"hidden\"[^>]*>", page):
        pair = dict(re.findall(r'(name|value)="([^"]*)"', tag))
        found[pair["name"]] = pair["value"].replace("&#43;", "+").replace("&#34;", '"').replace("&amp;", "&")
    return found


def without_token(page: str) -> str:
    """The page without its CSRF token, which differs each time."""
    return re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1", page)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.parts.append(" ")
