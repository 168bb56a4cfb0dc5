"""Is everything there? Each check says what is wrong and how to cure it (R13)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

from migrations.upgrade import revisions
from models.session import Database
from settings import Settings

ZONE_SAMPLES = (("America/Vancouver", datetime(2026, 12, 1, tzinfo=UTC), -7), ("Europe/Berlin", datetime(2027, 7, 1, tzinfo=UTC), 2),
                ("America/New_York", datetime(2027, 1, 1, tzinfo=UTC), -5))


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    found: str
    cure: str = ""


def python(settings: Settings, db: Database) -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", sys.version_info >= (3, 11), found, "Install Python 3.11 or newer.")


def database(settings: Settings, db: Database) -> Check:
    with db.crossing() as c:
        number = int(c.exec_driver_sql("show server_version_num").scalar_one())
    return Check("PostgreSQL", number >= 150000, f"{number // 10000}.{number % 100}", "Use PostgreSQL 15 or newer.")


def role(settings: Settings, db: Database) -> Check:
    with db.crossing() as c:
        strong, owns = c.exec_driver_sql(
            "select rolsuper or rolbypassrls, exists (select 1 from pg_class where relowner = current_user::regrole)"
            " from pg_roles where rolname = current_user").one()
    return Check("database role", not strong and not owns, "bound by row level security" if not strong and not owns else "too powerful",
                 "Let DATABASE_URL log in as opencals_app, which owns nothing and has NOBYPASSRLS.")


def row_security(settings: Settings, db: Database) -> Check:
    with db.crossing() as c:
        loose = c.exec_driver_sql(
            "select string_agg(relname, ', ') from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
            " and relname <> 'alembic_version' and not (relrowsecurity and relforcerowsecurity)").scalar()
    return Check("row level security", loose is None, loose or "forced on every table", "Run `flask --app app db upgrade`; do not switch it off by hand.")


def migrations(settings: Settings, db: Database) -> Check:
    """At least the newest of this release. One that is unknown here came with the next release, whose rollout this one outlives (I71)."""
    with db.crossing() as c:
        found = c.exec_driver_sql("select version_num from alembic_version").scalar()
    return Check("migrations", found is not None and found not in revisions()[:-1], str(found), "Run `flask --app app db upgrade`.")


def zones(settings: Settings, db: Database) -> Check:
    """The pinned zone data is new enough, and PostgreSQL tells the same time (D14)."""
    installed = version("tzdata")
    release = _release(installed)
    python_right = all(at.astimezone(ZoneInfo(zone)).utcoffset().total_seconds() == hours * 3600 for zone, at, hours in ZONE_SAMPLES)
    return Check("zone data", release >= settings.zone_data_at_least and python_right, f"IANA {release}",
                 f"Install tzdata {settings.zone_data_at_least} or newer (the package tzdata, not the system's files).")


def zones_of_database(settings: Settings, db: Database) -> Check:
    wrong = []
    with db.crossing() as c:
        for zone, at, hours in ZONE_SAMPLES:
            local = c.exec_driver_sql("select (%s::timestamptz at time zone %s)", (at, zone)).scalar_one()
            if (local - at.replace(tzinfo=None)).total_seconds() != hours * 3600:
                wrong.append(zone)
    # Wall time is computed in Python only; this warns before someone reports by SQL.
    return Check("zone data of PostgreSQL", not wrong, ", ".join(wrong) or "agrees", "Update PostgreSQL's zone data (a minor release brings it).")


def redis(settings: Settings, db: Database) -> Check:
    from sync.queue import queue

    try:
        queue(settings.redis_url).connection.ping()
        return Check("Redis", True, "answers")
    except Exception as error:
        return Check("Redis", False, type(error).__name__, "Start Redis or Valkey at REDIS_URL. Until then the scheduler delivers by itself, more slowly.")


def mail(settings: Settings, db: Database) -> Check:
    from messages.mail import Later, Mailer

    mailer = Mailer(settings.smtp_url)
    try:
        mailer.check()
        return Check("mail server", True, "answers")
    except Later as error:
        return Check("mail server", False, str(error)[:80], "Check SMTP_URL. Messages wait in the outbox until it answers.")
    finally:
        mailer.close()


READY: tuple[Callable[[Settings, Database], Check], ...] = (database, migrations, zones)
DEGRADED: tuple[Callable[[Settings, Database], Check], ...] = (redis,)
ALL: tuple[Callable[[Settings, Database], Check], ...] = (
    python, database, role, row_security, migrations, zones, zones_of_database, redis, mail)


def run(check: Callable[[Settings, Database], Check], settings: Settings, db: Database) -> Check:
    """The check's answer; a check that cannot run has failed."""
    try:
        return check(settings, db)
    except Exception as error:
        return Check(check.__name__.replace("_", " "), False, type(error).__name__, "Check DATABASE_URL and that PostgreSQL runs.")


def _release(installed: str) -> str:
    """`2026.6` is IANA's 2026f."""
    year, _, number = installed.partition(".")
    return year + "abcdefghijklmnopqrstuvwxyz"[int(number.split(".")[0] or 1) - 1]
