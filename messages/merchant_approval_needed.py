"""To the shop: a request, or a move, waits for an answer, and until when (R17)."""

from __future__ import annotations

from messages.content import Content, Snapshot


def content(s: Snapshot) -> Content:
    _ = s.words._
    until = s.instant("approval_deadline")
    if s.moved() and s.booking["status"] == "pending" and s.old:
        lines = [_("{customer} asks to move {service} from {old} to {new}. Both times are kept until you answer.").format(
            customer=s.customer, service=s.service, old=s.when(s.old), new=s.when())]
    else:
        lines = [_("{customer} asks for {service} on {new}. The time is kept until you answer.").format(
            customer=s.customer, service=s.service, new=s.when())]
    if until:
        lines.append(_("Please answer by {when}; without an answer the request ends.").format(when=s.words.when(until, s.booking["zone"])))
    return Content(subject=_("Please answer: {service}, {when}").format(service=s.service, when=s.when()), heading=_("A request waits for you"),
                   paragraphs=lines, manage=False, alarm=False, buttons=s.dashboard(_("Answer the request")))
