"""The merchant JSON API: `{api}/api/merchant/v1` (design 4.4). Each module of this folder registers its operations."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from shopify_app.api.door import blueprint

for module in iter_modules(__path__):
    if not module.ispkg:
        import_module(f"shopify_app.api.{module.name}")

__all__ = ["blueprint"]
