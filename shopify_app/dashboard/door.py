"""The dashboard's door: who comes in, which role may use which screen, and how screens are rendered (A148, I39, I47).

Every screen is registered by `@screen`; the list SCREENS is the table of routes and roles that the tests walk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, g, redirect, render_template, request

from booking.access import StoreView
from booking.rules.decision import Refused
from booking.user_access import DashboardUser, dashboard_user
from booking.wording import Words, words_for
from booking.wording.languages import pick
from models.actor import Actor
from models.session import Tx, reading
from shopify_app import dashboard
from shopify_app.dashboard.cookies import user_secret
from shopify_app.dashboard.menu import GROUPS, MESSAGES

bp = Blueprint("dashboard", __name__, template_folder="templates", static_folder="static", static_url_path="/admin/static")

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


SCREENS: list[Screen] = []


@dataclass(frozen=True)
class Visit:
    """A signed-in user's request."""

    store_id: int
    store: StoreView
    user: DashboardUser
    words: Words

    @property
    def actor(self) -> Actor:
        return Actor("user", "dashboard", self.user.user_id, self.user.role)

    def may(self, roles: tuple[str, ...]) -> bool:
        return self.user.role in roles

    def url(self, path: str, **parameters: Any) -> str:
        """The address of a screen: `path` below /admin, such as `/services/7`. All links and forms of screens come from here."""
        query = urlencode({key: str(value) for key, value in parameters.items() if value not in (None, "")})
        return f"/admin{path}" + (f"?{query}" if query else "")

    def go(self, path: str, *, done: str | None = None, **parameters: Any) -> Response:
        """On to a screen after a change (303); `done` names a line of MESSAGES shown there."""
        return redirect(self.url(path, done=done, **parameters), 303)

    def show(self, template: str, *, here: str, status: int = 200, **facts: Any) -> Response:
        """Render `dashboard/{template}`; `here` is the menu entry to mark."""
        w = self.words
        done = request.args.get("done", "")
        menu = [(w._(title), [(path, w._(text), name) for name, path, text, roles in entries if self.may(roles)])
                for title, entries in GROUPS]
        body = render_template(f"dashboard/{template}", visit=self, store=self.store, user=self.user, w=w, _=w.gettext, here=here,
                               menu=[group for group in menu if group[1]], url=self.url,
                               done=w._(MESSAGES[done]) if done in MESSAGES else None, **facts)
        return Response(body, status, mimetype="text/html")


def screen(path: str, *, roles: tuple[str, ...] = MANAGERS, methods: tuple[str, ...] = ("GET",)) -> Callable:
    """Register `view(visit, **parts)` at /admin + `path`. Signed out: the sign-in page. Wrong role: 403 in words.

    Refused("not_found") raised by a view answers 404. Other refusals are the view's to word; what it leaves gets a plain page.
    """

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        SCREENS.append(Screen(path, methods, roles, view.__name__))

        @wraps(view)
        def answer(**parts: Any) -> Any:
            visit = enter()
            if visit is None:
                return _to_sign_in()
            if not visit.may(roles):
                return visit.show("forbidden.html", here="", status=403)
            try:
                return view(visit, **parts)
            except Refused as refused:
                if refused.code == "not_found":
                    return visit.show("missing.html", here="", status=404)
                return visit.show("refused.html", here="", status=422 if refused.code == "invalid" else 409)

        bp.add_url_rule(f"/admin{path}", view.__name__, answer, methods=list(methods))
        return view

    return register


def enter() -> Visit | None:
    """The signed-in user of this host's store, or None. A store that is not there has no dashboard."""
    if g.get("store_id") is None:
        abort(404)
    secret = user_secret()
    if secret is None:
        return None
    with reading(g.store_id) as tx:
        store, user = dashboard_user(tx, secret)
    return None if user is None else Visit(g.store_id, store, user, words_for(pick(store.locale)))


def store_of(tx: Tx) -> StoreView:
    """The host's store, for pages shown before anyone is signed in."""
    return dashboard_user(tx, None)[0]


def safe_next(target: str | None) -> str:
    """A path of the dashboard, else its first page: never another host (I44)."""
    if target and target.startswith("/admin") and "\\" not in target and "//" not in target.split("?")[0] and target.isprintable():
        return target
    return "/admin"


def field_problems(refused: Refused) -> dict[str, str]:
    """Problems by field name, for forms shown again with what was typed."""
    return {problem["field"]: problem["problem"] for problem in refused.facts.get("errors", ())}


def _to_sign_in() -> Response:
    target = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else "/admin"
    return redirect(f"/admin/login?{urlencode({'next': target})}", 303)


@bp.after_request
def keep_private(response: Response) -> Response:
    if request.endpoint == "dashboard.static":
        response.headers["Cache-Control"] = "public, max-age=3600"
    else:
        response.vary.add("Cookie")
    return response


def load_screens() -> Blueprint:
    """The blueprint with every screen registered: each module of this folder brings its own."""
    for module in iter_modules(dashboard.__path__):
        import_module(f"shopify_app.dashboard.{module.name}")
    return bp
