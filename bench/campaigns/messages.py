"""Every turn of every mail and SMS in every language, light and dark, at 375 px: screenshots and a contact sheet to look at.

`bench campaign messages [LANGUAGE ...]` needs no demo. It writes var/messages/index.html, and fails where a mail is wider than the screen.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from booking.rules.sms_length import sms_length
from booking.wording import SHIPPED, words_for
from messages import render_mail, render_sms
from tests.messages.variants import every

CHROMIUM, FLAGS = "/usr/bin/chromium", ["--no-sandbox", "--disable-gpu"]
WIDTH, SCHEMES = 375, ("light", "dark")
SHEET = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Messages</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem; }} section {{ display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }}
figure {{ margin: 0; max-width: 375px; }} img {{ width: 250px; border: 1px solid #ccc; display: block; }} .shots {{ display: flex; gap: .5rem; }}
figcaption {{ font-weight: 600; max-width: 510px; }} p {{ max-width: 500px; margin: .25rem 0 1rem; }} .sms {{ background: #e6eef3; border-radius: 14px; padding: .5rem .8rem; overflow-wrap: anywhere; }}
</style></head><body><h1>Messages</h1><nav>{links}</nav>{parts}</body></html>
"""


def main(argv: list[str]) -> int:
    home = Path(os.environ.get("OPENCALS_VAR", "var")) / "messages"
    home.mkdir(parents=True, exist_ok=True)
    languages = argv or list(SHIPPED)
    wide: list[str] = []
    parts: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", CHROMIUM), args=FLAGS)
        pages = {scheme: _page(browser, scheme) for scheme in SCHEMES}
        for code in languages:
            figures = list(_figures(home, code, pages, wide))
            parts.append(f'<h2 id="{code}">{SHIPPED[code]}: {len(figures)}</h2><section>{"".join(figures)}</section>')
        browser.close()
    links = " ".join(f'<a href="#{code}">{SHIPPED[code]}</a>' for code in languages)
    (home / "index.html").write_text(SHEET.format(links=links, parts="".join(parts)))
    print(f"{sum(part.count('<figure') for part in parts)} messages in {len(languages)} languages, light and dark at {WIDTH} px: {home / 'index.html'}")
    for place in wide:
        print(f"wider than the screen: {place}")
    return 1 if wide else 0


def _page(browser: Browser, scheme: str) -> Page:
    context = browser.new_context(viewport={"width": WIDTH, "height": 600}, color_scheme=scheme, java_script_enabled=True)
    return context.new_page()


def _figures(home: Path, code: str, pages: dict[str, Page], wide: list[str]) -> Iterator[str]:
    """The screenshots of a language, one figure a message."""
    for topic, turn, payload in every(code):
        mail, name = render_mail(topic, payload, "opencals.com"), "-".join(filter(None, (code, topic, turn.replace(",", "").replace(" ", "_"))))
        for scheme, page in pages.items():
            page.set_content(mail.html)
            page.screenshot(path=home / f"{name}-{scheme}.png", full_page=True)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(f"{name} ({scheme})")
        yield (f'<figure><figcaption>{escape(topic)}{escape(turn and f": {turn}")}</figcaption><p>{escape(mail.subject)}</p><div class="shots">'
               + "".join(f'<img src="{name}-{scheme}.png" alt="{scheme}" loading="lazy">' for scheme in pages) + "</div>" + _sms(topic, payload, code) + "</figure>")


def _sms(topic: str, payload: dict[str, Any], code: str) -> str:
    text = render_sms(topic, payload)
    if text is None:
        return ""
    length = sms_length(text)
    return f'<p class="sms" dir="{words_for(code).direction}">{escape(text)}</p><p>{length.parts} SMS, {length.places} of {length.room}</p>'
