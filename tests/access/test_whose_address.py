"""An address or number that is somebody's no longer opens nothing and gets nothing, whichever door took it away
(R6, R7, R8, A13, I33, I38, I41; docs/decisions/0011)."""

from __future__ import annotations

import pytest

from booking import access
from booking.actions.change_email import undo_email_change
from booking.actions.create_booking import create_booking
from booking.actions.customers import update_customer
from booking.actions.lost_link import request_lost_link
from booking.actions.merge_customers import merge_customers
from booking.actions.people import Person
from booking.actions.profile import renew_feed, update_profile
from booking.actions.reschedule_booking import reschedule_booking
from booking.actions.sign_in import Asker, new_challenge, request_login_code, sign_in
from booking.actions.sign_in_phone import request_phone_login
from booking.changed_addresses import SENT_ANEW
from booking.links import check_token, manage_token
from booking.preferences import CHANNELS, KINDS
from booking.rules.decision import Refused
from models.actor import SYSTEM, Actor
from models.session import reading, transaction
from tests.access.test_email_change import change, refused, signed_in
from tests.support.world import MERCHANT, World, at

GUEST = Actor("customer", "account")
NUMBER, OTHER = "+12125550101", "+12125550334"
ALL = {channel: dict.fromkeys(KINDS, True) for channel in CHANNELS}


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def correct(world: World, customer_id: int, **fields: str) -> None:
    """The shop writes another address or number."""
    now = world.sql("select name, coalesce(email, '') email, coalesce(phone, '') phone from customers where id = %s", customer_id)[0]._asdict()
    update_customer(world.store_id, MERCHANT, customer_id, Person(**(now | fields)), set(fields))


def prove_number(world: World, customer_id: int, number: str = NUMBER) -> None:
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.exec_driver_sql("update customers set phone = %s, phone_verified_at = opencals_now() where id = %s", (number, customer_id))


def profile(world: World, customer_id: int, phone: str, login_id: int | None = None):  # noqa: ANN201
    return update_profile(world.store_id, GUEST, customer_id, name="Ada Archer", phone=phone, locale=None, preferences=ALL, login_id=login_id)


def live(world: World, customer_id: int) -> list[int]:
    return [row[0] for row in world.sql("select id from customer_logins where customer_id = %s and ended_at is null order by id", customer_id)]


def feed(world: World, customer_id: int) -> str:
    return renew_feed(world.store_id, GUEST, customer_id).facts["secret"]


def opens_feed(world: World, secret: str) -> bool:
    with reading(world.store_id) as tx:
        return access.customer_of_feed(tx, secret) is not None


def link(world: World, ref: str) -> str:
    return manage_token(world.store_id, ref, world.read(ref).link_epoch)


def opens(world: World, ref: str, token: str) -> bool:
    return check_token(token, world.store_id, ref, world.read(ref).link_epoch)


def texts(world: World) -> list[str]:
    return [row.recipient for row in world.outbox(channel="sms") if row.state == "due"]


def proven(world: World, customer_id: int) -> tuple[bool, bool]:
    """(the address, the number)."""
    return tuple(world.sql("select email_verified_at is not null, phone_verified_at is not null from customers where id = %s", customer_id)[0])


def test_a_number_the_shop_writes_signs_nobody_in_until_it_is_proven(world):
    b = world.book(at(10, 15))
    prove_number(world, b.customer_id)
    challenge = new_challenge()
    request_phone_login(world.store_id, GUEST, NUMBER, challenge=challenge, asker=Asker("192.0.2.1"))
    code = world.outbox("phone_code", channel="sms")[-1].payload["code"]
    correct(world, b.customer_id, phone=OTHER)
    assert proven(world, b.customer_id)[1] is False
    refused("unauthorized", lambda: sign_in(world.store_id, GUEST, code, challenge=challenge))
    request_phone_login(world.store_id, GUEST, OTHER, challenge=new_challenge(), asker=Asker("192.0.2.2"))
    assert [row.recipient for row in world.outbox("phone_code", channel="sms")] == [NUMBER], "no code leaves for a number nobody proved"


def test_the_same_number_or_address_spelled_otherwise_ends_nothing(world):
    b, ada = world.book(at(10, 15)), signed_in(world, "ada@example.com")
    prove_number(world, ada.customer_id)
    token, secret = link(world, b.ref), feed(world, ada.customer_id)
    correct(world, ada.customer_id, email="ADA@Example.com", phone="+1 (212) 555-0101", name="Ada A.")
    assert proven(world, ada.customer_id) == (True, True) and live(world, ada.customer_id) == [ada.login_id]
    assert opens(world, b.ref, token) and opens_feed(world, secret) and world.outbox("manage_link") == []


def test_an_address_the_shop_puts_right_shuts_out_who_had_the_wrong_one(world):
    """Sessions, feed, codes, the number they proved, links, and the way to take an earlier change back."""
    b = world.book(at(10, 15), email="wrong@example.com")
    stranger = signed_in(world, "wrong@example.com")
    undo = change(world, stranger, "second@example.com")
    prove_number(world, stranger.customer_id, "+12125550999")
    token, secret, challenge = link(world, b.ref), feed(world, stranger.customer_id), new_challenge()
    request_phone_login(world.store_id, GUEST, "+12125550999", challenge=challenge, asker=Asker("192.0.2.1"))
    code = world.outbox("phone_code", channel="sms")[-1].payload["code"]
    correct(world, b.customer_id, email="owner@example.com")
    assert live(world, b.customer_id) == [] and not opens_feed(world, secret) and not opens(world, b.ref, token)
    refused("unauthorized", lambda: sign_in(world.store_id, GUEST, code, challenge=challenge))
    refused("not_found", undo_email_change, world.store_id, GUEST, undo)
    assert proven(world, b.customer_id) == (False, False)
    owner = signed_in(world, "owner@example.com")
    assert owner.customer_id == b.customer_id and live(world, b.customer_id) == [owner.login_id]


def test_the_wrong_address_cannot_claim_the_booking_it_was_typed_for(world):
    """Nobody had proven it: whoever reads that mailbox signs in and finds nothing; its owner finds the booking (R8)."""
    b = world.book(at(10, 15), email="wrong@example.com")
    correct(world, b.customer_id, email="owner@example.com")
    assert signed_in(world, "wrong@example.com").customer_id != b.customer_id
    assert world.read(b.ref).customer_id == b.customer_id == signed_in(world, "owner@example.com").customer_id


def test_a_booking_is_claimed_with_the_address_on_file_only(world):
    """The shop has said that two records are one person with this address: messages and links go there, and so does the booking."""
    kept, merged = world.book(at(10, 15), email="kept@example.com"), world.book(at(11, 15), email="merged@example.com")
    merge_customers(world.store_id, MERCHANT, kept.customer_id, merged.customer_id)
    assert signed_in(world, "merged@example.com").customer_id != kept.customer_id
    assert world.read(merged.ref).customer_id == kept.customer_id == signed_in(world, "kept@example.com").customer_id


def test_the_right_address_gets_new_links_of_the_next_bookings_and_the_wrong_one_nothing_that_waits(world):
    made = [world.book(at(10 + n, 15), email="wrong@example.com") for n in range(SENT_ANEW + 1)]
    over = world.book(at(9, 15), email="wrong@example.com")
    world.set_clock(over.ends_at)
    correct(world, over.customer_id, email="owner@example.com", phone="")
    assert [(row.recipient, row.payload["booking"]["ref"]) for row in world.outbox("manage_link")] == [
        ("owner@example.com", b.ref) for b in made[:SENT_ANEW]]
    assert all(opens(world, row.payload["booking"]["ref"], row.payload["manage_url"].partition("token=")[2]) for row in world.outbox("manage_link"))
    assert {row.state for row in world.outbox("booking_confirmed") if row.recipient == "wrong@example.com"} == {"superseded"}
    assert texts(world) == [] and not opens(world, over.ref, manage_token(world.store_id, over.ref, 1))


def test_a_first_address_ends_nothing(world):
    b = create_booking(world.store_id, MERCHANT, service_id=world.service, starts_at=at(10, 15), person=Person("Ada", "", NUMBER)).booking
    prove_number(world, b.customer_id)
    token, secret = link(world, b.ref), feed(world, b.customer_id)
    correct(world, b.customer_id, email="ada@example.com")
    assert opens(world, b.ref, token) and world.outbox("manage_link") == [] and world.read(b.ref).mail_to == "ada@example.com"
    assert opens_feed(world, secret) and proven(world, b.customer_id) == (False, True)


def test_texts_go_to_the_number_the_shop_put_right_and_the_link_sent_to_the_wrong_one_is_dead(world):
    b = world.book(at(10, 15))
    token = link(world, b.ref)
    correct(world, b.customer_id, phone=OTHER)
    assert not opens(world, b.ref, token) and texts(world) == [OTHER]
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(11, 15), override=True)
    assert [row.recipient for row in world.outbox("booking_moved", channel="sms")] == [OTHER]


def test_the_shops_word_holds_for_bookings_made_with_another_number_too(world):
    """The API and the diary show the number on file; texts must not go elsewhere."""
    b = create_booking(world.store_id, MERCHANT, service_id=world.service, starts_at=at(10, 15), person=Person("Ada", "ada@example.com")).booking
    typed = world.book(at(11, 15))
    assert (typed.customer_id, typed.customer_phone, typed.contact_phone) == (b.customer_id, None, NUMBER)
    correct(world, b.customer_id, phone=OTHER)
    assert {world.read(ref).text_to for ref in (b.ref, typed.ref)} == {OTHER}


def test_an_address_the_shop_takes_away_gets_nothing_more(world):
    b = world.book(at(10, 15))
    correct(world, b.customer_id, email="")
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(11, 15), override=True)
    assert world.outbox("booking_moved") == [] and len(world.outbox("booking_moved", channel="sms")) == 1


def test_forgotten_bookings_do_not_get_a_name_back(world):
    b = world.book(at(10, 15))
    with transaction(world.store_id, SYSTEM) as tx:
        tx.db.exec_driver_sql("update bookings set contact_name = 'Redacted customer', contact_email = null, contact_email_canonical = null,"
                              " contact_phone = null where ref = %s", (b.ref,))
    correct(world, b.customer_id, email="new@example.com", phone=OTHER)
    assert (world.read(b.ref).contact_email, world.read(b.ref).contact_phone) == (None, None)


def test_ones_own_change_of_address_leaves_this_session_and_the_links_of_bookings(world):
    """R8 keeps the links; sessions, codes and the feed are the account's (I38, I41)."""
    b, there, ada = world.book(at(10, 15)), signed_in(world, "ada@example.com"), signed_in(world, "ada@example.com")
    token, secret = link(world, b.ref), feed(world, ada.customer_id)
    prove_number(world, ada.customer_id)
    challenge = new_challenge()
    request_phone_login(world.store_id, GUEST, NUMBER, challenge=challenge, asker=Asker("192.0.2.1"))
    code = world.outbox("phone_code", channel="sms")[-1].payload["code"]
    change(world, ada, "new@example.com")
    assert there.login_id != ada.login_id and live(world, ada.customer_id) == [ada.login_id]
    assert opens(world, b.ref, token) and not opens_feed(world, secret)
    refused("unauthorized", lambda: sign_in(world.store_id, GUEST, code, challenge=challenge))


def test_a_number_taken_out_of_the_profile_gets_no_more_texts(world):
    """Neither of later changes nor of what waits for the morning; the link stays (R8)."""
    b = world.book(at(10, 15))
    token = link(world, b.ref)
    assert texts(world) == [NUMBER]
    profile(world, b.customer_id, "")
    assert texts(world) == [] and opens(world, b.ref, token)
    reschedule_booking(world.store_id, MERCHANT, b.ref, starts_at=at(11, 15), override=True)
    assert world.outbox("booking_moved", channel="sms") == [] and len(world.outbox("booking_moved")) == 1


def test_a_new_number_in_the_profile_gets_texts_once_it_is_proven(world):
    b = world.book(at(10, 15))
    profile(world, b.customer_id, OTHER)
    assert world.read(b.ref).text_to is None
    prove_number(world, b.customer_id, OTHER)
    assert world.read(b.ref).text_to == OTHER


def test_a_proven_number_that_is_replaced_ends_what_it_may_have_opened(world):
    ada, there = signed_in(world, "ada@example.com"), signed_in(world, "ada@example.com")
    prove_number(world, ada.customer_id)
    secret = feed(world, ada.customer_id)
    assert profile(world, ada.customer_id, NUMBER, ada.login_id).facts["feed_ended"] is False and len(live(world, ada.customer_id)) == 2
    assert profile(world, ada.customer_id, OTHER, ada.login_id).facts["feed_ended"] is True
    assert live(world, ada.customer_id) == [ada.login_id] != [there.login_id] and not opens_feed(world, secret)


def test_a_number_that_signed_nobody_in_ends_no_session(world):
    ada, there = signed_in(world, "ada@example.com"), signed_in(world, "ada@example.com")
    profile(world, ada.customer_id, NUMBER, ada.login_id)
    profile(world, ada.customer_id, OTHER, ada.login_id)
    assert live(world, ada.customer_id) == sorted([ada.login_id, there.login_id])


@pytest.mark.parametrize("by_the_shop", [True, False])
def test_a_lost_link_goes_to_the_address_on_file(world, by_the_shop):
    """After a change the new address gets the links of bookings made with the old one, and the old one gets none (A101, D10c)."""
    b = world.book(at(10, 15), email="old@example.com")
    if by_the_shop:
        correct(world, b.customer_id, email="new@example.com")
    else:
        change(world, signed_in(world, "old@example.com"), "new@example.com")
    sent = len(world.outbox("manage_link"))
    for email in ("old@example.com", "new@example.com"):
        request_lost_link(world.store_id, GUEST, email, asker=Asker("192.0.2.1"))
    assert [(row.recipient, row.payload["booking"]["ref"]) for row in world.outbox("manage_link")[sent:]] == [("new@example.com", b.ref)]


def test_a_stale_look_at_a_customer_changes_nothing(world):
    b = world.book(at(10, 15))
    token = link(world, b.ref)
    with pytest.raises(Refused) as caught:
        update_customer(world.store_id, MERCHANT, b.customer_id, Person("Ada", "x@example.com", NUMBER), {"email"}, version=99)
    assert caught.value.code == "stale" and opens(world, b.ref, token)


def test_a_code_asked_for_at_the_old_address_opens_another_account(world):
    b = world.book(at(10, 15), email="wrong@example.com")
    challenge = new_challenge()
    request_login_code(world.store_id, GUEST, "wrong@example.com", challenge=challenge, asker=Asker("192.0.2.1"))
    code = world.outbox("sign_in_code")[-1].payload["code"]
    correct(world, b.customer_id, email="owner@example.com")
    assert sign_in(world.store_id, GUEST, code, challenge=challenge).facts["customer_id"] != b.customer_id
