"""Every environment variable, read once; all problems are reported together at start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


class SettingsError(Exception):
    """The environment cannot run the product. `problems` has one sentence for each thing to mend."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    """What the product needs to know about where it runs.

    `link_keys` maps key ids to secrets, newest first: the first signs, all verify (I34).
    `sandbox_url` is set only by the demo and tests; it never stands beside `environment == "production"`.
    """

    database_url: str
    redis_url: str
    secret_key: str
    link_keys: tuple[tuple[str, bytes], ...]
    smtp_url: str
    mail_from: str = "bookings@opencals.com"
    base_domain: str = "opencals.com"
    scheme: str = "https"
    port: int | None = None
    environment: str = "production"
    owner_database_url: str | None = None
    secret_key_fallbacks: tuple[str, ...] = ()
    sandbox_url: str | None = None
    sms_url: str | None = None
    sms_account: str | None = None
    sms_token: str | None = field(default=None, repr=False)
    sms_from: str | None = None
    dns_server: str | None = None
    shopify_api_key: str | None = None
    shopify_api_secret: str | None = field(default=None, repr=False)
    shopify_old_secret: str | None = field(default=None, repr=False)
    shopify_api_base: str = "https://{shop}"
    shopify_accounts_base: str = "https://{host}"
    shopify_bridge_url: str = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
    stripe_secret_key: str | None = field(default=None, repr=False)
    stripe_publishable_key: str | None = None
    stripe_webhook_secret: str | None = field(default=None, repr=False)
    stripe_api_base: str | None = None
    stripe_js_url: str = "https://js.stripe.com/endive/stripe.js"
    google_client_id: str | None = None
    google_client_secret: str | None = field(default=None, repr=False)
    microsoft_client_id: str | None = None
    microsoft_client_secret: str | None = field(default=None, repr=False)
    proxy_hops: int = 0
    log_level: str = "INFO"
    zone_data_at_least: str = "2026f"

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """As itsdangerous takes them: the one that signs is the last."""
        return (*reversed(self.secret_key_fallbacks), self.secret_key)

    @property
    def secure(self) -> bool:
        """Cookies carry `Secure` and the `__Host-` prefix exactly when pages are served over https."""
        return self.scheme == "https"

    @property
    def shopify_secrets(self) -> tuple[str, ...]:
        """The app's client secret, then the one being rotated out; none when Shopify is off."""
        return tuple(filter(None, (self.shopify_api_secret, self.shopify_old_secret)))

    @property
    def stripe_test_mode(self) -> bool:
        """Whether Stripe's keys move test money only."""
        return (self.stripe_secret_key or "").startswith("sk_test_")

    def origin(self, host: str) -> str:
        """`https://host`, with the port where one is configured. Hosts come from the database only (I43)."""
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port else "")

    def store_host(self, slug: str) -> str:
        return f"{slug}.{self.base_domain}"

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read `env` (default: the process environment) or raise SettingsError naming every problem."""
        read = _Reader(os.environ if env is None else env)
        settings = cls(
            database_url=read.url("DATABASE_URL", ("postgresql",)),
            owner_database_url=read.url("OWNER_DATABASE_URL", ("postgresql",), required=False),
            redis_url=read.url("REDIS_URL", ("redis", "rediss", "unix")),
            smtp_url=read.url("SMTP_URL", ("smtp", "smtps")),
            secret_key=read.secret("SECRET_KEY"),
            secret_key_fallbacks=tuple(filter(None, read.text("SECRET_KEY_FALLBACKS", "").split(","))),
            link_keys=read.keys("LINK_KEYS"),
            mail_from=read.text("MAIL_FROM", cls.mail_from),
            base_domain=read.text("BASE_DOMAIN", cls.base_domain).lower(),
            scheme=read.choice("PUBLIC_SCHEME", ("https", "http"), cls.scheme),
            port=read.number("PUBLIC_PORT"),
            environment=read.choice("ENVIRONMENT", ("production", "development", "test"), cls.environment),
            sandbox_url=read.url("OPENCALS_SANDBOX", ("http",), required=False),
            sms_url=read.url("SMS_URL", ("https", "http"), required=False),
            sms_account=read.text("SMS_ACCOUNT", None),
            sms_token=read.text("SMS_TOKEN", None),
            sms_from=read.text("SMS_FROM", None),
            dns_server=read.address("DNS_SERVER"),
            shopify_api_key=read.text("SHOPIFY_API_KEY", None),
            shopify_api_secret=read.text("SHOPIFY_API_SECRET", None),
            shopify_old_secret=read.text("SHOPIFY_API_OLD_SECRET", None),
            shopify_api_base=read.text("SHOPIFY_API_BASE", cls.shopify_api_base),
            shopify_accounts_base=read.text("SHOPIFY_ACCOUNTS_BASE", cls.shopify_accounts_base),
            shopify_bridge_url=read.url("SHOPIFY_BRIDGE_URL", ("https", "http"), required=False) or cls.shopify_bridge_url,
            stripe_secret_key=read.text("STRIPE_SECRET_KEY", None),
            stripe_publishable_key=read.text("STRIPE_PUBLISHABLE_KEY", None),
            stripe_webhook_secret=read.text("STRIPE_WEBHOOK_SECRET", None),
            stripe_api_base=read.url("STRIPE_API_BASE", ("https", "http"), required=False),
            stripe_js_url=read.url("STRIPE_JS_URL", ("https", "http"), required=False) or cls.stripe_js_url,
            google_client_id=read.text("GOOGLE_CLIENT_ID", None),
            google_client_secret=read.text("GOOGLE_CLIENT_SECRET", None),
            microsoft_client_id=read.text("MICROSOFT_CLIENT_ID", None),
            microsoft_client_secret=read.text("MICROSOFT_CLIENT_SECRET", None),
            proxy_hops=read.number("PROXY_HOPS") or 0,
            log_level=read.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), cls.log_level),
        )
        if settings.environment == "production":
            if settings.sandbox_url:
                read.problems.append("OPENCALS_SANDBOX must not be set in production.")
            if settings.scheme != "https":
                read.problems.append("PUBLIC_SCHEME must be https in production.")
        if settings.sms_url and not (settings.sms_account and settings.sms_token and settings.sms_from):
            read.problems.append("SMS_URL needs SMS_ACCOUNT, SMS_TOKEN and SMS_FROM.")
        if bool(settings.shopify_api_key) != bool(settings.shopify_api_secret):
            read.problems.append("SHOPIFY_API_KEY and SHOPIFY_API_SECRET belong together.")
        if settings.environment == "production" and (settings.shopify_api_base, settings.shopify_accounts_base, settings.shopify_bridge_url) != (
                cls.shopify_api_base, cls.shopify_accounts_base, cls.shopify_bridge_url):
            read.problems.append("SHOPIFY_API_BASE, SHOPIFY_ACCOUNTS_BASE and SHOPIFY_BRIDGE_URL are for the sandbox only.")
        stripe = (settings.stripe_secret_key, settings.stripe_publishable_key, settings.stripe_webhook_secret)
        if any(stripe) and not all(stripe):
            read.problems.append("Stripe needs STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET together.")
        if settings.environment == "production" and (settings.stripe_api_base or "https:").split(":")[0] != "https":
            read.problems.append("STRIPE_API_BASE must be https in production.")
        for name, pair in (("GOOGLE", (settings.google_client_id, settings.google_client_secret)),
                           ("MICROSOFT", (settings.microsoft_client_id, settings.microsoft_client_secret))):
            if any(pair) and not all(pair):
                read.problems.append(f"{name}_CLIENT_ID and {name}_CLIENT_SECRET belong together.")
        if read.problems:
            raise SettingsError(read.problems)
        return settings


class _Reader:
    """Reads variables and collects what is wrong instead of stopping at the first."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[str] = []

    def text(self, name: str, default: str | None) -> str | None:
        return self.env.get(name, "").strip() or default

    def url(self, name: str, schemes: tuple[str, ...], *, required: bool = True) -> str | None:
        value = self.text(name, None)
        if value is None:
            if required:
                self.problems.append(f"{name} is missing ({schemes[0]}://...).")
            return None
        if urlsplit(value).scheme.split("+")[0] not in schemes:
            self.problems.append(f"{name} must start with {' or '.join(s + '://' for s in schemes)}.")
        return value

    def secret(self, name: str) -> str:
        value = self.text(name, None) or ""
        if len(value) < 32:
            self.problems.append(f"{name} must have at least 32 characters.")
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value not in allowed:
            self.problems.append(f"{name} must be one of {', '.join(allowed)}.")
        return value

    def number(self, name: str) -> int | None:
        value = self.text(name, None)
        if value is None:
            return None
        if not value.isdecimal():
            self.problems.append(f"{name} must be a whole number.")
            return None
        return int(value)

    def address(self, name: str) -> str | None:
        """`host:port` of a server, or None."""
        value = self.text(name, None)
        host, _, port = (value or "").rpartition(":")
        if value is not None and not (host and port.isdecimal()):
            self.problems.append(f"{name} must have the form 192.0.2.1:53.")
            return None
        return value

    def keys(self, name: str) -> tuple[tuple[str, bytes], ...]:
        """`kid:hex,kid:hex`, newest first; key ids of 1 to 8 lower-case letters and digits, secrets of 32 bytes or more."""
        keys: dict[str, bytes] = {}
        for part in filter(None, (self.text(name, "") or "").split(",")):
            kid, _, secret = part.partition(":")
            try:
                raw = bytes.fromhex(secret)
            except ValueError:
                raw = b""
            if not (kid.isalnum() and kid.islower() and len(kid) <= 8 and len(raw) >= 32) or kid in keys:
                self.problems.append(f"{name}: each key is id:hex with a unique id and at least 32 bytes.")
                continue
            keys[kid] = raw
        if not keys:
            self.problems.append(f"{name} is missing (k1:<64 hex digits>).")
        return tuple(keys.items())
