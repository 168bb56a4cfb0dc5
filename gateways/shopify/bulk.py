"""The file of a bulk operation, line by line, from any byte on. Only whole lines are handed over."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from gateways.shopify.wire import Drift, Unreachable, http


def lines(url: str, start: int = 0) -> Iterator[tuple[bytes, int]]:
    """(line without its end, byte after it). Unreachable when the connection breaks; what came until then was whole lines."""
    headers = {"Range": f"bytes={start}-"} if start else {}
    try:
        with http().stream("GET", url, headers=headers) as response:
            if response.status_code not in (200, 206):
                raise Drift(f"the file answers {response.status_code}")
            # A server that does not know Range begins anew: what we have is passed over.
            skip = start if response.status_code == 200 else 0
            yield from _whole(response, start, skip)
    except httpx.HTTPError as error:
        raise Unreachable(type(error).__name__) from error


def _whole(response: httpx.Response, position: int, skip: int) -> Iterator[tuple[bytes, int]]:
    rest = b""
    for chunk in response.iter_bytes(65_536):
        if skip:
            skip, chunk = max(0, skip - len(chunk)), chunk[skip:]
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            position += len(line) + 1
            yield line, position
    if rest:
        raise Unreachable("the file ends within a line")
