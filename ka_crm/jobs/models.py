"""The rows behind all work for later."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .handlers import title_of
from .querysets import JobQuerySet
from .states import UNFINISHED, JobState


class Job(models.Model):
    """One piece of work for later, written in the transaction that asked for it.

    The row decides whether, when and by whom the work is done; messages only say "look at row 5". Every write of a
    worker is conditional on ``claimed_by``, so a worker that lost its claim (its heartbeat stopped) changes nothing.
    """

    uuid = models.UUIDField(_("number"), default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=80)
    args = models.JSONField(default=dict, blank=True)
    unique_key = models.CharField(max_length=200, blank=True, default="", help_text="Of a kind and key at most one job is unfinished.")
    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.DUE)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, help_text="Counted before the work, so kills count too.")
    max_attempts = models.PositiveSmallIntegerField(default=5)
    run_after = models.DateTimeField(null=True, blank=True, help_text="Not before this instant; empty is at once, whatever the clocks say.")
    wake_after = models.DateTimeField(default=timezone.now, help_text="When the sweeper sends the next wake-up, if the job is still due.")
    run_again = models.BooleanField(default=False, help_text="Facts changed while it ran: due once more when this run ends.")
    claimed_by = models.CharField(max_length=100, blank=True, default="", help_text="Token of the run that holds the row (runner.py).")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    progress_done = models.PositiveBigIntegerField(default=0)
    progress_total = models.PositiveBigIntegerField(default=0, help_text="0 while the amount of work is unknown.")
    progress_message = models.CharField(max_length=200, blank=True, default="")
    cancel_requested = models.BooleanField(default=False)
    last_error = models.TextField(_("last error"), blank=True, default="")
    refused = models.BooleanField(default=False, help_text="A rule refused: last_error is a sentence for the requester.")
    result = models.JSONField(null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("requested by"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    watchers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", help_text="Others who asked for the same and were given this job."
    )
    subject = models.CharField(_("subject"), max_length=200, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "unique_key"], condition=Q(state__in=UNFINISHED) & ~Q(unique_key=""), name="jobs_one_unfinished_per_key"
            ),
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="jobs_state_known"),
            models.CheckConstraint(condition=Q(attempts__lte=F("max_attempts")), name="jobs_attempts_bounded"),
        ]
        indexes = [
            models.Index(fields=["wake_after"], condition=Q(state="due"), name="jobs_due_by_wake_after"),
            models.Index(fields=["state", "-created_at"], name="jobs_by_state"),
            models.Index(fields=["requested_by", "-created_at"], name="jobs_by_requester"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("jobs:job_detail", args=[self.uuid])

    @property
    def title(self):
        """What people call this job: its subject, else the title of its kind."""
        return self.subject or str(title_of(self.kind))

    @property
    def is_finished(self):
        return self.state not in UNFINISHED

    @property
    def result_url(self):
        """Where the result can be seen: an address of this site, or "" if the handler gave none."""
        url = self.result.get("url", "") if isinstance(self.result, dict) else ""
        return url if isinstance(url, str) and url.startswith("/") and not url.startswith(("//", "/\\")) else ""


class JobStep(models.Model):
    """A step that a job has done for good, written in the transaction of its effects (``job.once``)."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=100)
    done_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="jobs_step_once")]

    def __str__(self):
        return self.name
