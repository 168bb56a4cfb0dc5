"""TXT records of a name, asked over the network: never inside a transaction."""

from __future__ import annotations

import dns.exception
import dns.resolver

from settings import Settings

PATIENCE = 5.0


class Unsure(Exception):
    """The DNS gave no answer: neither that the record is there, nor that it is not."""


def txt_records(settings: Settings, name: str) -> list[str]:
    """The texts at `name`; none when the name or the record does not exist. Raises Unsure when nobody answers."""
    resolver = dns.resolver.Resolver(configure=settings.dns_server is None)
    if settings.dns_server is not None:
        host, _, port = settings.dns_server.rpartition(":")
        resolver.nameservers, resolver.port = [host], int(port)
    resolver.lifetime = PATIENCE
    try:
        answer = resolver.resolve(name, "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise Unsure(type(error).__name__) from error
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
