"""Deadlines of reports in the calendar feed (team/agenda.py)."""

from django.utils.translation import gettext as _

from team import agenda

from .models import Deadline


def deadlines_of(user, starts_on, ends_on):
    """What one has to hand in, until it is handed in."""
    due = Deadline.objects.not_filed().filter(owner=user, due_on__range=(starts_on, ends_on)).select_related("report")
    for deadline in due.order_by("due_on", "pk"):
        what = f"{deadline.get_kind_display()} – {deadline.subject_label}"
        url = deadline.report.get_absolute_url() if deadline.report else ""
        yield agenda.Entry(key=f"deadline-{deadline.pk}", title=_("Due: %(report)s") % {"report": what}, starts=deadline.due_on, url=url)
