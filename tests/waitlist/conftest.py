"""The real application, a shop that answers requests itself, and visitors."""

from __future__ import annotations

from tests.storefront.conftest import contents, visitor  # noqa: F401  (fixtures)
