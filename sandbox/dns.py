"""A name server for stores' own domains: TXT records as ordered by `POST /dns {"name": ..., "txt": [...]}`."""

from __future__ import annotations

import socketserver
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class Names:
    """TXT records by name. `silent` names get no answer at all."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.silent: set[str] = set()

    def order(self, body: object) -> None:
        """ValueError unless it is {"name": text, "txt": [texts]}, or {"name": text, "silent": true}."""
        if not isinstance(body, dict) or not isinstance(body.get("name"), str) or not isinstance(body.get("txt", []), list):
            raise ValueError('send {"name": "_opencals.example.com", "txt": ["..."]}')
        name = body["name"].lower().rstrip(".")
        (self.silent.add if body.get("silent") else self.silent.discard)(name)
        self.records[name] = [str(text) for text in body.get("txt", [])]

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        name = str(query.question[0].name).lower().rstrip(".")
        if name in self.silent:
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        texts = self.records.get(name)
        if not texts:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        else:
            reply.answer.append(dns.rrset.from_text(query.question[0].name, 5, "IN", "TXT", *(f'"{text}"' for text in texts)))
        return reply.to_wire()


def start(port: int, names: Names) -> socketserver.ThreadingUDPServer:
    """Answer on a port of loopback; 0 picks a free one (`server_address`)."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, socket = self.request
            reply = names.answer(wire)
            if reply is not None:
                socket.sendto(reply, self.client_address)

    server = socketserver.ThreadingUDPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
