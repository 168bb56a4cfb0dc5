"""Random lives of one store and its shop: edits on both sides, deliveries late, twice and out of order, answers lost (I23-I26)."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from booking.actions.customers import create_customer, update_customer
from booking.actions.people import Person
from booking.actions.profile import change_profile
from models.actor import Actor
from sandbox.shopify.shop import Trouble
from tests.shopify.delivering import deliver
from tests.support.world import MERCHANT

WISHES = {True: "SUBSCRIBED", False: "UNSUBSCRIBED"}
NAMES = ("Ada Archer", "Ben Bauer", "Zoë Çelik", "Mary Ann Lee", "Xi")
PLACES = {"name": 0, "phone": 2, "news": 3}
"""Where `ours` and `theirs` show a field."""
FAULTS = ("timeout_after_effect", "timeout", "5xx", "throttled")


class History:
    """One seed, one history. `run` plays it and lets everything arrive; then both sides are compared."""

    def __init__(self, store: Any, app: Any, seed: int) -> None:
        self.store, self.app, self.chance = store, app, random.Random(seed)
        self.waiting: list[dict[str, Any]] = []
        self.changes = 0
        self.fresh = 0
        self.here: dict[tuple[int, str], tuple[Any, Any]] = {}
        self.there: dict[tuple[str, str], tuple[Any, Any]] = {}
        self.had: dict[tuple[str, str], list[Any]] = {}

    def run(self, steps: int = 22) -> None:
        """Two people, edited again and again on both sides between few rounds of work: most edits meet another."""
        self.wait(minutes=1)
        self.new_here()
        self.new_there()
        self.work()
        turns = [self.edit_here, self.edit_there] * 5 + [self.wish_here, self.wish_there] * 2 + [self.hear, self.hear, self.work, self.trouble, self.new_here, self.new_there]
        for _ in range(steps):
            self.chance.choice(turns)()
            self.wait(seconds=self.chance.choice((1, 2, 7)))
        self.settle()

    def settle(self) -> None:
        """No more trouble; what was lost is found by reconciliation (I24)."""
        self.store.over.shopify.faults.ordered.clear()
        while self.waiting:
            self.hear(lose=0.3)
        for _ in range(3):
            self.wait(minutes=31)
            self.store.write("update shopify_due set due_at = opencals_now() where state = 'due' and kind <> 'calendar'")
            self.store.sync()
            self.collect()

    def wait(self, **delta: int) -> None:
        self.store.set_clock(self.store.now + timedelta(**delta))

    # What people do

    def new_here(self) -> None:
        self.fresh += 1
        name = self.chance.choice(NAMES)
        made = create_customer(self.store.store_id, MERCHANT, Person(name, f"h{self.store.shop.number}.{self.fresh}@example.com", ""))
        self.here[made.facts["id"], "name"] = (name, self.store.now)
        self.changes += 1

    def new_there(self) -> None:
        self.fresh += 1
        name = self.chance.choice(NAMES)
        made = self.store.shop.add_customer(firstName=name, email=f"t{self.store.shop.number}.{self.fresh}@example.com", verifiedEmail=True)
        self.there[made["id"], "name"] = (name, self.store.now)
        self.collect()

    def edit_here(self) -> None:
        rows = self.store.sql("select id, name, phone from customers order by created_at, id")
        if rows:
            row = self.chance.choice(rows)
            field, values = self.chance.choice((("name", {"name": self.chance.choice(NAMES)}), ("phone", {"phone": self.number()})))
            before = row[1] if field == "name" else row[2]
            update_customer(self.store.store_id, MERCHANT, row[0], Person(**({"name": row[1]} | values)), {field})
            if values[field] != before:
                self.changes += 1
                self.here[row[0], field] = (values[field], self.store.now)

    def edit_there(self) -> None:
        gids = list(self.store.shop.customers)
        if gids:
            first, _, last = self.chance.choice(NAMES).partition(" ")
            values = self.chance.choice(({"firstName": first, "lastName": last or None}, {"phone": self.number()}))
            gid = self.chance.choice(gids)
            before = self.theirs()[gid]
            for field, place in PLACES.items():
                self.had.setdefault((gid, field), []).append(before[place])
            try:
                self.store.shop.change_customer(gid, **values)
            except Trouble:
                return
            for field, place in (("name", 0), ("phone", 2)):
                if self.theirs()[gid][place] != before[place]:
                    self.there[gid, field] = (self.theirs()[gid][place], self.store.now)
            self.collect()

    def wish_here(self) -> None:
        """Somebody wants news by e-mail, or no more, and says so on the portal."""
        rows = self.store.sql("select id, coalesce((preferences #>> '{email,marketing}')::boolean, false) from customers order by created_at, id")
        if rows:
            customer_id, before = self.chance.choice(rows)
            wish = self.chance.choice((True, False))
            change_profile(self.store.store_id, Actor("customer", "account", customer_id), customer_id, {"preferences": {"email": {"marketing": wish}}})
            if wish != before:
                self.changes += 1
                self.here[customer_id, "news"] = (wish, self.store.now)

    def wish_there(self) -> None:
        gid = self.chance.choice(list(self.store.shop.customers))
        wish = self.chance.choice((True, False))
        before = self.store.shop.customers[gid].get("email_news")
        self.store.shop.change_consent(gid, "email", WISHES[wish])
        if self.store.shop.customers[gid]["email_news"] != before:
            self.there[gid, "news"] = (wish, self.store.now)
        self.collect()

    def number(self) -> str:
        return f"+1212{self.chance.randint(2_000_000, 9_999_999)}"

    # What the world does

    def collect(self) -> None:
        """Deliveries Shopify wants to make: some twice."""
        for webhook in self.store.webhooks():
            self.waiting += [webhook] * self.chance.choice((1, 1, 2))

    def hear(self, lose: float = 0.1) -> None:
        """One of them arrives, any; or never."""
        if self.waiting:
            webhook = self.waiting.pop(self.chance.randrange(len(self.waiting)))
            if self.chance.random() >= lose:
                deliver(self.app, self.store, webhook)

    def work(self) -> None:
        self.store.sync()
        self.collect()

    def trouble(self) -> None:
        self.store.over.shopify.faults.order("shopify", self.chance.choice(FAULTS), 1)

    # What must be true then

    def ours(self) -> dict[str, tuple]:
        """GID -> name, address, number, whether they want news."""
        return {row[0]: tuple(row[1:]) for row in self.store.sql(
            "select shopify_id, name, email_canonical, phone, coalesce((preferences #>> '{email,marketing}')::boolean, false)"
            " from customers where shopify_id is not null")}

    def theirs(self) -> dict[str, tuple]:
        return {c["id"]: (" ".join(filter(None, (c["firstName"], c["lastName"]))), c["email"], c["phone"],
                          (c.get("email_news") or {}).get("state") == "SUBSCRIBED") for c in self.store.shop.customers.values()}

    def effective_writes(self) -> int:
        """Mutations of customers that were accepted: each must carry a change of ours."""
        return sum(call["operation"] in ("CustomerCreate", "CustomerUpdate", "EmailConsent") and not call["throttled"] and not call["user_errors"]
                   for call in self.store.calls())

    def check(self) -> None:
        assert self.ours() == self.theirs()
        assert self.store.sql("select count(*) from customers where shopify_id is null") == [(0,)]
        assert self.effective_writes() <= self.changes, (self.effective_writes(), self.changes)
        assert self.store.sql("select count(*) from shopify_due where kind <> 'calendar'") == [(0,)]
        self.check_nothing_newer_is_lost()

    def check_nothing_newer_is_lost(self) -> None:
        """The newest edit of a field stands. Shopify tells when a customer changed, not which field: where their last change is
        of another field and newer than ours, either may stand."""
        linked = dict(self.store.sql("select id, shopify_id from customers"))
        for (customer_id, field), (value, at) in self.here.items():
            gid = linked[customer_id]
            stands = self.ours()[gid][PLACES[field]]
            their_value, their_edit = self.there.get((gid, field), (None, None))
            # Of a wish the moment is told, of fields only the customer's last change of any.
            their_last = their_edit if field == "news" else max(
                (when for (other, _), (_, when) in self.there.items() if other == gid), default=None)
            if their_edit is not None and their_edit > at:
                # An edit there back to a value from before cannot be told from no edit: then ours may stand too.
                back = field != "news" and their_value in self.had.get((gid, field), [])
                assert stands == their_value or back and stands == value, (customer_id, field, "their later edit is lost")
            elif their_edit is None or their_last < at:
                assert stands == value, (customer_id, field, "our later edit is lost")
        for (gid, field), (value, _) in self.there.items():
            if not any(linked[customer_id] == gid and name == field for customer_id, name in self.here):
                assert self.ours()[gid][PLACES[field]] == value, (gid, field, "their edit is lost")
