"""The life of a job as data: pages, commands, workers and tests read the same table."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    DUE = "due", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


MOVES = {
    JobState.DUE: {JobState.RUNNING, JobState.CANCELLED},
    # Back to due: an attempt failed and another is left, the worker died, or the job was asked for again meanwhile.
    JobState.RUNNING: {JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.DUE},
    JobState.FAILED: {JobState.DUE},
    JobState.CANCELLED: {JobState.DUE},
}
UNFINISHED = (JobState.DUE, JobState.RUNNING)
