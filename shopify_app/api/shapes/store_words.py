"""What a store says and when it is quiet: part of the store's shapes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shopify_app.api.shapes.base import Flag, Shape

Clock = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", description="Wall time such as 21:00; SMS reminders wait for the end")]
Withdrawal = Annotated[Literal["off", "eu", "everyone"], Field(description="The legal withdrawal function (R48): where it is offered")]
Blocked = Annotated[str, Field(max_length=500, description="Shown instead of our sentence where a change is refused; null: ours")]
Terms = Annotated[str, Field(max_length=20_000)]


class WordsPatch(Shape):
    ask_feedback: Flag | None = None
    quiet_from: Clock | None = None
    quiet_to: Clock | None = None
    withdrawal: Withdrawal | None = None
    blocked_message: Blocked | None = None
    terms: Terms | None = None


class WordsOut(Shape):
    ask_feedback: bool
    quiet_from: str
    quiet_to: str
    withdrawal: Withdrawal
    blocked_message: str | None
    terms: str | None
