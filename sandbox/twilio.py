"""A stand-in for Twilio's Messages API: takes messages, lists them, reports their delivery with its signature (design 4.6)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
import threading
import time
from email.utils import format_datetime
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from flask import Blueprint, request

from sandbox.faults import Faults
from sandbox.mailbox import Mailbox

LONGEST = 1600
REPORTED = ("sent", "delivered")


def blueprint(texts: Mailbox, faults: Faults, token: str, portal: str) -> Blueprint:
    """`token` is the account's secret; `portal` (`http://127.0.0.1:8000`) is where answers of telephones go."""
    bp = Blueprint("twilio", __name__)

    @bp.route("/2010-04-01/Accounts/<account>/Messages.json", methods=["GET", "POST"])
    def messages(account: str) -> Any:
        given = request.authorization
        if given is None or given.username != account or given.password != token:
            return {"code": 20003, "message": "Authenticate", "status": 401}, 401
        if request.method == "GET":
            wanted = [_shown(item, account) for item in texts.newest(request.args.get("To"), 5000)]
            return {"messages": wanted[: int(request.args.get("PageSize", "50"))], "page": 0}
        return _send(account)

    def _send(account: str) -> Any:
        mode = faults.take("sms")
        if mode in ("5xx", "down"):
            return {"code": 20500, "message": "Internal Server Error", "status": 503}, 503
        if mode == "throttled":
            return {"code": 20429, "message": "Too Many Requests", "status": 429}, 429
        if mode == "timeout":
            return _hang_up()
        if mode == "slow":
            time.sleep(2)
        to, body = request.form.get("To", ""), request.form.get("Body", "")
        if unknown := set(request.form) - {"To", "From", "Body", "StatusCallback"}:
            return {"code": 20001, "message": f"Unknown parameter {sorted(unknown)[0]}", "status": 400}, 400
        if not (to.startswith("+") and to[1:].isdecimal()):
            return {"code": 21211, "message": f"The 'To' number {to} is not a valid phone number.", "status": 400}, 400
        if not body or len(body) > LONGEST:
            return {"code": 21602 if not body else 21617, "message": "Message body is required, of at most 1600 characters.", "status": 400}, 400
        if to in stopped:
            return {"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}, 400
        sid = "SM" + secrets.token_hex(16)
        texts.add({"to": to, "from": request.form.get("From", ""), "subject": "", "text": body, "html": "", "attachments": [], "sid": sid,
                   "links": [word for word in body.split() if word.startswith("http")]})
        if callback := request.form.get("StatusCallback"):
            threading.Thread(target=_report, args=(callback, sid, to), daemon=True).start()
        if mode == "timeout_after_effect":
            return _hang_up()
        return _shown(texts.newest(to, 1)[0], account), 201

    stopped: set[str] = set()

    def _report(callback: str, sid: str, to: str) -> None:
        for state in REPORTED:
            time.sleep(0.3)
            post(callback, {"MessageSid": sid, "MessageStatus": state, "To": to}, token)

    @bp.post("/sms/inbound")
    def inbound() -> Any:
        """A telephone answers: `{"from": "+1...", "text": "STOP"}`. Like Twilio, the stand-in remembers STOP by itself."""
        body = request.get_json(silent=True) or {}
        sender, text = str(body.get("from", "")), str(body.get("text", ""))
        (stopped.add if text.strip().upper() == "STOP" else stopped.discard)(sender)
        answer = post(f"{portal}/webhooks/twilio/inbound", {"From": sender, "Body": text, "MessageSid": "SM" + secrets.token_hex(16)}, token)
        return {"status": answer}

    return bp


def post(url: str, parameters: dict[str, str], token: str) -> int:
    """A signed webhook; hosts below `localhost` are this machine. 0 when nobody answers."""
    message = url + "".join(name + parameters[name] for name in sorted(parameters))
    signature = base64.b64encode(hmac.new(token.encode(), message.encode(), hashlib.sha1).digest()).decode()
    parts = urlsplit(url)
    target = f"{parts.scheme}://127.0.0.1:{parts.port or 80}{parts.path}"
    try:
        return httpx.post(target, data=parameters, headers={"Host": parts.netloc, "X-Twilio-Signature": signature}, timeout=5).status_code
    except httpx.HTTPError:
        return 0


def _shown(item: dict[str, Any], account: str) -> dict[str, Any]:
    created = format_datetime(datetime.fromisoformat(item["received_at"]).astimezone(UTC))
    return {"sid": item.get("sid") or f"SM{item['id']:032x}", "account_sid": account, "to": item["to"], "from": item["from"], "body": item["text"],
            "status": "queued", "date_created": created, "direction": "outbound-api", "num_segments": "1", "error_code": None}


def _hang_up() -> Any:
    """No answer at all: the connection is closed under the caller."""
    connection: socket.socket | None = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    return {"message": "gone"}, 503
