"""Two copies of a person's fields: what goes where (I25)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.two_way import FIELDS, full_name, name_parts, plan

T = datetime(2027, 3, 1, 12, tzinfo=UTC)
EARLIER, LATER = T - timedelta(seconds=1), T + timedelta(seconds=1)


@pytest.mark.parametrize(("agreed", "here", "there", "changed", "to_us", "to_them"), [
    ("A", "A", "A", None, False, False),
    ("A", "B", "A", EARLIER, False, True),       # changed here only, although something else changed there later
    ("A", "A", "B", None, True, False),          # changed there only
    ("A", "A", "B", EARLIER, True, False),       # edited here and back, then changed there
    ("A", "A", "B", LATER, False, True),         # changed there, then edited here back to what was agreed
    ("A", "B", "B", LATER, False, False),        # the same on both sides: nothing to do, an echo is no change
    ("A", "B", "C", LATER, False, True),         # both: the later one
    ("A", "B", "C", EARLIER, True, False),
    ("A", "B", "C", T, True, False),             # in the same second theirs: they cannot be asked again
    ("A", None, "A", LATER, False, True),        # taken away here
    ("A", "A", None, None, True, False),         # taken away there
    (..., "B", None, None, False, True),         # never agreed: something is better than nothing
    (..., None, "C", LATER, True, False),
    (..., "B", "C", LATER, False, True),
    (..., "B", "C", EARLIER, True, False),
    (..., "B", "C", None, True, False)])
def test_each_field_by_its_rule(agreed, here, there, changed, to_us, to_them):
    made = plan({} if agreed is ... else {"phone": agreed}, {"phone": here}, {"phone": there}, {} if changed is None else {"phone": changed}, T)
    assert ("phone" in made.to_us, "phone" in made.to_them) == (to_us, to_them)
    if to_us:
        assert made.to_us["phone"] == there == made.agreed["phone"]
    if to_them:
        assert made.to_them["phone"] == here and made.agreed.get("phone", ...) == agreed


@pytest.mark.parametrize("name", ["email", "locale"])
@pytest.mark.parametrize(("here", "there"), [(None, "a"), ("a", None)])
@pytest.mark.parametrize("agreed", ["a", None])
def test_an_address_or_a_language_is_never_taken_away(name, here, there, agreed):
    made = plan({name: agreed}, {name: here}, {name: there}, {name: LATER}, T)
    assert made.to_us.get(name, made.to_them.get(name)) == "a"


value = st.sampled_from([None, "A", "B", "C"])
values = st.fixed_dictionaries({name: value for name in FIELDS})
instants = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from([EARLIER, T, LATER]))


@given(agreed=st.dictionaries(st.sampled_from(FIELDS), value), ours=values, theirs=values, changed=instants)
def test_carried_out_it_leaves_nothing_to_do(agreed, ours, theirs, changed):
    """One round makes both equal; a second round, with whatever was agreed, finds nothing."""
    made = plan(agreed, ours, theirs, changed, T)
    assert not set(made.to_us) & set(made.to_them)
    here, there = ours | made.to_us, theirs | made.to_them
    assert here == there
    again = plan(made.agreed, here, there, changed, LATER)
    assert (again.to_us, again.to_them, again.agreed) == ({}, {}, here)


@given(st.text(max_size=100))
def test_a_name_in_two_parts_is_the_same_name(name):
    whole = full_name(name, None)
    assert full_name(*name_parts(whole)) == whole
