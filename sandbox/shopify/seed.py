"""The shops of the sandbox: the demo's Shopify store, connected, and an empty one to install the app into."""

from __future__ import annotations

from typing import Any

from sandbox.shopify.shop import Shop, gid

NEW_SHOP = "fresh-studio.myshopify.com"
FIRST_CUSTOMER, FIRST_PRODUCT, FIRST_VARIANT = 9_000_000_000, 7_000_000_000, 7_100_000_000
SEEDED_REFRESH = "shprt_seeded_for_the_demo"
SCOPES = ("read_customers,write_customers,read_customer_merge,read_orders,write_orders,read_products,read_locales,customer_read_customers,"
          "read_store_credit_accounts,read_store_credit_account_transactions,write_store_credit_account_transactions")
CREATED = "2025-06-01T08:00:00Z"


def shops(business: dict[str, Any], people: list[tuple[str, str, str]]) -> dict[str, Shop]:
    """By domain. Customers and variants carry the numbers the demo's database was seeded with."""
    shop = Shop(business["shopify_domain"], 61_000_001, business["name"], business["currency"], business["zone"], business["email"],
                locale=business.get("locale", "en"), owner=business["owner"], installed=True, scopes=SCOPES, refresh={SEEDED_REFRESH: SCOPES})
    for number, (name, email, phone) in enumerate(people):
        first, _, last = name.partition(" ")
        customer_gid = gid("Customer", FIRST_CUSTOMER + number)
        shop.customers[customer_gid] = {
            "id": customer_gid, "firstName": first, "lastName": last, "email": email, "phone": phone, "locale": shop.locale, "verifiedEmail": True,
            "state": "ENABLED", "tags": [], "note": None, "createdAt": CREATED, "updatedAt": CREATED}
    for number, service in enumerate(business["services"]):
        product_gid = gid("Product", FIRST_PRODUCT + number)
        shop.products[product_gid] = {"id": product_gid, "title": service["name"], "status": "ACTIVE", "variants": [
            {"id": gid("ProductVariant", FIRST_VARIANT + number), "title": "Default Title", "price": service["price"]}]}
    fresh = Shop(NEW_SHOP, 61_000_002, "Fresh Studio", "USD", "America/New_York", "hello@fresh-studio.example")
    return {shop.domain: shop, fresh.domain: fresh}
