"""Someone of the shop at the dashboard, without JavaScript: sends forms as the screens have them."""

from __future__ import annotations

from booking.actions.stores import create_user
from models.actor import SYSTEM
from tests.storefront.visitor import Visitor


class Colleague(Visitor):
    """`sign_in(role)` invites the person and signs in with the mailed code."""

    def sign_in(self, role: str = "owner", email: str | None = None) -> Colleague:  # type: ignore[override]
        email = email or f"{role}@example.com"
        create_user(self.world.store_id, SYSTEM, email=email, name=f"Sam {role.title()}", role=role)
        self.enter(email)
        return self

    def enter(self, email: str) -> None:
        self.get("/admin/login")
        self.send("/admin/login", email=email)
        self.get("/admin/login/code")
        self.send("/admin/login/code", code=self.code(email))
