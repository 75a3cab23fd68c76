"""Reports listen: a build that is called off or fails gives its reports back."""

from django.dispatch import receiver

from ka_crm.jobs.models import Job
from ka_crm.jobs.signals import job_finished, job_steered
from ka_crm.jobs.states import JobState

from .builder import release
from .models import ReportRun


@receiver(job_finished)
@receiver(job_steered)
def note_build_given_up(sender, job, **kwargs):
    """A job that waits is cancelled by a person and never ends in a worker: both ways lead here."""
    if job.kind != "reports.build_run" or not Job.objects.filter(pk=job.pk, state__in=(JobState.CANCELLED, JobState.FAILED)).exists():
        return
    run = ReportRun.objects.filter(pk=job.args.get("run_id"), finished_at=None).first()
    if run is not None:
        release(run)
