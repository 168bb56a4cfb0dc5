"""The sandbox's Stripe answers the real SDK like the real one: state, idempotency, cards, refunds, faults, events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import stripe

from sandbox.stripe.events import Events
from sandbox.stripe.state import State
from tests.stripe.conftest import ACCOUNT, WEBHOOK_SECRET, Bank

CARD = {"payment_method_data[type]": "card", "payment_method_data[card][exp_month]": "12", "payment_method_data[card][exp_year]": "40",
        "payment_method_data[card][cvc]": "123"}
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def paid(bank: Bank, amount: int = 5000, method: str = "pm_card_visa", currency: str = "usd"):
    return bank.client().v1.payment_intents.create({
        "amount": amount, "currency": currency, "payment_method": method, "confirm": True, "off_session": True, "metadata": {"a": "b"}})


def in_browser(bank: Bank, intent, number: str, kind: str = "setup", secret: str | None = None) -> httpx.Response:
    """What the page's script sends after someone typed a card."""
    return httpx.post(f"{bank.url}/v1/{kind}_intents/{intent.id}/confirm",
                      data=CARD | {"payment_method_data[card][number]": number, "client_secret": secret or intent.client_secret},
                      headers={"Authorization": "Bearer pk_test_sandbox", "Stripe-Account": ACCOUNT})


class TestCards:
    def setup_of(self, bank):
        client = bank.client()
        customer = client.v1.customers.create({"email": "ada@example.com", "metadata": {"customer": "1"}})
        return client, customer, client.v1.setup_intents.create({
            "customer": customer.id, "usage": "off_session", "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}})

    def test_a_typed_card_is_saved_and_can_be_removed(self, bank):
        client, customer, intent = self.setup_of(bank)
        assert in_browser(bank, intent, "4242 4242 4242 4242").json()["status"] == "succeeded"
        saved = client.v1.customers.payment_methods.list(customer.id).data
        assert [(m.card.brand, m.card.last4, m.card.exp_year) for m in saved] == [("visa", "4242", 2040)]
        client.v1.payment_methods.detach(saved[0].id)
        assert client.v1.customers.payment_methods.list(customer.id).data == []
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.payment_methods.detach(saved[0].id)

    @pytest.mark.parametrize(("number", "code"), [("4000000000000002", "card_declined"), ("4000000000000069", "expired_card"),
                                                  ("4242424242424241", "incorrect_number")])
    def test_a_bad_card_is_refused_in_the_page(self, bank, number, code):
        client, customer, intent = self.setup_of(bank)
        answer = in_browser(bank, intent, number)
        assert (answer.status_code, answer.json()["error"]["code"]) == (402, code)
        assert client.v1.setup_intents.retrieve(intent.id).status == "requires_payment_method"
        assert client.v1.customers.payment_methods.list(customer.id).data == []

    @pytest.mark.parametrize(("outcome", "status"), [("complete", "succeeded"), ("fail", "requires_payment_method")])
    def test_a_challenge_is_answered(self, bank, outcome, status):
        client, _, intent = self.setup_of(bank)
        assert in_browser(bank, intent, "4000002500003155").json()["status"] == "requires_action"
        httpx.post(f"{bank.url}/v1/challenges/{intent.id}", data={"client_secret": intent.client_secret, "outcome": outcome},
                   headers={"Authorization": "Bearer pk_test_sandbox", "Stripe-Account": ACCOUNT})
        assert client.v1.setup_intents.retrieve(intent.id).status == status

    def test_a_browser_needs_the_client_secret_and_gets_no_other_operation(self, bank):
        _, customer, intent = self.setup_of(bank)
        assert in_browser(bank, intent, "4242424242424242", secret="seti_x_secret_y").status_code == 404
        answer = httpx.get(f"{bank.url}/v1/customers/{customer.id}", headers={"Authorization": "Bearer pk_test_sandbox", "Stripe-Account": ACCOUNT})
        assert answer.status_code == 403

    def test_off_session_a_challenge_card_is_declined(self, bank):
        with pytest.raises(stripe.CardError) as caught:
            paid(bank, method="pm_card_authenticationRequired")
        assert caught.value.code == "authentication_required"


class TestRefunds:
    def test_never_more_than_captured(self, bank):
        client, intent = bank.client(), paid(bank)
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 4000})
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.refunds.create({"payment_intent": intent.id, "amount": 1001})
        assert caught.value.code == "amount_too_large"
        client.v1.refunds.create({"payment_intent": intent.id})
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.refunds.create({"payment_intent": intent.id, "amount": 1})
        assert caught.value.code == "charge_already_refunded"
        assert [r.amount for r in client.v1.refunds.list({"payment_intent": intent.id}).data] == [1000, 4000]
        assert httpx.get(f"{bank.url}/stripe/refunds.json").json()[0]["amount"] == 1000

    def test_a_late_failure_gives_the_money_back_to_the_shop(self, bank):
        client, intent = bank.client(), paid(bank, method="pm_card_pendingRefund")
        refund = client.v1.refunds.create({"payment_intent": intent.id})
        assert refund.status == "pending"
        httpx.post(f"{bank.url}/stripe/refunds/{refund.id}", json={"status": "failed"})
        assert client.v1.refunds.retrieve(refund.id).status == "failed"
        assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 5000
        assert [e["type"] for e in bank.events("refund.failed", "charge.refund.updated")] == ["refund.failed", "charge.refund.updated"]

    def test_three_decimal_currencies_go_in_steps_of_ten(self, bank):
        with pytest.raises(stripe.InvalidRequestError):
            paid(bank, 12345, currency="kwd")
        assert paid(bank, 12340, currency="kwd").status == "succeeded"


class TestIdempotency:
    def test_the_same_key_gives_the_first_answer_for_a_day_of_its_clock(self, bank):
        bank.moment.append(NOW)
        client, intent = bank.client(), paid(bank)
        again = lambda: client.v1.refunds.create({"payment_intent": intent.id, "amount": 100}, {"idempotency_key": "k1"}).id  # noqa: E731
        first = again()
        bank.moment.append(NOW + timedelta(hours=24) - timedelta(seconds=1))
        assert again() == first
        bank.moment.append(NOW + timedelta(hours=24))
        assert again() != first and len(bank.all("refund")) == 2

    def test_another_request_under_the_same_key_is_an_error(self, bank):
        client, intent = bank.client(), paid(bank)
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 100}, {"idempotency_key": "k1"})
        with pytest.raises(stripe.IdempotencyError):
            client.v1.refunds.create({"payment_intent": intent.id, "amount": 101}, {"idempotency_key": "k1"})


class TestRequests:
    @pytest.mark.parametrize(("given", "code"), [
        ({"amount": 1, "currency": "usd", "colour": "red"}, "parameter_unknown"), ({"currency": "usd"}, "parameter_missing"),
        ({"amount": "many", "currency": "usd"}, "parameter_invalid"),
        ({"amount": 1, "currency": "usd", "automatic_payment_methods": {"enabled": True, "colour": "red"}}, "parameter_unknown")])
    def test_only_what_the_sdk_knows_is_taken(self, bank, given, code):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            bank.client().v1.payment_intents.create(given)
        assert caught.value.code == code and bank.all("payment_intent") == []

    def test_objects_are_unknown_to_other_accounts(self, bank):
        intent = paid(bank)
        for account in (None, "acct_other"):
            with pytest.raises(stripe.InvalidRequestError) as caught:
                bank.client(account).v1.payment_intents.retrieve(intent.id)
            assert caught.value.code == "resource_missing"

    def test_lists_come_in_pages(self, bank):
        client = bank.client()
        ids = [client.v1.customers.create({"name": str(n)}).id for n in range(3)]
        first = client.v1.events.list({"limit": 2, "type": "customer.created"})
        assert first.has_more and [e.data.object["id"] for e in first.data] == [ids[2], ids[1]]
        assert [e.data.object["id"] for e in first.auto_paging_iter()] == ids[::-1]


class TestFaults:
    def test_a_lost_answer_after_the_effect(self, bank):
        client, intent = bank.client(), paid(bank)
        bank.faults.order("stripe", "timeout_after_effect", 1)
        with pytest.raises(stripe.APIConnectionError):
            client.v1.refunds.create({"payment_intent": intent.id, "amount": 100}, {"idempotency_key": "k1"})
        assert len(bank.all("refund")) == 1
        assert client.v1.refunds.create({"payment_intent": intent.id, "amount": 100}, {"idempotency_key": "k1"}).id == bank.all("refund")[0]["id"]

    @pytest.mark.parametrize(("mode", "error"), [("down", stripe.APIConnectionError), ("5xx", stripe.APIError), ("throttled", stripe.RateLimitError)])
    def test_other_faults_have_no_effect(self, bank, mode, error):
        client, intent = bank.client(), paid(bank)
        bank.faults.order("stripe", mode, 1)
        with pytest.raises(error):
            client.v1.refunds.create({"payment_intent": intent.id, "amount": 100}, {"idempotency_key": "k1"})
        assert bank.all("refund") == []


class TestEvents:
    def test_deliveries_are_signed_and_repeated_until_taken(self, tmp_path):
        from http.server import BaseHTTPRequestHandler, HTTPServer
        import threading

        got: list[stripe.Event] = []
        answers = [500, 200]

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append(stripe.Webhook.construct_event(body, self.headers["Stripe-Signature"], WEBHOOK_SECRET))
                self.send_response(answers.pop(0))
                self.end_headers()

            def log_message(self, *args): ...

        server = HTTPServer(("127.0.0.1", 0), Hook)
        thread = threading.Thread(target=lambda: [server.handle_request() for _ in range(2)])
        thread.start()
        state = State(tmp_path / "stripe.jsonl")
        Events(state, f"http://127.0.0.1:{server.server_port}/", WEBHOOK_SECRET).emit(ACCOUNT, "refund.failed", {"id": "re_1", "object": "refund", "_key": "x"})
        thread.join(10)
        server.server_close()
        assert [(e.type, e.account) for e in got] == [("refund.failed", ACCOUNT)] * 2 and got[0].id == got[1].id
        assert got[0].data.object.to_dict() == {"id": "re_1", "object": "refund"}

    def test_state_outlives_a_restart(self, tmp_path):
        state = State(tmp_path / "stripe.jsonl")
        made = state.new(ACCOUNT, "customer", email="ada@example.com")
        assert State(tmp_path / "stripe.jsonl").get(ACCOUNT, "customer", made["id"]) == made
