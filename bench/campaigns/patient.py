"""An imported patient signs in and moves the appointment, after the shop has switched self-service on (R2). Import the file first."""

from __future__ import annotations

import re
import time

import httpx

from bench.campaigns import demo
from sandbox.browser import Browser


def main(argv: list[str]) -> int:
    facts = demo()
    client = httpx.Client(base_url=f"{facts['api']}/api/merchant/v1", timeout=60,
                          headers={"Authorization": f"Bearer {facts['stores']['demo']['merchant_token']}"})
    email = argv[0] if argv else "patient55879900@example.org"
    b = client.get("/bookings", params={"q": email}).json()["items"][0]
    print(f"{email}: {b['service_name']} with {b['staff_name']}, {b['starts_at']}, {b['status']}")
    browser = sign_in(facts, email)
    browser.visit(f"/account/bookings/{b['ref']}/reschedule")
    print(f"self-service off: {browser.status}, {'doesn' in browser.text and 'offer rescheduling' in browser.text}")
    client.patch(f"/services/{b['service']}", json={"self_service": "on"}).raise_for_status()
    browser.visit(f"/account/bookings/{b['ref']}/reschedule")
    offered = browser.choices("at")
    browser.submit("/reschedule", at=offered[0]).submit("/reschedule")
    after = client.get(f"/bookings/{b['ref']}").json()
    print(f"self-service on: {len(offered)} free times, moved to {after['starts_at']}, version {after['version']}, {after['status']}")
    return 0 if after["starts_at"] != b["starts_at"] and after["status"] == "confirmed" else 1


def sign_in(facts: dict, email: str, door: str = "/account") -> Browser:
    """A browser of someone who typed their mailed code at `door`: /account, or /admin for the shop's people."""
    seen = {m["id"] for m in httpx.get(f"{facts['sandbox']}/mail.json", params={"to": email}).json()}
    browser = Browser(facts["portal"]).visit(f"{door}/login")
    browser.submit(f"{door}/login", email=email)
    for _ in range(100):
        codes = [m for m in httpx.get(f"{facts['sandbox']}/mail.json", params={"to": email}).json() if m["id"] not in seen]
        if codes:
            return browser.submit(f"{door}/login/code", code=re.findall(r"\b\d{6}\b", codes[0]["text"])[0])
        time.sleep(0.1)
    raise SystemExit("no code arrived")
