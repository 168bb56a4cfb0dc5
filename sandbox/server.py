"""The sandbox's one process: mailbox, SMS, clock and faults over HTTP, and the mail server (design 4.6)."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from flask import Flask, abort, jsonify, render_template, request
from werkzeug.serving import make_server

from sandbox import dns, smtp, twilio
from sandbox.calendars import site as calendars
from sandbox.calendars.state import State as Calendars
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.mailbox import Mailbox
from sandbox.shopify.kept import Kept
from sandbox.shopify_account import pages as account
from sandbox.stripe import api as stripe_api
from sandbox.stripe.events import Events
from sandbox.stripe.state import State


def create_sandbox(mails: Mailbox, texts: Mailbox, clock: Clock, faults: Faults, stripe: tuple[State, Events] | None = None,
                   names: dns.Names | None = None) -> Flask:
    """The HTTP side. JSON for programs, pages for people."""
    app = Flask(__name__, static_folder=None)

    @app.get("/")
    @app.get("/mail")
    def mail_list() -> str:
        return render_template("mailbox.html", items=mails.newest(request.args.get("to"), 200), kind="mail", now=clock.read()[0])

    @app.get("/sms")
    def sms_list() -> str:
        return render_template("mailbox.html", items=texts.newest(request.args.get("to"), 200), kind="sms", now=clock.read()[0])

    @app.get("/mail/<int:number>")
    def mail_page(number: int) -> str:
        return render_template("mail.html", mail=mails.find(number) or abort(404))

    @app.get("/mail/<int:number>/html")
    def mail_html(number: int) -> Any:
        mail = mails.find(number) or abort(404)
        return mail["html"], 200, {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups"}

    @app.get("/mail.json")
    def mail_json() -> Any:
        return jsonify(mails.newest(request.args.get("to"), 5000))

    @app.get("/sms.json")
    def sms_json() -> Any:
        return jsonify(texts.newest(request.args.get("to"), 5000))

    @app.route("/clock", methods=["GET", "POST"])
    def the_clock() -> Any:
        if request.method == "POST":
            try:
                clock.change(request.get_json(silent=True))
            except ValueError as error:
                return {"problem": str(error)}, 400
        now, ahead = clock.read()
        return {"now": now.isoformat(), "offset_seconds": ahead}

    @app.route("/faults", methods=["GET", "POST"])
    def the_faults() -> Any:
        if request.method == "POST":
            body = request.get_json(silent=True)
            body = body if isinstance(body, dict) else {}
            try:
                faults.order(body.get("target"), body.get("mode"), body.get("times", 1))
            except ValueError as error:
                return {"problem": str(error)}, 400
        return faults.state()

    app.register_blueprint(twilio.blueprint(texts, faults, os.environ.get("SMS_TOKEN", "sandbox"), f"http://localhost:{os.environ.get('PORT', '8000')}"))
    @app.post("/dns")
    def the_names() -> Any:
        try:
            (names or dns.Names()).order(request.get_json(silent=True))
        except ValueError as error:
            return {"problem": str(error)}, 400
        return {"records": names.records if names else {}}

    if stripe is not None:
        app.register_blueprint(stripe_api.blueprint(*stripe, faults))
    return app


def main() -> None:
    if os.environ.get("ENVIRONMENT") == "production" or not os.environ.get("OPENCALS_SANDBOX"):
        sys.exit("The sandbox does not start with production settings.")
    var = Path(os.environ.get("OPENCALS_VAR", "var"))
    mails, texts, faults = Mailbox(var / "mail.jsonl"), Mailbox(var / "sms.jsonl"), Faults()
    controller = smtp.start(int(os.environ["SANDBOX_SMTP_PORT"]), mails, faults)
    names = dns.Names()
    name_server = dns.start(int(os.environ["SANDBOX_DNS_PORT"]), names)
    clock = Clock(os.environ["OWNER_DATABASE_URL"])
    state = State(var / "stripe.jsonl", lambda: clock.read()[0])
    events = Events(state, os.environ.get("SANDBOX_STRIPE_WEBHOOK"), os.environ.get("STRIPE_WEBHOOK_SECRET", ""))
    app = create_sandbox(mails, texts, clock, faults, (state, events), names)
    shopify = Kept(var, clock, faults)
    app.register_blueprint(shopify.blueprint())
    app.register_blueprint(calendars.blueprint(
        calendars.filled(Calendars(var / "calendars.pickle"), clock.read()[0]), faults, lambda: clock.read()[0]))
    app.register_blueprint(account.blueprint(shopify.shopify, shopify.portal))
    server = make_server("127.0.0.1", int(os.environ["SANDBOX_PORT"]), app, threaded=True)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    shopify.stop()
    controller.stop()
    name_server.shutdown()


if __name__ == "__main__":
    main()
