"""The verbs of a job: claim it, end a run of it, steer it. All by conditional UPDATE, so of two rivals one wins."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from ka_crm.errors import IllegalMove

from .handlers import handler_of
from .identity import whole_worker_is_dead
from .models import Job, JobStep
from .signals import job_finished, job_steered
from .states import JobState
from .wakeups import wake

MAX_BACKOFF_SECONDS = 600
SPARED_AT_MOST = 10
UNSTARTED = {"progress_done": 0, "progress_total": 0, "progress_message": ""}


def backoff(attempts):
    """How long a job rests after its ``attempts``-th attempt failed: doubling, ten minutes at most."""
    return timedelta(seconds=min(settings.JOBS_BACKOFF_SECONDS * 2 ** max(attempts - 1, 0), MAX_BACKOFF_SECONDS))


def claim_job(*, job_id, claim):
    """Take a due job for the run ``claim`` and count the attempt, committed before any work; None if it is not to be had."""
    now = timezone.now()
    taken = (
        Job.objects.filter(pk=job_id, attempts__lt=F("max_attempts"))
        .due_at(now)
        .move(
            current=JobState.DUE,
            to=JobState.RUNNING,
            attempts=F("attempts") + 1,
            claimed_by=claim,
            heartbeat_at=now,
            started_at=now,
            run_again=False,
            last_error="",
            refused=False,
        )
    )
    return Job.objects.select_related("requested_by").get(pk=job_id) if taken else None


def held(*, job_id, claim):
    """The job's row while ``claim`` holds it: what every write of a run starts from."""
    return Job.objects.filter(pk=job_id, claimed_by=claim)


def _end(mine, *, to, **values):
    """End the run of the one row in ``mine``: as ``to``, or due again with all attempts if it was asked for again meanwhile.

    Answers the state it is in now, or None if the claim is lost.
    """
    now = timezone.now()
    values["claimed_by"] = ""
    if mine.filter(run_again=False).move(current=JobState.RUNNING, to=to, finished_at=now, **values):
        return to
    job_id = mine.values_list("pk", flat=True).first()
    afresh = {"run_again": False, "cancel_requested": False, "attempts": 0, "run_after": None, "wake_after": now, **UNSTARTED}
    if not mine.move(current=JobState.RUNNING, to=JobState.DUE, **values | afresh):
        return None
    JobStep.objects.filter(job_id=job_id).delete()  # the new run does all its steps
    transaction.on_commit(lambda: wake(job_id), robust=True)
    return JobState.DUE


def finish_job(*, job_id, claim, result, **progress):
    """End the run as done, with its result. Answers the state it is in now, or None if the claim is lost."""
    return _end(held(job_id=job_id, claim=claim), to=JobState.DONE, result=result, last_error="", **progress)


def fail_run(*, job_id, claim, error, refused=False, **progress):
    """End the run as failed: another attempt after a rest if one is left, else (or if a rule refused) a dead letter.

    Answers the state that the job is in now, or None if the claim is lost.
    """
    mine = held(job_id=job_id, claim=claim)
    job = mine.first()
    if job is None:
        return None
    ended = {"last_error": error[:4000], "refused": refused, **progress}
    if refused or job.attempts >= job.max_attempts:
        return _end(mine, to=JobState.FAILED, **ended)
    run_after = timezone.now() + backoff(job.attempts)
    rests = mine.move(current=JobState.RUNNING, to=JobState.DUE, claimed_by="", run_after=run_after, wake_after=run_after, **ended)
    return JobState.DUE if rests else None


def stop_run(*, job_id, claim, **progress):
    """End the run because a person cancelled it. Answers the state it is in now, or None if the claim is lost."""
    return _end(held(job_id=job_id, claim=claim), to=JobState.CANCELLED, **progress)


def hand_back(*, job_id, claim):
    """Give the job to another worker because this one is told to stop; the attempt does not count."""
    uncounted = {"attempts": F("attempts") - 1, "run_after": None, "wake_after": timezone.now()}
    mine = held(job_id=job_id, claim=claim).filter(attempts__gt=0)
    return bool(mine.move(current=JobState.RUNNING, to=JobState.DUE, claimed_by="", **uncounted))


@transaction.atomic
def take_over(*, job, because):
    """Free a job whose run is dead: due once more, or a dead letter after its last attempt. ``job`` as it was read.

    ``because`` is for the administrator. Answers the new state, or None if the run gave a sign of life or ended since.
    A death that took the whole worker along, which no poison in a pool does, gives the job another attempt, ten times at most.
    """
    same = Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by, heartbeat_at=job.heartbeat_at)
    if job.cancel_requested:
        return _told(job.pk, _end(same, to=JobState.CANCELLED))
    most = job.max_attempts
    spared = max(most - _attempts_of(job), 0)
    if spared < SPARED_AT_MOST and whole_worker_is_dead(job.claimed_by):
        most, spared = most + 1, spared + 1
    if job.attempts >= most:
        return _told(job.pk, _end(same, to=JobState.FAILED, last_error=because))
    # At once after the first death (a restart), with growing rests after more: what kills workers must not keep them busy.
    # Jobs that died together rest for different times, so that the one that kills does not take its neighbours along each time.
    now = timezone.now()
    counted = job.attempts - spared
    run_after = None if counted <= 1 else now + backoff(counted - 1) * (1 + job.pk % 5 / 2)
    freed = {"claimed_by": "", "run_after": run_after, "wake_after": run_after or now, "last_error": because, "max_attempts": most}
    return JobState.DUE if same.move(current=JobState.RUNNING, to=JobState.DUE, **freed) else None


def _attempts_of(job):
    """How many attempts jobs of this kind have; the row's own number where nobody handles the kind."""
    try:
        return handler_of(job.kind).max_attempts
    except LookupError:
        return job.max_attempts


def _told(job_id, state):
    """``state``; if it is an end, the listeners hear of it after the commit, as they do of the ends that a run writes itself."""
    if state in (JobState.FAILED, JobState.CANCELLED):
        transaction.on_commit(lambda: job_finished.send_robust(Job, job=Job.objects.get(pk=job_id)), robust=True)
    return state


@transaction.atomic
def cancel_job(*, job_id, actor):
    """Cancel a waiting job now, or ask a running one to stop at its next safe point. Raises IllegalMove if it has ended."""
    job = Job.objects.select_for_update().get(pk=job_id)
    jobs = Job.objects.filter(pk=job_id)
    cancelled = jobs.move(current=JobState.DUE, to=JobState.CANCELLED, finished_at=timezone.now(), cancel_requested=True)
    asked = cancelled or jobs.filter(state=JobState.RUNNING).update(cancel_requested=True, run_again=False)
    if not asked:
        raise IllegalMove(
            _("“%(job)s” has ended already (%(state)s): there is nothing to cancel.") % {"job": job.title, "state": job.get_state_display()}
        )
    job_steered.send(Job, job=job, verb="job.cancelled", actor=actor)
    job.refresh_from_db()
    return job


@transaction.atomic
def retry_job(*, job_id, actor):
    """Make a failed or cancelled job due again with all its attempts. Raises IllegalMove from any other state.

    Steps that it has done (``job.once``) stay done.
    """
    job = Job.objects.select_for_update().get(pk=job_id)
    fresh = {"attempts": 0, "cancel_requested": False, "refused": False, "finished_at": None, "run_after": None, **UNSTARTED}
    fresh["max_attempts"] = _attempts_of(job)
    same = Job.objects.filter(pk=job_id)
    try:
        with transaction.atomic():
            moved = any(
                same.move(current=state, to=JobState.DUE, wake_after=timezone.now(), **fresh)
                for state in (JobState.FAILED, JobState.CANCELLED)
            )
    except IntegrityError:
        raise IllegalMove(
            _("“%(job)s” was asked for again in the meantime and waits or runs already: follow that job instead.") % {"job": job.title}
        ) from None
    if not moved:
        raise IllegalMove(
            _("“%(job)s” is in state “%(state)s”: only failed and cancelled jobs can be run again.")
            % {"job": job.title, "state": job.get_state_display()}
        )
    job_steered.send(Job, job=job, verb="job.retried", actor=actor)
    transaction.on_commit(lambda: wake(job_id), robust=True)
    job.refresh_from_db()
    return job
