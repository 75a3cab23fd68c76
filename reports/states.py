"""The states of a report and the moves between them."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ReportStatus(TextChoices):
    BUILDING = "building", _("Being built")
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    RETURNED = "returned", _("Returned")
    APPROVED = "approved", _("Approved")
    ARCHIVED = "archived", _("Archived")


REPORT_MOVES = {
    ReportStatus.BUILDING: frozenset({ReportStatus.DRAFT}),
    # Back to being built: an order refreshes the numbers of a report that nobody has submitted; its commentary stays.
    ReportStatus.DRAFT: frozenset({ReportStatus.SUBMITTED, ReportStatus.BUILDING}),
    ReportStatus.SUBMITTED: frozenset({ReportStatus.APPROVED, ReportStatus.RETURNED}),
    ReportStatus.RETURNED: frozenset({ReportStatus.SUBMITTED, ReportStatus.BUILDING}),
    ReportStatus.APPROVED: frozenset({ReportStatus.ARCHIVED}),
}

EDITABLE = frozenset({ReportStatus.DRAFT, ReportStatus.RETURNED})
# A new order refreshes these; of the others it makes the next version.
REFRESHED = frozenset({ReportStatus.BUILDING, *EDITABLE})


class DeadlineState(TextChoices):
    """How a deadline stands on a day; not stored, told from the due day, the report and when it was handed in."""

    LATE = "late", _("Late")
    INCOMPLETE = "incomplete", _("Draft incomplete")
    DRAFT = "draft", _("Draft ready")
    OPEN = "open", _("Not begun")
    ON_TIME = "on_time", _("On time")
    FILED_LATE = "filed_late", _("Handed in late")
