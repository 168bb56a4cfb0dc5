"""Wiring of the worker: the loop of sync/jobs.py without the web's doors, which take a third of a process's memory."""

from __future__ import annotations

from booking import keys
from booking.rules.wall_time import use_packaged_zones
from models.session import Database, use
from operation.lines import setup
from settings import Settings
from sync import queue
from sync.jobs import run_worker


def main() -> None:
    """Work until SIGTERM. Settings come from the environment, as for the web."""
    settings = Settings.from_environment()
    setup(settings.log_level)
    use_packaged_zones()
    use(Database(settings.database_url, doorbell=queue.doorbell(settings.redis_url)))
    keys.configure(settings)
    run_worker(settings.redis_url)


if __name__ == "__main__":
    main()
