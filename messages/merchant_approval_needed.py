"""To the shop: a request, or a move, waits for an answer, and until when (R17)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    until = s.instant("approval_deadline")
    silence = _("Please answer by {when}; without an answer the request ends.")
    if s.given_up():
        lead = _("{customer} asks to move {service} from {old} to {new}. The old time is free again; the new one is kept until you answer.")
        silence = _("Please answer by {when}; without an answer the booking ends.")
    elif s.payload.get("held"):
        lead = _("{customer} asks to move {service} from {old} to {new}. Both times are kept until you answer.")
        silence = _("Please answer by {when}; without an answer the booking stays on {old}.")
    elif s.moved():
        lead = _("{customer} now asks for {service} on {new} instead of {old}. The time is kept until you answer.")
    else:
        lead = _("{customer} asks for {service} on {new}. The time is kept until you answer.")
    old = s.when(s.old) if s.old else ""
    lines = [lead.format(customer=s.customer, service=s.service, old=old, new=s.when()), *s.collected(), *s.reason()]
    if until:
        lines.append(silence.format(when=s.words.when(until, s.booking["zone"]), old=old))
    return Content(subject=_("Please answer: {service}, {when}").format(service=s.service, when=s.when()), heading=_("A request waits for you"),
                   paragraphs=lines, manage=False, alarm=False, buttons=s.dashboard(_("Answer the request")))
