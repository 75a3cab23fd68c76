"""What workers do for sales: check and run imports, tidy the files."""

from django.utils.translation import gettext_lazy as _

from ka_crm.files import sweep_orphans
from ka_crm.jobs.handlers import every, job_handler

from .models import ImportBatch
from .services import imports as services
from .states import BatchStatus


def _batch(batch_id):
    return ImportBatch.objects.select_related("file", "account", "uploaded_by").get(pk=batch_id)


@job_handler("sales.check_import", title=_("Check a file"))
def check_import(job, *, batch_id):
    """Read the file and fill the preview; a batch that has gone on in the meantime is left alone."""
    batch = _batch(batch_id)
    if batch.status in (BatchStatus.QUEUED, BatchStatus.RUNNING, BatchStatus.IMPORTED, BatchStatus.UNDONE):
        return
    result = {"url": batch.get_absolute_url()}
    services.check_batch(batch=batch, actor=job.requested_by, progress=_progress(job), finishing=lambda: job.finishing(result))


@job_handler("sales.run_import", title=_("Import a file"))
def run_import(job, *, batch_id):
    """Import the file; effects and the job's end are one transaction, so a killed worker leaves nothing half."""
    batch = _batch(batch_id)
    result = {"url": batch.get_absolute_url()}
    services.run_import(
        batch=batch,
        skip_invalid=batch.skip_invalid,
        actor=job.requested_by,
        progress=_progress(job),
        finishing=lambda: job.finishing(result),
    )


def _progress(job):
    def report(rows, total):
        job.raise_if_cancelled()
        job.progress(rows, total, _("%(rows)d rows read") % {"rows": rows})

    return report


@every("sales.sweep_files", seconds=6 * 3600)
def sweep_files(now):
    """Files without a row, left by crashes between file and row, go after a day."""
    sweep_orphans(now=now)
