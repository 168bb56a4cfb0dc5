"""Sentences of one language. What is shown of money, time and refusals is made here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from babel import Locale

from booking.rules.durations import Notice
from booking.rules.week import Week
from booking.wording import formats
from booking.wording.languages import catalogue
from booking.wording.refunds import RefundWords


class Words(RefundWords):
    """`_` and `ngettext` translate; the other methods take plain values. Zones are IANA names, money is minor units."""

    def __init__(self, locale: str, week: Week = Week()) -> None:
        self.locale, self.week = locale, week
        self.babel = Locale.parse(locale)
        texts = catalogue(locale)
        self._ = texts.gettext
        self.gettext = texts.gettext
        self.ngettext = texts.ngettext
        self.direction = "rtl" if self.babel.character_order == "right-to-left" else "ltr"
        self._statuses = {
            "pending": self._("Waiting for approval"), "confirmed": self._("Confirmed"), "arrived": self._("Checked in"),
            "ready_to_start": self._("Ready to start"), "completed": self._("Completed"), "cancelled": self._("Cancelled"),
            "no_show": self._("Missed"), "declined": self._("Declined"), "expired": self._("Expired"),
        }
        # After the name of a fact; French sets a space that does not break before it.
        self.colon = "\u00a0:" if locale.startswith("fr") else ":"
        # Between facts of a line. Names in Latin letters on both sides would otherwise change places where one reads from the right.
        # No line begins with it.
        self.dot = "\u00a0\u00b7\u200f " if self.direction == "rtl" else "\u00a0\u00b7 "
        self.comma, self.semicolon = ("\u060c ", "\u061b ") if locale == "ar" else (", ", "; ")

    def as_it_is(self, text: str) -> str:
        """A number or a name that is read from left to right, kept in its order where sentences run the other way."""
        return f"\u2066{text}\u2069" if self.direction == "rtl" else text

    # Money

    def money(self, amount: int, currency: str) -> str:
        """`$25`, `$25.50`: whole amounts without zeros."""
        return formats.money(self.locale, amount, currency)

    def percent(self, whole: int) -> str:
        """`50%`; in German, French and Spanish with a space that does not break."""
        return formats.percent(self.locale, whole)

    # Time

    def date(self, instant: datetime, zone: str) -> str:
        """Saturday, March 13, 2027."""
        return formats.date(self.locale, formats.local(instant, zone).date(), self._("EEEE, MMMM d, y"))

    def short_date(self, instant: datetime, zone: str) -> str:
        """Sat, Mar 13."""
        return formats.date(self.locale, formats.local(instant, zone).date(), self._("EEE, MMM d"))

    def day_of_month(self, day: date) -> str:
        """Mar 13."""
        return formats.date(self.locale, day, self._("MMM d"))

    def short_date_and_year(self, instant: datetime, zone: str) -> str:
        """Mar 13, 2027."""
        return self.day_and_year(formats.local(instant, zone).date())

    def day_and_year(self, day: date) -> str:
        """Mar 13, 2027, of a date."""
        return formats.date(self.locale, day, self._("MMM d, y"))

    def day(self, day: date) -> str:
        """Saturday, March 13, 2027, of a date."""
        return formats.date(self.locale, day, self._("EEEE, MMMM d, y"))

    def month(self, day: date) -> str:
        return formats.date(self.locale, day, self._("MMMM y"))

    def tile(self, day: date, present: int) -> tuple[str, str, str, str]:
        """Sat, Mar, 2028 and Sat, Mar 13, 2028: what a line of a list says of its day; without the year where it is the `present` one."""
        year = day.year != present
        return formats.tile(self.locale, day, self._("EEE, MMM d, y") if year else self._("EEE, MMM d"), year)

    def time(self, instant: datetime, zone: str) -> str:
        """9:00 AM."""
        return self.clock(formats.local(instant, zone))

    def zone(self, instant: datetime, zone: str) -> str:
        """The zone's name then: EST, CET; where it has none, GMT-03:00."""
        return formats.zone_name(self.locale, formats.local(instant, zone))

    def clock(self, local: datetime) -> str:
        """9:00 AM, of a time as the clock there shows it."""
        return formats.clock(self.locale, local.hour, local.minute)

    def when(self, instant: datetime, zone: str) -> str:
        """Sat, Mar 13, 2027, 9:00 AM EST: the precise form of deadlines and messages (R10)."""
        day = formats.date(self.locale, formats.local(instant, zone).date(), self._("EEE, MMM d, y"))
        return self._("{day}, {time} {zone}").format(day=day, time=self.time(instant, zone), zone=self.zone(instant, zone))

    def exactly(self, instant: datetime | None, zone: str) -> str:
        """Sat, Mar 13, 2027, 9:00:07 AM EST (14:00:07 UTC): to the second, for what counts before the law (R48)."""
        assert instant is not None, "what is acknowledged has arrived at some moment"
        local = formats.local(instant, zone)
        day, clock = formats.date(self.locale, local.date(), self._("EEE, MMM d, y")), formats.clock_to_the_second(self.locale, local.time())
        when = self._("{day}, {time} {zone}").format(day=day, time=clock, zone=self.zone(instant, zone))
        return f"{when} {self.as_it_is(f'({instant.astimezone(UTC):%H:%M:%S} UTC)')}"

    def span(self, start: datetime, end: datetime, zone: str) -> str:
        """9:00 AM to 10:00 AM EST; 1:30 AM EDT to 1:30 AM EST where the clocks change in between (R13)."""
        local, until = formats.local(start, zone), formats.local(end, zone)
        name = formats.zone_name(self.locale, local)
        if until.tzname() == local.tzname():
            return formats.span(self.locale, self._("{start} to {end} {zone}"), local.hour, local.minute, until.hour, until.minute, name)
        return self._("{start} {zone} to {end} {zone_then}").format(
            start=self.clock(local), zone=name, end=self.clock(until), zone_then=formats.zone_name(self.locale, until))

    def duration(self, seconds: int) -> str:
        """1 h 30 min."""
        hours, minutes = divmod(seconds // 60, 60)
        parts = ([self._("{n} h").format(n=hours)] if hours else []) + ([self._("{n} min").format(n=minutes)] if minutes else [])
        return " ".join(parts) or self._("{n} min").format(n=0)

    def weekday_names(self, width: str = "abbreviated") -> list[str]:
        """From Monday, in this language; `week.in_order` puts them as the reader's week has them."""
        return formats.weekday_names(self.locale, width)

    def notice(self, notice: Notice) -> str:
        """`7 days`, `24 hours`, `90 minutes`."""
        parts = []
        if notice.days:
            parts.append(self.ngettext("{n} day", "{n} days", notice.days).format(n=notice.days))
        if notice.seconds and notice.seconds % 3600 == 0:
            hours = notice.seconds // 3600
            parts.append(self.ngettext("{n} hour", "{n} hours", hours).format(n=hours))
        elif notice.seconds:
            minutes = notice.seconds // 60
            parts.append(self.ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes))
        return " ".join(parts) or self.ngettext("{n} hour", "{n} hours", 0).format(n=0)

    # States

    def status(self, status: str) -> str:
        return self._statuses[status]

    def method(self, method: str) -> str:
        """How something was paid."""
        return {"card": self._("by card"), "cash": self._("in cash"), "gift_card": self._("by gift card"), "shopify": self._("in Shopify"),
                "external": self._("elsewhere"), "credit": self._("by credit")}.get(method, method)

    def deadline(self, kind: str, instant: datetime, zone: str) -> str:
        """You can change this until Sat, Mar 13, 2027, 9:00 AM EST (R10)."""
        text = self._("You can change this until {when}.") if kind == "reschedule" else self._("You can cancel this until {when}.")
        return text.format(when=self.when(instant, zone))

    def deadline_was(self, kind: str, instant: datetime, zone: str) -> str:
        """You could change this until Sat, Mar 13, 2027, 9:00 AM EST: the precise line beside a refusal that counts in hours (R11)."""
        text = self._("You could change this until {when}.") if kind == "reschedule" else self._("You could cancel this until {when}.")
        return text.format(when=self.when(instant, zone))

    # Refusals

    def refusal(self, code: str, facts: Mapping[str, Any], venue: str) -> str:
        """The sentence for a refused change; A80 word for word."""
        if code == "too_late":
            return self._too_late(facts, venue)
        if code == "quote_changed" and facts.get("kind") == "price":
            return self._("The price of that time is {price}. Please look at it and decide again.").format(
                price=self.money(facts["price"], facts["currency"]))
        if code == "quote_changed" and facts.get("kind") == "credit":
            return self._("Your credit has been used for another booking meanwhile. Please look at what is to pay and decide again.")
        if code == "stale" and facts.get("kind") == "offers":
            return self._("The offered times have changed since you opened the page. Nothing is decided yet; please look at them again.")
        if code == "closed" and facts.get("kind") == "date":
            return self._("This date has been cancelled, and the waitlist with it.")
        if code == "not_allowed":
            return self._not_allowed(facts, venue)
        if code == "limit_reached":
            text = self._("This booking has been moved as often as {venue} allows online. You can still cancel it or contact {venue}.") \
                if facts.get("still_possible") else self._("This booking has been moved as often as {venue} allows online. Please contact {venue} directly.")
            return text.format(venue=venue)
        if code == "rate_limited":
            minutes = max(1, -(-int(facts.get("retry_after", 60)) // 60))
            return self.ngettext("Too many attempts. Please try again in {n} minute.", "Too many attempts. Please try again in {n} minutes.",
                                 minutes).format(n=minutes)
        return {
            "slot_taken": self._("That time has just been taken. Your booking has not changed. Please choose another time."),
            "closed": self._("This booking is closed ({state}) and can't be changed.").format(state=self.status(facts["state"]) if facts.get("state") in self._statuses else ""),
            "checked_in": self._("You've been checked in. Please speak to {venue}.").format(venue=venue),
            "stale": self._("This booking has changed since you opened the page. Please look at its present state and try again."),
            "quote_changed": self._("The refund for this booking has changed since you opened the page. Please look at the new amount and decide again."),
            "no_change": self._("That is the time your booking already has."),
            "outside_hours": self._("That time can't be booked online. Please choose one of the times shown."),
            "invalid": self._("Please check what you entered."),
            "not_found": self._("There is no such booking."),
            "unauthorized": self._("That code is not right, or it is no longer valid."),
            "idempotency_mismatch": self._("This form was already sent with other details. Please open the page again."),
        }[code]

    def _too_late(self, facts: Mapping[str, Any], venue: str) -> str:
        if facts.get("kind") == "feedback":
            return self._("Feedback for this visit is closed.")
        if facts.get("begun"):
            return self._("That time has begun or is over, so nobody can wait for it any more.")
        if facts.get("started"):
            return self._("This appointment has already started and can't be changed online. Please contact {venue} directly.").format(venue=venue)
        if facts["kind"] == "waitlist":
            return self._("Earlier times can be asked for until 14 days before the appointment.")
        if facts["kind"] in ("again", "place"):
            return self._("That time is too near now to wait for it.")
        text = self._("This booking is within {N}h of the appointment time and can't be rescheduled online. Please contact {venue} directly.") \
            if facts["kind"] == "reschedule" else self._("This booking is within {N}h of the appointment time and can't be cancelled online. Please contact {venue} directly.")
        return text.format(N=facts["notice_hours"], venue=venue)

    def _not_allowed(self, facts: Mapping[str, Any], venue: str) -> str:
        kind = facts.get("kind")
        if kind == "feedback" and facts.get("ended"):  # "after your visit" would be now
            return self._("You can leave feedback from {when}.").format(when=self.when(facts["opens_at"], facts["zone"]))
        if kind == "feedback":
            text = self._("You can leave feedback after your visit.") if "opens_at" in facts else self._("There was no visit to leave feedback for.")
        elif facts.get("staff"):
            text = self._("{venue} doesn't offer changing the person online. Please contact {venue} directly.")
        elif facts.get("within_days"):
            return self.ngettext("You can move this booking to at most {n} day after its original date.", "You can move this booking to at most {n} days after its original date.",
                                 facts["within_days"]).format(n=facts["within_days"])
        elif facts.get("visit"):
            text = self._("This booking is part of a visit, which moves as a whole. Please use the link in your confirmation, or contact {venue}.")
        elif facts.get("pay"):
            return self._("The new time costs {amount} more, which is paid by card first. Nothing has changed: please confirm that time and pay on the booking's page.").format(
                amount=self.money(facts["pay"], facts["currency"]))
        elif "price" in facts:
            text = self._("That time has another price. Please contact {venue} to move there.") if facts["price"] is not None else self._(
                "The price has changed since this was booked, and it can be moved online only to times with the same price. Please contact {venue} directly.")
        elif facts.get("instead"):
            text = self._("{venue} doesn't offer cancelling this booking online. You can schedule another appointment, or contact {venue} directly.")
        else:
            text = {
                "cancel": self._("{venue} doesn't offer cancelling this booking online. Please contact {venue} directly."),
                "card": self.card_stays(facts),
                "deposit": self._("A deposit is due for this place. Nothing has changed: please look at it and decide again."),
                "waitlist": self._("{venue} doesn't offer a waitlist for this. Please contact {venue} directly."),
                "offers": self._("There are no offered times to accept. Please contact {venue} directly."),
                "in_use": self._("That time can't be booked online. Please choose one of the times shown."),  # it has been removed meanwhile
                "book": self._("{venue} is not taking new bookings online at the moment. Please contact {venue} directly."),
            }.get(kind or "", self._("{venue} doesn't offer rescheduling this booking online. Please contact {venue} directly."))
        return text.format(venue=venue)

    def card_stays(self, facts: Mapping[str, Any]) -> str:
        """Why a card can't be removed now; with the place of the shop's name."""
        if facts.get("needed") == "fee":
            return self._("{venue} may still charge a fee to this card for an appointment that was missed or cancelled late, so it can't be removed yet.")
        if facts.get("needed"):
            return self._("This card secures an upcoming booking, so it can't be removed now. You can replace it with another one.")
        if facts.get("elsewhere"):
            return self._("This card is kept for another booking too. Please sign in to remove it.")
        return self._("{venue} doesn't keep cards online. Please contact {venue} directly.")
