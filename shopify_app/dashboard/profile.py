"""My profile: the name colleagues and customers read, and the language of the dashboard and of mails to me (R46)."""

from __future__ import annotations

from typing import Any

from flask import request

from booking.actions.own_profile import change_own_profile
from booking.rules.decision import Refused
from booking.wording import SHIPPED
from shopify_app.dashboard.door import EVERYONE, Visit, screen
from shopify_app.dashboard.typed import Typed


@screen("/profile", roles=EVERYONE, methods=("GET", "POST"))
def profile(visit: Visit) -> Any:
    """Saving answers in the language just chosen."""
    if request.method == "GET":
        return _show(visit, {"name": visit.user.name, "locale": visit.user.locale or ""})
    typed = Typed(visit.words)
    locale = typed.chosen("locale", ("", *SHIPPED))
    if not typed.problems:
        try:
            change_own_profile(visit.store_id, visit.actor, name=typed.text("name", 121), locale=locale or None)
            return visit.go("/profile", done="saved")
        except Refused as refused:
            if refused.code != "invalid":
                raise
            typed.refused(refused)
    return _show(visit, typed.shown(), problems=typed.problems, status=422)


def _show(visit: Visit, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200) -> Any:
    languages = [("", visit.words._("As the browser asks for")), *SHIPPED.items()]
    return visit.show("profile.html", here="profile", form=form, languages=languages, problems=problems or {}, status=status)
