"""Each classic forgery of a JSON web token by itself, for both kinds of session token (RFC 8725, R9, I39)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from booking.shopify_tokens import BadToken, admin_caller, customer_caller
from tests.shopify.tokens import KEY, SECRET, admin_claims, customer_claims, signed

READERS = {"admin": (admin_caller, admin_claims), "customer": (customer_caller, customer_claims)}
PAIR = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = PAIR.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = PAIR.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(params=READERS)
def kind(request):
    """(reader, claims): the sound token of the kind is read."""
    reader, claims = READERS[request.param]
    assert reader(signed(claims()), KEY, (SECRET,))
    return reader, claims


def refused(reader, token: str) -> bool:
    with pytest.raises(BadToken):
        reader(token, KEY, (SECRET,))
    return True


def part(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def by_hand(header: dict, claims: dict, secret: str = SECRET) -> str:
    """A token whose header says anything, with a true HMAC-SHA256 below it."""
    told = f"{part(header)}.{part(claims)}"
    return f"{told}.{base64.urlsafe_b64encode(hmac.new(secret.encode(), told.encode(), hashlib.sha256).digest()).rstrip(b'=').decode()}"


def test_the_token_made_by_hand_is_sound(kind):
    reader, claims = kind
    assert reader(by_hand({"alg": "HS256", "typ": "JWT"}, claims()), KEY, (SECRET,))


@pytest.mark.parametrize("aud", ["another-app", "", KEY.upper(), [KEY], [KEY, "another-app"], {KEY: True}, None], ids=repr)
def test_another_audience(kind, aud):
    reader, claims = kind
    assert refused(reader, by_hand({"alg": "HS256"}, {name: value for name, value in claims(aud=aud).items() if value is not None}))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_no_algorithm(kind, alg):
    """Without a signature, and with a true one under a header that says there is none."""
    reader, claims = kind
    assert refused(reader, f"{part({'alg': alg, 'typ': 'JWT'})}.{part(claims())}.") and refused(reader, by_hand({"alg": alg}, claims()))


def test_a_header_without_an_algorithm(kind):
    reader, claims = kind
    assert refused(reader, by_hand({"typ": "JWT"}, claims()))


@pytest.mark.parametrize("alg", ["HS384", "HS512"])
def test_another_length_of_the_same_family(kind, alg):
    reader, claims = kind
    assert refused(reader, signed(claims(), SECRET, algorithm=alg))


def test_rs256_with_a_key_of_ones_own(kind):
    reader, claims = kind
    assert refused(reader, jwt.encode(claims(), PRIVATE, algorithm="RS256"))


def test_rs256_in_the_header_over_a_true_hmac(kind):
    """A reader that picks the algorithm from the header would take our secret for a public key, or the other way round."""
    reader, claims = kind
    assert refused(reader, by_hand({"alg": "RS256", "typ": "JWT"}, claims()))


@pytest.mark.parametrize("secret", [PUBLIC, PUBLIC.strip(), KEY, ""], ids=["public-key", "public-key-stripped", "client-id", "empty"])
def test_hmac_under_what_everybody_knows(kind, secret):
    reader, claims = kind
    assert refused(reader, by_hand({"alg": "HS256"}, claims(), secret))


@pytest.mark.parametrize("header", [{"jwk": {"kty": "oct", "k": "YQ"}}, {"jku": "https://evil.example/keys"}, {"kid": "../../dev/null"}, {"x5u": "https://evil.example"}],
                         ids=lambda header: next(iter(header)))
def test_a_key_the_token_brings_along(kind, header):
    reader, claims = kind
    assert refused(reader, by_hand({"alg": "HS256"} | header, claims(), "a"))


@pytest.mark.parametrize("exp", [None, "", "later", "null", True, [9_999_999_999], 0, -1, 1e400], ids=repr)
def test_an_end_that_is_none(kind, exp):
    reader, claims = kind
    assert refused(reader, by_hand({"alg": "HS256"}, claims(exp=exp)))


@pytest.mark.parametrize("name", ["exp", "nbf", "iat", "aud", "dest", "jti"])
def test_each_claim_both_kinds_need(kind, name):
    reader, claims = kind
    assert refused(reader, signed(claims(**{name: None})))


def test_the_end_is_past(kind):
    reader, claims = kind
    assert refused(reader, signed(claims(exp=int(time.time()) - 3600)))


def test_a_changed_claim_under_the_old_signature(kind):
    reader, claims = kind
    head, _, signature = signed(claims()).split(".")
    assert refused(reader, f"{head}.{part(claims(dest='https://other.myshopify.com'))}.{signature}")
