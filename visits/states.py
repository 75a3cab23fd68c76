"""The states of a visit and the moves between them."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


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
