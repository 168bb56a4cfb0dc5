"""Why something did not arrive or could not be fetched: our own words translated, another system's shown as it said them."""

from __future__ import annotations

import re

from booking.wording.words import Words

LABELS = {
    "did not answer in time": "The receiver did not answer in time.",
    "waits: the receiver did not answer just now": "Waits: the receiver did not answer just now.",
    "the webhook was removed or switched off": "The webhook was removed or switched off.",
    "the webhook's secret was made under a key that is gone: renew it": "The webhook's secret was made under a key that is gone. Please renew it.",
    "The address leads on too many times.": "The address leads on too many times.",
    "The address must start with https:// and name a host.": "The address must start with https:// and name a host.",
    "The host is not known.": "The host is not known.",
    "The host is not on the open internet.": "The host is not on the open internet.",
    "The file is larger than 2 MB.": "The file is larger than 2 MB.",
    "The file takes too long to arrive.": "The file takes too long to arrive.",
}


def outside_text(w: Words, said: str) -> str:
    """`answered 302: redirects are not followed`, `The host answered 404.`, or a mail server's own words."""
    if said in LABELS:
        return w._(LABELS[said])
    if redirect := re.fullmatch(r"answered (\d+): redirects are not followed", said):
        return w._("The receiver answered {status}: redirects are not followed.").format(status=redirect[1])
    if answer := re.fullmatch(r"(?:answered|The host answered) (\d+)\.?", said):
        return w._("The receiver answered {status}.").format(status=answer[1])
    if silent := re.fullmatch(r"The host does not answer \((\w+)\)\.", said):
        return w._("The host does not answer ({error}).").format(error=silent[1])
    return said
