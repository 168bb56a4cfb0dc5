"""Reading a calendar file somebody else names: only from the open internet, within limits of size and time (SSRF-safe)."""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from booking.keys import settings

LARGEST = 2_000_000
SECONDS = 20.0
MOST_REDIRECTS = 3


class Unreachable(Exception):
    """Why the file could not be had, in words for the shop."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """`body` is None when it has not changed since `etag`."""

    body: bytes | None
    etag: str | None


def fetch(url: str, etag: str | None = None) -> Fetched:
    """Get the file, following at most three redirects, each checked like the first address. Raises Unreachable."""
    until = time.monotonic() + SECONDS
    for _ in range(MOST_REDIRECTS + 1):
        address = checked(url)
        answer = _get(url, address, etag, until)
        if isinstance(answer, Fetched):
            return answer
        url = urljoin(url, answer)
    raise Unreachable("The address leads on too many times.")


def checked(url: str) -> str:
    """The IP address to connect to, so that what was checked is what is asked. Unreachable for anything but a public https host."""
    parts = urlsplit(url)
    sandbox = settings().sandbox_url
    if sandbox and settings().environment != "production" and url.startswith(sandbox.rstrip("/") + "/"):
        return parts.hostname or ""
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password or (parts.port or 443) != 443:
        raise Unreachable("The address must start with https:// and name a host.")
    try:
        found = [info[4][0] for info in socket.getaddrinfo(parts.hostname, 443, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise Unreachable("The host is not known.") from None
    if not found or not all(_is_public(address) for address in found):
        raise Unreachable("The host is not on the open internet.")
    return found[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return address.is_global and not address.is_multicast and (inner is None or inner.is_global)


def _get(url: str, address: str, etag: str | None, until: float) -> Fetched | str:
    """The file, or where it has moved to. The connection goes to the checked address; name and certificate stay the host's."""
    parts = urlsplit(url)
    host = f"[{address}]" if ":" in address else address
    target = parts._replace(netloc=host if parts.port is None else f"{host}:{parts.port}", fragment="").geturl()
    headers = {"Host": parts.netloc, "Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "identity", "User-Agent": "Opencals"}
    if etag:
        headers["If-None-Match"] = etag
    try:
        with httpx.Client(timeout=10, trust_env=False) as client, client.stream(
                "GET", target, headers=headers, extensions={"sni_hostname": parts.hostname or ""}) as answer:
            if answer.status_code == 304:
                return Fetched(None, etag)
            if answer.is_redirect:
                return answer.headers.get("Location", "")
            if answer.status_code != 200:
                raise Unreachable(f"The host answered {answer.status_code}.")
            return Fetched(_read(answer, until), answer.headers.get("ETag"))
    except httpx.HTTPError as error:
        raise Unreachable(f"The host does not answer ({type(error).__name__}).") from error


def _read(answer: httpx.Response, until: float) -> bytes:
    body = bytearray()
    for piece in answer.iter_bytes(65536):
        body += piece
        if len(body) > LARGEST:
            raise Unreachable("The file is larger than 2 MB.")
        if time.monotonic() > until:
            raise Unreachable("The file takes too long to arrive.")
    return bytes(body)
