"""What a store and its services say and when they are quiet: parts of their shapes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shopify_app.api.shapes.base import Flag, Shape
from shopify_app.api.shapes.policy import Duration

Clock = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", description="Wall time such as 21:00; SMS reminders wait for the end")]
Withdrawal = Annotated[Literal["off", "eu", "everyone"], Field(description="The legal withdrawal function (R48): where it is offered")]
Blocked = Annotated[str, Field(max_length=500, description="Shown after our sentence where a change is refused (A157)")]
Terms = Annotated[str, Field(max_length=5000)]
Reminders = Annotated[list[Duration], Field(max_length=4, description="How long before the start, such as PT24H; 15 minutes to 14 days")]


class WordsPatch(Shape):
    ask_feedback: Flag | None = None
    calendar_link: Flag | None = None
    quiet_from: Clock | None = None
    quiet_to: Clock | None = None
    withdrawal: Withdrawal | None = None
    refusal_note: Blocked | None = None
    terms: Terms | None = None


class WordsOut(Shape):
    ask_feedback: bool
    calendar_link: bool
    quiet_from: str
    quiet_to: str
    withdrawal: Withdrawal
    refusal_note: str | None
    terms: str | None


class ServiceWordsIn(Shape):
    reminders: Reminders | None = None
    withdrawal_exempt: Flag | None = None


class ServiceWords(Shape):
    reminders: Reminders
    withdrawal_exempt: bool
