"""A report's files: which there are, when they are drawn, and that each is whole and drawn once.

A file is named by its content and written whole before its row exists (ka_crm.files). ``content_key`` is the hash of what goes
into the drawing, so that an unchanged report is not drawn again and a stale file is noticed.
"""

import re
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from ka_crm.files import store_bytes
from ka_crm.jobs.models import Job

from .models import ReportFile, SubjectKind
from .rendering import DRAWING_VERSION, draw
from .rendering.document import document_of, frozen

FORMATS = ("json", "html", "xlsx", "pdf")
# JSON holds the frozen numbers, which speak no language.
NO_LANGUAGE = ""


def wanted(formats, languages):
    """(format, language) pairs of the files to draw."""
    pairs = []
    for name in FORMATS:
        if name in formats:
            pairs += [(name, NO_LANGUAGE)] if name == "json" else [(name, language) for language in languages]
    return pairs


def order_files(report, *, formats=FORMATS, languages=None):
    """Let the workers draw the report's files as it is after the caller's transaction."""
    if not formats:
        return
    languages = languages or [code for code, _name in settings.LANGUAGES]
    Job.objects.enqueue(
        "reports.render",
        unique_key=_job_key(report, formats, languages),
        requested_by=None,
        subject=str(report),
        rerun=True,
        report_id=report.pk,
        formats=list(formats),
        languages=list(languages),
    )


def ensure_file(report, file_format, language, *, on_drawn=None):
    """The report's file in this format and language as the report is now; drawn here if it is missing or stale.

    ``on_drawn()`` is called in the transaction of a new file, and not for one that is there.
    """
    source = frozen(report) if file_format == "json" else document_of(report, language)
    key = sha256(f"{DRAWING_VERSION} {file_format} {source!r}".encode()).hexdigest()
    existing = report.files.select_related("file").filter(format=file_format, language=language).first()
    if existing is not None and existing.content_key == key:
        return existing
    content = draw(source, file_format, language)
    with transaction.atomic():
        stored = store_bytes(content, name=file_name(report, file_format, language), kind="reports")
        row, _created = ReportFile.objects.update_or_create(
            report=report, format=file_format, language=language, defaults={"content_key": key, "file": stored}
        )
        if on_drawn:
            on_drawn()
    return row


def file_name(report, file_format, language):
    """``monthly_2017-03_A01.en.pdf``: kind, period, subject and language; predictable, and safe on every disk."""
    words = {
        SubjectKind.ACCOUNT: lambda: report.account.code,
        SubjectKind.PERSON: lambda: f"person-{report.person.email}",
        SubjectKind.TEAM: lambda: f"team-{report.team.name}",
        SubjectKind.COMPANY: lambda: "company",
    }
    subject = re.sub(r"[^\w.@-]+", "_", words[report.subject_kind]()).strip("._") or f"subject-{report.pk}"
    middle = f".{language}" if language else ""
    return f"{report.kind}_{report.period_label}_{subject}{middle}.{file_format}"


def unfinished_job(report, formats, languages):
    """The job that draws these files of the report, if it has not ended yet."""
    return Job.objects.unfinished().filter(kind="reports.render", unique_key=_job_key(report, formats, languages)).first()


def _job_key(report, formats, languages):
    return f"report-{report.pk}-{'-'.join([*sorted(formats), *sorted(languages)])}"
