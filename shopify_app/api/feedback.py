"""What customers said, in a list, in numbers, and as a file; the shop's reply and its yes to publishing (R37, A42)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response
from sqlalchemy import Select, select, tuple_

from booking.actions.action import Done
from booking.actions.publish_feedback import publish_feedback
from booking.actions.reply_to_feedback import reply_to_feedback
from booking.reviews import averages
from booking.rules.decision import Refused
from models.booking import Booking
from models.customer import Customer
from models.feedback import Feedback
from models.service import Service
from models.session import Tx, reading
from models.staff import Staff
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import number, operation, reference
from shopify_app.api.shapes import feedback as s
from shopify_app.api.shapes.base import Csv
from shopify_app.spreadsheets import csv_line

FILTERS = {"service": "id", "staff": "id", "rating": "1 to 5"}
MOST_EXPORTED = 100_000
_ALL: Select = (
    select(Feedback, Booking.ref, Service.name.label("service_name"), Staff.name.label("staff_name"), Customer.name.label("customer_name"))
    .join(Booking, (Booking.store_id == Feedback.store_id) & (Booking.id == Feedback.booking_id))
    .join(Service, (Service.store_id == Feedback.store_id) & (Service.id == Feedback.service_id))
    .join(Staff, (Staff.store_id == Feedback.store_id) & (Staff.id == Feedback.staff_id))
    .join(Customer, (Customer.store_id == Feedback.store_id) & (Customer.id == Feedback.customer_id)))


def _out(row: Any) -> s.FeedbackOut:
    return s.FeedbackOut(
        id=str(row.id), booking=row.ref, service=str(row.service_id), service_name=row.service_name, staff=str(row.staff_id),
        staff_name=row.staff_name, customer=str(row.customer_id), customer_name=row.customer_name, rating=row.rating, comment=row.comment,
        may_publish=row.may_publish, published_at=row.published_at, reply=row.reply, replied_at=row.replied_at, created_at=row.created_at,
        edited_at=row.edited_at)


def _filtered(call: Call) -> Select:
    statement = _ALL.where(Feedback.store_id == call.store_id).order_by(Feedback.created_at.desc(), Feedback.id.desc())
    for name, column in (("service", Feedback.service_id), ("staff", Feedback.staff_id)):
        if name in call.query:
            statement = statement.where(column == reference(call.query[name], name))
    if "rating" in call.query:
        if call.query["rating"] not in ("1", "2", "3", "4", "5"):
            raise Refused("invalid", errors=[{"field": "rating", "problem": "must be from 1 to 5"}])
        statement = statement.where(Feedback.rating == int(call.query["rating"]))
    return statement


@operation("GET", "/feedback", summary="Feedback, newest first, with averages of the whole store", query=PAGING | FILTERS, answer=s.FeedbackList)
def list_feedback(call: Call) -> Any:
    limit, position = call.limit(), call.position("feedback")
    statement = _filtered(call).limit(limit + 1)
    if position is not None:
        statement = statement.where(tuple_(Feedback.created_at, Feedback.id) < (datetime.fromisoformat(position[0]), position[1]))
    with reading(call.store_id) as tx:
        rows = tx.db.execute(statement).all()
        numbers = averages(tx)
    last = rows[limit - 1] if len(rows) > limit else None
    return {"items": [_out(row) for row in rows[:limit]], "averages": numbers,
            "next": None if last is None else call.next("feedback", [last.created_at.isoformat(), last.id])}


@operation("GET", "/feedback.csv", summary="The same as a file for spreadsheets, newest 100,000", query=FILTERS, answer=Csv)
def export_feedback(call: Call) -> Response:
    fields = [name for name in s.FeedbackOut.model_fields if name not in ("service", "staff", "customer")]
    lines = [csv_line(fields)]
    with reading(call.store_id) as tx:
        for row in tx.db.execute(_filtered(call).limit(MOST_EXPORTED)):
            lines.append(csv_line(_cell(getattr(_out(row), name)) for name in fields))
    return Response("".join(lines), mimetype="text/csv")


def _cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


@operation("POST", "/feedback/{id}/reply", summary="Answer feedback, once; the customer gets it by mail", body=s.ReplyIn, answer=s.FeedbackOut)
def post_reply(call: Call, id: str) -> Any:
    return call.act(reply_to_feedback, number(id), call.body.text, show=_show)


@operation("POST", "/feedback/{id}/publish", summary="Show feedback in public, or no longer; only with the customer's tick", body=s.PublishIn,
           answer=s.FeedbackOut)
def post_publish(call: Call, id: str) -> Any:
    return call.act(publish_feedback, number(id), published=call.body.published, show=_show)


def _show(tx: Tx, done: Done) -> s.FeedbackOut:
    return _out(tx.db.execute(_ALL.where(Feedback.store_id == tx.store_id, Feedback.id == (done.facts or {})["id"])).one())
