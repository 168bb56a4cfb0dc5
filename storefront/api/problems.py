"""Refusals in the customer's words, the same sentences as on the pages."""

from __future__ import annotations

from flask import Response, g, request

from booking.rules.decision import Refused
from booking.wording import Words, words_for
from booking.wording.languages import pick
from booking.wording.weeks import week_for
from jsonapi.problems import refusal
from storefront.blueprint import accepted_language


def words(customer: str | None = None, store: str | None = None, zone: str | None = None) -> Words:
    """In the language of the page around the extension, which sends it; then the customer's, then the store's (R46)."""
    language, asked = accepted_language(request.environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    return words_for(language or customer or pick(store), week_for(asked or customer, zone))


def refused(error: Refused) -> Response:
    """`fresh` facts come along: free times after a lost one, the new outcome after a quote that no longer holds (R15, R27)."""
    w = g.get("api_words") or words()
    return refusal(error, sentence(error, w, g.get("api_venue", "")), **error.facts.get("fresh", {}))


def sentence(error: Refused, w: Words, venue: str) -> str:
    if error.code == "unauthorized":
        return w._("Please sign in to your account to see your bookings.")
    if error.code == "idempotency_mismatch":
        return w._("This request was already sent with other details. Please try again.")
    return error.facts.get("sentence") or w.refusal(error.code, error.facts, venue)
