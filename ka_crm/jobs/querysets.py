"""Questions about jobs, and the one way to ask for one."""

import json
from datetime import timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from .handlers import handler_of
from .states import MOVES, UNFINISHED, JobState
from .wakeups import wake


class JobQuerySet(models.QuerySet):
    """Jobs: who may see them, which are due, and ``enqueue``."""

    def visible_to(self, user):
        """The jobs that ``user`` asked for, alone or after somebody else; all for who may manage jobs."""
        if user.has_capability("jobs.manage"):
            return self.all()
        return self.filter(pk__in=self.model.objects.filter(Q(requested_by=user) | Q(watchers=user)).values("pk"))

    def unfinished(self):
        return self.filter(state__in=UNFINISHED)

    def due_at(self, now):
        """Jobs that may be started at the instant ``now``."""
        return self.filter(Q(run_after__isnull=True) | Q(run_after__lte=now), state=JobState.DUE)

    def move(self, *, current, to, **values):
        """Change all of these rows that are still ``current`` to ``to`` by one UPDATE; answers how many moved."""
        if to not in MOVES.get(current, ()):
            raise ValueError(f"Jobs do not go from {current} to {to}.")
        return self.filter(state=current).update(state=to, **values)

    def enqueue(self, kind, *, unique_key="", requested_by=None, subject="", run_after=None, rerun=False, **args):
        """Write a job in the caller's transaction and wake a worker once that is committed.

        ``args`` are the handler's keyword arguments: ids, dates as text, anything JSON holds. ``unique_key`` names
        what the job is about: while a job of this kind and key is unfinished, that one is returned instead of a
        second, and ``requested_by`` may watch it too (so a job whose result depends on the person needs the person in
        its key). ``rerun=True`` says that facts changed: a job of this key that is already running will run once more
        when it ends. Raises LookupError for a kind nobody handles, TypeError for args that JSON cannot hold.

        Never waits for the broker, and never fails because of it.
        """
        handler = handler_of(kind)
        json.dumps(args)
        now = timezone.now()
        values = {
            "kind": kind,
            "args": args,
            "unique_key": unique_key,
            "max_attempts": handler.max_attempts,
            "requested_by": requested_by,
            "subject": str(subject)[:200],
            "run_after": run_after,
            "wake_after": run_after or now + timedelta(seconds=settings.JOBS_FIRST_RESEND_SECONDS),
            "request_id": str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
            "created_at": now,
        }
        while True:
            job = self._existing(kind, unique_key, rerun=rerun) if unique_key else None
            if job is None:
                try:
                    with transaction.atomic(using=self.db):
                        job = self.create(**values)
                except IntegrityError:
                    if unique_key:  # a rival's row is committed now: take that one
                        continue
                    raise
            elif requested_by is not None and job.requested_by_id != requested_by.pk:
                job.watchers.add(requested_by)
            if job.state == JobState.DUE and job.run_after is None:
                transaction.on_commit(partial(wake, job.pk), using=self.db, robust=True)
            return job

    def _existing(self, kind, unique_key, *, rerun):
        """The unfinished job of this key or None; with ``rerun`` locked until the caller's transaction ends."""
        jobs = self.filter(kind=kind, unique_key=unique_key, state__in=UNFINISHED)
        if not rerun and not jobs.filter(cancel_requested=True).exists():
            return jobs.first()
        with transaction.atomic(using=self.db):
            # The lock keeps a waiting job from being claimed before the caller's facts are committed.
            job = jobs.select_for_update().first()
            if job is not None and job.state == JobState.RUNNING:  # a run that is being cancelled would not do it
                jobs.filter(pk=job.pk).update(run_again=True)
            return job
