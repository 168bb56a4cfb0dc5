"""Stand-ins that answer without a line for each request: what is asked of them is no news, broken lines neither, they are ordered."""

from __future__ import annotations

from werkzeug.serving import WSGIRequestHandler


class Quiet(WSGIRequestHandler):
    """The handler of a server that keeps no access log."""

    def log(self, *args: object) -> None:
        """Nothing."""
