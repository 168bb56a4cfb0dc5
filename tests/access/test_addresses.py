"""One canonical form for each address, and masks that show little (R6, I40)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.addresses import canonical_email, canonical_phone, first_name, mask_address, mask_email, mask_phone
from booking.rules.decision import Refused


@pytest.mark.parametrize(("typed", "canonical"), [
    ("ada@example.com", "ada@example.com"), (" ADA@Example.COM ", "ada@example.com"), ("a.d.a+x@example.com", "a.d.a+x@example.com"),
    ("ada@bücher.example", "ada@xn--bcher-kva.example"), ("ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
    ("ada@straße.example", "ada@xn--strae-oqa.example"), ("o'neil@example.com", "o'neil@example.com")])
def test_one_form_for_each_mailbox(typed, canonical):
    assert canonical_email(typed) == canonical and canonical_email(canonical) == canonical


@pytest.mark.parametrize("typed", ["", "ada", "@example.com", "ada@", "a@b@example.com", "ada@example", "a b@example.com", "ada@example.com\nBcc: x@y.com",
                                   "ada@example.com,eve@example.com", "Ada <ada@example.com>", "ada@[127.0.0.1]", "ada..b@example.com",
                                   "x" * 65 + "@example.com", "ada@" + "x" * 250 + ".com", "аda@example.com", "ada@-x.com"])
def test_what_cannot_receive_mail_is_refused(typed):
    with pytest.raises(Refused) as caught:
        canonical_email(typed)
    assert (caught.value.code, caught.value.facts["field"]) == ("invalid", "email")


@given(st.text(max_size=80))
def test_any_text_is_refused_or_has_a_stable_plain_form(typed):
    try:
        canonical = canonical_email(typed)
    except Refused:
        return
    assert canonical == canonical_email(canonical) == canonical.lower() and canonical.isascii() and canonical.count("@") == 1


@pytest.mark.parametrize(("typed", "region", "canonical"), [
    ("+1 (212) 555-0101", None, "+12125550101"), ("212 555 0101", "US", "+12125550101"), ("030 901820", "DE", "+4930901820")])
def test_phones_in_e164(typed, region, canonical):
    assert canonical_phone(typed, region) == canonical == canonical_phone(canonical, None)


@pytest.mark.parametrize("typed", ["", "12", "not a number", "212 555 0101", "+999"])
def test_other_phones_are_refused(typed):
    with pytest.raises(Refused):
        canonical_phone(typed, None)


def test_masks():
    assert [mask_email(x) for x in ("jane@example.com", "", None)] == ["j•••@example.com", "", ""]
    assert [mask_address(x) for x in ("7 Pier Road", "Kai 3", "Q", "")] == ["7 P•••", "Kai•••", "Q•••", ""]
    assert (mask_phone("+12125550101"), mask_phone(None), first_name("Ada  Byron"), first_name(" ")) == ("••• 01", "", "Ada", "")
