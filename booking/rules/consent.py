"""Whether somebody wants news, said here and there: what counts, and which side has to be told (I25, R44).

Unlike a name it is a yes or a no with a moment, and a yes has to have been said: silence is no consent, on either side.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

CHANNELS = ("email", "sms")


@dataclass(frozen=True, slots=True)
class Said:
    """`wants` None: never said anything. `at`: when it was said, where that is known."""

    wants: bool | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What to write here or there (None: nothing), and what both sides agree on once it is written."""

    to_us: bool | None = None
    to_them: bool | None = None
    agreed: bool | None = None


def settle(agreed: bool | None, here: Said, there: Said) -> Settled:
    """`agreed`: what both last agreed on, None for nothing yet.

    A change on one side wins over no change; of two words the later one counts. Where nobody can tell which is later, no is the
    stricter answer and stands.
    """
    if bool(here.wants) == bool(there.wants):
        said = here.wants if here.wants is not None else there.wants
        return Settled(agreed=agreed if said is None else bool(said))
    wants = _stands(agreed, here, there)
    if wants == bool(here.wants):
        return Settled(to_them=wants, agreed=agreed)
    return Settled(to_us=wants, agreed=wants)


def _stands(agreed: bool | None, here: Said, there: Said) -> bool:
    both = here.wants is not None and there.wants is not None
    later = _later(here, there) if both else None
    if later is not None:
        return bool(later.wants)
    return not agreed if agreed is not None else not both


def _later(here: Said, there: Said) -> Said | None:
    """Shopify keeps whole seconds, so only a whole second makes a difference."""
    if here.at is None or there.at is None:
        return None
    ours, theirs = here.at.replace(microsecond=0), there.at.replace(microsecond=0)
    return None if ours == theirs else here if ours > theirs else there
