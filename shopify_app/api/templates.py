"""Messages in the shop's own words: read, save, look at, send to oneself, go back (A126)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from booking.actions.templates import check, reset_template, restore_template, save_template, test_template
from booking.rules.decision import Refused
from booking.templates import EDITABLE, ELEMENTS, FIELDS, VALUES, states, versions
from booking.wording.languages import pick
from models.booking_summary import find
from models.session import Tx, reading
from models.store import Store
from shopify_app.api.bookings import known_ref
from shopify_app.api.call import PAGING, Call
from shopify_app.api.door import operation
from shopify_app.api.shapes import templates as s
from shopify_app.message_wording import sampled, standard, worded

LANGUAGE = {"locale": "a language we ship; the store's unless given"}


@operation("GET", "/templates", summary="Messages that can be worded by the shop", answer=s.TemplateList)
def list_templates(call: Call) -> Any:
    with reading(call.store_id) as tx:
        home = pick(tx.db.execute(select(Store.locale).where(Store.store_id == tx.store_id)).scalar_one())
        last = {(name, home): (0, False, None) for name in EDITABLE} | states(tx)
    return {"items": [{"name": name, "locale": locale, "version": version, "custom": custom}
                      for (name, locale), (version, custom, _) in sorted(last.items())], "next": None}


@operation("GET", "/templates/{name}", summary="A message as it is worded now, with its placeholders", query=LANGUAGE, answer=s.TemplateOut)
def get_template(call: Call, name: str) -> Any:
    with reading(call.store_id) as tx:
        return _shown(tx, name, _locale(tx, name, call.query.get("locale")))


@operation("PUT", "/templates/{name}", summary="Word a message; a placeholder that is not one is refused with its line and column", body=s.TemplateIn,
           answer=s.TemplateOut)
def put_template(call: Call, name: str) -> Any:
    locale = _given_locale(call, name)
    return call.act(save_template, name, locale, _texts(call.body), version=call.body.version, show=lambda tx, done: _shown(tx, name, locale))


@operation("POST", "/templates/{name}/reset", summary="Back to our wording", body=s.ResetIn, answer=s.TemplateOut)
def post_template_reset(call: Call, name: str) -> Any:
    locale = _given_locale(call, name)
    return call.act(reset_template, name, locale, version=call.body.version, show=lambda tx, done: _shown(tx, name, locale))


@operation("GET", "/templates/{name}/versions", summary="What a message said before, latest first", query=LANGUAGE | PAGING, answer=s.VersionList)
def list_template_versions(call: Call, name: str) -> Any:
    limit, position = call.limit(), call.position(f"versions:{name}")
    with reading(call.store_id) as tx:
        locale = _locale(tx, name, call.query.get("locale"))
        rows = versions(tx, name, locale, before=position[0] if position else None, limit=limit + 1)
    ours = standard(name, locale)
    return {"items": [{"version": row.version, "custom": row.custom, "changed_at": row.created_at,
                       **({field: getattr(row, field) for field in FIELDS} if row.custom else ours)} for row in rows[:limit]],
            "next": call.next(f"versions:{name}", [rows[limit - 1].version]) if len(rows) > limit else None}


@operation("POST", "/templates/{name}/restore", summary="Say again what an older version said", body=s.RestoreIn, answer=s.TemplateOut)
def post_template_restore(call: Call, name: str) -> Any:
    locale = _given_locale(call, name)
    return call.act(restore_template, name, locale, call.body.restore, version=call.body.version, show=lambda tx, done: _shown(tx, name, locale))


@operation("POST", "/templates/{name}/preview", summary="The message with a real booking; nothing is saved or sent", body=s.PreviewIn, answer=s.Preview)
def post_template_preview(call: Call, name: str) -> Any:
    locale = _given_locale(call, name)
    with reading(call.store_id) as tx:
        b = find(tx, known_ref(call.body.booking))
        if b is None:
            raise Refused("invalid", errors=[{"field": "booking", "problem": "is not known"}])
        seen = sampled(tx, name, locale, _texts(call.body), b)
    return s.Preview(subject=seen.mail.subject, html=seen.mail.html, text=seen.mail.text, sms=seen.sms, sms_parts=seen.length and seen.length.parts)


@operation("POST", "/templates/{name}/test", summary="Mail it to someone of the shop", body=s.TestIn, answer=s.Sent)
def post_template_test(call: Call, name: str) -> Any:
    return call.act(test_template, name, _given_locale(call, name), _texts(call.body), ref=known_ref(call.body.booking), to=call.body.to,
                    show=lambda tx, done: s.Sent(to=call.body.to))


def _shown(tx: Tx, name: str, locale: str) -> s.TemplateOut:
    now = worded(tx, name, locale)
    return s.TemplateOut(
        name=name, locale=locale, version=now.version, custom=now.custom, changed_at=now.since, **now.texts,
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
