"""A payment worker that is killed again and again: this process only forks the next one. Started by the refunds campaign."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from types import FrameType

from booking import keys
from booking.rules.wall_time import use_packaged_zones
from gateways.stripe import client, refunds
from gateways.stripe.client import Stripe
from models.session import Database, use
from settings import Settings
from sync import payments


def main(store_id: int, chance: float, look_up: bool) -> None:
    """Fork a worker; when it has been killed, fork another. Prints how many died when told to stop.

    The first refund is carried out before any fork, so that each worker finds its statements rendered; connections are its own.
    """
    use_packaged_zones()
    settings = Settings.from_environment()
    keys.configure(settings)
    database = use(Database(settings.database_url))
    if not look_up:
        Stripe.refunds_of = lambda self, payment_id: []  # type: ignore[method-assign]
    first = iter((True,))
    payments.settle(store_id, keep_going=lambda: next(first, False))
    killed, child = 0, 0

    def stop(number: int, frame: FrameType | None) -> None:
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        print(killed, flush=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            database.engine.dispose(close=False)
            client._sdk.cache_clear()
            _work(store_id, chance)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)


def _work(store_id: int, chance: float) -> None:
    dice = random.Random(os.urandom(8))

    def perhaps_die(label: str) -> None:
        if dice.random() < chance:
            os.kill(os.getpid(), signal.SIGKILL)

    payments.COMMANDS["execute_refund"] = lambda store, payload: refunds.carry_out(store, int(payload["refund_id"]), at=perhaps_die)
    while True:
        if payments.settle(store_id).claimed == 0:
            time.sleep(0.05)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3] == "look-up")
