"""A policy: what customers may change, until when, and what comes back (R2, R18-R23). Its JSON is the API's (design 4.4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from booking.rules.durations import Notice, parse

OUTCOMES = ("full", "partial", "credit", "forfeit", "none")
APPROVALS = ("automatic", "manual", "first_only", "reschedule_only", "by_notice")
APPROVAL_HOURS = (4, 6, 8, 12, 24)
PRICE_DIFFERENCES = ("keep", "difference", "equal_only")
TIME_TO_ANSWER = Notice(0, 3600)
"""So long before the old start the shop has to have answered a move (R17)."""
MOVE_REASONS = ("none", "optional", "required")
"""Whether customers are asked why they move, from the least to the most (D20b)."""


class PolicyError(ValueError):
    """`problems` lists every wrong field: {"field": "cancel.tiers", "problem": "..."}."""

    def __init__(self, problems: list[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{p['field']}: {p['problem']}" for p in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Tier:
    """From `at_least` before the start on, this outcome; the last tier has no `at_least`: otherwise (R20)."""

    at_least: Notice | None
    outcome: str
    percent: int | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Flags:
    """Whether customers may do it at all, now (R2)."""

    reschedule: bool
    cancel: bool


@dataclass(frozen=True, slots=True)
class Policy:
    reschedule_allowed: bool = True
    reschedule_notice: Notice = Notice(0, 86400)
    reschedule_limit: int = 5
    within_days: int | None = None
    change_staff: bool = False
    price_difference: str = "keep"
    move_reason: str = "none"
    cancel_allowed: bool = True
    cancel_notice: Notice = Notice(0, 86400)
    instead_schedule: bool = False
    tiers: tuple[Tier, ...] = (Tier(Notice(0, 86400), "full"), Tier(None, "forfeit"))
    fee: int = 0
    refund_mode: str = "automatic"
    credit_choice: bool = False
    part_cancel: bool = True
    approval: str = "automatic"
    approval_notice: Notice = Notice(0, 86400)
    approval_hours: int = 12
    release_old_slot_at_once: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "reschedule": {
                "allowed": self.reschedule_allowed, "notice": self.reschedule_notice.iso(), "limit": self.reschedule_limit,
                "within_days": self.within_days, "change_staff": self.change_staff, "price_difference": self.price_difference,
                # Left out while nobody asks: the release before refuses keys it does not know.
                **({} if self.move_reason == "none" else {"reason": self.move_reason}),
            },
            "cancel": {
                "allowed": self.cancel_allowed, "notice": self.cancel_notice.iso(), "instead_schedule": self.instead_schedule,
                "tiers": [_tier_json(tier) for tier in self.tiers], "fee": {"amount": self.fee}, "refund_mode": self.refund_mode,
                "credit_choice": self.credit_choice, "part_cancel": self.part_cancel,
            },
            "approval": self.approval, "approval_notice": self.approval_notice.iso(), "approval_hours": self.approval_hours,
            "release_old_slot_at_once": self.release_old_slot_at_once,
        }

    @classmethod
    def from_json(cls, body: Any) -> Policy:
        """The JSON of design 4.4; left out means default, unknown keys are refused. Raises PolicyError with every problem."""
        return _Reading().policy(body)

    @property
    def cancels_online(self) -> bool:
        """Whether customers cancel by themselves: not where a new appointment takes the place of cancelling (A125)."""
        return self.cancel_allowed and not self.instead_schedule

    def reached(self, moves: int) -> bool:
        """Whether one who has moved it as often may not do so again (R18)."""
        return 0 < self.reschedule_limit <= moves

    def with_flags(self, flags: Flags) -> Policy:
        """The same policy with switches that act at once, whatever was copied (R2)."""
        return replace(self, reschedule_allowed=self.reschedule_allowed and flags.reschedule,
                       cancel_allowed=self.cancel_allowed and flags.cancel)

    def with_time_to_answer(self) -> Policy:
        """The same policy with a notice that leaves the shop time to answer a move that would wait for it: one asked for later would
        end as it begins (R17)."""
        needed = {"manual": TIME_TO_ANSWER, "reschedule_only": TIME_TO_ANSWER,
                  "by_notice": min(TIME_TO_ANSWER, self.approval_notice, key=lambda n: n.rank)}.get(self.approval)
        return self if needed is None or self.reschedule_notice.rank >= needed.rank else replace(self, reschedule_notice=needed)


DEFAULT = Policy()


def resolve_flags(store: Flags, self_service: str, reschedule: str, cancel: str) -> Flags:
    """Service switches over store switches; each is inherit, on or off. The master `self_service` off wins over all (R2)."""
    def switch(own: str, inherited: bool) -> bool:
        if self_service == "off" or own == "off":
            return False
        return True if own == "on" or self_service == "on" else inherited

    return Flags(switch(reschedule, store.reschedule), switch(cancel, store.cancel))


def kinder(copied: Policy, present: Policy) -> Policy:
    """Windows and limits as copied at booking time, except where the present policy is better for the customer (R20)."""
    return replace(
        copied,
        reschedule_allowed=present.reschedule_allowed, cancel_allowed=present.cancel_allowed,
        reschedule_notice=min(copied.reschedule_notice, present.reschedule_notice, key=lambda n: n.rank),
        cancel_notice=min(copied.cancel_notice, present.cancel_notice, key=lambda n: n.rank),
        reschedule_limit=0 if 0 in (copied.reschedule_limit, present.reschedule_limit)
        else max(copied.reschedule_limit, present.reschedule_limit),
        within_days=None if None in (copied.within_days, present.within_days) else max(copied.within_days, present.within_days),
        change_staff=copied.change_staff or present.change_staff,
        move_reason=min(copied.move_reason, present.move_reason, key=MOVE_REASONS.index),
        instead_schedule=present.instead_schedule, part_cancel=copied.part_cancel or present.part_cancel,
        approval=present.approval, approval_notice=present.approval_notice, approval_hours=present.approval_hours,
        release_old_slot_at_once=present.release_old_slot_at_once, refund_mode=present.refund_mode,
    )


def _tier_json(tier: Tier) -> dict[str, Any]:
    body: dict[str, Any] = {} if tier.at_least is None else {"at_least": tier.at_least.iso()}
    body["outcome"] = tier.outcome
    if tier.percent is not None:
        body["percent"] = tier.percent
    if tier.amount is not None:
        body["amount"] = tier.amount
    return body


class _Reading:
    """Reads a policy and collects every problem."""

    def __init__(self) -> None:
        self.problems: list[dict[str, str]] = []

    def policy(self, body: Any) -> Policy:
        top = self.object(body, "policy", {"reschedule", "cancel", "approval", "approval_notice", "approval_hours",
                                           "release_old_slot_at_once"})
        move = self.object(top.get("reschedule", {}), "reschedule", {"allowed", "notice", "limit", "within_days", "change_staff",
                                                                     "price_difference", "reason"})
        cancel = self.object(top.get("cancel", {}), "cancel", {"allowed", "notice", "instead_schedule", "tiers", "fee",
                                                               "refund_mode", "credit_choice", "part_cancel"})
        fee = self.object(cancel.get("fee", {}), "cancel.fee", {"amount", "currency"})
        d = DEFAULT
        policy = Policy(
            reschedule_allowed=self.flag(move, "allowed", d.reschedule_allowed, "reschedule"),
            reschedule_notice=self.notice(move, "notice", d.reschedule_notice, "reschedule"),
            reschedule_limit=self.number(move, "limit", d.reschedule_limit, 0, 1000, "reschedule"),
            within_days=None if move.get("within_days") is None else self.number(move, "within_days", 0, 1, 731, "reschedule"),
            change_staff=self.flag(move, "change_staff", d.change_staff, "reschedule"),
            price_difference=self.choice(move, "price_difference", d.price_difference, PRICE_DIFFERENCES, "reschedule"),
            move_reason=self.choice(move, "reason", d.move_reason, MOVE_REASONS, "reschedule"),
            cancel_allowed=self.flag(cancel, "allowed", d.cancel_allowed, "cancel"),
            cancel_notice=self.notice(cancel, "notice", d.cancel_notice, "cancel"),
            instead_schedule=self.flag(cancel, "instead_schedule", d.instead_schedule, "cancel"),
            tiers=self.tiers(cancel["tiers"]) if "tiers" in cancel else d.tiers,
            fee=self.number(fee, "amount", d.fee, 0, 10**10, "cancel.fee"),
            refund_mode=self.choice(cancel, "refund_mode", d.refund_mode, ("automatic", "manual"), "cancel"),
            credit_choice=self.flag(cancel, "credit_choice", d.credit_choice, "cancel"),
            part_cancel=self.flag(cancel, "part_cancel", d.part_cancel, "cancel"),
            approval=self.choice(top, "approval", d.approval, APPROVALS),
            approval_notice=self.notice(top, "approval_notice", d.approval_notice),
            approval_hours=self.choice(top, "approval_hours", d.approval_hours, APPROVAL_HOURS),
            release_old_slot_at_once=self.flag(top, "release_old_slot_at_once", d.release_old_slot_at_once),
        )
        if self.problems:
            raise PolicyError(self.problems)
        return policy

    def wrong(self, field: str, problem: str) -> None:
        self.problems.append({"field": field, "problem": problem})

    def object(self, value: Any, field: str, allowed: set[str]) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.wrong(field, "must be an object")
            return {}
        for key in sorted(set(value) - allowed):
            self.wrong(f"{field}.{key}"[:80], "is not known")
        return value

    def flag(self, part: dict[str, Any], key: str, default: bool, within: str = "") -> bool:
        value = part.get(key, default)
        if not isinstance(value, bool):
            self.wrong(_path(within, key), "must be true or false")
            return default
        return value

    def number(self, part: dict[str, Any], key: str, default: int, least: int, most: int, within: str = "") -> int:
        value = part.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.wrong(_path(within, key), f"must be a whole number from {least} to {most}")
            return default
        return value

    def choice(self, part: dict[str, Any], key: str, default: Any, allowed: tuple[Any, ...], within: str = "") -> Any:
        value = part.get(key, default)
        if isinstance(value, bool) or not any(value == a and type(value) is type(a) for a in allowed):
            self.wrong(_path(within, key), f"must be one of {', '.join(map(str, allowed))}")
            return default
        return value

    def notice(self, part: dict[str, Any], key: str, default: Notice, within: str = "") -> Notice:
        if key not in part:
            return default
        try:
            return parse(part[key])
        except ValueError as error:
            self.wrong(_path(within, key), str(error))
            return default

    def tiers(self, value: Any) -> tuple[Tier, ...]:
        if not isinstance(value, list) or not 1 <= len(value) <= 20:
            self.wrong("cancel.tiers", "must be a list of 1 to 20 tiers")
            return DEFAULT.tiers
        tiers = tuple(self.tier(body, f"cancel.tiers.{n}") for n, body in enumerate(value))
        if tiers[-1].at_least is not None:
            self.wrong("cancel.tiers", "the last tier is the otherwise one and has no at_least")
        bounds = [tier.at_least for tier in tiers[:-1]]
        if None in bounds or [b.rank for b in bounds if b] != sorted({b.rank for b in bounds if b}, reverse=True):
            self.wrong("cancel.tiers", "must go from the longest at_least to the shortest, without repeats")
        return tiers

    def tier(self, body: Any, field: str) -> Tier:
        part = self.object(body, field, {"at_least", "outcome", "percent", "amount"})
        outcome = self.choice(part, "outcome", "forfeit", OUTCOMES, field) if "outcome" in part else "forfeit"
        if "outcome" not in part:
            self.wrong(f"{field}.outcome", "is missing")
        percent = self.number(part, "percent", 0, 0, 100, field) if part.get("percent") is not None else None
        amount = self.number(part, "amount", 0, 0, 10**10, field) if part.get("amount") is not None else None
        if outcome == "partial" and (percent is None) == (amount is None):
            self.wrong(field, "a partial refund has either percent or amount")
        if outcome == "credit" and percent is not None and amount is not None:
            self.wrong(field, "a credit has percent or amount, not both")
        if outcome in ("full", "forfeit", "none") and (percent is not None or amount is not None):
            self.wrong(field, f"{outcome} takes neither percent nor amount")
        return Tier(self.notice(part, "at_least", Notice(), field) if part.get("at_least") is not None else None, outcome,
                    percent, amount)


def _path(within: str, key: str) -> str:
    return f"{within}.{key}" if within else key
