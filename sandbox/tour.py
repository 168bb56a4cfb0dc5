"""One customer's journey over HTTP: sign in, list, move, cancel with refund, mails. Each step is printed; all must hold."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
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
        self.email = store["customers"][0]["email"]
        self.bookings = store["customers"][0]["bookings"]
        self.browser = Browser(facts["portal"])
        self.move, self.drop = self.bookings[1]["ref"], self.bookings[0]["ref"]

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        return [
            ("a bookmark leads to the sign-in page", self.bookmark), ("a code arrives by mail", self.ask), ("the code signs in", self.enter),
            ("the list shows what is coming", self.listed), ("the calendar shows it too", self.calendar),
            ("a booking opens with its deadlines", self.open), ("free times are offered", self.times),
            ("old and new time stand side by side", self.summary), ("the booking moves", self.confirm), ("a mail tells the new time", self.moved_mail),
            ("the merchant sees the same", self.merchant), ("cancelling shows the refund first", self.quote),
            ("cancelling gives exactly that", self.cancel), ("a mail tells it, with a calendar cancellation", self.cancelled_mail),
            ("the signed link still opens the booking, read-only", self.link), ("an altered link is unknown", self.forged)]

    def bookmark(self) -> str:
        self.browser.visit(f"/account/bookings/{self.move}")
        check("Sign in" in self.browser.text, "no sign-in page")
        return self.browser.path.split("?")[0]

    def ask(self) -> str:
        self.before = {mail["id"] for mail in self.mails()}
        self.browser.submit("/account/login", email=self.email)
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
        answer = httpx.get(f"{self.api}/api/merchant/v1/bookings/{self.move}", headers={"Authorization": f"Bearer {self.token}"}).json()
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
        url = next(b["manage_url"] for b in self.bookings if b["ref"] == self.drop)
        guest.visit(url)
        check(guest.status == 200 and not any("/manage/" in form.action for form in guest.page.forms), "not read-only")
        return "200, no forms"

    def forged(self) -> str:
        guest = Browser(f"http://{self.browser.host}")
        guest.visit(next(b["manage_url"] for b in self.bookings if b["ref"] == self.move)[:-1])
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
