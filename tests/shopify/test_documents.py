"""Every document we send is valid on the Admin API we name, and uses nothing that is going away."""

from __future__ import annotations

import pytest
from graphql import parse, validate
from graphql.validation import NoDeprecatedCustomRule

from gateways.shopify import documents
from sandbox.shopify.schema import admin_schema


@pytest.mark.parametrize("name", sorted(documents.ALL))
def test_it_validates(name):
    document = parse(documents.ALL[name])
    assert validate(admin_schema(), document) == []
    assert validate(admin_schema(), document, [NoDeprecatedCustomRule]) == []


def test_every_document_is_in_the_list():
    named = {value for name, value in vars(documents).items() if name.isupper() and isinstance(value, str) and value.lstrip().startswith(("query", "mutation", "{"))}
    assert named - {documents._MONEY} == set(documents.ALL.values())


def test_a_wrong_document_would_be_found():
    assert validate(admin_schema(), parse("{ shop { nonsense } }")) != []
