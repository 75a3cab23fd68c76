"""One run of one job: claim, heartbeat, handler, end. What ``jobs.run`` does in a worker, and tests do in their own thread."""

import json
import logging
import mmap
import time
from contextlib import contextmanager

import structlog
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.utils import timezone, translation

from ka_crm.errors import DomainError

from .handlers import handler_of
from .identity import holder_is_dead, new_claim
from .models import Job, JobStep
from .pulse import Pulse
from .services import claim_job, fail_run, finish_job, hand_back, held, stop_run, take_over
from .signals import job_finished
from .states import UNFINISHED, JobState

log = logging.getLogger(__name__)
# One byte that this process shares with the worker processes it forks: 1 once the worker is told to stop.
_stopping = mmap.mmap(-1, 1)
_running_here = set()
# How many waiting jobs a worker that is free looks at: others may be faster with the first.
AT_HAND = 8


class JobStopped(BaseException):
    """The run has to end at this safe point. Not an Exception, so that no handler's ``except Exception`` swallows it."""


class JobCancelled(JobStopped):
    """A person cancelled the job."""


class WorkerStopping(JobStopped):
    """The worker is told to stop; another one runs the job again."""


class ClaimLost(JobStopped):
    """Another worker has taken the job over; what this run still does counts for nothing."""


class RunningJob:
    """What a handler is given: the job's facts, and its ways to report, to stop and to end."""

    def __init__(self, row, claim):
        self.row = row
        self.claim = claim
        self.pk, self.uuid, self.subject, self.requested_by = row.pk, row.uuid, row.subject, row.requested_by
        self.attempt = row.attempts  # 1 at the first
        self.state = JobState.RUNNING
        shown = (row.progress_done, row.progress_total)
        self.pulse = Pulse(job_id=row.pk, claim=claim, handler_connection=connection, shown=shown)

    def progress(self, done, total=0, message=""):
        """Show how far the job is; ``total`` 0 where nobody knows. Costs nothing, never fails, may be called per row.

        Written at most twice a second by the heartbeat's own thread and connection, so people see it although the
        handler is inside a transaction. SQLite has one writer: there it is written once that transaction has ended.
        It never goes back: another attempt shows what the one before had reached until it is as far.
        """
        self.pulse.report(max(int(done), 0), max(int(total), 0), str(message)[:200])

    def raise_if_cancelled(self):
        """Stop here if the job was cancelled, taken over, or the worker is told to stop. Asks no database."""
        if self.pulse.claim_lost:
            raise ClaimLost
        if self.pulse.cancel_requested:
            raise JobCancelled
        if worker_is_stopping():
            raise WorkerStopping

    @contextmanager
    def finishing(self, result=None):
        """The job's effects and its end in one transaction: both happen, once, or neither.

        Yields the result dict, which the block may fill; ``url`` in it becomes the link people follow. Raises ClaimLost,
        with the block's effects rolled back, if another worker has taken the job over.
        """
        result = dict(result or {})
        with transaction.atomic():
            yield result
            json.dumps(result)
            self.state = finish_job(job_id=self.pk, claim=self.claim, result=result, **self.pulse.reported())
            if self.state is None:
                self.state = JobState.RUNNING
                raise ClaimLost

    def step_lasts(self):
        """Call as the last word of a transaction whose effects the next attempt need not repeat: the attempts begin anew.

        Five attempts are for work that gets nowhere; long work whose worker is killed again and again gets on by its steps.
        Raises ClaimLost, with the transaction's effects rolled back, if another worker has taken the job over.
        """
        if not held(job_id=self.pk, claim=self.claim).update(attempts=1):
            raise ClaimLost

    @contextmanager
    def once(self, step):
        """``with job.once("mail") as first: if first: …`` – the block's writes happen once, however often the job runs.

        The mark is written in the block's transaction; a rival run that was faster makes this one end as ClaimLost.
        A step done lasts: the attempts begin anew.
        """
        if JobStep.objects.filter(job_id=self.pk, name=step).exists():
            yield False
            return
        with transaction.atomic():
            yield True
            try:
                with transaction.atomic():
                    JobStep.objects.create(job_id=self.pk, name=step)
            except IntegrityError:
                raise ClaimLost from None
            self.step_lasts()


def tell_running_jobs_to_stop():
    """From now on ``raise_if_cancelled`` hands jobs back, in this process and in those it forked."""
    _stopping[0] = 1


def worker_is_stopping():
    return _stopping[0] == 1


def runs_here(claim):
    """Whether this very process is at work on ``claim``, whatever its heartbeat says."""
    return claim in _running_here


def run_job(job_id):
    """Claim and run one job; answers its state afterwards, or None if it was not to be had (done, taken, not yet due)."""
    claim = new_claim()
    row = claim_job(job_id=job_id, claim=claim) or _claim_from_the_dead(job_id, claim)
    if row is None:
        return None
    language = getattr(row.requested_by, "language", None) or translation.get_language()
    facts = {"job": str(row.uuid), "job_kind": row.kind, "request_id": row.request_id}
    with structlog.contextvars.bound_contextvars(**facts), translation.override(language):
        return _run(RunningJob(row, claim))


def run_next_job():
    """Run the job that has waited longest, if one is due; whether there was one to be had."""
    waiting = Job.objects.due_at(timezone.now()).order_by("wake_after", "pk")
    return any(run_job(job_id) is not None for job_id in waiting.values_list("pk", flat=True)[:AT_HAND])


def _claim_from_the_dead(job_id, claim):
    """A message comes a second time when its process was killed: do not wait for the sweeper to notice."""
    row = Job.objects.filter(pk=job_id, state=JobState.RUNNING).first()
    if row is None or not holder_is_dead(row.claimed_by):
        return None
    take_over(job=row, because="The worker process ended during the run.")
    return claim_job(job_id=job_id, claim=claim)


def _run(job):
    started = time.monotonic()
    _running_here.add(job.claim)
    job.pulse.start()
    try:
        _call_handler(job)
    finally:
        job.pulse.stop()
        _running_here.discard(job.claim)
    log.info("Job %s %s: %s after %.2f s, attempt %s", job.row.kind, job.uuid, job.state, time.monotonic() - started, job.attempt)
    if job.state not in UNFINISHED:
        job_finished.send_robust(Job, job=Job.objects.get(pk=job.pk))
    return job.state


def _call_handler(job):
    """Run the handler and write how it ended. A claim lost meanwhile changes nothing."""
    try:
        result = handler_of(job.row.kind).function(job, **job.row.args)
        if job.state == JobState.RUNNING:
            with job.finishing(result):
                pass
    except JobCancelled:
        job.state = stop_run(job_id=job.pk, claim=job.claim, **job.pulse.reported())
    except WorkerStopping:
        job.state = JobState.DUE if hand_back(job_id=job.pk, claim=job.claim) else None
    except ClaimLost:
        job.state = None
        log.warning("Job %s was taken over by another worker; this run ends without effect.", job.uuid)
    except DomainError as error:
        _end_badly(job, str(error), refused=True)
    except Exception as error:  # anything else may be better at the next attempt
        log.exception("Job %s %s failed at attempt %s", job.row.kind, job.uuid, job.attempt)
        _end_badly(job, f"{type(error).__name__}: {error}", refused=False)


def _end_badly(job, error, *, refused):
    if job.state != JobState.RUNNING:
        return  # the effects are committed: what failed came after the end
    if not connection.in_atomic_block:
        close_old_connections()  # the error may have been the connection's
    job.state = fail_run(job_id=job.pk, claim=job.claim, error=error.replace("\x00", ""), refused=refused, **job.pulse.reported())


def run_due_jobs(*, limit=1000):
    """Run what is due in this thread until nothing is; answers the jobs it ran, as they are then. For tests."""
    ran = []
    while len(ran) < limit:
        job_id = Job.objects.due_at(timezone.now()).order_by("pk").values_list("pk", flat=True).first()
        if job_id is None or run_job(job_id) is None:
            break
        ran.append(job_id)
    found = Job.objects.in_bulk(ran)
    return [found[job_id] for job_id in ran]
