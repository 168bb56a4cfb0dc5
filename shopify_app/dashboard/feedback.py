"""Feedback: what customers say, answered once, published where both agree; averages by service and person; as a file (A42, R37)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from flask import Response, request

from booking.actions.action import Done
from booking.actions.publish_feedback import publish_feedback
from booking.actions.reply_to_feedback import reply_to_feedback
from booking.keys import sign, unsign
from booking.reviews import averages
from booking.rules.decision import Refused
from booking.wording.people import person
from models import diary, feedback_list
from models.session import reading
from shopify_app.dashboard import given
from shopify_app.dashboard.door import MANAGERS, Visit, screen
from shopify_app.spreadsheets import csv_file, csv_line

PAGE, BATCH = 30, 500
FIELDS = ("rating", "service", "staff", "open")
LABELS = {"date": "Date", "rating": "Rating", "comment": "Comment", "customer": "Customer", "service": "Service", "staff": "Staff", "booking": "Booking",
          "reply": "Answer", "published": "Published"}
"""The columns of the file and their titles, in this order."""


@screen("/feedback", roles=MANAGERS)
def feedback(visit: Visit) -> Any:
    return _page(visit)


def _page(visit: Visit, *, problem: str | None = None, about: int | None = None, status: int = 200) -> Response:
    values, filters = _filters()
    body = unsign("feedback-cursor", request.args.get("cursor", ""))
    before = (datetime.fromisoformat(body[1]), int(body[2])) if isinstance(body, list) and len(body) == 3 and body[0] == visit.store_id else None
    with reading(visit.store_id) as tx:
        rows = feedback_list.page(tx, **filters, before=before, limit=PAGE + 1)
        numbers, choices = averages(tx), diary.choices(tx)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    more = None if last is None else visit.url("/feedback", **values, cursor=sign(
        "feedback-cursor", [visit.store_id, last.created_at.isoformat(), str(last.id)]))
    options = {kind: [(row.id, row.name) for row in found] for kind, found in choices.items()}
    return visit.show("feedback.html", here="feedback", status=status, rows=rows[:PAGE], numbers=numbers, values=values, options=options, more=more,
                      problem=problem, about=about, entered=given.text(request.form.get("text"), 2001),
                      export=visit.url("/feedback.csv", **values))


@screen("/feedback.csv", roles=MANAGERS)
def feedback_csv(visit: Visit) -> Response:
    return csv_file(visit.words, LABELS.values(), _lines(visit, _filters()[1]), "feedback.csv")


@screen("/feedback/<int:feedback_id>/reply", roles=MANAGERS, methods=("POST",))
def feedback_reply(visit: Visit, feedback_id: int) -> Any:
    """The one answer; the customer gets it by mail."""
    return _do(visit, feedback_id, "replied", reply_to_feedback, given.known_id(feedback_id), given.text(request.form.get("text"), 2001))


@screen("/feedback/<int:feedback_id>/publish", roles=MANAGERS, methods=("POST",))
def feedback_publish(visit: Visit, feedback_id: int) -> Any:
    """Show it in public, or no longer."""
    return _do(visit, feedback_id, "saved", publish_feedback, given.known_id(feedback_id), published=request.form.get("published") == "1")


def _do(visit: Visit, feedback_id: int, done: str, verb: Callable[..., Done], *args: Any, **values: Any) -> Any:
    w = visit.words
    try:
        verb(visit.store_id, visit.actor, *args, **values)
    except Refused as refused:
        if refused.code == "not_found":
            raise
        if refused.code == "invalid":
            return _page(visit, problem=w._("Please write an answer of at most 2,000 characters."), about=feedback_id, status=422)
        problem = w._("This has been answered already.") if refused.facts.get("kind") == "reply" else w._("The customer has not agreed to publish this.")
        return _page(visit, problem=problem, about=feedback_id, status=409)
    return visit.go("/feedback", done=done)


def _filters() -> tuple[dict[str, str], dict[str, Any]]:
    values = {name: text for name in FIELDS if (text := given.text(request.args.get(name), 30))}
    rating = given.whole(values.get("rating"))
    return values, {"rating": rating if rating in (1, 2, 3, 4, 5) else None, "service_id": given.whole(values.get("service")),
                    "staff_id": given.whole(values.get("staff")), "unanswered": values.get("open") == "1"}


def _lines(visit: Visit, filters: dict[str, Any]) -> Iterator[str]:
    before: tuple[datetime, int] | None = None
    while True:
        with reading(visit.store_id) as tx:
            rows = feedback_list.page(tx, **filters, before=before, limit=BATCH)
        for row in rows:
            yield csv_line((row.created_at.isoformat(), row.rating, row.comment, person(visit.words, row.customer_name), row.service_name, row.staff_name, row.ref, row.reply,
                            visit.words._("yes") if row.published_at else ""))
        if len(rows) < BATCH:
            return
        before = rows[-1].created_at, rows[-1].id
