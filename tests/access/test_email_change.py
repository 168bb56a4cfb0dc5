"""Another address for an account: proven first, taken back from the old mailbox, and no takeover in any order (R8, I41)."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from booking import access
from booking.actions.change_email import FRESH, UNDO_FOR, confirm_email_change, request_email_change, undo_email_change
from booking.actions.profile import update_profile
from booking.actions.sign_in import Asker, new_challenge, request_login_code, sign_in
from booking.actions.verify_phone import send_phone_code, verify_phone
from booking.links import check_token, manage_token
from booking.rules.decision import Refused
from models.actor import Actor
from models.session import reading
from tests.support.world import NOW, World, at

GUEST = Actor("customer", "account")
HERE = Asker("192.0.2.7")


@pytest.fixture
def world(db, owner_url) -> World:
    return World(owner_url)


def signed_in(world: World, email: str) -> access.SignedIn:
    challenge = new_challenge()
    request_login_code(world.store_id, GUEST, email, challenge=challenge, asker=Asker(email))
    code = [row for row in world.outbox("sign_in_code") if row.recipient == email][-1].payload["code"]
    secret = sign_in(world.store_id, GUEST, code, challenge=challenge).facts["secret"]
    with reading(world.store_id) as tx:
        return access.visitor(tx, secret)[1]


def ask(world: World, person: access.SignedIn, email: str) -> tuple[str, str]:
    """(challenge, the code in the new mailbox)."""
    challenge = new_challenge()
    request_email_change(world.store_id, GUEST, person.customer_id, person.login_id, email, challenge=challenge, asker=Asker(email))
    return challenge, [row for row in world.outbox("sign_in_code") if row.recipient == email][-1].payload["code"]


def prove(world: World, person: access.SignedIn, challenge: str, code: str) -> None:
    confirm_email_change(world.store_id, GUEST, person.customer_id, person.login_id, code, challenge=challenge)


def change(world: World, person: access.SignedIn, email: str) -> str:
    """Change the address; the secret of the undo link in the old mailbox."""
    prove(world, person, *ask(world, person, email))
    return world.outbox("email_changed")[-1].payload["undo_url"].rpartition("/")[2]


def address(world: World, customer_id: int) -> str:
    return world.sql("select email from customers where id = %s", customer_id)[0][0]


def refused(code: str, call, *args) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*args)
    assert caught.value.code == code
    return caught.value


def test_the_new_address_is_proven_before_anything_changes(world):
    ada = signed_in(world, "ada@example.com")
    challenge, code = ask(world, ada, "New@Example.com".lower())
    assert address(world, ada.customer_id) == "ada@example.com" and world.outbox("email_changed") == []
    refused("unauthorized", prove, world, ada, challenge, f"{(int(code) + 1) % 10**6:06d}")
    prove(world, ada, challenge, code)
    assert address(world, ada.customer_id) == "new@example.com"
    [notice] = world.outbox("email_changed")
    assert notice.recipient == "ada@example.com" and notice.payload["new_address"] == "n•••@example.com"


def test_an_old_session_is_asked_to_sign_in_again(world):
    ada = signed_in(world, "ada@example.com")
    world.set_clock(NOW + FRESH)
    ask(world, ada, "b@example.com")
    world.set_clock(NOW + FRESH + timedelta(microseconds=1))
    assert refused("unauthorized", ask, world, ada, "c@example.com").facts["again"] is True


def test_a_code_for_signing_in_does_not_change_an_address_nor_the_other_way_round(world):
    ada = signed_in(world, "ada@example.com")
    challenge, code = ask(world, ada, "b@example.com")
    with pytest.raises(Refused):
        sign_in(world.store_id, GUEST, code, challenge=challenge)
    other = new_challenge()
    request_login_code(world.store_id, GUEST, "c@example.com", challenge=other, asker=HERE)
    refused("unauthorized", prove, world, ada, other, world.outbox("sign_in_code")[-1].payload["code"])


def test_a_code_asked_for_by_one_customer_is_no_use_to_another(world):
    ada, eve = signed_in(world, "ada@example.com"), signed_in(world, "eve@example.com")
    challenge, code = ask(world, ada, "new@example.com")
    refused("unauthorized", prove, world, eve, challenge, code)
    assert (address(world, ada.customer_id), address(world, eve.customer_id)) == ("ada@example.com", "eve@example.com")


def test_an_address_somebody_else_has_proven_stays_theirs(world):
    ada, bea = signed_in(world, "ada@example.com"), signed_in(world, "bea@example.com")
    challenge, code = ask(world, ada, "bea@example.com")
    assert refused("not_allowed", prove, world, ada, challenge, code).facts["kind"] == "email_taken"
    assert address(world, bea.customer_id) == "bea@example.com"


def test_bookings_of_others_stay_theirs(world):
    """Changing the address never pulls in bookings (R8)."""
    guest = world.book(at(10, 15), email="new@example.com")
    ada = signed_in(world, "ada@example.com")
    change(world, ada, "new@example.com")
    assert world.read(guest.ref).customer_id == guest.customer_id != ada.customer_id


def test_the_old_address_takes_it_back_for_seven_days(world):
    ada = signed_in(world, "ada@example.com")
    first, second = change(world, ada, "b@example.com"), None
    world.set_clock(NOW + UNDO_FOR)
    undo_email_change(world.store_id, GUEST, first)
    assert address(world, ada.customer_id) == "ada@example.com"
    refused("not_found", undo_email_change, world.store_id, GUEST, first)
    ada = signed_in(world, "ada@example.com")
    second = change(world, ada, "b@example.com")
    world.set_clock(NOW + 2 * UNDO_FOR + timedelta(microseconds=1))
    refused("not_found", undo_email_change, world.store_id, GUEST, second)


def test_taking_back_a_change_voids_the_ones_after_it(world):
    """Whoever changed it twice keeps no way to take it back from their own first address."""
    ada = signed_in(world, "ada@example.com")
    first, second = change(world, ada, "m1@example.com"), change(world, ada, "m2@example.com")
    undo_email_change(world.store_id, GUEST, first)
    refused("not_found", undo_email_change, world.store_id, GUEST, second)
    assert address(world, ada.customer_id) == "ada@example.com"


def test_taking_it_back_ends_sessions_links_feeds_and_codes(world):
    b = world.book(at(10, 15))
    ada = signed_in(world, "ada@example.com")
    undo = change(world, ada, "b@example.com")
    pending = ask(world, ada, "c@example.com")
    token = manage_token(world.store_id, b.ref, world.read(b.ref).link_epoch)
    undo_email_change(world.store_id, GUEST, undo)
    assert world.sql("select count(*) from customer_logins where customer_id = %s and ended_at is null", ada.customer_id) == [(0,)]
    assert not check_token(token, world.store_id, b.ref, world.read(b.ref).link_epoch)
    refused("unauthorized", prove, world, ada, *pending)


def test_an_account_made_meanwhile_with_the_old_address_does_not_block_it(world):
    ada = signed_in(world, "ada@example.com")
    undo = change(world, ada, "thief@example.com")
    younger = signed_in(world, "ada@example.com")
    assert younger.customer_id != ada.customer_id
    undo_email_change(world.store_id, GUEST, undo)
    assert signed_in(world, "ada@example.com").customer_id == ada.customer_id


@dataclass
class Story:
    """Alice owns mailbox a; Mallory owns m1 and m2 and once got hold of Alice's session. Bob owns b and watches."""

    world: World
    rng: random.Random
    alice: int = 0
    sessions: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    links: list = field(default_factory=list)
    tokens: list = field(default_factory=list)
    recovered: bool = False

    def begin(self) -> None:
        self.booking = self.world.book(at(20, 15), email="a@example.com")
        stolen = signed_in(self.world, "a@example.com")
        self.alice, self.sessions = stolen.customer_id, [stolen]
        self.bobs = self.world.book(at(21, 15), email="b@example.com")
        self.bob = signed_in(self.world, "b@example.com")

    def request(self) -> None:
        person, new = self.rng.choice(self.sessions), self.rng.choice(("m1@example.com", "m2@example.com", "b@example.com"))
        challenge, code = ask(self.world, person, new)
        self.asked.append((person, challenge, code if new != "b@example.com" else "000000"))

    def proof(self) -> None:
        if self.asked:
            prove(self.world, *self.asked.pop(self.rng.randrange(len(self.asked))))
            undo = self.world.outbox("email_changed")[-1]
            self.links.append((undo.recipient, undo.payload["undo_url"].rpartition("/")[2]))

    def alice_undoes(self) -> None:
        for recipient, secret in self.links:
            if recipient == "a@example.com":
                undo_email_change(self.world.store_id, GUEST, secret)
                self.recovered, self.sessions = True, self.sessions or []
                return

    def mallory_undoes(self) -> None:
        for recipient, secret in self.rng.sample(self.links, len(self.links)):
            if recipient.startswith("m"):
                undo_email_change(self.world.store_id, GUEST, secret)
                return

    def mallory_signs_in(self) -> None:
        self.sessions.append(signed_in(self.world, self.rng.choice(("m1@example.com", "m2@example.com"))))

    def mallory_reads_a_link(self) -> None:
        """A message about Alice's booking goes wherever the account's mail goes."""
        if address(self.world, self.alice).startswith("m"):
            self.tokens.append(manage_token(self.world.store_id, self.booking.ref, self.world.read(self.booking.ref).link_epoch))

    def time_passes(self) -> None:
        self.world.set_clock(self.world.now + timedelta(minutes=self.rng.choice((1, 16, 60))))


STEPS = ("request", "proof", "alice_undoes", "mallory_undoes", "mallory_signs_in", "mallory_reads_a_link", "time_passes")


@pytest.mark.parametrize("seed", range(25))
def test_no_order_of_steps_takes_an_account_over(world, seed):
    story = Story(world, random.Random(seed))
    story.begin()
    after_recovery = 0
    for _ in range(14):
        try:
            getattr(story, story.rng.choice(STEPS))()
        except Refused:
            pass
        assert world.read(story.bobs.ref).customer_id == story.bob.customer_id and address(world, story.bob.customer_id) == "b@example.com"
        assert world.read(story.booking.ref).customer_id == story.alice, "bookings never change hands"
        if story.recovered:
            after_recovery += 1
            assert address(world, story.alice) == "a@example.com", "recovered is recovered"
            live = world.sql("select id from customer_logins where customer_id = %s and ended_at is null", story.alice)
            assert live == [], "nobody but who reads mailbox a can be signed in"
            epoch = world.read(story.booking.ref).link_epoch
            assert not any(check_token(token, world.store_id, story.booking.ref, epoch) for token in story.tokens)
    if story.links and not story.recovered:
        story.alice_undoes()
        assert address(world, story.alice) == "a@example.com"


def test_a_number_is_proven_by_its_own_code(world):
    ada = signed_in(world, "ada@example.com")
    world.book(at(10, 15))
    refused("invalid", lambda: send_phone_code(world.store_id, GUEST, ada.customer_id, challenge="c", asker=HERE))
    def phone(number: str) -> None:
        update_profile(world.store_id, GUEST, ada.customer_id, name="Ada", phone=number, locale=None, preferences={"email": {"transactional": True}})

    def verified() -> bool:
        return world.sql("select phone_verified_at is not null from customers where id = %s", ada.customer_id) == [(True,)]

    phone("+12125550177")
    challenge = new_challenge()
    send_phone_code(world.store_id, GUEST, ada.customer_id, challenge=challenge, asker=HERE)
    [row] = world.outbox("phone_code", channel="sms")
    assert row.recipient == "+12125550177"
    refused("unauthorized", lambda: verify_phone(world.store_id, GUEST, ada.customer_id, "x", challenge=challenge))
    phone("+12125550178")
    refused("unauthorized", lambda: verify_phone(world.store_id, GUEST, ada.customer_id, row.payload["code"], challenge=challenge))
    phone("+12125550177")
    verify_phone(world.store_id, GUEST, ada.customer_id, row.payload["code"], challenge=challenge)
    assert verified()
    phone("+12125550177")
    assert verified()
    phone("+12125550179")
    assert not verified()
