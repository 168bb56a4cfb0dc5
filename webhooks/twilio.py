"""What Twilio tells us: the fate of each SMS, and answers such as STOP. A signature that does not fit: 403, nothing kept."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from booking.actions.sms_reports import note_delivery, start_sms, stop_sms
from booking.addresses import canonical_phone
from booking.keys import settings
from booking.rules.decision import Refused
from gateways.twilio import is_genuine
from models.actor import Actor
from models.session import database
from models.sms import RANK

WEBHOOK = Actor("system", "webhook")
STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START = frozenset({"START", "YES", "UNSTOP"})
blueprint = Blueprint("twilio_webhooks", __name__)


@blueprint.post("/webhooks/twilio/status/<int(max=9223372036854775807):store_id>/<int(max=9223372036854775807):outbox_id>")
def status(store_id: int, outbox_id: int) -> Response:
    """Twilio repeats a report that is not answered; one about a message we do not know is answered too."""
    _require_genuine()
    state, sid = request.form.get("MessageStatus", ""), request.form.get("MessageSid", "")
    error = request.form.get("ErrorCode") or None
    if state in RANK and sid and _plain(sid) and (error is None or _plain(error)):
        note_delivery(store_id, WEBHOOK, outbox_id, sid, state, error)
    return Response(status=204)


@blueprint.post("/webhooks/twilio/inbound")
def inbound() -> Response:
    """STOP ends, START resumes messages of every store that has written to the number: they share ours."""
    _require_genuine()
    word = (request.form.get("OptOutType") or request.form.get("Body") or "").strip().upper()
    verb = stop_sms if word in STOP else start_sms if word in START else None
    try:
        phone = canonical_phone(request.form.get("From", ""), None)
    except Refused:
        phone = None
    if verb and phone:
        for store_id in database().stores_texting(phone):
            verb(store_id, WEBHOOK, phone)
    return Response('<?xml version="1.0" encoding="UTF-8"?><Response/>', mimetype="text/xml")


def _plain(text: str) -> bool:
    """Whether it can be an identifier or an error number of Twilio's."""
    return text.isascii() and text.isalnum() and len(text) <= 64


def _require_genuine() -> None:
    """The URL is ours as configured, never as a proxy rewrote it."""
    url = settings().origin(request.host.partition(":")[0]) + request.full_path.rstrip("?")
    if not is_genuine(url, request.form, request.headers.get("X-Twilio-Signature", "")):
        abort(403)
