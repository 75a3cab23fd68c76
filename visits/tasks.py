"""Work for later: scoring the history anew after a setting of the score has changed."""

from django.utils.translation import gettext_lazy as _

from ka_crm.jobs.handlers import job_handler

from .models import Visit
from .planning import tasks as planning_tasks  # noqa: F401 – read with this file, the only one that workers look for
from .scoring import rescore


@job_handler("visits.rescore", title=_("Score all visits anew"))
def rescore_all(job):
    """Every completed visit at a store, in chunks; what an earlier run has written is found unchanged."""
    rescore(Visit.objects.all(), report=job.progress, safe_point=job.raise_if_cancelled)
