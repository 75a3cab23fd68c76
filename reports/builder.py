"""What a worker does with an order: section after section for all subjects, then the reports become drafts and their files are ordered.

A run may be interrupted anywhere and finished by another worker. Each section is written in one transaction together with the
note that it is done; rows are unique by report and key, so that doing one twice changes nothing. New numbers wait beside the old
ones and take their place all together at the end, so that a build that is called off changes nothing either.
"""

from datetime import date

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from team.audit import record

from .facts import Facts
from .files import order_files
from .models import Report, ReportRun, ReportSection
from .sections import sections_of
from .sections.base import Scope
from .states import ReportStatus
from .subjects import Directory, subjects_of


def scope_of(run):
    """The subjects and facts of an order, read afresh."""
    today = date.fromisoformat(run.scope["today"])
    subjects = subjects_of(Directory(run.period, today), run.scope)
    accounts = frozenset().union(*(subject.all_ids for subject in subjects))
    return Scope(period=run.period, subjects=subjects, facts=Facts(run.period, accounts, today=today), today=today)


def build_run(job, run):
    """Build what is left of ``run``; ends with the job done. Raises the job's stop signals between sections."""
    _take_back(run)
    scope = scope_of(run)
    sections = sections_of(run.kind)
    total = len(sections) + 1
    for position, section in enumerate(sections):
        job.raise_if_cancelled()
        job.progress(position, total, section.title)
        if section.key not in run.sections_done:
            computed = section.compute(scope)
            with transaction.atomic():
                write_section(run, position, section, computed)
                job.step_lasts()
    job.raise_if_cancelled()
    job.progress(len(sections), total, _("Putting the reports together"))
    with job.finishing() as result:
        finish_run(run)
        result["run_id"] = run.pk
        result["url"] = _address(run)


def write_section(run, position, section, computed):
    """Freeze one section of all reports of the run, once. Reports that a later order has taken over are left to it."""
    with transaction.atomic():
        locked = ReportRun.objects.select_for_update().get(pk=run.pk)
        if section.key in locked.sections_done:
            run.sections_done = locked.sections_done
            return
        reports = Report.objects.filter(run=run, status=ReportStatus.BUILDING).only("pk", "subject_key")
        rows = [
            ReportSection(
                report=report,
                key=section.key,
                position=position,
                fresh_data=computed[report.subject_key][0],
                fresh_sources=computed[report.subject_key][1] | {"is_empty": section.is_empty(computed[report.subject_key][0])},
            )
            for report in reports
            if report.subject_key in computed
        ]
        ReportSection.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["report", "key"], update_fields=["position", "fresh_data", "fresh_sources"]
        )
        locked.sections_done = [*locked.sections_done, section.key]
        locked.save(update_fields=["sections_done"])
        run.sections_done = locked.sections_done


def finish_run(run):
    """Turn the run's reports into drafts, let new versions supersede the old, order the files. Call inside a transaction."""
    now = timezone.now()
    reports = list(Report.objects.select_for_update(of=("self",)).filter(run=run, status=ReportStatus.BUILDING))
    ids = [report.pk for report in reports]
    Report.objects.filter(pk__in=ids).update(status=ReportStatus.DRAFT, built_at=now, edit_version=F("edit_version") + 1)
    sections = ReportSection.objects.filter(report__in=ids)
    # A section that the program no longer has is no part of the fresh report.
    sections.exclude(key__in=[section.key for section in sections_of(run.kind)]).delete()
    sections.filter(fresh_sources__isnull=False).update(
        data=F("fresh_data"), sources=F("fresh_sources"), fresh_data=None, fresh_sources=None
    )
    for report in reports:
        report.status = ReportStatus.DRAFT
        if report.version > 1:
            older = Report.objects.filter(
                kind=report.kind,
                subject_key=report.subject_key,
                starts_on=report.starts_on,
                ends_on=report.ends_on,
                version__lt=report.version,
            )
            older.update(superseded_by=report)
        order_files(report, formats=run.scope["formats"], languages=run.scope["languages"])
    run.finished_at = now
    run.save(update_fields=["finished_at"])
    record(run, "report.built", actor=run.ordered_by, changes={"reports": [None, len(ids)]})


def _take_back(run):
    """Reports that ``release`` gave back and nobody has touched since: a run that is tried again builds them after all."""
    again = Report.objects.filter(run=run, status=ReportStatus.DRAFT, built_at__lt=run.created_at)
    again.update(status=ReportStatus.BUILDING, edit_version=F("edit_version") + 1)


@transaction.atomic
def release(run):
    """Give the reports of a run that will not end back: those with earlier numbers are drafts again, numbers and words as before."""
    reports = Report.objects.select_for_update(of=("self",)).filter(run=run, status=ReportStatus.BUILDING).exclude(built_at=None)
    ids = list(reports.values_list("pk", flat=True))
    sections = ReportSection.objects.filter(report__in=ids)
    sections.filter(sources={}).delete()  # only the build that is over made these
    sections.update(fresh_data=None, fresh_sources=None)
    Report.objects.filter(pk__in=ids).update(status=ReportStatus.DRAFT, edit_version=F("edit_version") + 1)
    ReportRun.objects.filter(pk=run.pk).update(sections_done=[])
    if ids:
        record(run, "report.build_given_up", actor=None, changes={"reports": [None, len(ids)]})


def _address(run):
    """Where the person who ordered looks next: the report itself if it is one, else the list of the period."""
    reports = list(run.reports.all()[:2])
    if len(reports) == 1:
        return reports[0].get_absolute_url()
    return f"{reverse('reports:report_list')}?kind={run.kind}&period={run.period.label}"
