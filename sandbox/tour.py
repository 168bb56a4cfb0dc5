"""One customer's journey over HTTP: sign in, list, move, cancel with refund, mails. Each step is printed; all must hold."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx

from sandbox.browser import Browser


class Failed(Exception):
    pass


def tour(facts: dict[str, Any]) -> int:
    """Walk the journey against a running demo; 0 when every step held."""
    steps = 0
    print()
    try:
        for name, step in Journey(facts).steps():
            steps += 1
            print(f"  {steps:2}. {name} ...", end=" ", flush=True)
            print(step())
    except (Failed, LookupError, StopIteration, httpx.HTTPError) as error:
        print(f"FAILED: {error}")
        return 1
    print(f"\n  All {steps} steps held.")
    return 0


def check(held: bool, otherwise: str) -> None:
    if not held:
        raise Failed(otherwise)


class Journey:
    def __init__(self, facts: dict[str, Any]) -> None:
        self.sandbox, self.api = facts["sandbox"], facts["api"]
        store = facts["stores"]["demo"]
        self.token = store["merchant_token"]
        # Somebody new each time: an address gets three codes in a quarter of an hour (R7), and a demo may have been signed in to.
        self.email = f"ada.archer+{secrets.token_hex(3)}@example.com"
        self.shop = httpx.Client(base_url=f"{self.api}/api/merchant/v1", headers={"Authorization": f"Bearer {self.token}"}, timeout=30)
        self.browser = Browser(facts["portal"])
        self.move = self.drop = self.move_url = self.drop_url = ""

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        return [
            ("the shop books two appointments for a customer", self.book), ("a bookmark leads to the sign-in page", self.bookmark), ("a code arrives by mail", self.ask), ("the code signs in", self.enter),
            ("the list shows what is coming", self.listed), ("the calendar shows it too", self.calendar),
            ("a booking opens with its deadlines", self.open), ("free times are offered", self.times),
            ("old and new time stand side by side", self.summary), ("the booking moves", self.confirm), ("a mail tells the new time", self.moved_mail),
            ("the merchant sees the same", self.merchant), ("cancelling shows the refund first", self.quote),
            ("cancelling gives exactly that", self.cancel), ("a mail tells it, with a calendar cancellation", self.cancelled_mail),
            ("the signed link still opens the booking, read-only", self.link), ("an altered link is unknown", self.forged)]

    def book(self) -> str:
        now = datetime.fromisoformat(httpx.get(f"{self.sandbox}/clock").json()["now"])
        services = {s["name"]: s for s in self.shop.get("/services").json()["items"]}
        made = []
        for name, paid in (("Medical consultation", 0), ("Relaxing massage", 2500)):
            first = (now + timedelta(days=6)).date()
            found = self.shop.get(f"/services/{services[name]['id']}/slots", params={"from": first, "to": first + timedelta(days=30)}).json()["days"]
            answer = self.shop.post("/bookings", json={
                "service": services[name]["id"], "starts_at": found[0]["slots"][0]["starts_at"], "staff": found[0]["slots"][0]["staff"][0],
                "customer": {"name": "Ada Archer", "email": self.email}, "payments": [{"amount": paid, "method": "card"}] if paid else []})
            check(answer.status_code == 201, answer.text[:300])
            made.append(answer.json())
        (self.move, self.move_url), (self.drop, self.drop_url) = ((b["ref"], b["manage_url"]) for b in made)
        return ", ".join(f"{b['service_name']} {b['starts_at'][:16].replace('T', ' ')}" for b in made)

    def bookmark(self) -> str:
        self.browser.visit(f"/account/bookings/{self.move}")
        check("Sign in" in self.browser.text, "no sign-in page")
        return self.browser.path.split("?")[0]

    def ask(self) -> str:
        self.before = {mail["id"] for mail in self.mails()}
        self.browser.submit("/account/login", email=self.email)
        check(self.browser.status == 200, self.browser.text[:200])
        mail = self.wait(lambda m: "sign-in code" in m["subject"])
        self.code = re.findall(r"\b(\d{6})\b", mail["text"])[0]
        return mail["subject"].replace(self.code, "••••••")

    def enter(self) -> str:
        self.browser.submit("/account/login/code", code=self.code)
        check(self.browser.path == f"/account/bookings/{self.move}", f"landed on {self.browser.path}")
        return "and leads back to the bookmark"

    def listed(self) -> str:
        self.browser.visit("/account")
        check("Upcoming" in self.browser.text and any(self.move in link for link in self.browser.page.links), "the booking is not listed")
        return f"{sum('/account/bookings/' in link and link.count('/') == 3 for link in self.browser.page.links)} bookings on the page"

    def calendar(self) -> str:
        self.browser.visit("/account?view=calendar")
        check(self.browser.status == 200, "no calendar")
        return "ok"

    def open(self) -> str:
        self.browser.visit(f"/account/bookings/{self.move}")
        found = re.search(r"You can change this until [^.]+\.", self.browser.text)
        check(found is not None, "no deadline")
        return found[0] if found else ""

    def times(self) -> str:
        self.browser.visit(f"/account/bookings/{self.move}/reschedule")
        offered = self.browser.choices("at")
        check(bool(offered), "no free times")
        self.chosen = offered[len(offered) // 2]
        return f"{len(offered)} on the first day"

    def summary(self) -> str:
        self.browser.submit("/reschedule", at=self.chosen)
        check("Until now" in self.browser.text and "Confirm Booking" in self.browser.text, "no summary")
        return "ok"

    def confirm(self) -> str:
        self.browser.submit("/reschedule")
        check("Your new time" in self.browser.text, self.browser.text[:200])
        return self.chosen

    def moved_mail(self) -> str:
        mail = self.wait(lambda m: m["subject"].startswith("New time"))
        check(any(a["method"] == "REQUEST" for a in mail["attachments"]), "no calendar file")
        return mail["subject"]

    def merchant(self) -> str:
        answer = self.shop.get(f"/bookings/{self.move}").json()
        check(answer["version"] == 2 and answer["audit"][-1]["actor"]["kind"] == "customer", str(answer)[:200])
        return f"version {answer['version']}, moved by the customer"

    def quote(self) -> str:
        self.browser.visit(f"/account/bookings/{self.drop}/cancel")
        found = re.search(r"You'll be refunded (\$[\d.,]+) to the card you paid with", self.browser.text)
        check(found is not None, self.browser.text[:300])
        self.amount = found[1] if found else ""
        return found[0] if found else ""

    def cancel(self) -> str:
        self.browser.submit("/cancel", reason="Trying the tour")
        check("Your booking is cancelled" in self.browser.text and self.amount in self.browser.text, self.browser.text[:300])
        return self.amount

    def cancelled_mail(self) -> str:
        mail = self.wait(lambda m: m["subject"].startswith("Cancelled"))
        check(self.amount in mail["text"] and any(a["method"] == "CANCEL" for a in mail["attachments"]), "amount or calendar file missing")
        return mail["subject"]

    def link(self) -> str:
        guest = Browser(f"http://{self.browser.host}")
        guest.visit(self.drop_url)
        check(guest.status == 200 and not any("/manage/" in form.action for form in guest.page.forms), "not read-only")
        return "200, no forms"

    def forged(self) -> str:
        guest = Browser(f"http://{self.browser.host}")
        guest.visit(self.move_url[:-1])
        check(guest.status == 404, f"status {guest.status}")
        return "404"

    def mails(self) -> list[dict[str, Any]]:
        return httpx.get(f"{self.sandbox}/mail.json", params={"to": self.email}).json()

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for mail in self.mails():
                if mail["id"] not in self.before and wanted(mail):
                    return mail
            time.sleep(0.1)
        raise Failed("the mail did not arrive within 20 seconds")
