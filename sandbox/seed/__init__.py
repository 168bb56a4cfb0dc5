"""Two believable shops: catalogue through the actions, eighteen months of diary row by row, the next days by real customers."""

from __future__ import annotations

from typing import Any

from booking import keys
from booking.actions.payment_accounts import connect_account
from booking.links import manage_url
from booking.rules.wall_time import use_packaged_zones
from models.actor import SYSTEM
from models.booking_summary import find
from models.session import Database, reading, use
from sandbox.seed.businesses import BUSINESSES
from sandbox.seed.load import load_diary
from sandbox.seed.people import people_of
from sandbox.seed.shop import make_shop
from sandbox.seed.shopify import connect
from sandbox.seed.visits import make_visits
from settings import Settings


def seed(settings: Settings) -> dict[str, Any]:
    """Seed both shops; the `stores` object of demo.json."""
    use_packaged_zones()
    keys.configure(settings)
    database = use(Database(settings.database_url))
    stores = {}
    for business in BUSINESSES:
        shop = make_shop(business)
        if "stripe_account" in business and settings.stripe_api_base:
            connect_account(shop.store_id, SYSTEM, business["stripe_account"])
        people = people_of(business["slug"])
        customers = load_diary(shop, business, people)
        refs = make_visits(shop, business, people, customers)
        if business["kind"] == "shopify":
            connect(shop.store_id, business["shopify_domain"], shop.services, [service["name"] for service in business["services"]])
        stores[business["slug"]] = _facts(shop, business, people, customers, refs)
    database.engine.dispose()
    return stores


def _facts(shop: Any, business: dict[str, Any], people: list, customers: list[int], refs: dict[int, list[str]]) -> dict[str, Any]:
    with reading(shop.store_id) as tx:
        def link(ref: str) -> dict[str, str]:
            b = find(tx, ref)
            assert b is not None
            return {"ref": ref, "manage_url": manage_url(tx, b)}

        listed = [{"email": people[n][1], "bookings": [link(ref) for ref in refs.get(n, [])]}
                  | ({"shopify_id": f"gid://shopify/Customer/{9000000000 + n}"} if business["kind"] == "shopify" else {}) for n in range(len(people))]
    facts: dict[str, Any] = {"merchant_token": shop.token, "users": [{"email": business["owner"][0], "role": "owner"}], "customers": listed}
    if business.get("shopify_domain"):
        facts["shop_domain"] = business["shopify_domain"]
    return facts
