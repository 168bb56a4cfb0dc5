"""The sentences customers read, word for word (A80, A86, A87, A102, R10, R46)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from booking.rules.policy import Policy
from booking.wording import words_for
from booking.wording.colours import FALLBACK, contrast, readable
from booking.wording.policies import policy_lines

W = words_for("en")
VENUE = "Harbor Massage"


def quote(outcome: str, amount: int, kept: int = 0, **more) -> dict:
    return {"outcome": outcome, "amount": amount, "kept": kept, "fee": 0, "currency": "USD", "mode": "automatic", "methods": ["card"]} | more


def test_a80_to_the_letter():
    facts = {"kind": "reschedule", "notice_hours": "24"}
    assert W.refusal("too_late", facts, VENUE) == (
        "This booking is within 24h of the appointment time and can't be rescheduled online. Please contact Harbor Massage directly.")
    assert W.refusal("too_late", facts | {"kind": "cancel", "notice_hours": "1.5"}, VENUE) == (
        "This booking is within 1.5h of the appointment time and can't be cancelled online. Please contact Harbor Massage directly.")


def test_a86_and_a87_to_the_letter():
    assert W.refund(quote("full", 2500), VENUE) == "You'll be refunded $25 to the card you paid with"
    assert W.refund(quote("forfeit", 0, 2500), VENUE).rstrip(".") == "Your $25 deposit can't be refunded per our policy"


@pytest.mark.parametrize(("facts", "sentence"), [
    (quote("none", 0), "No payment was taken for this booking."),
    (quote("credit", 2500), "You'll get $25 as credit for your next visit at Harbor Massage."),
    (quote("partial", 1250, 1250), "You'll be refunded $12.50 to the card you paid with. $12.50 is kept per our policy."),
    (quote("full", 2000, 500, fee=500), "You'll be refunded $20 to the card you paid with. $5 is kept, including a cancellation fee of $5."),
    (quote("full", 2500, mode="manual"), "You're owed $25. Harbor Massage will refund it."),
    (quote("full", 2500, methods=["cash"]), "Harbor Massage will refund you $25 directly."),
    (quote("full", 2500, methods=["gift_card"]), "You'll be refunded $25 to your gift card.")])
def test_every_outcome_has_its_sentence(facts, sentence):
    assert W.refund(facts, VENUE) == sentence


@pytest.mark.parametrize(("amount", "currency", "text"), [
    (2500, "USD", "$25"), (2550, "USD", "$25.50"), (0, "USD", "$0"), (1, "USD", "$0.01"), (2500, "JPY", "¥2,500"), (2500, "EUR", "€25"),
    (12345, "KWD", "KWD12.345"), (123456700, "USD", "$1,234,567")])
def test_money_by_its_own_minor_units(amount, currency, text):
    assert W.money(amount, currency) == text


@pytest.mark.parametrize(("instant", "zone", "text"), [
    (datetime(2027, 3, 13, 14, tzinfo=UTC), "America/New_York", "Sat, Mar 13, 2027, 9:00 AM EST"),
    (datetime(2027, 3, 14, 13, tzinfo=UTC), "America/New_York", "Sun, Mar 14, 2027, 9:00 AM EDT"),
    (datetime(2027, 11, 7, 5, 30, tzinfo=UTC), "America/New_York", "Sun, Nov 7, 2027, 1:30 AM EDT"),
    (datetime(2027, 11, 7, 6, 30, tzinfo=UTC), "America/New_York", "Sun, Nov 7, 2027, 1:30 AM EST"),
    (datetime(2027, 7, 1, 12, tzinfo=UTC), "America/Sao_Paulo", "Thu, Jul 1, 2027, 9:00 AM GMT-03:00")])
def test_deadlines_name_day_time_and_zone(instant, zone, text):
    """R10: never a bare time; the hour that comes twice is told apart by its zone."""
    assert W.when(instant, zone) == text
    assert W.deadline("cancel", instant, zone) == f"You can cancel this until {text}."


def test_the_precise_deadline_of_what_is_refused():
    """R11: A80 counts in hours, the line beside it is the precise one."""
    last = datetime(2027, 3, 13, 14, tzinfo=UTC)
    assert W.deadline_was("reschedule", last, "America/New_York") == "You could change this until Sat, Mar 13, 2027, 9:00 AM EST."
    assert W.deadline_was("cancel", last, "America/New_York") == "You could cancel this until Sat, Mar 13, 2027, 9:00 AM EST."


@pytest.mark.parametrize(("locale", "texts"), [
    ("en", ("Sun", "Nov", "2027", "Sun, Nov 7, 2027")), ("de", ("So.", "Nov.", "2027", "So., 7. Nov. 2027")),
    ("fr", ("dim.", "nov.", "2027", "dim. 7 nov. 2027")), ("es", ("dom", "nov", "2027", "dom, 7 nov 2027")),
    ("ar", ("الأحد", "نوفمبر", "2027", "الأحد، 7 نوفمبر 2027"))])
def test_a_line_of_a_list_names_another_year_in_every_language(locale, texts):
    words, day = words_for(locale), datetime(2027, 11, 7).date()
    assert words.tile(day, 2026) == texts
    assert words.tile(day, 2027)[2] == "" and "2027" not in words.tile(day, 2027)[3]


@pytest.mark.parametrize(("locale", "start", "hours", "zone", "text"), [
    ("en", datetime(2027, 11, 7, 5, tzinfo=UTC), 1, "America/New_York", "1:00 AM EDT to 1:00 AM EST"),
    ("en", datetime(2027, 3, 14, 6, 30, tzinfo=UTC), 1, "America/New_York", "1:30 AM EST to 3:30 AM EDT"),
    ("de", datetime(2027, 10, 31, 0, tzinfo=UTC), 1, "Europe/Berlin", "02:00 CEST bis 02:00 CET"),
    ("en", datetime(2027, 10, 31, 0, tzinfo=UTC), 1, "Europe/Berlin", "2:00 AM CEST to 2:00 AM CET"),
    ("en", datetime(2027, 11, 7, 4, tzinfo=UTC), 1, "America/New_York", "12:00 AM to 1:00 AM EDT"),
    ("en", datetime(2027, 7, 1, 12, tzinfo=UTC), 1, "America/Sao_Paulo", "9:00 AM to 10:00 AM GMT-03:00")])
def test_a_range_over_a_change_of_clocks_names_both_zones(locale, start, hours, zone, text):
    """R13, D13: an hour from one o'clock to one o'clock is told by the two names."""
    assert words_for(locale).span(start, start + timedelta(hours=hours), zone) == text


@pytest.mark.parametrize(("still", "ends"), [("cancel", "You can still cancel it or contact Harbor Massage."), (None, "Please contact Harbor Massage directly.")])
def test_at_the_limit_nothing_is_offered_that_is_not_possible(still, ends):
    """R18."""
    assert W.refusal("limit_reached", {"limit": 5, "still_possible": still}, VENUE) == (
        f"This booking has been moved as often as Harbor Massage allows online. {ends}")


@pytest.mark.parametrize("code", ["slot_taken", "closed", "checked_in", "stale", "quote_changed", "no_change", "outside_hours", "invalid",
                                  "not_found", "unauthorized", "idempotency_mismatch", "limit_reached", "not_allowed", "rate_limited"])
def test_every_refusal_has_a_whole_sentence(code):
    text = W.refusal(code, {"state": "cancelled", "kind": "reschedule", "retry_after": 61}, VENUE)
    assert text.endswith(".") and "{" not in text and "None" not in text


def test_waiting_is_told_in_whole_minutes_rounded_up():
    assert [W.refusal("rate_limited", {"retry_after": s}, VENUE)[-12:] for s in (1, 60, 61)] == ["in 1 minute.", "in 1 minute.", "n 2 minutes."]


@pytest.mark.parametrize("accent", ["#ffff00", "#ffffff", "#000000", "#2b4c7e", "#ff0000", "red", "", None, "#12345", "#12345g", "#000000;x:y"])
def test_a_shops_colour_is_always_readable(accent):
    """R46: contrast is enforced, and nothing but a colour comes out."""
    for ground in ("#ffffff", "#16181c"):
        assert contrast(readable(accent, on=ground), ground) >= 4.5
    assert len(readable(accent)) == 7 and (accent or "").startswith("#") or readable(accent) == readable(FALLBACK)


def test_a_policy_promises_nothing_until_a_moment_that_is_past():
    """What is accepted before paying, and what a confirmation says, has no deadline of yesterday in it (D26d, A156)."""
    words = words_for("en")
    start = datetime(2027, 3, 13, 14, tzinfo=UTC)  # Saturday, 9:00 AM in New York
    policy = Policy.from_json({"reschedule": {"notice": "PT24H"}, "cancel": {"notice": "PT2H", "tiers": [
        {"at_least": "P7D", "outcome": "full"}, {"at_least": "PT24H", "outcome": "partial", "percent": 50}, {"outcome": "forfeit"}]}})

    def lines(hours: float) -> list[str]:
        return policy_lines(words, policy, start, "America/New_York", "USD", start - timedelta(hours=hours))

    assert lines(24 * 8) == policy_lines(words, policy, start, "America/New_York", "USD")
    assert lines(48)[:2] == ["Cancel until Fri, Mar 12, 2027, 9:00 AM EST: 50% refund.", "Cancel later: no refund."]
    assert lines(24) == lines(48), "at the very moment it still holds (R10)"
    assert lines(23) == ["If you cancel: no refund.", "Cancelling online ends Sat, Mar 13, 2027, 7:00 AM EST.", "This time is too near to be moved online."]
    assert lines(1) == ["This time is too near to be cancelled online.", "This time is too near to be moved online."]


@pytest.mark.parametrize(("locale", "text"), [("en", "50%"), ("de", "50\xa0%"), ("fr", "50\xa0%"), ("es", "50\xa0%"), ("ar", "50%")])
def test_shares_as_the_language_writes_them(locale, text):
    assert words_for(locale).percent(50) == text
