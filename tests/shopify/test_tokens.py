"""A token opens what it was made for, and nothing else: two right shapes among thousands of wrong ones (R9, I39)."""

from __future__ import annotations

import base64
import json
import time

import pytest

from bench.campaigns.tokens import SECRETS, passes, walk
from booking.shopify_tokens import AdminCaller, CustomerCaller, admin_caller, customer_caller
from tests.shopify.tokens import KEY, OLD_SECRET, SECRET, SHOP, admin_claims, customer_claims, signed

def test_each_kind_is_read_at_its_own_place():
    assert admin_caller(signed(admin_claims()), KEY, SECRETS) == AdminCaller(SHOP, 42)
    assert customer_caller(signed(customer_claims()), KEY, SECRETS) == CustomerCaller(SHOP, "gid://shopify/Customer/7")
    assert customer_caller(signed(customer_claims(dest=f"https://{SHOP}")), KEY, SECRETS).shop == SHOP


def test_neither_is_taken_for_the_other():
    assert not passes(customer_caller, signed(admin_claims())) and not passes(admin_caller, signed(customer_claims()))


def test_without_sub_nobody_is_signed_in():
    assert customer_caller(signed(customer_claims(sub=None)), KEY, SECRETS).customer_gid is None


def test_the_secret_being_rotated_out_still_counts():
    assert passes(admin_caller, signed(admin_claims(), OLD_SECRET)) and not passes(admin_caller, signed(admin_claims(), "x" * 45))


@pytest.mark.parametrize(("late", "good"), [(-60, True), (8, True), (12, False), (3600, False)])
def test_the_leeway_is_ten_seconds_at_the_end(late, good):
    now = int(time.time())
    assert passes(admin_caller, signed(admin_claims(exp=now - late, nbf=now - 4000, iat=now - 4000))) is good


@pytest.mark.parametrize(("early", "good"), [(8, True), (13, False)])
def test_the_leeway_is_ten_seconds_at_the_beginning(early, good):
    assert passes(customer_caller, signed(customer_claims(nbf=int(time.time()) + early))) is good


@pytest.mark.parametrize("name", ["dest", "aud", "exp", "nbf", "iat", "jti", "iss", "sub", "sid"])
def test_every_claim_of_an_admin_token_is_needed(name):
    assert not passes(admin_caller, signed(admin_claims(**{name: None})))


@pytest.mark.parametrize("wrong", [
    {"aud": "other-app"}, {"aud": [KEY]}, {"aud": [KEY, "other"]}, {"dest": "https://evil.example"}, {"dest": f"http://{SHOP}"},
    {"dest": f"https://{SHOP}.evil.example"}, {"dest": f"https://{SHOP}@evil.example"}, {"iss": "https://other.myshopify.com/admin"},
    {"sub": "gid://shopify/Customer/7"}, {"sub": 42}, {"sub": ""}, {"sub": "４２"}, {"sid": ""}, {"dest": [f"https://{SHOP}"]}, {"exp": "soon"}])
def test_wrong_admin_claims(wrong):
    assert not passes(admin_caller, signed(admin_claims(**wrong)))


def test_unsigned_and_other_algorithms_are_refused():
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    body = base64.urlsafe_b64encode(json.dumps(admin_claims()).encode()).rstrip(b"=").decode()
    assert not passes(admin_caller, f"{head}.{body}.") and not passes(admin_caller, signed(admin_claims(), SECRET * 2, algorithm="HS512"))


def test_of_mixed_tokens_only_the_two_right_shapes_pass():
    """20,000 of them: `dev.py bench campaign tokens`."""
    passed, wrong = walk(4_000)
    assert wrong == [] and min(passed.values()) > 40, passed
