"""Requests to hosts that shops name: public addresses only, checked at connect time; no redirects, small and short (I52)."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
import typing

import httpcore

CONNECT, WHOLE = 5.0, 12.0
NAT64, ODD = ipaddress.ip_network("64:ff9b::/96"), (ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/32"))


class Unreachable(Exception):
    """No answer came; the text says why, for the shop's people."""


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, also behind the ways IPv6 wraps IPv4 addresses."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if any(ip in net for net in ODD):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def post(url: str, body: bytes, headers: dict[str, str], *, anywhere: bool = False) -> int:
    """POST and return the status. The answer's body is not read. `anywhere` allows private addresses: the sandbox only.

    Raises Unreachable for names that lead nowhere or to private addresses, for refused and broken connections, and after 12 s.
    """
    backend = _PublicOnly(anywhere, time.monotonic() + WHOLE)
    try:
        with httpcore.ConnectionPool(ssl_context=ssl.create_default_context(), network_backend=backend, retries=0) as pool, pool.stream(
                "POST", url, headers=headers, content=body,
                extensions={"timeout": {"connect": CONNECT, "read": WHOLE, "write": WHOLE, "pool": CONNECT}}) as answer:
            return answer.status
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise Unreachable("did not answer in time") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError, UnicodeError) as error:
        raise Unreachable(str(error)[:200] or type(error).__name__) from error


class _PublicOnly(httpcore.NetworkBackend):
    """Connects to the very address that was checked: a name cannot lead elsewhere between the look and the connection."""

    def __init__(self, anywhere: bool, until: float) -> None:
        self.anywhere, self.until, self.plain = anywhere, until, httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                    socket_options: typing.Any = None) -> httpcore.NetworkStream:
        try:
            found = list(dict.fromkeys(entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except OSError as error:
            raise httpcore.ConnectError(f"{host} is not known") from error
        if not self.anywhere and not all(map(is_public, found)):
            raise httpcore.ConnectError(f"{host} is not a public address")
        failed: Exception = httpcore.ConnectError(f"{host} is not known")
        for address in found[:4]:
            try:
                return _Timed(self.plain.connect_tcp(address, port, min(CONNECT, self._left()), local_address, socket_options), self.until)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    def _left(self) -> float:
        return max(0.1, self.until - time.monotonic())


class _Timed(httpcore.NetworkStream):
    """A stream with one end for everything: an answer that drips a byte at a time does not keep us."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self.stream, self.until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self._left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self._left(httpcore.WriteTimeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> httpcore.NetworkStream:
        return _Timed(self.stream.start_tls(ssl_context, server_hostname, self._left(httpcore.ConnectTimeout)), self.until)

    def get_extra_info(self, info: str) -> typing.Any:
        return self.stream.get_extra_info(info)

    def _left(self, late: type[Exception]) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise late("did not answer in time")
        return left
