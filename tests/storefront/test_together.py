"""Series and visits on the customer's pages, without JavaScript (R6, R31, R32)."""

from __future__ import annotations

import re

import pytest

from booking.actions.create_series import create_series
from booking.actions.create_visit import VisitPart, create_visit
from booking.actions.people import Person
from booking.actions.record_payment import record_payment
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.services import update_service
from booking.actions.stores import update_store
from booking.wording import words_for
from messages.render import render_mail
from tests.storefront.visitor import account, fields, link, words
from tests.support.world import MERCHANT, World, at, hours

ADA = Person("Ada Archer", "ada@example.com", "+12125550101")
ISO = "{:%Y-%m-%dT%H:%M:%S}%2B00:00"


def series(world: World, dates: int = 4, *, paid: int = 10000, **more):
    """Fridays from March 5, 10:00 in New York."""
    return create_series(world.store_id, MERCHANT, service_id=world.service, staff_id=world.elena, person=ADA, starts_at=at(5, 15), dates=dates,
                         payments=[{"amount": paid, "method": "card"}] if paid else [], **more).bookings


def visit(world: World, **policy):
    services = [world.add_service("Colour", price=4000, policy=policy or None), world.add_service("Cut", price=3000, policy=policy or None)]
    return create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(10, 15), payments=[{"amount": 7000, "method": "card"}],
                        parts=[VisitPart(services[0], world.elena), VisitPart(services[1])]).bookings


def starts(world, bookings):
    return [world.read(b.ref).starts_at for b in bookings]


def states(world, bookings):
    return [world.read(b.ref).status for b in bookings]


class TestSeries:
    def test_the_page_lists_its_dates_with_links(self, world, ada):
        made = series(world)
        ada.get(account(made[1]))
        assert "This booking repeats" in words(ada.page)
        assert [f'href="{account(b)}"' in ada.page for b in made] == [True, False, True, True]

    def test_a_link_opens_one_date_only(self, world, visitor):
        made = series(world)
        visitor.get(link(made[1]))
        assert "This booking repeats" not in words(visitor.page) and made[2].ref not in visitor.page
        visitor.get(link(made[1], "cancel", scope="all"))
        assert "following" not in visitor.page and made[2].ref not in visitor.page
        visitor.get(link(made[1], "cancel"))
        form = fields(visitor.page)
        visitor.post(link(made[1], "cancel"), 409, **(form | {"scope": "all"}))
        visitor.get(link(made[1], "reschedule") + "&at=" + ISO.format(at(13, 16)))
        form = fields(visitor.page) | {"scope": "following", "expect": ",".join(b.ref for b in made[1:]), "price": "24000"}
        visitor.post(link(made[1], "reschedule"), 422, **form)
        assert (states(world, made), starts(world, made)) == (["confirmed"] * 4, [at(5, 15), at(12, 15), at(19, 14), at(26, 14)])

    @pytest.mark.parametrize(("scope", "going", "money"), [("following", 3, "$75"), ("all", 4, "$100")])
    def test_cancelling_lists_dates_and_the_sum_first(self, world, ada, scope, going, money):
        made = series(world)
        world.take_cards()
        ada.get(account(made[1], "cancel"))
        assert "This and following dates" in words(ada.page)
        ada.get(account(made[1], "cancel") + f"?scope={scope}")
        page = words(ada.page)
        assert f"{going} bookings would be cancelled" in page and page.count("You'll be refunded $25 to the card") == going
        assert f"all together You'll be refunded {money} to the card you paid with" in page
        ada.get(ada.send(account(made[1], "cancel")).headers["Location"])
        assert f"Your bookings are cancelled You'll be refunded {money} to the card you paid with A confirmation" in words(ada.page)
        assert states(world, made) == ["confirmed"] * (4 - going) + ["cancelled"] * going
        ada.get(account(made[1]) + "?done=several_cancelled")
        assert "Your bookings are cancelled" in words(ada.page)
        assert len(world.outbox("booking_cancelled")) == 1

    def test_dates_inside_the_window_stay_and_say_why(self, world, ada):
        made = series(world)
        world.set_clock(made[0].starts_at - hours(3))
        ada.get(account(made[1], "cancel") + "?scope=all")
        page = words(ada.page)
        assert "3 bookings would be cancelled" in page and "These stay as they are Fri, Mar 5, 2027, 10:00 AM EST This booking is within 24h" in page
        assert "directly. You could cancel this until Thu, Mar 4, 2027, 10:00 AM EST." in page
        ada.send(account(made[1], "cancel"))
        assert states(world, made) == ["confirmed"] + ["cancelled"] * 3

    def test_a_quote_that_changed_is_listed_anew(self, world, ada):
        made = series(world)
        ada.get(account(made[0], "cancel") + "?scope=all")
        world.set_clock(made[0].starts_at - hours(3))
        ada.send(account(made[0], "cancel"), 409)
        assert "has changed since you opened the page" in words(ada.page)
        assert states(world, made) == ["confirmed"] * 4

    def test_moving_shows_old_and_new_of_each(self, world, ada):
        made = series(world)
        ada.get(account(made[1], "reschedule") + "?at=" + ISO.format(at(13, 16)))
        assert "This and following dates" in words(ada.page)
        ada.get(account(made[1], "reschedule") + "?scope=following&at=" + ISO.format(at(13, 16)))
        page = words(ada.page)
        assert "3 bookings move" in page and "Fri, Mar 19, 2027, 10:00 AM EDT Sat, Mar 20, 2027, 11:00 AM EDT" in page
        ada.send(account(made[1], "reschedule"))
        assert starts(world, made) == [at(5, 15), at(13, 16), at(20, 15), at(27, 15)]
        assert len(world.outbox("booking_moved")) == 1

    def test_dates_that_do_not_fit_are_told_and_left(self, world, ada):
        made = series(world)
        world.book(at(20, 15), email="bea@example.com")
        ada.get(account(made[1], "reschedule") + "?scope=following&at=" + ISO.format(at(13, 16)))
        page = words(ada.page)
        assert "2 bookings move" in page
        assert "These dates do not fit and stay where they are Fri, Mar 19, 2027, 10:00 AM EDT not possible: Sat, Mar 20, 2027, 11:00 AM EDT" in page
        ada.send(account(made[1], "reschedule"))
        assert starts(world, made) == [at(5, 15), at(13, 16), at(19, 14), at(27, 15)]

    def test_one_that_is_taken_meanwhile_moves_nothing(self, world, ada):
        made = series(world)
        ada.get(account(made[1], "reschedule") + "?scope=following&at=" + ISO.format(at(13, 16)))
        world.book(at(20, 15), email="bea@example.com")
        ada.send(account(made[1], "reschedule"), 409)
        assert starts(world, made) == [at(5, 15), at(12, 15), at(19, 14), at(26, 14)]

    def test_what_waits_for_the_shop_is_not_called_moved(self, world, ada):
        made = create_series(
            world.store_id, MERCHANT, service_id=world.add_service("Late by request", policy={
                "approval": "by_notice", "approval_notice": "P8D", "reschedule": {"notice": "PT2H"}}),
            staff_id=world.elena, person=ADA, starts_at=at(5, 15), dates=2).bookings
        ada.get(account(made[0], "reschedule") + "?scope=all&at=" + ISO.format(at(5, 17)))
        ada.send(account(made[0], "reschedule"))
        assert states(world, made) == ["pending", "confirmed"]
        ada.get(account(made[1]) + "?done=several_moved")
        page = words(ada.page)
        assert "Your new times What waits for Harbor Massage to answer is marked below." in page and "Your bookings have moved" not in page

    def test_only_this_date_as_before(self, world, ada):
        made = series(world)
        ada.get(account(made[1], "reschedule") + "?scope=this&at=" + ISO.format(at(13, 16)))
        ada.send(account(made[1], "reschedule"))
        assert starts(world, made) == [at(5, 15), at(13, 16), at(19, 14), at(26, 14)]

    @pytest.mark.parametrize("scope", ["visit", "x", "%00", ""])
    def test_odd_scopes_mean_this_date(self, world, ada, scope):
        made = series(world)
        ada.get(account(made[1], "cancel") + f"?scope={scope}")
        assert "Cancel this booking?" in words(ada.page)

    def test_nobody_elses_series(self, world, ada):
        theirs = create_series(world.store_id, MERCHANT, service_id=world.service, staff_id=world.elena, person=Person("Bea", "bea@example.com"),
                               starts_at=at(5, 15), dates=2).bookings
        for part in ("cancel?scope=all", "reschedule?scope=all"):
            ada.get(account(theirs[0], part), 404)
        mine = world.book(at(20, 15))
        ada.get(account(mine, "cancel"))
        ada.post(account(theirs[0], "cancel"), 404, scope="all", quote="x")


class TestVisit:
    def test_it_is_shown_as_one_with_parts(self, world, ada, visitor):
        made = visit(world)
        for page in (ada.get(account(made[1])).text, visitor.get(link(made[1])).text):
            text = words(page)
            assert "Your visit" in text and "Colour · 10:00 AM to 11:00 AM EST · Elena Marsh" in text and "Cut · 11:00 AM to 12:00 PM EST" in text

    def test_the_list_and_the_calendar_show_it_as_one(self, world, ada):
        made = visit(world)
        for view in ("/account", "/account?view=calendar&month=2027-03"):
            page = ada.get(view).text
            assert "Colour + Cut" in words(page) and account(made[0]) in page and f'"{account(made[1])}"' not in page
        said = "10:00 AM to 11:00 AM EST · Colour · Elena Marsh 11:00 AM to 12:00 PM EST · Cut · Elena Marsh Harbor Street · $70"
        assert said in words(ada.get("/account").text)
        world.set_clock(made[0].starts_at - hours(23))
        assert "Reschedule" not in words(ada.get("/account").text)

    def test_it_moves_as_a_block_from_any_part(self, world, ada):
        made = visit(world)
        ada.get(account(made[1], "reschedule"))
        assert 'name="at"' in ada.page
        ada.get(account(made[1], "reschedule") + "?at=" + ISO.format(at(11, 15)))
        text = words(ada.page)
        assert "2 bookings move" in text and "Wed, Mar 10, 2027, 11:00 AM EST Thu, Mar 11, 2027, 11:00 AM EST" in text
        ada.send(account(made[1], "reschedule"))
        assert starts(world, made) == [at(11, 15), at(11, 16)]

    def test_only_times_for_all_parts_are_offered(self, world, ada):
        made = visit(world)
        world.book(at(11, 16), email="bea@example.com")
        page = ada.get(account(made[0], "reschedule") + "?month=2027-03&day=2027-03-11").text
        assert "2027-03-11T14:00:00+00:00" in page and "2027-03-11T15:00:00+00:00" not in page
        ada.get(account(made[0], "reschedule") + "?at=" + ISO.format(at(11, 15)), 409)

    def test_it_is_cancelled_whole_with_the_money_of_each_part(self, world, ada):
        made = visit(world)
        world.take_cards()
        ada.get(account(made[0], "cancel"))
        text = words(ada.page)
        assert "Cancel this visit?" in text and "all together You'll be refunded $70 to the card you paid with" in text
        ada.get(ada.send(account(made[0], "cancel")).headers["Location"])
        assert "Your bookings are cancelled You'll be refunded $70 to the card you paid with A confirmation" in words(ada.page)
        assert states(world, made) == ["cancelled"] * 2

    @pytest.mark.parametrize("kind", ["visit", "series"])
    def test_credit_instead_of_money_where_the_shop_gives_the_choice(self, world, ada, kind):
        """R21, as for one booking: asked for, shown, and given as shown."""
        policy = {"cancel": {"notice": "PT0S", "tiers": [{"outcome": "full"}], "credit_choice": True}}
        if kind == "visit":
            made, scope, sum_ = visit(world, **policy), "visit", "$70"
        else:
            update_service(world.store_id, MERCHANT, world.service, policy=policy)
            made, scope, sum_ = series(world), "all", "$100"
        world.take_cards()
        path = account(made[0], "cancel") + f"?scope={scope}"
        ada.get(path)
        assert f"all together You'll be refunded {sum_} to the card" in words(ada.page) and "credit for your next visit" in words(ada.page)
        money = fields(ada.page)
        ada.get(path + "&back=credit")
        assert f"all together You'll get {sum_} as credit for your next visit at Harbor Massage." in words(ada.page)
        ada.send(account(made[0], "cancel"), 409, quote=money["quote"])
        assert states(world, made) == ["confirmed"] * len(made), "a quote of money never becomes credit"
        ada.get(path + "&back=credit")
        ada.get(ada.send(account(made[0], "cancel")).headers["Location"])
        assert f"You'll get {sum_} as credit" in words(ada.page) and states(world, made) == ["cancelled"] * len(made)
        assert [world.read(b.ref).owed for b in made] == [0] * len(made)
        assert world.sql("select sum(amount)::int from credits where store_id = opencals_store()") == [(int(sum_[1:]) * 100,)]

    def test_no_choice_where_the_shop_gives_none(self, world, ada):
        made = visit(world)
        for path in (account(made[0], "cancel"), account(made[0], "cancel") + "?back=credit"):
            ada.get(path)
            assert "credit for your next visit" not in words(ada.page) and "You'll get" not in words(ada.page)

    def test_parts_that_come_back_in_different_ways_are_told_apart(self, world, ada):
        """R23: one service gives money back at once, the other by hand."""
        made = visit(world)
        world.take_cards()
        update_service(world.store_id, MERCHANT, made[1].service_id, policy={"cancel": {"refund_mode": "manual"}})
        both = "You'll be refunded $40 to the card you paid with. You're owed $30. Harbor Massage will refund it."
        ada.get(account(made[0], "cancel"))
        assert f"all together {both}" in words(ada.page)
        ada.get(ada.send(account(made[0], "cancel")).headers["Location"])
        assert f"Your bookings are cancelled {both}" in words(ada.page)
        assert both in render_mail("booking_cancelled", world.outbox("booking_cancelled")[-1].payload, "opencals.com").text

    @pytest.mark.parametrize(("cancel", "said"), [
        ({}, "You can cancel this until Tue, Mar 9, 2027, 10:00 AM EST."),
        ({"notice": "PT2H", "tiers": [{"at_least": "P2D", "outcome": "full"}, {"outcome": "forfeit"}]},
         "This holds until Mon, Mar 8, 2027, 10:00 AM EST. You can cancel this until Wed, Mar 10, 2027, 8:00 AM EST.")])
    def test_the_shops_terms_and_the_last_moment_stand_there_too(self, world, ada, cancel, said):
        """R10, A151; a moment that is both is said once."""
        update_store(world.store_id, MERCHANT, terms="No dogs.\nNo shoes.")
        made, terms = visit(world, cancel=cancel), "Terms of Harbor Massage No dogs. No shoes."
        for address in (account(made[0], "cancel"), account(made[0], "cancel") + "?scope=this"):
            ada.get(address)
            assert said in words(ada.page) and terms in words(ada.page) and words(ada.page).count("This holds until") == said.count("This holds until")
        ada.get(account(series(world, 2)[0], "cancel") + "?scope=all")
        assert terms in words(ada.page) and "You can cancel this until" not in words(ada.page), "each date has its own"

    def test_the_last_day_of_credit_is_the_shops_though_the_first_part_is_not_paid(self, world, ada):
        """A8: late in the evening in New York, when the day has changed elsewhere."""
        policy = {"cancel": {"notice": "PT0S", "tiers": [{"outcome": "credit"}]}}
        services = [world.add_service(name, price=3000, policy=policy) for name in ("Colour", "Cut")]
        made = create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(10, 15), parts=[VisitPart(one, world.elena) for one in services]).bookings
        record_payment(world.store_id, MERCHANT, made[1].ref, {"amount": 3000, "method": "cash"})
        world.set_clock(at(5, 3))
        ada.get(account(made[0], "cancel"))
        told = "You'll get $30 as credit for your next visit at Harbor Massage. It is valid until Mar 3, 2028."
        assert f"all together {told}" in words(ada.page)
        ada.get(ada.send(account(made[0], "cancel")).headers["Location"])
        assert told in words(ada.page)

    def test_one_part_where_the_shop_allows_it(self, world, ada):
        made = visit(world)
        world.take_cards()
        ada.get(account(made[1], "cancel") + "?scope=this")
        assert "You'll be refunded $30 to the card you paid with" in words(ada.page)
        ada.send(account(made[1], "cancel"))
        assert states(world, made) == ["confirmed", "cancelled"]
        ada.get(account(made[0]))
        assert "Your visit" not in words(ada.page)

    def test_whoever_has_to_look_at_one_part_again_is_not_led_to_the_whole(self, world, ada):
        """R27: a fresh decision is about what was asked for, and what was written stays."""
        made = visit(world)
        ada.get(account(made[1], "cancel") + "?scope=this")
        ada.send(account(made[1], "cancel"), 422, quote="x", reason="My <knee>")
        assert "Cancel this booking?" in words(ada.page) and "Cancel this visit" not in words(ada.page) and "My &lt;knee&gt;</textarea>" in ada.page
        ada.send(account(made[1], "cancel"))
        assert states(world, made) == ["confirmed", "cancelled"]

    def test_no_part_alone_where_it_does_not(self, world, ada):
        made = visit(world, cancel={"part_cancel": False})
        ada.get(account(made[1], "cancel") + "?scope=this")
        text = words(ada.page)
        assert "Only this part" not in text and text.count("Harbor Massage will refund you $40 directly.") == 1 and "$70" in text, "of the whole"
        ada.send(account(made[1], "cancel"), 409, scope="this")
        assert states(world, made) == ["confirmed"] * 2

    def test_a_visit_moves_as_a_whole_whatever_was_asked_for(self, world, ada):
        made = visit(world)
        ada.get(account(made[1], "reschedule") + "?scope=this&at=" + ISO.format(at(11, 15)))
        assert "2 bookings move" in words(ada.page)
        ada.send(account(made[1], "reschedule"))
        assert starts(world, made) == [at(11, 15), at(11, 16)]

    def test_no_time_is_offered_where_one_part_has_another_price_and_may_not_take_it(self, world, ada):
        """R26, I10: what is shown is what the move takes."""
        made = visit(world, reschedule={"price_difference": "equal_only"})
        ada.get(account(made[0], "reschedule"))
        assert 'name="at"' in ada.page
        update_service(world.store_id, MERCHANT, made[1].service_id, price=9000)
        ada.get(account(made[0], "reschedule"))
        assert 'name="at"' not in ada.page and "The price has changed since this was booked" in words(ada.page)
        ada.get(account(made[0], "reschedule") + "?at=" + ISO.format(at(11, 15)), 409)
        assert "That time" not in words(ada.page) and "Move this visit" not in words(ada.page)
        update_service(world.store_id, MERCHANT, made[1].service_id, price=3000)
        ada.get(account(made[0], "reschedule") + "?at=" + ISO.format(at(11, 15)))
        assert "Move this visit" in words(ada.page)

    def test_the_strictest_window_speaks_on_the_page(self, world, ada):
        made = visit(world)
        world.set_clock(made[0].starts_at - hours(23))
        ada.get(account(made[1]))
        assert "This booking is within 24h of the appointment time and can't be cancelled online" in words(ada.page)
        last = world.read(made[0].ref).starts_at - hours(24)
        assert f"You could cancel this until {words_for('en').when(last, made[0].zone)}." in words(ada.page), "of the visit, not of this part"
        ada.get(account(made[1], "cancel"), 409)
        ada.get(account(made[1], "reschedule"), 409)

    def test_where_one_part_is_agreed_to_the_page_says_it_of_all(self, world, ada, visitor):
        colour, cut = world.add_service("Colour"), world.add_service("Cut", policy={"approval": "manual"})
        made = create_visit(world.store_id, MERCHANT, person=ADA, starts_at=at(10, 15),
                            parts=[VisitPart(colour, world.elena), VisitPart(cut)]).bookings
        visitor.get(link(made[0], "reschedule") + "&at=" + ISO.format(at(11, 15)))
        assert words(visitor.page).count("Harbor Massage confirms moves personally. Your present time stays yours until then.") == 1
        visitor.send(link(made[0], "reschedule"))
        assert states(world, made) == ["pending"] * 2
        for b, hour in zip(made, (10, 11), strict=True):
            ada.get(account(b))
            assert f"your booking for Wed, Mar 10, 2027, {hour}:00 AM EST stays yours" in words(ada.page)
        ada.get(account(made[1], "reschedule") + "?at=" + ISO.format(at(10, 15)))
        text = words(ada.page)
        assert "This takes back your request for Thu, Mar 11, 2027, 10:00 AM EST." in text and "confirms moves" not in text
        ada.send(account(made[1], "reschedule"))
        assert (states(world, made), starts(world, made)) == (["confirmed"] * 2, [at(10, 15), at(10, 16)])

    def test_a_visit_that_waits_is_taken_back_at_the_limit_too(self, world, ada):
        made = visit(world, approval="manual", reschedule={"limit": 1})
        ada.get(account(made[0], "reschedule") + "?at=" + ISO.format(at(11, 15)))
        ada.send(account(made[0], "reschedule"))
        assert states(world, made) == ["pending"] * 2
        ada.get(account(made[1]))
        ada.get(re.search(r'href="([^"]*reschedule[^"]*)">Keep the old time', ada.page)[1].replace("&amp;", "&"))
        assert words(ada.page).count("This takes back your request for") == 2
        ada.send(account(made[1], "reschedule"))
        assert (states(world, made), starts(world, made)) == (["confirmed"] * 2, [at(10, 15), at(10, 16)])

    def test_parts_on_different_days_have_their_dates(self, world, ada):
        made = visit(world)
        reschedule_booking(world.store_id, MERCHANT, made[1].ref, starts_at=at(12, 16))
        ada.get(account(made[0]))
        text = words(ada.page)
        assert "Colour · Wed, Mar 10, 2027, 10:00 AM EST · Elena Marsh" in text and "Cut · Fri, Mar 12, 2027, 11:00 AM EST" in text
