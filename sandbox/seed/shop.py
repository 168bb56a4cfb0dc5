"""A shop's catalogue, through the same actions the API uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from booking.actions.locations import create_location
from booking.actions.services import create_service
from booking.actions.staff import create_staff
from booking.actions.stores import create_store, create_user
from booking.actions.tokens import create_token
from models.actor import SYSTEM

STORE_FIELDS = ("slug", "name", "kind", "zone", "currency", "locale", "email", "phone", "accent", "staff_noun", "shopify_domain")


@dataclass
class Shop:
    """Ids in the order of the business's lists."""

    store_id: int
    owner: int
    token: str
    locations: list[int]
    staff: list[int]
    services: list[int]


def make_shop(business: dict[str, Any]) -> Shop:
    store_id = create_store(SYSTEM, **{f: business[f] for f in STORE_FIELDS if f in business}, **business["legal"])
    owner = create_user(store_id, SYSTEM, email=business["owner"][0], name=business["owner"][1]).facts["id"]
    token = create_token(store_id, SYSTEM, "demo").facts["token"]
    locations = [create_location(store_id, SYSTEM, name=name, address=address, zone=business["zone"]).facts["id"]
                 for name, address in business["locations"]]
    staff = [create_staff(store_id, SYSTEM, name=name, location_id=locations[place], hours=hours,
                          email=f"{name.split()[0].lower().translate(ASCII)}@{business['email'].split('@')[1]}").facts["id"]
             for name, place, hours in business["staff"]]
    services = [create_service(
        store_id, SYSTEM, name=s["name"], description=s["description"], duration_s=s["minutes"] * 60, step_s=s["step"] * 60,
        buffer_after_s=s["buffer"] * 60, lead_time_s=s["lead"] * 60, horizon_days=s["horizon"], capacity=s["capacity"], price=s["price"],
        deposit=s["deposit"], policy=s["policy"], staff=[staff[n] for n in s["staff"]]).facts["id"] for s in business["services"]]
    return Shop(store_id, owner, token, locations, staff, services)


ASCII = str.maketrans("äöüßıéáñ", "aousiean")
