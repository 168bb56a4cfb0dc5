"""Settings > Messages: what mails and SMS to customers say, in the shop's own words (A126, A159, I50).

The form sent with the button `preview` or `test` is shown again with what was typed; without a button it saves.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Response, request

from booking.actions.templates import reset_template, restore_template, save_template, test_template
from booking.rules.decision import Refused
from booking.templates import EDITABLE, ELEMENTS, FIELDS, VALUES, places, problems, states, versions
from booking.wording import SHIPPED, words_for
from booking.wording.languages import pick
from booking.wording.people import person
from booking.wording.problems import problem_text
from models import diary, trail
from models.booking_summary import BookingSummary, find
from models.diary import SHOWN, DiaryBooking, Filters
from models.session import Tx, reading
from shopify_app.dashboard import given
from shopify_app.dashboard.door import Visit, screen
from shopify_app.dashboard.typed import Typed, differences
from shopify_app.message_wording import Sample, Texts, Wording, by_sms, sampled, standard, worded

KINDS = {
    "request_received": ("Request received", "When a request waits for your answer"),
    "booking_confirmed": ("Booking confirmation", "At once after booking"),
    "approval_given": ("Request accepted", "When you accept a request or a move"),
    "booking_moved": ("Booking moved", "When a booking has a new time"),
    "booking_cancelled": ("Booking cancelled", "When a whole booking is cancelled; of seats given back we tell in our words"),
    "reminder": ("Booking reminder", "Before the visit, as often as the service says"),
    "manage_link": ("Link to the booking", "When the customer asks for it, or you send it"),
    "feedback_request": ("How was your visit?", "After the visit, where feedback is asked for"),
}
"""Message -> its name here, and when it is sent."""
LABELS = {"subject": "Subject", "heading": "Heading", "body": "Body", "sms": "SMS"}
TAKES = {"subject": "value", "heading": "value", "body": "value element", "sms": "value link"}
"""Field -> the kinds of placeholder it takes."""
CHOICES, PAGE = 10, 10
LARGEST = 2**31 - 1
"""What the column of versions holds; no wording comes near."""
SCREEN_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'self'")
"""The usual one, and a frame for the mail."""
MAIL_SECURITY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox"
"""A mail carries its styles in itself; in its frame it is nobody's page and runs nothing (I48)."""


@screen("/settings/messages")
def messages(visit: Visit) -> Any:
    with reading(visit.store_id) as tx:
        changed = states(tx)
    home = pick(visit.store.locale)
    languages = sorted(SHIPPED.items(), key=lambda pair: pair[0] != home)
    rows = [(topic, visit.words._(name), visit.words._(when), by_sms(topic, home),
             [(code, text, changed.get((topic, code), (0, False, None))[1]) for code, text in languages]) for topic, (name, when) in KINDS.items()]
    return visit.show("settings_messages.html", here="settings", rows=rows, home=home)


@screen("/settings/messages/<topic>/<locale>", methods=("GET", "POST"))
def message(visit: Visit, topic: str, locale: str) -> Any:
    _known(topic, locale)
    if request.method == "GET":
        number = _version("version")
        shown = _stored(visit, topic, locale, number)
        return _show(visit, topic, locale, shown.texts | {"version": str(shown.version), "booking": request.args.get("booking", "")},
                     old=number if number != shown.version else None)
    typed = Typed(visit.words)
    form, texts = typed.shown(), _texts(typed)
    if typed.do == "preview":
        return _show(visit, topic, locale, form, edited=True)
    try:
        if typed.do == "test":
            test_template(visit.store_id, visit.actor, topic, locale, texts, ref=_ref(visit, form), to=visit.user.email)
            return _show(visit, topic, locale, form, edited=True, sent=visit.user.email)
        save_template(visit.store_id, visit.actor, topic, locale, texts, version=typed.version())
    except Refused as refused:
        if refused.code == "stale":
            return _stale(visit, topic, locale, form)
        if refused.code != "invalid":
            raise
        typed.refused(refused)
        return _show(visit, topic, locale, form, problems=typed.problems, status=422, edited=True)
    return visit.go(_path(topic, locale), done="saved", booking=form.get("booking"))


@screen("/settings/messages/<topic>/<locale>/reset", methods=("POST",))
def reset_message(visit: Visit, topic: str, locale: str) -> Any:
    return _go_back(visit, topic, locale, "reset", reset_template)


@screen("/settings/messages/<topic>/<locale>/restore/<int:number>", methods=("POST",))
def restore_message(visit: Visit, topic: str, locale: str, number: int) -> Any:
    return _go_back(visit, topic, locale, "restored", restore_template, min(number, LARGEST))


@screen("/settings/messages/<topic>/<locale>/mail", methods=("POST",))
def message_mail(visit: Visit, topic: str, locale: str) -> Any:
    """The mail alone, for the frame of the preview: its links lead nowhere there, so that looking does nothing."""
    _known(topic, locale)
    typed = Typed(visit.words)
    with reading(visit.store_id) as tx:
        b = find(tx, given.known_ref(typed.text("booking", 40)))
        if b is None:
            raise Refused("not_found")
        try:
            page = sampled(tx, topic, locale, _texts(typed), b).mail.html
        except Refused as refused:
            if refused.code != "invalid":
                raise
            page = ""
    answer = Response(_without_links(page), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = MAIL_SECURITY
    return answer


def _go_back(visit: Visit, topic: str, locale: str, done: str, verb: Any, *more: Any) -> Any:
    """Reset or restore, from the version the screen was made from."""
    _known(topic, locale)
    typed = Typed(visit.words)
    try:
        verb(visit.store_id, visit.actor, topic, locale, *more, version=typed.version())
    except Refused as refused:
        if refused.code == "stale":
            return _stale(visit, topic, locale, _stored(visit, topic, locale, more[0]).texts if more else standard(topic, locale))
        if refused.code != "invalid":
            raise
        typed.refused(refused)  # an old text with a placeholder there is no longer: shown where it can be mended
        shown = _stored(visit, topic, locale, *more)
        return _show(visit, topic, locale, shown.texts | {"version": str(shown.version)}, problems=typed.problems, status=422, edited=True)
    return visit.go(_path(topic, locale), done=done)


def _stale(visit: Visit, topic: str, locale: str, form: dict[str, Any]) -> Response:
    theirs = _stored(visit, topic, locale)
    labels = {field: visit.words._(label) for field, label in LABELS.items()}
    return _show(visit, topic, locale, form | {"version": str(theirs.version)}, status=409, edited=True,
                 conflict=differences(labels, theirs.texts, form, lambda name, value: str(value or "")))


def _show(visit: Visit, topic: str, locale: str, form: dict[str, Any], *, problems: dict[str, str] | None = None, status: int = 200,
          conflict: list[tuple[str, str, str]] | None = None, edited: bool = False, old: int | None = None, sent: str | None = None) -> Response:
    before = _version("before")
    with reading(visit.store_id) as tx:
        now = worded(tx, topic, locale)
        bookings = _choices(tx, topic)
        chosen = _chosen(tx, form.get("booking", ""), bookings)
        seen, wrong = _sample(visit, tx, topic, locale, form, chosen)
        rows = versions(tx, topic, locale, before=before, limit=PAGE + 1)
        names = trail.names(tx) if rows else {}
    name, when = KINDS[topic]
    answer = visit.show(
        "settings_message.html", here="settings", topic=topic, locale=locale, direction=words_for(locale).direction, name=visit.words._(name),
        when=visit.words._(when), form=form, now=now, problems=problems or {}, conflict=conflict, status=status, edited=edited, old=old, sent=sent,
        languages=list(SHIPPED.items()), has_sms=by_sms(topic, locale), attributes=_attributes(locale, places(topic, dict(_fields(form)))),
        values=VALUES, elements=[(key, ELEMENTS[key]) for key in EDITABLE[topic]], longest=FIELDS,
        bookings=[(ref, _line(visit, ref, b)) for ref, b in _offered(bookings, chosen)], chosen=chosen and chosen.ref, seen=seen, wrong=wrong,
        sample=_fields(form), versions=[(row, names.get((row.actor_kind or "", row.actor_id or ""))) for row in rows[:PAGE]],
        older=visit.url(_path(topic, locale), before=rows[PAGE - 1].version) if len(rows) > PAGE else None, zone=visit.store.zone)
    answer.headers["Content-Security-Policy"] = SCREEN_SECURITY
    return answer


def _sample(visit: Visit, tx: Tx, topic: str, locale: str, form: dict[str, Any], b: BookingSummary | None) -> tuple[Sample | None, list[tuple[str, str]]]:
    """The message as typed with the chosen booking, or what keeps it from being one."""
    texts = _fields(form)
    wrong = [(visit.words._(LABELS[problem["field"]]), problem_text(visit.words, problem["problem"])) for problem in problems(topic, dict(texts))]
    return (None if wrong or b is None else sampled(tx, topic, locale, texts, b)), wrong


def _choices(tx: Tx, topic: str) -> list[DiaryBooking]:
    """Real bookings to look at the message with: the next ones and the last ones, those first that the message is about."""
    coming = diary.page(tx, Filters(statuses=SHOWN, starts_from=tx.now), limit=CHOICES)
    gone = diary.page(tx, Filters(statuses=SHOWN, starts_to=tx.now, latest_first=True), limit=CHOICES)
    return gone + coming if topic == "feedback_request" else coming + gone


def _chosen(tx: Tx, ref: str, bookings: list[DiaryBooking]) -> BookingSummary | None:
    """The booking asked for, or the first of the choices; one that is not there is not chosen."""
    found = find(tx, ref) if ref.isascii() and ref.isalnum() and len(ref) <= 40 else None
    return found or (find(tx, bookings[0].ref) if bookings else None)


def _offered(bookings: list[DiaryBooking], chosen: BookingSummary | None) -> list[tuple[str, Any]]:
    found: dict[str, Any] = {b.ref: b for b in bookings}
    return list(found.items()) if chosen is None or chosen.ref in found else [(chosen.ref, chosen), *found.items()]


def _line(visit: Visit, ref: str, b: Any) -> str:
    return f"{visit.words.when(b.starts_at, b.zone)} · {b.service_name} · {person(visit.words, b.contact_name or b.customer_name)} · {ref}"


def _attributes(locale: str, wrong: dict[str, tuple[int, int]]) -> dict[str, dict[str, Any]]:
    """What fields say of themselves: the language typed in them, the placeholders they take, where in them something is wrong."""
    way = {"dir": words_for(locale).direction, "lang": locale, "spellcheck": "true"}
    return {field: way | {"data-takes": TAKES[field]} | (dict(zip(("data-line", "data-column"), wrong[field], strict=True)) if field in wrong else {})
            for field in FIELDS}


def _stored(visit: Visit, topic: str, locale: str, number: int | None = None) -> Wording:
    with reading(visit.store_id) as tx:
        return worded(tx, topic, locale, number)


def _known(topic: str, locale: str) -> None:
    if topic not in KINDS or locale not in SHIPPED:
        raise Refused("not_found")


def _version(name: str) -> int | None:
    """The number of a version in the address."""
    number = given.whole(request.args.get(name))
    return None if number is None else min(number, LARGEST)


def _ref(visit: Visit, form: dict[str, Any]) -> str:
    """The booking a test is made with; Refused invalid where there is none yet."""
    with reading(visit.store_id) as tx:
        chosen = _chosen(tx, form.get("booking", ""), _choices(tx, ""))
    if chosen is None:
        raise Refused("invalid", errors=[{"field": "booking", "problem": "there is no booking yet to show it with"}])
    return chosen.ref


def _path(topic: str, locale: str) -> str:
    return f"/settings/messages/{topic}/{locale}"


def _texts(typed: Typed) -> dict[str, str | None]:
    """One character more than allowed is read, so that what is too long is refused and never cut."""
    return {field: typed.text(field, longest + 1) or None for field, longest in FIELDS.items()}


def _fields(form: dict[str, Any]) -> Texts:
    return {field: (form.get(field) or "").strip()[:longest + 1] or None for field, longest in FIELDS.items()}


def _without_links(page: str) -> str:
    """Our own page, in which a quote never stands inside an attribute, with links that look like links and lead nowhere."""
    return re.sub(r'(<a [^>]*?)href="[^"]*"', r'\1', page).replace("<style>", "<style>\na.link { text-decoration: underline; }", 1)
