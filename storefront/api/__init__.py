"""The customer JSON API behind the Shopify customer-account extensions (design 4.3): the pages' actions and sentences as JSON."""

from storefront.api import bookings, cancelling, class_waits, moving, offering, profile  # noqa: F401  (they register their routes)
from storefront.api.door import api, blueprint

__all__ = ["api", "blueprint"]
