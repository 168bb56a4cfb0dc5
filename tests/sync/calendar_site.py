"""Google's and Microsoft's calendars on this machine, and staff members who have connected theirs."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from booking import keys
from booking.actions.staff_calendars import connect_calendar
from sandbox.calendars.site import CLIENTS, blueprint
from sandbox.calendars.state import Account, State
from sandbox.faults import Faults
from sandbox.quiet import Quiet
from settings import Settings
from sync.calendars import fetch_due
from tests.support.world import MERCHANT, World


@dataclass
class Site:
    """The stand-in, its faults, and where it answers."""

    state: State
    faults: Faults
    url: str

    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(
            settings, sandbox_url=self.url, google_client_id=CLIENTS["google"][0], google_client_secret=CLIENTS["google"][1],
            microsoft_client_id=CLIENTS["microsoft"][0], microsoft_client_secret=CLIENTS["microsoft"][1])

    def granted(self, account: Account) -> str:
        """A refresh token, as after the person has agreed."""
        code = self.state.code_for(account.email, "x", "x", "calendar")
        return self.state.grant(self.state.codes.pop(code), account.provider).refresh

    def connected(self, world: World, provider: str, email: str = "elena@example.org", *, staff: int | None = None) -> Account:
        account = self.state.account(provider, email)
        connect_calendar(world.store_id, MERCHANT, staff or world.elena, provider, self.granted(account))
        return account


@contextmanager
def serving(settings: Settings) -> Iterator[Site]:
    """Our settings point at it while it runs."""
    state, faults = State(), Faults()
    app = Flask("calendars", template_folder=str(Path(__file__).parents[2] / "sandbox" / "templates"))
    app.register_blueprint(blueprint(state, faults))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    site = Site(state, faults, f"http://127.0.0.1:{server.server_port}")
    keys.configure(site.settings(settings))
    yield site
    keys.configure(settings)
    server.shutdown()
    thread.join()


def read(world: World, *, after: timedelta = timedelta(0)) -> int:
    """Let so much time pass, then do what the worker does; how many calendars were read."""
    if after:
        world.set_clock(world.now + after)
    return fetch_due(world.store_id)


def busy(world: World) -> list[tuple]:
    return [tuple(row) for row in world.sql(
        "select starts_at, ends_at from occupancies where kind = 'calendar' and store_id = opencals_store() order by 1")]


def shown(world: World) -> tuple:
    """(state, problem, busy spans, when due next)."""
    return tuple(world.sql("select state, problem, busy_spans::int, due_at from staff_calendars where store_id = opencals_store()")[0])
