"""What waits for one person today, as the inbox, the counts and the home page show it."""

from django.utils.translation import gettext_lazy as _

from . import approvals as registry
from .models import Approval, Notification, Task
from .notices import wording
from .reach import reachable

PARTS = {"approvals": _("Approvals"), "tasks": _("Tasks"), "mentions": _("Mentions")}
MENTIONED = ("records.mentioned",)
MOST = 50


def tasks_due(user, today):
    """Open tasks that are due today or late: one's own, and those of absent people for whom one stands in."""
    return Task.objects.open().filter(assignee__in=[user.pk, *(person.pk for person in user.acts_for)]).due_by(today)


def count_waiting(user, today):
    """How many decisions and due tasks wait; mentions are the bell's."""
    return Approval.objects.waiting_for(user).count() + tasks_due(user, today).count()


def approval_cards(user, waiting):
    """What the inbox draws of each approval that waits: the row, its kind's label, for which absent person ``user`` would decide."""
    rows = list(waiting.for_list().prefetch_related("steps__seats__approver")[:MOST])
    return [{"approval": approval, "kind": registry.label_of(approval.kind), "absent": _absent(user, approval)} for approval in rows]


def _absent(user, approval):
    """The person whose seat it is, where it is not one's own."""
    step = next(step for step in approval.steps.all() if step.position == approval.position)
    asked = {seat.approver_id: seat.approver for seat in step.seats.all() if not seat.decision}
    if user.pk in asked:
        return None
    return next((asked[person.pk] for person in user.acts_for if person.pk in asked), None)


def mentions_of(user):
    """Unread mentions, newest first, of records that one may still see."""
    rows = list(Notification.objects.visible_to(user).unread().filter(kind__in=MENTIONED).for_list()[:MOST])
    seen = reachable(user, rows)
    return [{"row": row, "text": wording(row)} for row in rows if row.pk in seen]
