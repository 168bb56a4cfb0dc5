"""The customer's own data (R38). The e-mail address belongs to the Shopify account and is changed there."""

from __future__ import annotations

from typing import Any

from booking.actions.action import Done
from booking.actions.profile import CHANNELS, change_profile, chosen
from booking.rules.decision import Refused
from booking.wording import SHIPPED
from jsonapi.problems import errors_as
from models.session import Tx
from storefront.api import profile_shapes as s
from storefront.api.door import Caller, CustomerCall, find_caller, operation
from storefront.profile import field_sentences


@operation("GET", "/profile", summary="Name, phone, language, preferences", answer=s.Profile, also=(404,))
def my_profile(call: CustomerCall) -> s.Profile:
    return _shown(_known(call))


def _known(call: CustomerCall) -> Caller:
    if call.customer is None:
        raise Refused("not_found", sentence=call.words._("{venue} has no profile of you yet. You get one with your first booking.").format(venue=call.shop.name))
    return call.customer


@operation("PATCH", "/profile", summary="Change some of it", body=s.ProfileIn, answer=s.Profile, also=(404,))
def change_my_profile(call: CustomerCall) -> dict[str, Any]:
    customer, wanted = _known(call), call.body
    fields: dict[str, Any] = {name: getattr(wanted, name) for name in ("name", "phone", "locale") if name in wanted.model_fields_set}
    if "preferences" in wanted.model_fields_set and wanted.preferences is not None:
        fields["preferences"] = wanted.preferences.model_dump(exclude_none=True)
    if fields.get("locale") is not None and fields["locale"] not in SHIPPED:
        raise Refused("invalid", errors=[{"field": "locale", "problem": f"must be one of {', '.join(SHIPPED)}"}])

    def show(tx: Tx, done: Done) -> s.Profile:
        changed = find_caller(tx, call.gid)
        assert changed is not None, "its row is locked by this transaction"
        return _shown(changed)

    sentences = field_sentences(call.words)
    with errors_as(lambda error: error | {"problem": sentences.get(error["field"], error["problem"])}):
        return call.act(change_profile, customer.id, fields, show=show)


def _shown(customer: Caller) -> s.Profile:
    return s.Profile(name=customer.name, email=customer.email, phone=customer.phone, locale=customer.locale,
                     preferences=s.Preferences(**{channel: chosen(customer.preferences, channel) for channel in CHANNELS}),
                     languages=[s.Choice(id=code, name=name) for code, name in SHIPPED.items()])
