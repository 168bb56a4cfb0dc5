"""The dashboard's door: who comes in, which role may use which screen, and how screens are rendered (A148, I39, I47).

Every screen is registered by `@screen`; the list SCREENS is the table of routes and roles that the tests walk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, g, redirect, render_template, request

from booking.access import StoreView
from booking.rules.decision import Refused
from booking.user_access import DashboardUser, dashboard_user
from booking.wording import Words
from booking.wording.breaks import breaking_well
from booking.wording.people import person
from booking.wording.phones import readable_phone
from booking.wording.problems import problem_text
from models.actor import Actor
from models.session import Tx, reading
from shopify_app import dashboard
from shopify_app.dashboard.cookies import user_secret
from shopify_app.dashboard.labels import label as field_label
from shopify_app.dashboard.language import words_of
from shopify_app.dashboard.menu import GROUPS, MESSAGES

bp = Blueprint("dashboard", __name__, template_folder="templates", static_folder="static", static_url_path="/admin/static")
bp.add_app_template_filter(readable_phone, "phone")
bp.add_app_template_filter(breaking_well, "address")
bp.add_app_template_filter(lambda name, words: person(words, name), "named")

OWNER = ("owner",)
MANAGERS = ("owner", "manager")
EVERYONE = ("owner", "manager", "staff")


@dataclass(frozen=True)
class Screen:
    """One route of the dashboard and the roles that may use it."""

    path: str
    methods: tuple[str, ...]
    roles: tuple[str, ...]
    name: str
    view: Callable[..., Any]


SCREENS: list[Screen] = []


@dataclass(frozen=True)
class Frame:
    """Where a screen stands inside the admin of `shop`: below `base`, opened by `token`; `key` and `bridge` are App Bridge's."""

    shop: str
    base: str
    token: str
    key: str
    bridge: str
    home: str


@dataclass(frozen=True)
class Visit:
    """A known user's request: signed in at the store's host, or inside the Shopify admin (`frame`)."""

    store_id: int
    store: StoreView
    user: DashboardUser
    words: Words
    frame: Frame | None = None

    @property
    def actor(self) -> Actor:
        return Actor("user", "dashboard", self.user.user_id, self.user.role)

    def may(self, roles: tuple[str, ...]) -> bool:
        return self.user.role in roles

    def url(self, path: str, **parameters: Any) -> str:
        """The address of a screen: `path` below the dashboard, such as `/services/7`. All links and forms of screens come from here."""
        query = urlencode({key: str(value) for key, value in parameters.items() if value not in (None, "")})
        return f"{self.frame.base if self.frame else '/admin'}{path}" + (f"?{query}" if query else "")

    def go(self, path: str, *, done: str | None = None, **parameters: Any) -> Response:
        """On to a screen after a change (303); `done` names a line of MESSAGES shown there. In the frame the same token opens it."""
        return redirect(self.url(path, done=done, **parameters, id_token=self.frame and self.frame.token), 303)

    def menu(self) -> list[tuple[str, list[tuple[str, str, str]]]]:
        """(title, [(path, text, name)]) of the screens this role may use."""
        _ = self.words._
        groups = [(_(title), [(path, _(text), name) for name, path, text, roles in entries if self.may(roles)]) for title, entries in GROUPS]
        return [group for group in groups if group[1]]

    def show(self, template: str, *, here: str, status: int = 200, **facts: Any) -> Response:
        """Render `dashboard/{template}`; `here` is the menu entry to mark."""
        w = self.words
        done = request.args.get("done", "")
        body = render_template(f"dashboard/{template}", visit=self, store=self.store, user=self.user, w=w, _=w.gettext, here=here,
                               label=partial(field_label, w), menu=self.menu(), url=self.url,
                               done=w._(MESSAGES[done]) if done in MESSAGES else None, **facts)
        return Response(body, status, mimetype="text/html")


def screen(path: str, *, roles: tuple[str, ...] = MANAGERS, methods: tuple[str, ...] = ("GET",)) -> Callable:
    """Register `view(visit, **parts)` at /admin + `path`. Signed out: the sign-in page. Wrong role: 403 in words.

    Refused("not_found") raised by a view answers 404. Other refusals are the view's to word; what it leaves gets a plain page.
    """

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        entry = Screen(path, methods, roles, view.__name__, view)
        SCREENS.append(entry)

        @wraps(view)
        def answer(**parts: Any) -> Any:
            visit = enter()
            return to_sign_in() if visit is None else answer_visit(visit, entry, parts)

        bp.add_url_rule(f"/admin{path}", view.__name__, answer, methods=list(methods))
        return view

    return register


def answer_visit(visit: Visit, entry: Screen, parts: dict[str, Any]) -> Any:
    """What the screen answers this person, through whichever door they came."""
    if not visit.may(entry.roles):
        return visit.show("forbidden.html", here="", status=403)
    try:
        return entry.view(visit, **parts)
    except Refused as refused:
        if refused.code == "not_found":
            return visit.show("missing.html", here="", status=404)
        return visit.show("refused.html", here="", status=422 if refused.code == "invalid" else 409)


def enter() -> Visit | None:
    """The signed-in user of this host's store, or None. A store that is not there has no dashboard."""
    if g.get("store_id") is None:
        abort(404)
    secret = user_secret()
    if secret is None:
        return None
    with reading(g.store_id) as tx:
        store, user = dashboard_user(tx, secret)
    return None if user is None else Visit(g.store_id, store, user, words_of(store, user))


def store_of(tx: Tx) -> StoreView:
    """The host's store, for pages shown before anyone is signed in."""
    return dashboard_user(tx, None)[0]


def safe_next(target: str | None) -> str:
    """A path of the dashboard, else its first page: never another host (I44)."""
    if target and target.startswith("/admin") and "\\" not in target and "//" not in target.split("?")[0] and target.isprintable():
        return target
    return "/admin"


def field_problems(w: Words, refused: Refused) -> dict[str, str]:
    """Problems by field name, for forms shown again with what was typed."""
    return {problem["field"]: problem_text(w, problem["problem"]) for problem in refused.facts.get("errors", ())}


def to_sign_in() -> Response:
    """The sign-in page, which leads back to what was asked for."""
    target = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else "/admin"
    return redirect(f"/admin/login?{urlencode({'next': target})}", 303)


@bp.after_request
def keep_private(response: Response) -> Response:
    if request.endpoint == "dashboard.static":
        response.headers["Cache-Control"] = "public, max-age=3600"
    else:
        response.vary.update(("Cookie", "Accept-Language"))
    return response


def load_screens() -> Blueprint:
    """The blueprint with every screen registered: each module of this folder brings its own."""
    for module in iter_modules(dashboard.__path__):
        import_module(f"shopify_app.dashboard.{module.name}")
    return bp
