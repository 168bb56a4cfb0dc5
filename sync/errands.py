"""Work that may take its time, beside the mails: domains, webhooks, imports. Each store and kind in a thread of its own (I70)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from models.session import database
from settings import Settings

EVERY = 2.0
AT_ONCE = 4
log = logging.getLogger("opencals.errands")
Errand = Callable[[int], object]


def errands(settings: Settings, stop: threading.Event) -> dict[str, Errand]:
    """What to do for a store, by the kind `due_errands` names."""
    def go_on() -> bool:
        return not stop.is_set()

    # Each loads what it needs when it is first due: most workers never see a file or a domain.
    def imports(store_id: int) -> object:
        from sync.imports import run_due

        return run_due(store_id, keep_going=go_on)

    def domains(store_id: int) -> object:
        from sync.dns import txt_records
        from sync.domains import check_due

        return check_due(store_id, lambda name: txt_records(settings, name))

    def webhooks(store_id: int) -> object:
        from sync.webhooks import deliver_webhooks

        return deliver_webhooks(store_id, settings, keep_going=go_on)

    return {"imports": imports, "domains": domains, "webhooks": webhooks}


def run(stop: threading.Event, settings: Settings) -> None:
    """Until `stop`: look what is due and do it. Rows are leased, so several workers share the work; a kind in progress waits."""
    known, busy, guard = errands(settings, stop), set(), threading.Lock()

    def do(store_id: int, kind: str) -> None:
        try:
            known[kind](store_id)
        except Exception:
            log.exception("an errand failed", extra={"store": store_id, "kind": kind})
        finally:
            with guard:
                busy.discard((store_id, kind))

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="errand") as pool:
        while not stop.is_set():
            try:
                due = database().due_errands()
            except SQLAlchemyError as error:
                log.warning("the database does not answer; waiting", extra={"error": type(error).__name__})
                due = []
            for store_id, kind in due:
                with guard:
                    if (store_id, kind) in busy or kind not in known:
                        continue
                    busy.add((store_id, kind))
                pool.submit(do, store_id, kind)
            stop.wait(EVERY)
