"""Where both providers answer in the sandbox, their faults, and a page to write entries into the calendars of the demo."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request

from sandbox.calendars import google, microsoft
from sandbox.calendars.oauth import OAuth
from sandbox.calendars.state import State
from sandbox.faults import Faults

RETURNS = "/app/calendars"
CLIENTS = {"google": ("sandbox.apps.googleusercontent.example", "GOCSPX-sandbox"), "microsoft": ("00000000-0000-4000-8000-00005a4db0c5", "sandbox~secret")}
"""Ids and secrets this installation is registered with."""


def blueprint(state: State, faults: Faults, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Blueprint:
    site = Blueprint("calendars", __name__)
    ways = {provider: OAuth(provider, state, CLIENTS[provider], RETURNS) for provider in CLIENTS}
    for provider, authorize, token in (("google", "/o/oauth2/v2/auth", "/token"),
                                       ("microsoft", "/common/oauth2/v2.0/authorize", "/common/oauth2/v2.0/token")):
        site.add_url_rule(f"/{provider}{authorize}", f"{provider}_authorize", ways[provider].authorize, methods=["GET", "POST"])
        site.add_url_rule(f"/{provider}{token}", f"{provider}_token", ways[provider].token, methods=["POST"])
    site.add_url_rule("/google/revoke", "google_revoke", ways["google"].revoke, methods=["POST"])
    site.add_url_rule("/google/calendar/v3/calendars/primary/events", "google_events", lambda: google.events(state))
    site.add_url_rule("/microsoft/v1.0/me/calendarView/delta", "microsoft_delta", lambda: microsoft.delta(state))
    site.add_url_rule("/microsoft/v1.0/me/events/<event_id>", "microsoft_event", lambda event_id: microsoft.event(state, event_id))

    @site.before_request
    def broken() -> Any:
        provider = request.path.split("/")[1]
        if provider not in CLIENTS or request.path.endswith(("/auth", "/authorize")):
            return None
        state.asked.append((provider, request.path.rsplit("/", 1)[1]))
        mode = faults.take(provider)
        if mode == "throttled":
            return {"error": {"code": 429, "message": "Too Many Requests"}}, 429, {"Retry-After": "1200"}
        if mode in ("timeout", "timeout_after_effect", "5xx", "down"):
            return {"error": {"code": 503, "message": "Service Unavailable"}}, 503
        if mode == "slow":
            time.sleep(2)
        return None

    @site.get("/calendars")
    def page() -> str:
        return render_template("calendars.html", accounts=state.accounts.values(), now=now())

    @site.post("/calendars")
    def change() -> Any:
        """`do`: add (start and minutes in UTC, or a whole day), remove, end (access), forget (cursors)."""
        form = request.form
        account = state.accounts.get(form.get("account", "")) or abort(404)
        with state.lock:
            if form.get("do") == "add":
                _add(account, form)
            elif form.get("do") == "remove":
                account.remove(form.get("id", ""))
            elif form.get("do") == "end":
                state.end(account.email)
            else:
                account.forget()
            state.save()
        return redirect("/calendars", 303)

    return site


def _add(account: Any, form: Any) -> None:
    try:
        if form.get("day"):
            first = date.fromisoformat(form["day"])
            account.put(first, first + timedelta(days=1), title=form.get("title", ""))
        else:
            start = datetime.fromisoformat(form.get("start", "")).replace(tzinfo=UTC)
            account.put(start, start + timedelta(minutes=int(form.get("minutes") or 60)), title=form.get("title", ""))
    except ValueError:
        abort(400, "a start such as 2027-03-01T15:00, in UTC, or a day")


def filled(state: State, now: datetime) -> State:
    """Two people's calendars with something in them, for the demo."""
    if not state.accounts:
        day = now.replace(hour=15, minute=0, second=0, microsecond=0)
        for provider, email in (("google", "maya@gmail.example"), ("microsoft", "maya@outlook.example")):
            account = state.account(provider, email)
            account.put(day + timedelta(days=2), day + timedelta(days=2, hours=2), title="Dentist")
            account.put((day + timedelta(days=5)).date(), (day + timedelta(days=6)).date(), title="Day off")
            account.weekly(day + timedelta(days=1, hours=2), timedelta(hours=1), 20, title="Swimming")
    return state
