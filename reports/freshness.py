"""Whether data have come, changed or gone since a report's numbers were frozen. The numbers stay; the page says so."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import KeyAccount
from ka_crm.formats import instant
from sales.models import ImportBatch
from sales.states import BatchStatus
from visits.models import Visit

from .models import ReportKind, SubjectKind

MOST_NAMED = 5
WITHOUT_SELL_OUT = {ReportKind.WEEKLY, ReportKind.SURVEY}


@dataclass(frozen=True)
class NewerData:
    """Files (ImportBatch) that came or were taken back, the newest ``MOST_NAMED`` of ``file_count``, and visits that were written."""

    files: tuple = ()
    file_count: int = 0
    visits: int = 0

    def __bool__(self):
        return bool(self.file_count or self.visits)

    def lines(self):
        """What is newer, a sentence each, in the reader's language."""
        lines = []
        for batch in self.files:
            words = _("%(file)s was taken back, %(when)s") if batch.undone_at else _("%(file)s came, %(when)s")
            lines.append(words % {"file": batch, "when": instant(batch.undone_at or batch.finished_at)})
        if more := self.file_count - len(self.files):
            lines.append(ngettext("%(counter)s more file", "%(counter)s more files", more) % {"counter": more})
        if self.visits:
            lines.append(
                ngettext("%(counter)s visit was written or changed", "%(counter)s visits were written or changed", self.visits)
                % {"counter": self.visits}
            )
        return lines


def newer_data(report):
    """What a build of ``report`` today might see that its numbers do not; four statements at most.

    Counted are files with days of the period or of the year before it, which the comparisons and the trend show, of the accounts that
    the numbers run over; and visits of the period.
    """
    read_at = _read_at(report)
    if read_at is None:
        return NewerData()
    accounts = _accounts_of(report)
    files = _files_since(report, accounts, read_at) if report.kind not in WITHOUT_SELL_OUT else ImportBatch.objects.none()
    found = list(files)
    return NewerData(tuple(found[:MOST_NAMED]), len(found), _visits_since(report, accounts, read_at).count())


def _read_at(report):
    """When the first of the report's sections was read; None before there are any numbers."""
    instants = [datetime.fromisoformat(section.sources["built_at"]) for section in report.sections.all() if section.sources.get("built_at")]
    return min(instants, default=None)


def _accounts_of(report):
    """{id: path} of the accounts that the numbers run over, by what stands frozen beside them."""
    codes = set()
    for section in report.sections.all():
        for line in section.sources.get("figures", ()):
            codes.update(line["accounts"])
        codes.update(row["account_code"] for row in section.data.get("other_currencies", ()))
    return dict(KeyAccount.objects.filter(code__in=codes).values_list("pk", "path"))


def _files_since(report, accounts, read_at):
    above = {int(part) for path in accounts.values() for part in path.split("/") if part}  # a chain's file holds its regions' rows
    came = Q(status=BatchStatus.IMPORTED, finished_at__gt=read_at, rows_imported__gt=0)
    return (
        ImportBatch.objects.filter(came | Q(undone_at__gt=read_at, finished_at__lte=read_at))
        .filter(
            Q(account=None) | Q(account__in=above),
            kind__in=("sellout", "category_totals"),
            period_starts_on__lte=report.ends_on,
            period_ends_on__gte=report.period.year_before().starts_on,
        )
        .select_related("file")
        .order_by("-finished_at", "-pk")
    )


def _visits_since(report, accounts, read_at):
    changed = Visit.objects.filter(planned_on__range=(report.starts_on, report.ends_on), updated_at__gt=read_at)
    if report.subject_kind == SubjectKind.PERSON:
        return changed.filter(visitor=report.person_id)
    return changed.filter(account__in=accounts.keys())
