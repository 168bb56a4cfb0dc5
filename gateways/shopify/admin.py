"""Admin GraphQL of one shop: gql over our own transport, which keeps the HTTP status and the cost of every answer."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport import Transport
from gql.transport.exceptions import TransportQueryError
from graphql import DocumentNode, ExecutionResult, print_ast
from graphql import parse as parse_document

from gateways.shopify.documents import API_VERSION
from gateways.shopify.pace import Pace
from gateways.shopify.wire import Busy, Drift, ScopeMissing, Unauthorized, UserErrors, check, post

THROTTLED_TRIES = 6
LONGEST_WAIT_SECONDS = 20.0


class _Wire(Transport):
    """One POST a request; statuses are errors of ours before GraphQL is looked at."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.headers = url, {"X-Shopify-Access-Token": token, "Accept": "application/json"}

    def execute(self, request: GraphQLRequest, *args: Any, **kwargs: Any) -> ExecutionResult:
        response = post(self.url, {"query": _text(request.document), "variables": request.variable_values or {}}, self.headers)
        check(response)
        try:
            body = response.json()
        except ValueError as error:
            raise Drift("the answer is no JSON") from error
        if not isinstance(body, dict) or (body.get("data") is None and not body.get("errors")):
            raise Drift("the answer is no GraphQL")
        return ExecutionResult(data=body.get("data"), errors=body.get("errors"), extensions=body.get("extensions"))  # type: ignore[arg-type]


class Admin:
    """Runs documents for one shop. Throttling is waited out, with jitter and an end; everything else is the caller's to judge."""

    def __init__(self, base: str, shop: str, token: str, pace: Pace, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.pace, self.sleep = pace, sleep
        url = f"{base.format(shop=shop)}/admin/api/{API_VERSION}/graphql.json"
        self.session = Client(transport=_Wire(url, token), fetch_schema_from_transport=False).connect_sync()

    def run(self, document: str, **variables: Any) -> dict[str, Any]:
        """`data` of the answer. Raises a ShopifyError; fields refused to us (null with an error beside) count as ScopeMissing."""
        parsed = _parsed(document)
        name = _name(parsed)
        for attempt in range(THROTTLED_TRIES):
            reserved = self.pace.before(name)
            try:
                try:
                    result = self.session.execute(GraphQLRequest(parsed, variable_values=variables), get_execution_result=True)
                finally:
                    self.pace.landed(reserved)
            except TransportQueryError as refused:
                wait = self.pace.learn(name, (refused.extensions or {}).get("cost"))
                self._judge(refused.errors)
            else:
                self.pace.learn(name, (result.extensions or {}).get("cost"))
                return result.data or {}
            if attempt + 1 < THROTTLED_TRIES:
                self.sleep(min(LONGEST_WAIT_SECONDS, max(wait, 0.05 * 2**attempt) * random.uniform(1.0, 1.3)))
        raise Busy("throttled")

    def change(self, document: str, **variables: Any) -> dict[str, Any]:
        """Run a mutation of one root field; its payload. UserErrors when Shopify refuses it."""
        data = self.run(document, **variables)
        payload = next(iter(data.values()), None)
        if not isinstance(payload, dict):
            raise Drift("a mutation without a payload")
        errors = payload.get("userErrors") or payload.get("orderCancelUserErrors")
        if errors:
            raise UserErrors(errors)
        return payload

    @staticmethod
    def _judge(errors: Any) -> None:
        """Return only when the call was throttled."""
        if not isinstance(errors, list):
            raise Drift(str(errors)[:200])
        codes = {(error.get("extensions") or {}).get("code") for error in errors}
        if codes == {"THROTTLED"}:
            return
        if "ACCESS_DENIED" in codes:
            raise ScopeMissing(str(errors[0].get("message"))[:200])
        if "UNAUTHORIZED" in codes:
            raise Unauthorized("graphql")
        raise Drift(str(errors[0].get("message"))[:200])


@lru_cache(maxsize=100)
def _parsed(document: str) -> DocumentNode:
    return parse_document(document)


@lru_cache(maxsize=100)
def _text(document: DocumentNode) -> str:
    return print_ast(document)


def _name(document: DocumentNode) -> str:
    named = document.definitions[0].name  # type: ignore[attr-defined]
    return named.value if named else ""
