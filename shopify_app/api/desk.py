"""What the desk does besides changing bookings: notes, messages once more, settled conflicts, two records of one person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from booking.actions.action import Done
from booking.actions.booking_notes import add_note, remove_note
from booking.actions.clear_conflict import clear_conflict
from booking.actions.export_customer import export_customer
from booking.actions.merge_customers import merge_customers
from booking.actions.redact_customer import redact_customer
from booking.actions.resend_message import resend_message
from booking.rules.decision import Refused
from models.access import User
from models.booking_summary import find
from models.note import BookingNote
from models.session import Tx, reading
from shopify_app.api.bookings import known_ref
from shopify_app.api.call import Call
from shopify_app.api.customers import CUSTOMERS
from shopify_app.api.door import number, operation, reference
from shopify_app.api.shapes import bookings as s
from shopify_app.api.shapes import catalogue, desk
from shopify_app.api.shapes.base import Listing, Nothing
from shopify_app.api.verbs import changed

_NOTES = select(BookingNote.id, BookingNote.text, User.name, BookingNote.created_at).select_from(BookingNote).outerjoin(
    User, (User.store_id == BookingNote.store_id) & (User.id == BookingNote.user_id))


def _note(row: Any) -> desk.NoteOut:
    return desk.NoteOut(id=str(row.id), text=row.text, by=row.name, created_at=row.created_at)


@operation("GET", "/bookings/{ref}/notes", summary="Notes of the shop; customers see them only in a copy of their data", answer=Listing[desk.NoteOut])
def list_notes(call: Call, ref: str) -> Any:
    with reading(call.store_id) as tx:
        b = find(tx, known_ref(ref))
        if b is None:
            raise Refused("not_found")
        rows = tx.db.execute(_NOTES.where(BookingNote.store_id == tx.store_id, BookingNote.booking_id == b.id).order_by(
            BookingNote.created_at, BookingNote.id)).all()
    return {"items": [_note(row) for row in rows], "next": None}


@operation("POST", "/bookings/{ref}/notes", summary="Add a note", body=desk.NoteIn, answer=desk.NoteOut, status=201)
def post_note(call: Call, ref: str) -> Any:
    def show(tx: Tx, done: Done) -> desk.NoteOut:
        return _note(tx.db.execute(_NOTES.where(BookingNote.store_id == tx.store_id, BookingNote.id == (done.facts or {})["id"])).one())

    return call.act(add_note, known_ref(ref), call.body.text, show=show)


@operation("POST", "/bookings/{ref}/remove-note", summary="Remove a note", body=desk.NoteId, answer=Nothing)
def post_remove_note(call: Call, ref: str) -> None:
    call.act(remove_note, known_ref(ref), reference(call.body.note, "note"), show=lambda tx, done: None)


@operation("POST", "/bookings/{ref}/resend", summary="Send a customer's message again (A104)", body=desk.MessageId, answer=s.BookingOut)
def post_resend(call: Call, ref: str) -> Any:
    return changed(call, resend_message, known_ref(ref), reference(call.body.message, "message"))


@operation("POST", "/bookings/{ref}/clear-conflict", summary="A conflict is settled: take its mark away", body=s.VersionIn, answer=s.BookingOut)
def post_clear_conflict(call: Call, ref: str) -> Any:
    return changed(call, clear_conflict, known_ref(ref), version=call.body.version)


@operation("POST", "/customers/{id}/merge", summary="The other record goes into this one (R44)", body=desk.MergeIn, answer=catalogue.CustomerOut)
def post_merge(call: Call, id: str) -> Any:
    return CUSTOMERS.write(call, merge_customers, number(id), reference(call.body.other, "other"))


@operation("POST", "/customers/{id}/erase", summary="Erase one person for good; open bookings keep their time (R45)", body=s.EmptyIn, answer=Nothing)
def post_erase(call: Call, id: str) -> None:
    call.act(redact_customer, number(id), show=lambda tx, done: None)


@operation("POST", "/customers/{id}/export", summary="Everything kept about one person (R45)", body=s.EmptyIn, answer=desk.PersonalData)
def post_export(call: Call, id: str) -> Any:
    return call.act(export_customer, number(id), show=lambda tx, done: desk.PersonalData(data=(done.facts or {})["data"]))
