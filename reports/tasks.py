"""Work for later: building ordered reports and drawing their files."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ka_crm.jobs.handlers import every, job_handler
from ka_crm.jobs.models import Job

from . import files
from .builder import build_run as build
from .deadlines import services as deadlines
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
    report = Report.objects.for_list().filter(pk=report_id).first()  # with all that a document names
    if report is None:
        return None
    wanted = files.wanted(formats, languages)
    for number, (file_format, language) in enumerate(wanted):
        job.raise_if_cancelled()
        job.progress(number, len(wanted), f"{file_format} {language}")
        files.ensure_file(report, file_format, language, on_drawn=job.step_lasts)
    return {"url": report.get_absolute_url()}


@job_handler("reports.deadlines", title=_("Deadlines of the day"))
def deadlines_of_the_day(job, *, day):
    """Make deadlines, order drafts, remind; safe to run twice, and a day that was missed is made up for by the next."""
    return deadlines.run_day(date.fromisoformat(day))


@every("reports.deadlines", seconds=600)
def order_deadlines(now):
    """One job a day, from the first beat after midnight in the company's time zone; the key keeps a second worker's out."""
    day = str(timezone.localdate(now))
    if not Job.objects.filter(kind="reports.deadlines", unique_key=day).exists():
        with transaction.atomic():
            Job.objects.enqueue("reports.deadlines", unique_key=day, requested_by=None, subject=day, day=day)
