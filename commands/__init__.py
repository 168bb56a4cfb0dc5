"""The commands of `flask --app app`, one file each (design 4.1)."""

from __future__ import annotations

from flask import Flask

from commands import db, doctor, domains, import_bookings, payments, scheduler, store, token, worker


def register(app: Flask) -> None:
    for command in (db.db, doctor.doctor, domains.group, import_bookings.group, payments.payments, scheduler.scheduler, store.store, token.token,
                    worker.worker):
        app.cli.add_command(command)
