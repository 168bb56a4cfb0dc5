"""What Stripe's errors mean to us. Callers never see the SDK's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import stripe


class Trouble(Exception):
    """Stripe did not do what was asked. `code` is Stripe's, for the shop and the log."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code, self.message = code, message


class Unsure(Trouble):
    """No answer, or a failure of theirs: it may or may not have happened. Look before doing it again."""


class Busy(Trouble):
    """Nothing has happened; later it may."""


class Declined(Trouble):
    """The card's bank says no. `message` is Stripe's sentence for the customer."""


class Unknown(Trouble):
    """No such object in this account."""


class Wrong(Trouble):
    """The request itself is refused; repeating it changes nothing."""


@contextmanager
def understood() -> Iterator[None]:
    """Turn the SDK's errors into ours."""
    try:
        yield
    except stripe.CardError as error:
        raise Declined(error.code or "card_error", error.user_message or "") from error
    except stripe.RateLimitError as error:
        raise Busy(error.code or "rate_limit") from error
    except stripe.IdempotencyError as error:
        busy = error.code == "idempotency_key_in_use" or error.http_status == 409
        raise (Busy if busy else Wrong)(error.code or "idempotency_error", str(error.user_message or "")) from error
    except stripe.InvalidRequestError as error:
        if error.code == "rate_limit" or error.code == "lock_timeout" or error.http_status in (409, 429):
            raise Busy(error.code or "busy") from error
        raise (Unknown if error.code == "resource_missing" else Wrong)(error.code or "invalid_request", str(error.user_message or "")) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        # The SDK leaves out the code of these; it stands in the answer's body.
        said = error.error.code if error.error else None
        raise Wrong(error.code or said or type(error).__name__, str(error.user_message or "")) from error
    except (stripe.APIConnectionError, stripe.APIError, stripe.StripeError) as error:
        raise Unsure(error.code or type(error).__name__) from error
