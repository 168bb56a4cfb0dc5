"""What holds for every policy, payment and moment (I2, I18, R20-R25, R33)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from booking.rules.money import card_step
from booking.rules.refund import merchant_quote, quote, worse
from booking.rules.terms import Terms, sticky_after_move, terms_now, tier_at
from tests.rules.strategies import checked, payments, refund_policies, zoned_instants

sooner = st.integers(-10**6, 800 * 86400).map(lambda seconds: timedelta(seconds=seconds))
shares = st.none() | st.builds(Terms, st.fractions(0, Fraction(99, 100), max_denominator=1000), st.booleans())
TICK = timedelta(microseconds=1)


@checked(60)
@given(st.lists(refund_policies, min_size=1, max_size=2), zoned_instants(), sooner, payments(), shares, st.integers(1, 4), st.integers(0, 3))
def test_money_adds_up(of, drawn, before, paid, sticky, seats, others):
    """Back and kept make the money concerned; parts make the refund; no payment gives more than is left of it."""
    start, zone = drawn
    result = quote(of, start, zone, start - before, paid, "USD", sticky=sticky, seats=seats, of_seats=seats + others)
    left = {payment.id: payment.left for payment in paid}
    concerned = result.amount + result.kept
    assert concerned == sum(left.values()) if not others else concerned <= sum(left.values())
    assert 0 <= result.amount <= concerned and 0 <= result.fee <= result.kept
    assert sum(part for _, part in result.parts) == result.amount
    assert all(0 < part <= left[payment] for payment, part in result.parts)
    if sticky is not None and concerned:
        assert result.amount <= sticky.share * concerned + Fraction(1, 2)
        assert result.cash == 0 or not sticky.credit
    assert 0 <= result.credit <= result.amount and (result.outcome == "credit") == (result.credit == result.amount > 0)
    assert (result.outcome == "none") == (concerned == 0)
    assert (result.amount > 0) == (result.outcome in ("full", "partial", "credit"))


@checked(150)
@given(st.lists(refund_policies, min_size=1, max_size=2), zoned_instants(), sooner, payments(), st.integers(1, 4), st.integers(0, 3),
       st.sampled_from(("card", None)), st.sampled_from(("KWD", "MGA")))
def test_cards_are_asked_for_steps_they_move(of, drawn, before, paid, seats, others, only, currency):
    """Whatever the policy, each part for a card can be carried out, and the figures still add up (R25)."""
    start, zone = drawn
    step = card_step(currency)
    made = [replace(p, amount=p.amount * step, refunded=p.refunded * step, method=only or p.method) for p in paid]
    result = quote(of, start, zone, start - before, made, currency, seats=seats, of_seats=seats + others)
    by_id = {payment.id: payment for payment in made}
    assert all(part % step == 0 or by_id[payment].method != "card" or payment in dict(result.credited) for payment, part in result.parts)
    assert all(0 < part <= by_id[payment].left for payment, part in result.parts) and sum(part for _, part in result.parts) == result.amount
    assert 0 <= result.amount <= result.amount + result.kept <= sum(p.left for p in made) and 0 <= result.fee <= result.kept
    assert (result.amount > 0) == (result.outcome in ("full", "partial", "credit"))
    if not others and [tier_at(p, start, zone, start - before)[0].outcome for p in of] == ["full"] and not of[0].fee:
        assert result.kept == 0


@checked(60)
@given(refund_policies, refund_policies, zoned_instants(), sooner, payments())
def test_a_later_policy_counts_only_where_it_takes_nothing_away(copied, present, drawn, before, paid):
    """Both places that compare outcomes agree: what `quote` chooses, `worse` never calls worse than what was promised."""
    start, zone = drawn
    both, one, other = (quote(of, start, zone, start - before, paid, "USD") for of in ([copied, present], [copied], [present]))
    assert not worse(both, one.facts())
    better = not worse(other, one.facts())
    assert (both.amount, both.cash) == ((other.amount, other.cash) if better else (one.amount, one.cash))


@checked(60)
@given(st.lists(refund_policies, min_size=1, max_size=2), zoned_instants(), sooner, payments())
def test_an_outcome_holds_until_the_moment_it_names(of, drawn, before, paid):
    start, zone = drawn
    now = start - before
    result = quote(of, start, zone, now, paid, "USD")
    if result.until is not None:
        assert now <= result.until
        assert not worse(quote(of, start, zone, result.until, paid, "USD"), result.facts())


@checked(60)
@given(refund_policies, zoned_instants(), sooner)
def test_every_moment_has_the_first_tier_whose_boundary_is_not_past(policy, drawn, before):
    start, zone = drawn
    now = start - before
    tier, until = tier_at(policy, start, zone, now)
    earlier = policy.tiers[: policy.tiers.index(tier)]
    assert all(one.at_least.before(start, zone) < now for one in earlier)
    assert until is None if tier.at_least is None else tier_at(policy, start, zone, until)[0] == tier
    if until is not None:
        assert tier_at(policy, start, zone, until + TICK)[0] != tier


@checked(60)
@given(refund_policies, zoned_instants(), zoned_instants(), sooner, sooner, payments())
def test_a_detour_never_pays(policy, first, second, before_move, before_cancel, paid):
    """R33: after a move the refund is at most what share was in force at the move (half a unit of rounding aside)."""
    start, zone = first
    total = sum(payment.left for payment in paid)
    terms = terms_now([policy], start, zone, start - before_move, total)
    sticky = sticky_after_move(None, terms)
    result = quote([policy], second[0], zone, second[0] - before_cancel, paid, "USD", sticky=sticky)
    assert result.amount <= terms.share * total + Fraction(1, 2)
    assert result.cash == 0 or not terms.credit


@checked(60)
@given(payments(), st.sampled_from(("full", "none")) | st.integers(0, 10**7))
def test_a_merchants_choice_adds_up(paid, choice):
    result = merchant_quote(choice, paid, "USD", "manual")
    left = {payment.id: payment.left for payment in paid}
    assert result.amount + result.kept == sum(left.values())
    assert sum(part for _, part in result.parts) == result.amount
    assert all(0 < part <= left[payment] for payment, part in result.parts)
