"""SMS through a provider that speaks Twilio's REST: one POST a message."""

from __future__ import annotations

import httpx

from messages.mail import Later, Rejected, Unknown
from settings import Settings


def send_sms(settings: Settings, to: str, text: str) -> None:
    """Hand one SMS over; raises Rejected, Later or Unknown."""
    url = f"{settings.sms_url}/2010-04-01/Accounts/{settings.sms_account}/Messages.json"
    try:
        answer = httpx.post(url, data={"To": to, "From": settings.sms_from, "Body": text}, timeout=15,
                            auth=(settings.sms_account or "", settings.sms_token or ""))
    except httpx.ConnectError as error:
        raise Later(str(error)) from error
    except httpx.HTTPError as error:
        raise Unknown(type(error).__name__) from error
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Later(str(answer.status_code))
    if answer.status_code >= 400:
        raise Rejected(str(answer.status_code))
