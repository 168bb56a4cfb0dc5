"""Loads every table once, for migrations, checks and anything that walks them all."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import models
from models.base import Base

for module in iter_modules(models.__path__):
    if module.name != "tables":
        import_module(f"models.{module.name}")

ALL = Base.metadata.sorted_tables
"""Every table, parents first."""

ROUTING = ("store_hosts",)
"""Tables that answer "which store is this host": found by name, not by store."""
