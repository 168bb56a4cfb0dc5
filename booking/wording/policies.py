"""A policy in sentences, with the dates of this booking (D26d)."""

from __future__ import annotations

from datetime import datetime

from booking.rules import moves
from booking.rules.concerns import Concern
from booking.rules.policy import Policy, Tier
from booking.wording.words import Words


def policy_lines(words: Words, policy: Policy, starts_at: datetime, zone: str, currency: str,
                 now: datetime | None = None, *, free: bool = False, original: datetime | None = None, shown: str | None = None) -> list[str]:
    """What happens to the money, until when; then the rules for moving. With `now` nothing is promised until a moment that is past.

    `free`: a booking without a price, of which nothing could come back. `original`: the start it was booked for, where it has moved since.
    `shown`: the zone to tell the moments in, where it is not the one they are reckoned in (R13).
    """
    lines, shown = [], shown or zone
    last = policy.cancel_notice.before(starts_at, zone)
    over = now is not None and now > last
    if policy.cancels_online and over:
        lines.append(words._("This time is too near to be cancelled online."))
    elif policy.cancels_online:
        reached: datetime | None = None
        later = words._("If you cancel: {outcome}.")
        for tier in () if free else policy.tiers:
            until = tier.at_least.before(starts_at, zone) if tier.at_least else None
            if until is not None and now is not None and now > until:
                reached, later = until, words._("If you cancel: {outcome}.")
                continue
            if until is not None and until <= last or tier is policy.tiers[0] and until is not None:
                later = words._("Cancel later: {outcome}.")
                lines.append(words._("Cancel until {when}: {outcome}.").format(when=words.when(until, shown), outcome=_outcome(words, tier, currency)))
            elif until is None and (reached is None or last > reached):
                lines.append(later.format(outcome=_outcome(words, tier, currency)))
            reached = until or reached
        if policy.cancel_notice.rank:
            lines.append(words._("Cancelling online ends {when}.").format(when=words.when(last, shown)))
        if policy.fee and not free:
            lines.append(words._("A cancellation fee of {fee} is taken from the refund.").format(fee=words.money(policy.fee, currency)))
    if policy.reschedule_allowed:
        last = policy.reschedule_notice.before(starts_at, zone)
        lines.append(words._("This time is too near to be moved online.") if now is not None and now > last
                     else words._("Move until {when}.").format(when=words.when(last, shown)))
        lines += latest_lines(words, policy, original or starts_at, zone)
    return lines


def latest_lines(words: Words, policy: Policy, original: datetime, zone: str) -> list[str]:
    """How far a booking can be put off, where that is limited (R18)."""
    last = moves.last_day(policy, original, zone)
    return [] if last is None else [words._("The new date can be {date} at the latest.").format(date=words.day_and_year(last))]


def _outcome(words: Words, tier: Tier, currency: str) -> str:
    if tier.outcome == "full":
        return words._("full refund")
    if tier.outcome in ("forfeit", "none"):
        return words._("no refund")
    part = words.money(tier.amount, currency) if tier.amount is not None else words.percent(tier.percent if tier.percent is not None else 100)
    return (words._("{part} as credit") if tier.outcome == "credit" else words._("{part} refund")).format(part=part)


def further_lines(words: Words, policy: Policy, venue: str) -> list[str]:
    """The rules without a date: how often, at which price, with whose consent (R14, R17, R18, R26)."""
    _, lines = words._, []
    if policy.reschedule_allowed:
        if policy.reschedule_limit:
            lines.append(words.ngettext("You can move a booking {n} time.", "You can move a booking up to {n} times.",
                                        policy.reschedule_limit).format(n=policy.reschedule_limit))
        if policy.change_staff:
            lines.append(_("When you move it you may choose someone else."))
        if policy.move_reason == "required":
            lines.append(_("When you move it you are asked for the reason."))
        lines.append({"keep": _("Moving does not change the price."), "difference": _("If the new time has another price, the difference is settled."),
                      "equal_only": _("You can move to times with the same price.")}[policy.price_difference])
    approval = {
        "automatic": "", "manual": _("{venue} confirms new bookings and moves within {n} hours."),
        "first_only": _("{venue} confirms new bookings within {n} hours; moves are confirmed at once."),
        "reschedule_only": _("New bookings are confirmed at once; {venue} confirms moves within {n} hours."),
        "by_notice": _("Less than {notice} before the start {venue} confirms bookings and moves within {n} hours."),
    }[policy.approval]
    if approval:
        lines.append(approval.format(venue=venue, n=policy.approval_hours, notice=words.notice(policy.approval_notice)))
    if policy.cancels_online and policy.refund_mode == "manual":
        lines.append(_("{venue} sends refunds by hand.").format(venue=venue))
    return lines


def concern_line(words: Words, concern: Concern, currency: str) -> str:
    """Why a policy cannot work, and what to do."""
    _, facts = words._, concern.facts
    text = {
        "notice_beyond_horizon": _("The notice of {notice} is as long as bookings can be made ahead ({n} days): no booking could ever be changed. Shorten the notice."),
        "tier_beyond_horizon": _("Nobody can book {notice} ahead, because bookings open {n} days before: this row never applies."),
        "tier_after_deadline": _("Cancelling already ends {deadline} before the start, so this row never applies. Shorten the cancellation notice or remove the row."),
        "later_is_better": _("Cancelling later gives more back than cancelling earlier: customers would wait. Check this row."),
        "fee_above_price": _("The fee of {fee} is more than the price of {price}: nothing would ever come back."),
        "amount_above_price": _("The fixed amount of {amount} is more than the price of {price}."),
        "no_way_out": _("Cancelling is replaced by a new appointment, but rescheduling is off: a customer who cannot come has no way to say so."),
    }[concern.code]
    money = {name: words.money(facts[name], currency) for name in ("fee", "price", "amount") if name in facts}
    times = {name: words.notice(facts[name]) for name in ("notice", "deadline") if name in facts}
    return text.format(n=facts.get("days", 0), **money, **times)
