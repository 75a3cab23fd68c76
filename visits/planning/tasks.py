"""Work for later: days that are over."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ka_crm.jobs.handlers import every, job_handler
from ka_crm.jobs.models import Job

from . import callbacks


@job_handler("visits.close_days", title=_("Close the day: missed visits become call-backs"))
def close_days(job):
    """Mark every planned visit whose day is over as missed and open its call-back, each in a transaction of its own."""
    now = timezone.now()
    waiting = list(callbacks.overdue_visits(now))
    for number, visit_id in enumerate(waiting):
        job.raise_if_cancelled()
        job.progress(number, len(waiting))
        callbacks.miss_visit(visit_id=visit_id, now=now)


@every("visits.close_days", seconds=300)
def ask_for_missed_visits(now):
    """One job at a time, and none where nothing is left over."""
    if callbacks.overdue_visits(now).exists():
        Job.objects.enqueue("visits.close_days", unique_key="all")
