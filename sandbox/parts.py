"""The servers a demo stands on: PostgreSQL and Redis, ours or the ones the environment names."""

from __future__ import annotations

import os
from pathlib import Path

from migrations.upgrade import upgrade
from sandbox.calendars.site import CLIENTS
from sandbox.files import kept_port, kept_secret
from sandbox.postgres import Postgres
from sandbox.valkey import Valkey

DATABASE = "opencals"


class Parts:
    """Starts what is not given by DATABASE_URL / REDIS_URL; `environment` is what the app's processes need."""

    def __init__(self, var: Path) -> None:
        self.var = var.resolve()
        self.var.mkdir(parents=True, exist_ok=True)
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self.environment: dict[str, str] = {}

    def start(self) -> Parts:
        """Servers, roles, database, migrations. A second start finds everything in place."""
        env = self.environment
        if os.environ.get("DATABASE_URL"):
            env["DATABASE_URL"] = os.environ["DATABASE_URL"]
            env["OWNER_DATABASE_URL"] = os.environ.get("OWNER_DATABASE_URL", "")
            if not env["OWNER_DATABASE_URL"]:
                raise RuntimeError("DATABASE_URL is set: set OWNER_DATABASE_URL too, migrations run as the owner of the tables.")
        else:
            self.postgres = Postgres(self.var).start()
            self.postgres.prepare(DATABASE)
            env["DATABASE_URL"] = self.postgres.url("opencals_app", DATABASE)
            env["OWNER_DATABASE_URL"] = self.postgres.url("opencals_owner", DATABASE)
        if os.environ.get("REDIS_URL"):
            env["REDIS_URL"] = os.environ["REDIS_URL"]
        else:
            self.valkey = Valkey(self.var).start()
            env["REDIS_URL"] = self.valkey.url
        upgrade(env["OWNER_DATABASE_URL"])
        port, sandbox_port = os.environ.get("PORT", "8000"), os.environ.get("SANDBOX_PORT", "8001")
        env |= {
            "SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}", "SANDBOX_SMTP_PORT": str(self.smtp_port), "DNS_SERVER": f"127.0.0.1:{self.dns_port}", "SANDBOX_DNS_PORT": str(self.dns_port), "SANDBOX_PORT": sandbox_port,
            "OPENCALS_SANDBOX": f"http://127.0.0.1:{sandbox_port}", "SMS_URL": f"http://127.0.0.1:{sandbox_port}", "SMS_ACCOUNT": "ACsandbox",
            "SMS_TOKEN": "sandbox", "SMS_FROM": "+15550100", "SECRET_KEY": kept_secret(self.var / "secret.key"),
            "LINK_KEYS": f"k1:{kept_secret(self.var / 'link.key')}", "BASE_DOMAIN": "localhost", "PUBLIC_SCHEME": "http",
            "SHOPIFY_API_KEY": "sandbox-client-id", "SHOPIFY_API_SECRET": kept_secret(self.var / "shopify.key"),
            "SHOPIFY_BRIDGE_URL": f"http://127.0.0.1:{sandbox_port}/shopify/app-bridge.js",
            "SHOPIFY_ACCOUNTS_BASE": f"http://127.0.0.1:{sandbox_port}/shopify/accounts/{{host}}",
            "SHOPIFY_API_BASE": f"http://127.0.0.1:{sandbox_port}/shopify/api/{{shop}}",
            "PUBLIC_PORT": port, "PORT": port, "ENVIRONMENT": "development", "OPENCALS_VAR": str(self.var)}
        env |= {f"{provider.upper()}_CLIENT_{part}": value for provider, client in CLIENTS.items() for part, value in zip(("ID", "SECRET"), client, strict=True)}
        env |= self._stripe(port, env["OPENCALS_SANDBOX"])
        return self

    def _stripe(self, port: str, sandbox: str) -> dict[str, str]:
        """The account the environment names, or the sandbox's own Stripe."""
        given = {name: value for name, value in os.environ.items() if name.startswith("STRIPE_")}
        if given.get("STRIPE_SECRET_KEY"):
            return given
        return {
            "STRIPE_SECRET_KEY": f"sk_test_{kept_secret(self.var / 'stripe.key', 16)}", "STRIPE_PUBLISHABLE_KEY": "pk_test_sandbox",
            "STRIPE_WEBHOOK_SECRET": f"whsec_{kept_secret(self.var / 'stripe-webhook.key')}", "STRIPE_API_BASE": sandbox,
            "STRIPE_JS_URL": f"{sandbox}/js/stripe.js", "SANDBOX_STRIPE_WEBHOOK": f"http://127.0.0.1:{port}/webhooks/stripe"}

    @property
    def smtp_port(self) -> int:
        return self._port("smtp.port")

    @property
    def dns_port(self) -> int:
        return self._port("dns.port")

    def _port(self, name: str) -> int:
        path = self.var / name
        return int(path.read_text()) if path.exists() else kept_port(path)

    def stop(self) -> None:
        if self.valkey:
            self.valkey.stop()
        if self.postgres:
            self.postgres.stop()
