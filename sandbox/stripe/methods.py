"""Customers and payment methods."""

from __future__ import annotations

from typing import Any

from sandbox.stripe import cards
from sandbox.stripe.errors import invalid
from sandbox.stripe.events import Events
from sandbox.stripe.state import Object, State


class Methods:
    """`account` is the connected account of the request; objects of other accounts are unknown to it."""

    def __init__(self, state: State, events: Events) -> None:
        self.state, self.events = state, events

    def create_customer(self, account: str, p: dict[str, Any]) -> Object:
        made = self.state.new(account, "customer", email=p.get("email"), name=p.get("name"), phone=p.get("phone"),
                              description=p.get("description"), metadata=p.get("metadata") or {},
                              invoice_settings={"default_payment_method": None})
        self.events.emit(account, "customer.created", made)
        return made

    def create(self, account: str, typed: dict[str, Any]) -> Object:
        """A payment method from card fields typed in a browser."""
        return self._new(account, cards.read(typed, self.state.now()))

    def find(self, account: str, wanted: str) -> Object:
        """By id; the names for tests make a method anew each time, as at Stripe."""
        card = cards.named(wanted, self.state.now())
        return self.state.get(account, "payment_method", wanted) if card is None else self._new(account, card)

    def attach(self, account: str, wanted: str, customer: str | None) -> Object:
        if customer is None:
            raise invalid("Missing required param: customer.", code="parameter_missing", param="customer")
        self.state.get(account, "customer", customer)
        method = self.find(account, wanted)
        if method["customer"] not in (None, customer):
            raise invalid("The payment method you provided has already been attached to a customer.", code="payment_method_already_attached")
        if method["customer"] is None:
            self.state.save(account, method | {"customer": customer})
            self.events.emit(account, "payment_method.attached", self.state.get(account, "payment_method", method["id"]))
        return self.state.get(account, "payment_method", method["id"])

    def detach(self, account: str, wanted: str) -> Object:
        method = self.state.get(account, "payment_method", wanted)
        if method["customer"] is None:
            raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
        self.state.save(account, method | {"customer": None, "_detached": True})
        detached = self.state.get(account, "payment_method", wanted)
        self.events.emit(account, "payment_method.detached", detached)
        return detached

    def of_customer(self, account: str, customer: str) -> list[Object]:
        self.state.get(account, "customer", customer)
        return [method for _, method in self.state.each(account, "payment_method") if method["customer"] == customer]

    def usable(self, account: str, wanted: str, customer: str | None) -> Object:
        """The method, or the error for one that was detached or belongs to another customer."""
        method = self.find(account, wanted)
        if method.get("_detached"):
            raise invalid("The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected"
                          " account without Customer attachment, or was detached from a Customer. It may not be used again.")
        if method["customer"] is not None and method["customer"] != customer:
            raise invalid("The payment method belongs to another customer.", code="payment_method_unexpected_state", param="payment_method")
        return method

    def _new(self, account: str, card: dict[str, Any]) -> Object:
        return self.state.new(account, "payment_method", type="card", card=card, customer=None, metadata={},
                              billing_details={"address": None, "email": None, "name": None, "phone": None})
