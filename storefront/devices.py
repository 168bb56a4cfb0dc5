"""A name people recognise for the browser they signed in with."""

from __future__ import annotations

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
            ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("CrOS", "ChromeOS"),
           ("Linux", "Linux"))


def device_name(agent: str) -> str:
    """`Firefox, Windows` from a User-Agent header; empty when it says nothing known."""
    found = (next((name for sign, name in known if sign in agent), None) for known in (BROWSERS, SYSTEMS))
    return ", ".join(name for name in found if name)
