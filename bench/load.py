"""A small load generator on raw sockets, and the CPU time servers spend."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass


ON_ONE_CONNECTION = 25
"""Requests a client sends before it changes connections, where they are kept."""
CLOSE = "Connection: close\r\n"


@dataclass
class Rate:
    """Requests a second, median milliseconds, CPU milliseconds a request of the server's processes."""

    per_second: float
    p50: float
    cpu: float


class Server:
    """gunicorn with two workers, as in production (gunicorn.conf.py), on a free port."""

    def __init__(self, target: str, port: int, environment: dict[str, str]) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", target, "--bind", f"127.0.0.1:{port}", "--workers", "2", "--keep-alive", "30",
             "--log-level", "error"],
            env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 40
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError(f"{target} did not start") from None
                time.sleep(0.1)

    def pids(self) -> list[int]:
        out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True).stdout
        return [self.process.pid, *map(int, out.split())]

    def cpu_seconds(self) -> float:
        total = 0
        for pid in self.pids():
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """MiB each process really takes: the largest, pages shared with others counted by their share (proportional set size)."""
        return max(memory_of(pid) for pid in self.pids())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def memory_of(pid: int) -> float:
    """MiB of a process, pages shared with others counted by their share (proportional set size)."""
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def measure(server: Server, host: str, path: str, *, headers: str = "", seconds: float = 1, clients: int = 4, kept: bool = True) -> Rate:
    """Ask for one page over `clients` connections, kept, or else a new one for each request, as `ab` has it and a proxy that keeps none.
    Raises RuntimeError unless every answer is 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}{'' if kept else CLOSE}\r\n".encode()
    ask = _ask if kept else _ask_each
    ask(server.port, request, time.perf_counter() + 0.2)
    before, started, results = server.cpu_seconds(), time.perf_counter(), []
    threads = [threading.Thread(target=lambda: results.append(ask(server.port, request, started + seconds))) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    times = [t for result in results for t in result]
    return Rate(len(times) / took, statistics.median(times) * 1000, (server.cpu_seconds() - before) / len(times) * 1000)


def visit(server: Server, host: str) -> str:
    """`name=value` of the cookie the server gives a new visitor."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/account/login", headers={"Host": host})
    return (connection.getresponse().getheader("Set-Cookie") or "").split(";")[0]


def _ask(port: int, request: bytes, until: float) -> list[float]:
    times: list[float] = []
    while time.perf_counter() < until:
        times += _ask_on_one(port, request, until)
    return times


def _ask_on_one(port: int, request: bytes, until: float) -> list[float]:
    """A while on one connection. It stays with the worker that took it: kept for ever, all might stay with one of the two."""
    times: list[float] = []
    with socket.create_connection(("127.0.0.1", port), 30) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while len(times) < ON_ONE_CONNECTION and (start := time.perf_counter()) < until:
            s.sendall(request)
            head, rest = b"", b""
            while b"\r\n\r\n" not in head:
                chunk = s.recv(65536)
                if not chunk:
                    raise RuntimeError("the server closed the connection")
                head += chunk
            head, _, rest = head.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.split(b"\r\n")[0].decode())
            if b"chunked" in head.lower():
                while not rest.endswith(b"0\r\n\r\n"):
                    rest += s.recv(65536)
            else:
                size = int(next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")).split(b":")[1])
                while len(rest) < size:
                    rest += s.recv(65536)
            times.append(time.perf_counter() - start)
    return times


def _ask_each(port: int, request: bytes, until: float) -> list[float]:
    """A connection for each request; the server closes it."""
    times: list[float] = []
    while (start := time.perf_counter()) < until:
        with socket.create_connection(("127.0.0.1", port), 30) as s:
            s.sendall(request)
            answer = b""
            while chunk := s.recv(65536):
                answer += chunk
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.split(b"\r\n")[0].decode() or "the server closed the connection")
        times.append(time.perf_counter() - start)
    return times
