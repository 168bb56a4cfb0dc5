"""The app inside the Shopify admin: how a shop connects, the home page of the embed, and the dashboard's screens in its frame."""

from __future__ import annotations

from shopify_app.embed import pages, screens
from shopify_app.embed.door import blueprint

__all__ = ("blueprint", "pages", "screens")
