"""What a version of a report says otherwise than the version before it: figure by figure, account by account, file by file.

Both versions are frozen, so the comparison is the same whenever it is drawn.
"""

from decimal import Decimal

from django.utils.translation import gettext as _

from . import blocks
from .models import Report
from .sections import SECTION_OF
from .sections.base import text
from .sections.basis import FILES
from .states import ReportStatus

KEY = "changes"
MOST_ACCOUNTS = 20
# The kinds of figures that can be told apart by a number, and what their difference is.
DIFFERENCE = {"money": "money", "count": "count", "percent": "points", "score": "score"}


def version_before(report):
    """The newest earlier version of ``report`` that has numbers; None for a first one."""
    if report.version == 1:
        return None
    same = Report.objects.filter(kind=report.kind, subject_key=report.subject_key, starts_on=report.starts_on, ends_on=report.ends_on)
    earlier = same.filter(version__lt=report.version).exclude(status=ReportStatus.BUILDING)
    return earlier.prefetch_related("sections").order_by("-version").first()


def changed_values(report):
    """For programs: since which version, and {"section.figure": [value then, value now]} of the single figures; None for a first one."""
    older = version_before(report)
    if older is None:
        return None
    then, now = (
        {f"{row.key}.{name}": value for row in one.sections.all() for name, value in row.data.items() if not isinstance(value, dict | list)}
        for one in (older, report)
    )
    changed = {name: [then.get(name), now.get(name)] for name in sorted(then.keys() | now.keys()) if then.get(name) != now.get(name)}
    return {"since_version": older.version, "figures": changed}


def changes_section(report, sections, reading_of):
    """The part of a document that says what changed, from its ``sections`` with all their blocks; None for a first version.

    ``reading_of`` gives a report's Reading, so that the earlier version is laid out as its own reader saw it.
    """
    older = version_before(report)
    if older is None:
        return None
    then = {row.key: row for row in older.sections.all() if row.key in SECTION_OF and (row.sources or row.data)}
    laid_out = {key: list(SECTION_OF[key].layout(row.data, reading_of(older))) for key, row in then.items()}
    names = _("Version %(number)s") % {"number": older.version}, _("Version %(number)s") % {"number": report.version}
    now = {row.key: row.data for row in report.sections.all()}
    rows = list(_figures(laid_out, sections, same_currency=older.currency == report.currency))
    parts = [
        *_figure_tables(rows, names),
        *_accounts(then["headline"].data if "headline" in then else {}, now.get("headline", {}), names),
        *_files(then["basis"].data if "basis" in then else {}, now.get("basis", {})),
    ]
    if older.currency != report.currency:
        words = _("The earlier version was in %(currency)s: its amounts are not compared.") % {"currency": older.currency}
        parts.insert(0, blocks.paragraph(words))
    return {
        "title": _("What changed since version %(number)s") % {"number": older.version},
        "blocks": parts or [blocks.paragraph(_("Every figure is as it was."))],
    }


def _items(parts):
    return {item["label"]: item for block in parts if block["type"] == "kpis" for item in block["items"] if item["kind"] in DIFFERENCE}


def _figures(laid_out, sections, *, same_currency):
    """(kind, label, section, value then, value now) of the headline figures that differ; one that two sections show is told once."""
    seen = set()
    for section in sections:
        then = _items(laid_out.get(section["key"], ()))
        for label, item in _items(section["blocks"]).items():
            kind, value = item["kind"], item["value"]
            before = then[label]["value"] if label in then else None
            if before == value or (kind, label, before, value) in seen or (kind == "money" and not same_currency):
                continue
            seen.add((kind, label, before, value))
            yield kind, label, section["title"], before, value


def _difference(before, now):
    return None if before is None or now is None else text(Decimal(str(now)) - Decimal(str(before)))


def _figure_tables(rows, names):
    titles = {"money": _("Amounts"), "count": _("Counts"), "percent": _("Rates"), "score": _("Scores")}
    for kind, title in titles.items():
        found = [row for row in rows if row[0] == kind]
        if found:
            columns = [
                blocks.column(_("Figure"), wide=True),
                blocks.column(_("Section"), wide=True),
                *(blocks.column(name, kind) for name in names),
                blocks.column(_("Difference"), DIFFERENCE[kind]),
            ]
            yield blocks.table(
                title, columns, [[label, part, before, now, _difference(before, now)] for _kind, label, part, before, now in found]
            )


def _accounts(then, now, names):
    """Per currency the accounts whose net sell-out differs, the largest difference first."""
    before, after = _net_by_account(then), _net_by_account(now)
    rows = {}
    for pk in before.keys() | after.keys():
        row = after.get(pk) or before[pk]
        values = [side[pk]["net_value"] if pk in side and side[pk]["currency"] == row["currency"] else None for side in (before, after)]
        if values[0] != values[1]:
            rows.setdefault(row["currency"], []).append([row["account_name"], row["account_code"], *values, _difference(*values), pk])
    for currency, found in sorted(rows.items()):
        found.sort(key=lambda row: (-abs(Decimal(row[4] or 0)), row[1]))
        columns = [
            blocks.column(_("Account"), wide=True),
            blocks.column(_("Code")),
            *(blocks.column(name, "money") for name in names),
            blocks.column(_("Difference"), "money"),
        ]
        table = blocks.table(
            _("Accounts with other net sell-out"),
            columns,
            [row[:5] for row in found[:MOST_ACCOUNTS]],
            note=blocks.more_note(len(found), MOST_ACCOUNTS),
            links=[("accounts:account_detail", row[5]) for row in found[:MOST_ACCOUNTS]],
        )
        yield table | {"currency": currency}


def _net_by_account(headline):
    """{account id: its row of the headline}, also of the accounts in other currencies."""
    return {row["id"]: row for name in ("accounts", "other_currencies") for row in headline.get(name, ())}


def _files(then, now):
    """The files that came between the two versions, and those that were taken back."""
    before = {row["public_id"]: row for row in then.get("files", ())}
    after = {row["public_id"]: row for row in now.get("files", ())}
    # A section lists so many files: one that has dropped off the end of a longer list is not gone.
    gone = [row for pk, row in before.items() if pk not in after] if now.get("file_count", 0) <= FILES else []
    found = [(row, _("came")) for pk, row in after.items() if pk not in before] + [(row, _("taken back")) for row in gone]
    if found and before:
        columns = [
            blocks.column(_("File"), wide=True),
            blocks.column(_("Account")),
            blocks.column(_("What happened")),
            blocks.column(_("Rows"), "count"),
            blocks.column(_("Imported")),
        ]
        rows = []
        for row, what in found:
            rows.append([row["file"], row["account_code"], what, row["rows_imported"] + row["rows_unchanged"], row["finished_at"]])
        links = [("sales:import_detail", row["public_id"]) for row, _what in found]
        yield blocks.table(_("Files between the two versions"), columns, rows, links=links)
