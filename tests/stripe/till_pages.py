"""What a customer's browser does at Stripe: type a card, answer the bank."""

from __future__ import annotations

import re

import httpx

from tests.stripe.conftest import Till

GOOD, DECLINED, CHALLENGE, EXPIRED, OTHER = "4242424242424242", "4000000000000002", "4000002500003155", "4000000000000069", "5555555555554444"


def type_card(till: Till, page: str, number: str = GOOD, *, year: str = "40") -> dict:
    """Send the card to Stripe with what the page carries; Stripe's answer."""
    found = dict(re.findall(r'data-(pay|key|account|client)="([^"]*)"', page))
    kind = "setup" if found["pay"] == "setup" else "payment"
    identity = {"Authorization": f"Bearer {found['key']}", "Stripe-Account": found["account"]}
    wanted = found["client"].split("_secret_")[0]
    return httpx.post(f"{till.bank.url}/v1/{kind}_intents/{wanted}/confirm", headers=identity, data={
        "client_secret": found["client"], "payment_method_data[type]": "card", "payment_method_data[card][number]": number,
        "payment_method_data[card][exp_month]": "12", "payment_method_data[card][exp_year]": year, "payment_method_data[card][cvc]": "123"}).json()


def answer_bank(till: Till, page: str, outcome: str = "complete") -> dict:
    found = dict(re.findall(r'data-(key|account|client)="([^"]*)"', page))
    return httpx.post(f"{till.bank.url}/v1/challenges/{found['client'].split('_secret_')[0]}", data={"client_secret": found["client"], "outcome": outcome},
                      headers={"Authorization": f"Bearer {found['key']}", "Stripe-Account": found["account"]}).json()
