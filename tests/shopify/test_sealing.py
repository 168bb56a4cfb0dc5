"""Secrets at rest open only where they were sealed (I64)."""

from __future__ import annotations

import dataclasses

import pytest

from booking import keys
from booking.sealing import Unsealable, by_older_key, seal, unseal


@pytest.fixture(autouse=True)
def _keys(settings):
    keys.configure(settings)
    yield
    keys.configure(settings)


def test_it_opens_for_its_store_and_field_only():
    sealed = seal(1, "access_token", "shpat_1")
    assert unseal(1, "access_token", sealed) == "shpat_1" and "shpat" not in sealed
    for store_id, field in ((2, "access_token"), (1, "refresh_token")):
        with pytest.raises(Unsealable):
            unseal(store_id, field, sealed)


def test_an_altered_ciphertext_does_not_open():
    sealed = seal(1, "f", "secret")
    for place in range(len(sealed)):
        altered = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1:]
        # The last characters of base64 may not all carry bits: what decodes to the same bytes is the same ciphertext.
        try:
            assert unseal(1, "f", altered) == "secret" and place >= len(sealed) - 3
        except Unsealable:
            pass


def test_keys_rotate_without_a_stop(settings):
    sealed = seal(1, "f", "secret")
    keys.configure(dataclasses.replace(settings, secret_key="n" * 40, secret_key_fallbacks=(settings.secret_key,)))
    assert unseal(1, "f", sealed) == "secret" and by_older_key(sealed) and not by_older_key(seal(1, "f", "x"))
    keys.configure(dataclasses.replace(settings, secret_key="n" * 40))
    with pytest.raises(Unsealable):
        unseal(1, "f", sealed)
