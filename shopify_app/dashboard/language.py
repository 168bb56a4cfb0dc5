"""The language of the dashboard: the one someone has chosen, else the browser's if we ship it, else the store's (R46). Its weeks begin as
in the store's country, whoever looks."""

from __future__ import annotations

from flask import request

from booking.access import StoreView
from booking.user_access import DashboardUser
from booking.wording import SHIPPED, Words, words_for
from booking.wording.weeks import week_for


def words_of(store: StoreView | None, user: DashboardUser | None = None) -> Words:
    week = week_for(None, store.zone if store else None)
    if user is not None and user.locale:
        return words_for(user.locale, week)
    accepted = request.accept_languages.best_match(list(SHIPPED)) if request.accept_languages else None
    return words_for(accepted or (store.locale if store else None), week)
