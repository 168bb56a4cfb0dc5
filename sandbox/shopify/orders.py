"""Orders of a shop: placed, paid, refunded, edited, cancelled."""

from __future__ import annotations

from typing import Any

from booking.rules.money import exponent, split
from sandbox.shopify.shop import Shop, Trouble, number_of


def add_product(shop: Shop, title: str, price: int) -> dict[str, Any]:
    """A product with one variant."""
    product_gid, variant_gid = shop.new("Product"), shop.new("ProductVariant")
    with shop.lock:
        shop.products[product_gid] = {"id": product_gid, "title": title, "status": "ACTIVE",
                                      "variants": [{"id": variant_gid, "title": "Default Title", "price": price}]}
    shop.changed("products/create", {"id": number_of(product_gid), "admin_graphql_api_id": product_gid, "title": title})
    return shop.products[product_gid]


def place(shop: Shop, customer_gid: str | None, lines: list[dict[str, Any]], *, paid: bool = True) -> dict[str, Any]:
    """`lines`: {title, price, quantity, variant, product, attributes: {key: value}, tax}. Prices of one piece, in minor units."""
    at, order_gid = shop.instant(), shop.new("Order")
    made_lines = [{"id": shop.new("LineItem"), "title": line["title"], "price": line["price"], "quantity": line.get("quantity", 1),
                   "current": line.get("quantity", 1), "refunded": 0, "variant": line.get("variant"), "tax": line.get("tax", 0),
                   "attributes": [{"key": key, "value": value} for key, value in line.get("attributes", {}).items()]} for line in lines]
    customer = shop.customers.get(customer_gid or "")
    with shop.lock:
        order = {"id": order_gid, "name": f"#{1001 + len(shop.orders)}", "createdAt": at, "updatedAt": at, "processedAt": at, "cancelledAt": None,
                 "email": customer and customer["email"], "phone": None, "customer": customer_gid, "lines": made_lines, "refunds": [],
                 "transactions": [], "tags": [], "note": None, "edited": False, "status": "PENDING"}
        shop.orders[order_gid] = order
        if paid:
            _capture(shop, order)
    _tell(shop, "orders/create", order)
    if paid:
        _tell(shop, "orders/paid", order)
    return order


def pay(shop: Shop, order_gid: str) -> None:
    with shop.lock:
        order = shop.orders[order_gid]
        _capture(shop, order)
        order["updatedAt"] = shop.instant()
    _tell(shop, "orders/paid", order)


def total(line: dict[str, Any], quantity: int | None = None) -> int:
    """What a line costs with its tax."""
    quantity = line["quantity"] if quantity is None else quantity
    return line["price"] * quantity + (split(line["tax"], [quantity, line["quantity"] - quantity])[0] if line["tax"] else 0)


def captured(order: dict[str, Any]) -> int:
    return sum(t["amount"] for t in order["transactions"])


def given_back(order: dict[str, Any]) -> int:
    return sum(t["amount"] for refund in order["refunds"] for t in refund["transactions"])


def refund(shop: Shop, order_gid: str, *, lines: list[tuple[str, int]], amount: int | None, note: str | None = None) -> dict[str, Any]:
    """Refund pieces of lines, and money: what they cost unless said otherwise. Trouble beyond what was captured."""
    with shop.lock:
        order = _order(shop, order_gid)
        parts = []
        for line_gid, quantity in lines:
            line = next((line for line in order["lines"] if line["id"] == line_gid), None)
            if line is None or quantity > line["quantity"] - line["refunded"]:
                raise Trouble(["refundLineItems"], "Quantity cannot refund more items than were purchased")
            parts.append({"line": line_gid, "quantity": quantity, "amount": total(line, quantity), "tax": total(line, quantity) - line["price"] * quantity})
        amount = sum(part["amount"] for part in parts) if amount is None else amount
        if amount > captured(order) - given_back(order):
            raise Trouble(["transactions"], f"Refund amount exceeds the maximum refundable of {text(shop, captured(order) - given_back(order))}")
        for part in parts:
            line = next(line for line in order["lines"] if line["id"] == part["line"])
            line["refunded"] += part["quantity"]
            line["current"] -= part["quantity"]
        made = {"id": shop.new("Refund"), "createdAt": shop.instant(), "note": note, "lines": parts,
                "transactions": [{"id": shop.new("OrderTransaction"), "amount": amount, "status": "SUCCESS"}] if amount else []}
        order["refunds"].append(made)
        order["updatedAt"] = shop.instant()
        order["status"] = "REFUNDED" if given_back(order) == captured(order) and captured(order) else "PARTIALLY_REFUNDED"
    shop.changed("refunds/create", {"id": number_of(made["id"]), "admin_graphql_api_id": made["id"], "order_id": number_of(order_gid)})
    _tell(shop, "orders/updated", order)
    return made


def cancel(shop: Shop, order_gid: str, *, give_back: bool) -> None:
    with shop.lock:
        order = _order(shop, order_gid)
        if order["cancelledAt"]:
            raise Trouble(["orderId"], "Order has already been cancelled")
        order["cancelledAt"] = order["updatedAt"] = shop.instant()
    left = captured(order) - given_back(order)
    if give_back and left:
        refund(shop, order_gid, lines=[(line["id"], line["quantity"] - line["refunded"]) for line in order["lines"]
                                       if line["quantity"] > line["refunded"]], amount=left)
    _tell(shop, "orders/cancelled", order)
    _tell(shop, "orders/updated", order)


def remove_line(shop: Shop, order_gid: str, line_gid: str) -> None:
    """An order edit that takes a line out, without giving money back."""
    with shop.lock:
        order = _order(shop, order_gid)
        next(line for line in order["lines"] if line["id"] == line_gid)["current"] = 0
        order["edited"], order["updatedAt"] = True, shop.instant()
    _tell(shop, "orders/updated", order)


def annotate(shop: Shop, order_gid: str, *, note: str | None = None, tags: list[str] | None = None) -> dict[str, Any]:
    with shop.lock:
        order = _order(shop, order_gid)
        if note is not None:
            order["note"] = note
        order["tags"] = sorted(set(order["tags"]) | set(tags or []))
        order["updatedAt"] = shop.instant()
    _tell(shop, "orders/updated", order)
    return order


def text(shop: Shop, amount: int) -> str:
    """Minor units as Shopify writes money: `12.5` has no meaning there, `12.50` has."""
    digits = exponent(shop.currency)
    return f"{amount / 10**digits:.{digits}f}"


def minor(shop: Shop, amount: str) -> int:
    return round(float(amount) * 10 ** exponent(shop.currency))


def _order(shop: Shop, order_gid: str) -> dict[str, Any]:
    order = shop.orders.get(order_gid)
    if order is None:
        raise Trouble(["orderId"], "Order does not exist")
    return order


def _capture(shop: Shop, order: dict[str, Any]) -> None:
    amount = sum(total(line) for line in order["lines"]) - captured(order)
    if amount > 0:
        order["transactions"].append({"id": shop.new("OrderTransaction"), "amount": amount, "gateway": "shopify_payments"})
    order["status"] = "PAID"


def _tell(shop: Shop, topic: str, order: dict[str, Any]) -> None:
    shop.changed(topic, {"id": number_of(order["id"]), "admin_graphql_api_id": order["id"], "name": order["name"],
                         "updated_at": order["updatedAt"], "cancelled_at": order["cancelledAt"]})
