"""Messages in the shop's own words: read, save, look at, send to oneself, go back (A126)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from booking import notices
from booking.actions.templates import check, reset_template, save_template, test_template
from booking.keys import settings
from booking.rules.decision import Refused
from booking.templates import EDITABLE, ELEMENTS, FIELDS, VALUES, newest, problems
from booking.wording.languages import pick
from messages import render_mail, render_sms
from messages.render import our_wording
from models.booking_summary import find
from models.message_template import MessageTemplate
from models.session import Tx, reading
from models.store import Store
from shopify_app.api.bookings import known_ref
from shopify_app.api.call import Call
from shopify_app.api.door import operation
from shopify_app.api.shapes import templates as s

LANGUAGE = {"locale": "a language we ship; the store's unless given"}


@operation("GET", "/templates", summary="Messages that can be worded by the shop", answer=s.TemplateList)
def list_templates(call: Call) -> Any:
    with reading(call.store_id) as tx:
        home = pick(tx.db.execute(select(Store.locale).where(Store.store_id == tx.store_id)).scalar_one())
        rows = tx.db.execute(select(MessageTemplate.topic, MessageTemplate.locale, MessageTemplate.version, MessageTemplate.body.is_not(None)).where(
            MessageTemplate.store_id == tx.store_id).order_by(MessageTemplate.version)).all()
    last = {(name, home): (0, False) for name in EDITABLE} | {(topic, locale): (version, custom) for topic, locale, version, custom in rows}
    return {"items": [{"name": name, "locale": locale, "version": version, "custom": custom}
                      for (name, locale), (version, custom) in sorted(last.items())], "next": None}


@operation("GET", "/templates/{name}", summary="A message as it is worded now, with its placeholders", query=LANGUAGE, answer=s.TemplateOut)
def get_template(call: Call, name: str) -> Any:
    with reading(call.store_id) as tx:
        return _shown(tx, name, _locale(tx, name, call.query.get("locale")))


@operation("PUT", "/templates/{name}", summary="Word a message; a placeholder that is not one is refused with its line and column", body=s.TemplateIn,
           answer=s.TemplateOut)
def put_template(call: Call, name: str) -> Any:
    locale = _given_locale(call, name)
    return call.act(save_template, name, locale, _texts(call.body), version=call.body.version, show=lambda tx, done: _shown(tx, name, locale))


@operation("POST", "/templates/{name}/reset", summary="Back to our wording", body=s.LocaleIn, answer=s.TemplateOut)
def post_template_reset(call: Call, name: str) -> Any:
    locale = _given_locale(call, name)
    return call.act(reset_template, name, locale, show=lambda tx, done: _shown(tx, name, locale))


@operation("POST", "/templates/{name}/preview", summary="The message with a real booking; nothing is saved or sent", body=s.PreviewIn, answer=s.Preview)
def post_template_preview(call: Call, name: str) -> Any:
    locale = _given_locale(call, name)
    wrong = problems(name, _texts(call.body))
    if wrong:
        raise Refused("invalid", errors=wrong)
    with reading(call.store_id) as tx:
        b = find(tx, known_ref(call.body.booking))
        if b is None:
            raise Refused("invalid", errors=[{"field": "booking", "problem": "is not known"}])
        payload = notices.sample(tx, name, b, locale) | {"template": _texts(call.body), "test": True}
    mail = render_mail(name, payload, settings().base_domain)
    return s.Preview(subject=mail.subject, html=mail.html, text=mail.text, sms=render_sms(name, payload))


@operation("POST", "/templates/{name}/test", summary="Mail it to someone of the shop", body=s.TestIn, answer=s.Sent)
def post_template_test(call: Call, name: str) -> Any:
    return call.act(test_template, name, _given_locale(call, name), _texts(call.body), ref=known_ref(call.body.booking), to=call.body.to,
                    show=lambda tx, done: s.Sent(to=call.body.to))


def _shown(tx: Tx, name: str, locale: str) -> s.TemplateOut:
    row = newest(tx, name, locale)
    custom = row is not None and row.body is not None
    texts = {field: getattr(row, field) for field in FIELDS} if custom else our_wording(name, locale, EDITABLE[name])
    return s.TemplateOut(
        name=name, locale=locale, version=row.version if row else 0, custom=custom, changed_at=row.created_at if row else None, **texts,
        placeholders=[s.Placeholder(name=key, kind="value", meaning=meaning) for key, meaning in VALUES.items()]
        + [s.Placeholder(name=key, kind="element", meaning=ELEMENTS[key]) for key in EDITABLE[name]])


def _given_locale(call: Call, name: str) -> str:
    with reading(call.store_id) as tx:
        return _locale(tx, name, call.body.locale)


def _locale(tx: Tx, name: str, wanted: str | None) -> str:
    locale = wanted or pick(tx.db.execute(select(Store.locale).where(Store.store_id == tx.store_id)).scalar_one())
    check(name, locale)
    return locale


def _texts(body: s.TemplateIn) -> dict[str, str | None]:
    return {field: getattr(body, field) for field in FIELDS}
