"""Requests checked against the parameter types the SDK itself ships, generated from Stripe's own description."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import stripe._request_options as options
import stripe.params as params
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import core_schema
from stripe._stripe_object import UntypedStripeObject

from sandbox.stripe.errors import invalid

UntypedStripeObject.__get_pydantic_core_schema__ = classmethod(  # type: ignore[attr-defined]
    lambda cls, source, handler: core_schema.dict_schema(core_schema.str_schema()))
OPTIONS = frozenset(options.RequestOptions.__annotations__)
"""Options of the SDK's call, which are headers and never parameters."""


@cache
def _adapter(name: str) -> TypeAdapter:
    cls = getattr(params, name)
    module = sys.modules[cls.__module__]
    for part in vars(module).values():
        if isinstance(part, type) and issubclass(part, dict) and part.__module__ == module.__name__:
            part.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    adapter = TypeAdapter(cls)
    adapter.rebuild(force=True, raise_errors=True, _types_namespace={**vars(options), **vars(module), "StripeContext": str})
    return adapter


def check(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The parameters with their types, or the error Stripe would answer."""
    for key in given:
        if key in OPTIONS:
            raise _unknown(key)
    try:
        return _adapter(name).validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = "[".join(str(part) for part in first["loc"][:1]) + "".join(f"[{part}]" for part in first["loc"][1:])
        if first["type"] == "extra_forbidden":
            raise _unknown(where) from None
        if first["type"] == "missing":
            raise invalid(f"Missing required param: {where}.", code="parameter_missing", param=where) from None
        raise invalid(f"Invalid {where}: {first['msg']}", code="parameter_invalid", param=where) from None


def _unknown(name: str) -> Exception:
    return invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
