"""The states of a visit and the moves between them."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class VisitStatus(TextChoices):
    PLANNED = "planned", _("Planned")
    IN_PROGRESS = "in_progress", _("In the store")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")
    MISSED = "missed", _("Missed")


VISIT_MOVES = {
    VisitStatus.PLANNED: frozenset({VisitStatus.IN_PROGRESS, VisitStatus.CANCELLED, VisitStatus.MISSED}),
    VisitStatus.IN_PROGRESS: frozenset({VisitStatus.COMPLETED}),
    VisitStatus.MISSED: frozenset({VisitStatus.PLANNED, VisitStatus.IN_PROGRESS}),
}


class PlanStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned")


PLAN_MOVES = {
    PlanStatus.DRAFT: frozenset({PlanStatus.SUBMITTED}),
    PlanStatus.SUBMITTED: frozenset({PlanStatus.APPROVED, PlanStatus.RETURNED, PlanStatus.DRAFT}),
    PlanStatus.RETURNED: frozenset({PlanStatus.SUBMITTED}),
    PlanStatus.APPROVED: frozenset({PlanStatus.DRAFT}),
}


class LeaveStatus(TextChoices):
    REQUESTED = "requested", pgettext_lazy("of leave", "Requested")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    CANCELLED = "cancelled", _("Cancelled")


LEAVE_MOVES = {
    LeaveStatus.REQUESTED: frozenset({LeaveStatus.APPROVED, LeaveStatus.REFUSED, LeaveStatus.CANCELLED}),
    LeaveStatus.APPROVED: frozenset({LeaveStatus.CANCELLED}),
}
