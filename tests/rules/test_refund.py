"""What comes back: tiers, fees, credit, parties, the kinder policy, the sticky share (R19-R27, R30, R33, A35, A36)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from booking.rules.decision import Refused
from booking.rules.durations import parse
from booking.rules.policy import Policy, Tier
from booking.rules.refund import Dropped, Payment, RefundQuote, exactly, given_back, merchant_quote, quote, worse
from booking.rules.terms import Terms, share_of_tier, sticky_after_move, terms_now, tier_at
from booking.rules.wall_time import resolve
from booking.rules.windows import ChangeFacts, change_decision

START = datetime(2027, 3, 10, 15, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
NY = "America/New_York"
CARD = [Payment(1, 2500, 0, "card")]


def policy(*tiers: tuple[str | None, str] | tuple[str | None, str, int], **more) -> Policy:
    """Tiers as ("PT48H", "partial", 50)."""
    read = tuple(Tier(None if at is None else parse(at), outcome, *percent) for at, outcome, *percent in tiers)
    return Policy(tiers=read, cancel_notice=parse("PT0S"), **more)


CLASS = policy(("P7D", "full"), (None, "forfeit"))
TRAINING = policy(("PT48H", "full"), (None, "forfeit"))
STEPS = policy(("P7D", "full"), ("PT48H", "partial", 50), (None, "forfeit"))


def at(of: Policy | list[Policy], now: datetime, payments: list[Payment] | None = None, zone: str = "UTC", start: datetime = START,
       **more) -> RefundQuote:
    return quote(of if isinstance(of, list) else [of], start, zone, now, CARD if payments is None else payments, "USD", **more)


@pytest.mark.parametrize("zone", ["UTC", NY, "Europe/Berlin", "Australia/Lord_Howe"])
@pytest.mark.parametrize(("start", "boundary"), [
    ("2027-03-17T10:00", "2027-03-10T10:00"), ("2027-11-10T10:00", "2027-11-03T10:00"), ("2027-04-02T10:00", "2027-03-26T10:00"),
    ("2027-10-06T10:00", "2027-09-29T10:00"),
])
def test_a35_a_class_is_free_up_to_seven_days_before_at_the_same_hour(zone, start, boundary):
    starts_at, last = (resolve(datetime.fromisoformat(text), zone) for text in (start, boundary))
    free = at(CLASS, last, zone=zone, start=starts_at)
    assert (free.outcome, free.amount, free.kept, free.until) == ("full", 2500, 0, last)
    late = at(CLASS, last + TICK, zone=zone, start=starts_at)
    assert (late.outcome, late.amount, late.kept, late.until) == ("forfeit", 0, 2500, None)


def test_a36_inside_48_hours_cancelling_is_possible_and_gives_nothing():
    for now, amount in ((START - timedelta(hours=48), 2500), (START - timedelta(hours=48) + TICK, 0), (START - TICK, 0)):
        assert change_decision("cancel", ChangeFacts("confirmed", START, "UTC", TRAINING), now).allowed
        assert at(TRAINING, now).amount == amount
    assert at(TRAINING, START - timedelta(hours=1)).outcome == "forfeit"


@pytest.mark.parametrize(("before", "outcome", "amount", "until"), [
    (timedelta(days=7) + TICK, "full", 2500, timedelta(days=7)), (timedelta(days=7), "full", 2500, timedelta(days=7)),
    (timedelta(days=7) - TICK, "partial", 1250, timedelta(hours=48)), (timedelta(hours=48), "partial", 1250, timedelta(hours=48)),
    (timedelta(hours=48) - TICK, "forfeit", 0, None), (timedelta(0), "forfeit", 0, None), (-timedelta(days=1), "forfeit", 0, None),
])
def test_r20_a_tier_holds_up_to_its_boundary_included(before, outcome, amount, until):
    given = at(STEPS, START - before)
    assert (given.outcome, given.amount, given.kept) == (outcome, amount, 2500 - amount)
    assert given.until == (None if until is None else START - until)
    assert tier_at(STEPS, START, "UTC", START - before)[1] == given.until


@pytest.mark.parametrize(("tier", "paid", "share"), [
    (Tier(None, "full"), 2500, Fraction(1)), (Tier(None, "forfeit"), 2500, Fraction(0)), (Tier(None, "none"), 2500, Fraction(0)),
    (Tier(None, "partial", percent=35), 2500, Fraction(7, 20)), (Tier(None, "partial", amount=1000), 2500, Fraction(2, 5)),
    (Tier(None, "partial", amount=9000), 2500, Fraction(1)), (Tier(None, "partial", amount=0), 2500, Fraction(0)),
    (Tier(None, "partial", amount=1000), 0, Fraction(1)), (Tier(None, "credit"), 2500, Fraction(1)),
    (Tier(None, "credit", percent=50), 2500, Fraction(1, 2)), (Tier(None, "credit", amount=500), 2500, Fraction(1, 5)),
])
def test_r21_the_share_of_each_outcome(tier, paid, share):
    assert share_of_tier(tier, paid) == share


@pytest.mark.parametrize(("outcome", "percent", "given", "amount"), [
    ("full", None, "full", 2500), ("forfeit", None, "forfeit", 0), ("none", None, "forfeit", 0), ("partial", 50, "partial", 1250),
    ("partial", 100, "full", 2500), ("partial", 0, "forfeit", 0), ("credit", None, "credit", 2500), ("credit", 40, "credit", 1000),
    ("credit", 0, "forfeit", 0),
])
def test_r21_outcomes_as_quoted(outcome, percent, given, amount):
    result = at(Policy(tiers=(Tier(None, outcome, percent),)), START - timedelta(hours=1))
    assert (result.outcome, result.amount, result.kept) == (given, amount, 2500 - amount)


@pytest.mark.parametrize("payments", [[], [Payment(1, 2500, 2500, "card")]])
def test_r21_where_nothing_is_left_of_the_money_there_is_nothing_to_decide(payments):
    result = at(TRAINING, START - timedelta(days=9), payments)
    assert (result.outcome, result.amount, result.kept, result.fee, result.parts, result.methods) == ("none", 0, 0, 0, (), ())
    assert merchant_quote("full", payments, "JPY", "manual") == RefundQuote(
        "none", 0, 0, 0, "JPY", "manual", (), (), Fraction(1), before=sum(payment.refunded for payment in payments))


@pytest.mark.parametrize(("fee", "before", "amount", "taken"), [
    (500, timedelta(days=8), 2000, 500), (2500, timedelta(days=8), 0, 2500), (9999, timedelta(days=8), 0, 2500),
    (500, timedelta(days=3), 750, 500), (2000, timedelta(days=3), 0, 1250), (500, timedelta(hours=1), 0, 0), (0, timedelta(days=8), 2500, 0),
])
def test_r22_a_fee_reduces_the_refund_and_never_makes_it_negative(fee, before, amount, taken):
    result = at(replace(STEPS, fee=fee), START - before)
    assert (result.amount, result.fee, result.kept) == (amount, taken, 2500 - amount)
    assert result.outcome == ("full" if amount == 2500 else "partial" if amount else "forfeit")


@pytest.mark.parametrize(("paid", "percent", "amount"), [
    (2500, 50, 1250), (2501, 50, 1251), (999, 50, 500), (1, 50, 1), (1, 49, 0), (1000, 33, 330), (1005, 10, 101), (1004, 10, 100), (1500, 15, 225),
])
def test_r25_refund_rounds_half_up_and_kept_is_the_rest(paid, percent, amount):
    result = at(policy((None, "partial", percent)), START - timedelta(hours=1), [Payment(1, paid, 0, "card")])
    assert (result.amount, result.kept) == (amount, paid - amount)


@pytest.mark.parametrize(("seats", "amounts"), [(1, (833, 0)), (2, (1667, 0)), (3, (2500, 0))])
def test_r25_r30_a_party_that_drops_seats_gets_their_part_of_the_money(seats, amounts):
    result = at(CLASS, START - timedelta(days=8), seats=seats, of_seats=3)
    assert (result.amount, result.kept) == amounts
    late = at(CLASS, START - timedelta(days=1), seats=seats, of_seats=3)
    assert (late.amount, late.kept) == (0, amounts[0])


def test_r25_dropping_all_seats_one_by_one_gives_back_the_whole():
    left, back = 2500, 0
    for seats in (3, 2, 1):
        dropped = at(CLASS, START - timedelta(days=8), [Payment(1, left, 0, "card")], seats=1, of_seats=seats)
        left, back = left - dropped.amount, back + dropped.amount
    assert (left, back) == (0, 2500)


def test_r24_several_payments_are_paid_back_pro_rata_by_what_is_left_of_each():
    payments = [Payment(7, 1000, 0, "card"), Payment(8, 3000, 1000, "gift_card"), Payment(9, 500, 500, "cash")]
    result = at(policy((None, "partial", 50)), START - timedelta(hours=1), payments)
    assert (result.amount, result.kept, result.parts) == (1500, 1500, ((7, 500), (8, 1000)))
    assert result.methods == ("card", "gift_card")
    odd = at(policy((None, "partial", 1)), START - timedelta(hours=1), [Payment(n, 33, 0, "card") for n in (1, 2, 3)])
    assert (odd.amount, odd.parts, odd.methods) == (1, ((1, 1),), ("card",))


def test_r20_a_fee_that_was_lowered_or_dropped_since_counts_beside_the_better_tiers():
    copied, present = policy((None, "partial", 75), fee=700), policy((None, "partial", 33), fee=100)
    result = at([copied, present], START - timedelta(days=3))
    assert (result.amount, result.fee, result.kept) == (1775, 100, 725)


@pytest.mark.parametrize(("sticky", "hours"), [(None, 168), (Terms(Fraction(3, 4)), 168), (Terms(Fraction(1, 2)), 48), (Terms(Fraction(1, 3)), 48),
                                               (Terms(Fraction(1, 2), True), 48), (Terms(Fraction(0)), None)])
def test_a_boundary_at_which_nothing_changes_is_not_told(sticky, hours):
    """R33: what the earlier move has left of the refund is left until it becomes less."""
    result = at(STEPS, START - timedelta(days=20), sticky=sticky)
    assert result.until == (None if hours is None else START - timedelta(hours=hours))


@pytest.mark.parametrize(("copied", "present", "outcome", "amount", "until_hours"), [
    (TRAINING, CLASS, "full", 2500, 48), (CLASS, TRAINING, "full", 2500, 48),      # a later edit helps, never harms
    (STEPS, TRAINING, "full", 2500, 48), (CLASS, CLASS, "forfeit", 0, None), (CLASS, STEPS, "partial", 1250, 48),
    (policy((None, "credit")), TRAINING, "full", 2500, 48), (policy((None, "credit")), CLASS, "credit", 2500, None),
    (policy((None, "partial", 60)), policy((None, "credit")), "partial", 1500, None),   # more, but as credit: no improvement
    (policy((None, "credit", 60)), policy((None, "credit")), "credit", 2500, None),
    (TRAINING, policy(("PT24H", "full"), (None, "forfeit")), "full", 2500, 24),    # the same outcome: it holds for longer
])
def test_r20_the_kinder_of_the_copied_and_the_present_policy_counts(copied, present, outcome, amount, until_hours):
    result = at([copied, present], START - timedelta(days=3))
    assert (result.outcome, result.amount) == (outcome, amount)
    assert result.until == (None if until_hours is None else START - timedelta(hours=until_hours))


def test_r23_the_mode_is_the_present_one():
    assert at([replace(CLASS, refund_mode="automatic"), replace(CLASS, refund_mode="manual")], START).mode == "manual"


def test_r33_moving_out_of_a_late_window_does_not_bring_the_money_back():
    """48 h full, else nothing: moved 24 h before by a month, cancelled ten days before the new start."""
    terms = terms_now([TRAINING], START, "UTC", START - timedelta(hours=24), 2500)
    sticky = sticky_after_move(None, terms)
    moved = START + timedelta(days=30)
    assert sticky == Terms(Fraction(0))
    assert at(TRAINING, moved - timedelta(days=10), start=moved, sticky=sticky).amount == 0
    assert at(TRAINING, moved - timedelta(days=10), start=moved).amount == 2500


def test_r33_the_lowest_share_of_all_moves_counts():
    moved = START + timedelta(days=60)
    half = sticky_after_move(None, terms_now([STEPS], START, "UTC", START - timedelta(days=3), 2500))
    assert half == Terms(Fraction(1, 2))
    assert sticky_after_move(half, Terms(Fraction(1))) == half
    assert sticky_after_move(half, Terms(Fraction(0))) == Terms(Fraction(0))
    assert sticky_after_move(Terms(Fraction(0)), half) == Terms(Fraction(0))
    early = at(STEPS, moved - timedelta(days=30), start=moved, sticky=half)
    assert (early.outcome, early.amount, early.kept) == ("partial", 1250, 1250)
    assert at(STEPS, moved - timedelta(hours=1), start=moved, sticky=half).amount == 0       # the share now is lower still


def test_r33_a_move_in_the_free_window_leaves_no_mark():
    assert sticky_after_move(None, terms_now([STEPS], START, "UTC", START - timedelta(days=7), 2500)) is None
    assert sticky_after_move(None, terms_now([STEPS], START, "UTC", START - timedelta(days=7) + TICK, 2500)) == Terms(Fraction(1, 2))
    assert terms_now([CLASS, STEPS], START, "UTC", START - timedelta(days=3), 2500) == Terms(Fraction(1, 2))


CREDIT_FIRST = policy(("P7D", "full"), ("PT48H", "credit"), (None, "forfeit"))


def test_r33_a_detour_never_turns_credit_into_money():
    """Moved while only credit was to be had, cancelled while the new date is far away: credit all the same."""
    terms = terms_now([CREDIT_FIRST], START, "UTC", START - timedelta(days=3), 2500)
    sticky = sticky_after_move(None, terms)
    assert (terms, sticky) == (Terms(Fraction(1), True), Terms(Fraction(1), True))
    moved = START + timedelta(days=30)
    result = at(CREDIT_FIRST, moved - timedelta(days=20), start=moved, sticky=sticky)
    assert (result.outcome, result.amount, result.credit, result.cash) == ("credit", 2500, 2500, 0)
    assert sticky_after_move(sticky, Terms(Fraction(1, 2))) == Terms(Fraction(1, 2), True)
    assert sticky_after_move(Terms(Fraction(1, 2)), terms) == Terms(Fraction(1, 2), True)


def test_r21_the_customer_may_choose_credit_and_new_credit_has_an_end():
    chosen = at(STEPS, START - timedelta(days=3), as_credit=True, credit_days=365)
    assert (chosen.outcome, chosen.amount, chosen.kept, chosen.credit) == ("credit", 1250, 1250, 1250)
    assert chosen.credit_until == START - timedelta(days=3) + timedelta(days=365)
    assert chosen.credited == ((1, chosen.credit_until),)
    assert at(STEPS, START - timedelta(days=3), as_credit=True).credit_until is None


def test_r21_what_was_paid_with_credit_comes_back_as_credit_with_its_end():
    end = START + timedelta(days=100)
    payments = [Payment(1, 1500, 0, "card"), Payment(2, 1000, 0, "credit", end)]
    result = at(STEPS, START - timedelta(days=8), payments, credit_days=365)
    assert (result.outcome, result.amount, result.cash, result.credit, result.methods) == ("full", 2500, 1500, 1000, ("card",))
    assert (result.credited, result.credit_until) == (((2, end),), end)
    late = at(STEPS, START - timedelta(days=3), payments, credit_days=365)
    assert (late.amount, late.cash, late.credit, late.kept, late.parts) == (1250, 750, 500, 1250, ((1, 750), (2, 500)))
    alone = merchant_quote("full", payments[1:], "USD", "automatic")
    assert (alone.outcome, alone.credit, alone.methods) == ("credit", 1000, ("credit",))


def test_goodwill_keeps_nothing():
    result = given_back(501, [Payment(1, 1000, 0, "card"), Payment(2, 1000, 0, "cash")], "USD", "manual", NY)
    assert result == RefundQuote("partial", 501, 0, 0, "USD", "manual", ("card", "cash"), ((1, 251), (2, 250)), Fraction(1), zone=NY,
                                 ways=(("owed", 501),))


@pytest.mark.parametrize(("choice", "outcome", "amount"), [
    ("full", "full", 2000), ("none", "forfeit", 0), (0, "forfeit", 0), (1, "partial", 1), (1999, "partial", 1999), (2000, "full", 2000),
    (99999, "full", 2000),
])
def test_a_merchants_choice_is_capped_at_what_is_left(choice, outcome, amount):
    payments = [Payment(1, 1500, 0, "card"), Payment(2, 1000, 500, "cash")]
    result = merchant_quote(choice, payments, "USD", "manual")
    assert (result.outcome, result.amount, result.kept, result.fee, result.mode) == (outcome, amount, 2000 - amount, 0, "manual")
    assert sum(part for _, part in result.parts) == amount and result.share == Fraction(amount, 2000)


def test_a_merchants_choice_in_full_detail():
    payments = [Payment(1, 1500, 0, "card"), Payment(2, 1000, 500, "cash")]
    assert merchant_quote(700, payments, "USD", "manual", zone=NY) == RefundQuote(
        "partial", 700, 1300, 0, "USD", "manual", ("card", "cash"), ((1, 525), (2, 175)), Fraction(7, 20), zone=NY, ways=(("owed", 700),), before=500)
    assert merchant_quote("full", payments, "USD", "automatic").zone == "UTC"


def test_a_merchants_choice_for_seats_is_in_steps_of_cards_too():
    third = merchant_quote("full", [Payment(1, 2500, 0, "card")], "KWD", "manual", seats=1, of_seats=3)
    assert (third.amount, third.kept, third.share) == (830, 0, Fraction(1))


def test_a_seat_without_a_part_of_the_money_gets_all_of_nothing():
    seat = merchant_quote("none", [Payment(1, 1, 0, "cash")], "USD", "manual", seats=1, of_seats=100)
    assert (seat.amount, seat.kept, seat.share) == (0, 0, Fraction(1))


def test_r20_amounts_of_tiers_are_compared_as_parts_of_what_was_paid():
    hundred, half = (Policy(tiers=(Tier(None, "partial", *given),)) for given in ((None, 100), (50,)))
    for paid, share in ((100, 1), (400, Fraction(1, 2)), (160, Fraction(5, 8))):
        assert terms_now([half, hundred], START, "UTC", START - TICK, paid) == Terms(Fraction(share))


@pytest.mark.parametrize(("of", "seats", "price", "together"), [
    (policy((None, "partial", 50)), 2, 10_000, 5_000), (policy((None, "partial", 50)), 10, 100_000, 50_000),
    (policy((None, "partial", None, 1_000)), 4, 10_000, 1_000), (policy((None, "forfeit")), 4, 10_000, 0),
    (policy((None, "full"), fee=500), 3, 7_500, 7_000), (policy((None, "full"), fee=9_000), 3, 7_500, 0)])
def test_r30_seat_by_seat_comes_to_the_same_as_all_at_once(of, seats, price, together):
    now = START - TICK
    assert at(of, now, [Payment(1, price, 0, "card")]).amount == together
    back, dropped, fees = 0, Dropped(), 0
    for stay in range(seats, 0, -1):
        one = at(of, now, [Payment(1, price, back, "card")], seats=1, of_seats=stay, dropped=dropped)
        back, fees = back + one.amount, fees + one.fee
        dropped = Dropped(dropped.kept + one.kept, dropped.back + one.amount)
    assert (back, dropped.kept + back) == (together, price) and fees <= of.fee


def test_r30_what_was_kept_of_seats_that_left_is_no_other_seats_money():
    three_gone = Dropped(kept=7_500)
    card = [Payment(1, 10_000, 0, "card")]
    assert merchant_quote("full", card, "USD", "manual", dropped=three_gone).amount == 2_500
    assert merchant_quote(9_000, card, "USD", "manual", dropped=three_gone).amount == 9_000


FULL, HALF, NOTHING = (at(STEPS, START - timedelta(days=days)) for days in (8, 3, 1))
CREDIT = at(policy((None, "credit")), START - timedelta(days=1))


@pytest.mark.parametrize(("new", "seen", "is_worse"), [
    (FULL, FULL, False), (HALF, FULL, True), (NOTHING, HALF, True), (FULL, HALF, False), (NOTHING, NOTHING, False),
    (CREDIT, FULL, True), (FULL, CREDIT, False), (CREDIT, CREDIT, False), (CREDIT, HALF, True), (NOTHING, CREDIT, True),
    (CREDIT, NOTHING, False), (HALF, NOTHING, False), (HALF, CREDIT, True),
])
def test_r27_an_outcome_worse_than_the_one_seen(new, seen, is_worse):
    assert worse(new, seen.facts()) is is_worse


DAY = timedelta(days=1)
LATER, SOONER = (replace(CREDIT, credit_until=START + days * DAY) for days in (365, 1))


@pytest.mark.parametrize(("new", "seen", "is_worse"), [
    (replace(NOTHING, kept=10_000), NOTHING, True), (replace(NOTHING, kept=1_000), NOTHING, False),
    (replace(FULL, mode="manual"), FULL, True), (FULL, replace(FULL, mode="manual"), False),
    (replace(NOTHING, mode="manual"), NOTHING, False), (SOONER, LATER, True), (LATER, SOONER, False), (LATER, CREDIT, True), (CREDIT, LATER, False)])
def test_r27_more_kept_or_waiting_for_the_shop_or_ending_sooner_is_worse(new, seen, is_worse):
    assert worse(new, seen.facts()) is is_worse


def test_what_a_quote_carries():
    assert HALF.facts() == {"outcome": "partial", "amount": 1250, "kept": 1250, "fee": 0, "currency": "USD", "mode": "automatic", "methods": ["card"],
                            "credit": 0, "credit_until": None, "credit_at_shop": False, "zone": "UTC", "ways": [["card", 1250]], "before": 0}


def test_a_policy_without_a_last_tier_is_a_fault():
    with pytest.raises(ValueError, match="last tier"):
        tier_at(Policy(tiers=(Tier(parse("PT48H"), "full"),)), START, "UTC", START)


KWD = [Payment(1, 2510, 0, "card")]


@pytest.mark.parametrize(("paid", "tier", "fee", "amount", "fee_told", "parts"), [
    ([(2510, 0, "card")], ("partial", 50), 0, 1260, 0, [1260]), ([(2490, 0, "card")], ("partial", 50), 0, 1250, 0, [1250]),
    ([(2480, 0, "card")], ("partial", 33), 0, 820, 0, [820]), ([(2510, 0, "card")], ("full",), 305, 2210, 300, [2210]),
    ([(2510, 0, "card")], ("full",), 4, 2510, 0, [2510]), ([(2510, 0, "card")], ("full",), 6, 2500, 10, [2500]),
    ([(2510, 0, "card")], ("partial", 0), 0, 0, 0, []), ([(100, 0, "card")], ("partial", 4), 0, 0, 0, []),
    # Cash takes what cards cannot; what the shop noted of its own machine goes back whole.
    ([(2510, 0, "card"), (2505, 0, "cash")], ("partial", 50), 0, 2508, 0, [1260, 1248]), ([(2505, 0, "card")], ("full",), 0, 2505, 0, [2505]),
    ([(2505, 0, "cash")], ("partial", 50), 0, 1253, 0, [1253]), ([(1010, 0, "card"), (1010, 0, "card")], ("partial", 50), 0, 1010, 0, [510, 500]),
    # Credit knows no steps.
    ([(2510, 0, "card")], ("credit", 50), 0, 1255, 0, [1255]),
])
def test_r25_where_cards_move_coarser_steps_the_quote_says_so(paid, tier, fee, amount, fee_told, parts):
    payments = [Payment(number, *row) for number, row in enumerate(paid, 1)]
    given = quote([policy((None, *tier), fee=fee)], START, "UTC", START - timedelta(days=3), payments, "KWD")
    assert (given.amount, given.fee, [part for _, part in given.parts]) == (amount, fee_told, parts)
    assert given.amount + given.kept == sum(payment.left for payment in payments) and given.kept >= given.fee


def test_r25_seats_of_a_party_leave_in_steps_too():
    left, taken = 2500, []
    for seats in (3, 2, 1):
        one = quote([TRAINING], START, "UTC", START - timedelta(days=3), [Payment(1, left, 0, "card")], "KWD", seats=1, of_seats=seats)
        assert one.outcome == "full" and one.kept == 0
        taken.append(one.amount)
        left -= one.amount
    assert taken == [830, 840, 830] and left == 0


@pytest.mark.parametrize(("amount", "right"), [(1250, True), (1255, False), (2510, True), (1, False)])
def test_r25_what_someone_types_is_done_or_refused(amount, right):
    made = given_back(amount, KWD, "KWD", "manual", "UTC")
    if right:
        assert exactly(made, amount, "amount").amount == amount
    else:
        with pytest.raises(Refused, match="invalid") as told:
            exactly(made, amount, "amount")
        assert told.value.facts == {"step": 10, "currency": "KWD", "errors": [
            {"field": "amount", "problem": "must be a multiple of 10: cards move KWD in such steps"}]}


def test_r30_where_seats_that_left_have_taken_all_that_was_left_nothing_is_given_or_kept():
    for choice in ("full", "none"):
        outcome = merchant_quote(choice, [Payment(1, 1000, 0, "cash")], "USD", "automatic", dropped=Dropped(1000))
        assert (outcome.outcome, outcome.amount, outcome.kept) == ("none", 0, 0)
