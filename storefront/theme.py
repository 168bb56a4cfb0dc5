"""A store's colours as a stylesheet of their own: the page itself carries no style (I48: no inline styles)."""

from __future__ import annotations

import re

from flask import Response, abort

from booking.wording.colours import readable
from storefront.blueprint import bp

LIGHT_GROUND, DARK_PAPER = "#f6f6f4", "#1b1e23"  # --ground and --paper of store.css


@bp.get("/static/theme-<accent>.css")
def theme(accent: str) -> Response:
    """Accent colours for light and dark, with contrast enforced; `accent` is six hex digits."""
    if not re.fullmatch(r"[0-9a-f]{6}", accent):
        abort(404)
    colour = f"#{accent}"
    # Against the darkest light ground and the lightest dark one: links stand on both the page and its cards.
    light, dark = readable(colour, on=LIGHT_GROUND), readable(colour, on=DARK_PAPER)
    return Response(
        f":root{{--accent:{light};--on-accent:#fff}}"
        f"@media (prefers-color-scheme:dark){{:root{{--accent:{dark};--on-accent:#14161a}}}}", mimetype="text/css")
