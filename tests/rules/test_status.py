"""All states x all verbs: the whole table written out (R28, R29, I9)."""

from __future__ import annotations

import pytest

from booking.rules.decision import CODES, Decision, Refused
from booking.rules.status import CHECKED_IN, CLOSED, HOLDING, STATES, TRANSITIONS, after

VERBS = ("approve", "decline", "expire", "restore", "ask_again", "cancel", "arrive", "ready", "complete", "no_show")
TABLE = {
    #                  approve      decline     expire     restore      ask_again  cancel       arrive     ready             complete     no_show
    "pending":        ("confirmed", "declined", "expired", "confirmed", None,      "cancelled", None,      None,             None,        None),
    "confirmed":      (None,        None,       None,      None,        "pending", "cancelled", "arrived", "ready_to_start", "completed", "no_show"),
    "arrived":        (None,        None,       None,      None,        None,      "cancelled", None,      "ready_to_start", "completed", "no_show"),
    "ready_to_start": (None,        None,       None,      None,        None,      "cancelled", None,      None,             "completed", "no_show"),
    "completed":      (None,) * 10,
    "cancelled":      (None,) * 10,
    "no_show":        (None,) * 10,
    "declined":       (None,) * 10,
    "expired":        (None,) * 10,
}
PAIRS = [(state, verb, TABLE[state][n]) for state in TABLE for n, verb in enumerate(VERBS)]


def test_the_table_covers_every_state_and_verb_there_is():
    assert set(TABLE) == STATES
    assert {verb for _, verb in TRANSITIONS} == set(VERBS)
    assert len(PAIRS) == 90


@pytest.mark.parametrize(("state", "verb", "expected"), PAIRS)
def test_state_and_verb(state, verb, expected):
    if expected is not None:
        assert after(state, verb) == expected
        return
    with pytest.raises(Refused) as refused:
        after(state, verb)
    assert refused.value.code == ("closed" if state in CLOSED else "not_allowed")
    assert refused.value.facts["state"] == state
    assert state in CLOSED or refused.value.facts == {"state": state, "verb": verb}


def test_states_hold_a_slot_or_are_closed():
    assert HOLDING == {"pending", "confirmed", "arrived", "ready_to_start"}
    assert CLOSED == {"completed", "cancelled", "no_show", "declined", "expired"}
    assert CHECKED_IN == {"arrived", "ready_to_start"}
    assert all(target in STATES for target in TRANSITIONS.values())


@pytest.mark.parametrize(("state", "verb"), [("confirmed", "fly"), ("nowhere", "cancel"), ("confirmed", "")])
def test_unknown_words_are_refused(state, verb):
    with pytest.raises(Refused):
        after(state, verb)


def test_a_refusal_has_a_known_code():
    assert len(CODES) == len(set(CODES)) == 15
    with pytest.raises(ValueError, match="no_idea"):
        Refused("no_idea")


def test_a_decision_that_is_not_allowed_raises_its_reason_and_facts():
    Decision(True).require()
    with pytest.raises(Refused) as refused:
        Decision(False, "too_late", facts={"kind": "cancel"}).require()
    assert (refused.value.code, refused.value.facts) == ("too_late", {"kind": "cancel"})
    with pytest.raises(Refused) as refused:
        Decision(False).require()
    assert refused.value.code == "not_allowed"
