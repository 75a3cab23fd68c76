"""A kind of approval for tests, about a key account, that notes which of its functions were called."""

from team import approvals
from team.services.approvals import request_approval
from tests.factories import KeyAccountFactory

KIND = "tests.thing"


class Told(list):
    """What the engine told the kind: (“approved”, subject, actor, note)."""

    def teller(self, word):
        return lambda subject, *, actor, note, approval: self.append((word, subject, actor, note))


def register(calls, **options):
    approvals.register(
        KIND,
        label="Thing",
        model="accounts.KeyAccount",
        on_approved=calls.teller("approved"),
        on_returned=calls.teller("returned"),
        on_withdrawn=calls.teller("withdrawn"),
        **options,
    )


def ask(requester, subject=None, **options):
    subject = subject or KeyAccountFactory()
    return request_approval(kind=KIND, subject=subject, title="A thing", requested_by=requester, **options)
