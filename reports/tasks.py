"""Work for later: building ordered reports and drawing their files."""

from django.utils.translation import gettext_lazy as _

from ka_crm.jobs.handlers import job_handler

from . import files
from .builder import build_run as build
from .models import Report, ReportRun


@job_handler("reports.build_run", title=_("Build reports"))
def build_run(job, *, run_id):
    """Build an order section by section; what an earlier run of this job has done stays done."""
    run = ReportRun.objects.filter(pk=run_id).first()
    if run is None or run.finished_at is not None:
        return
    build(job, run)


@job_handler("reports.render", title=_("Draw a report's files"))
def render(job, *, report_id, formats, languages):
    """Draw the files of one report, each committed on its own; a file whose content is unchanged is left as it is."""
    report = Report.objects.filter(pk=report_id).first()
    if report is None:
        return None
    wanted = files.wanted(formats, languages)
    for number, (file_format, language) in enumerate(wanted):
        job.raise_if_cancelled()
        job.progress(number, len(wanted), f"{file_format} {language}")
        files.ensure_file(report, file_format, language)
    return {"url": report.get_absolute_url()}
