"""Someone of the shop at the dashboard, without JavaScript: sends forms as the screens have them."""

from __future__ import annotations

from booking.actions.stores import create_user
from models.actor import SYSTEM
from tests.dashboard.forms import form_at
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

    def fill(self, path: str, status: int = 303, *, open: bool = True, to: str | None = None, **changes):  # noqa: ANN201
        """Open a screen, change fields of its form and send all of it, as a browser would. None leaves a field (a tick) out.

        `open` False fills the form of the page as it stands; `to` is the form's address where it is not the screen's own.
        """
        if open:
            self.get(f"/admin{path}")
        target = f"/admin{to or path}"
        fields = {name: values for name, values in form_at(self.page, target).items()}
        for name, value in changes.items():
            name = name.replace("__", "-")
            if value is None:
                fields.pop(name, None)
            else:
                fields[name] = value if isinstance(value, list) else [value]
        return self._keep(self.client.post(target, base_url=self.origin, data=fields), status)
