"""Which files the numbers come from, when they came, and which accounts sent nothing."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import blocks
from .base import Section, source, sources

FILES = 40


def gaps_of(scope, subject):
    """Accounts without sell-out in the period that had some in the twelve months before; newest month known first."""
    facts = scope.facts
    gaps = []
    for pk in subject.all_ids:
        if facts.sums([pk], facts.months)[1]:
            continue
        known = [month for month in facts.trend_months if (pk, month) in facts.month_sums]
        if known:
            account = facts.accounts[pk]
            gaps.append({"id": pk, "account_code": account.code, "account_name": account.name, "last_month": f"{known[-1]:%Y-%m}"})
    return sorted(gaps, key=lambda gap: (gap["last_month"], gap["account_code"]), reverse=True)


def compute(scope):
    facts = scope.facts
    computed = {}
    for subject in scope.subjects:
        senders, gaps = facts.above(subject.all_ids), gaps_of(scope, subject)
        with_data = sum(facts.sums([pk], facts.months)[1] for pk in subject.all_ids)
        files = [
            {
                "public_id": str(batch["public_id"]),
                "file": batch["file__original_name"],
                "kind": batch["kind"],
                "account_code": batch["account__code"] or "",
                "rows_imported": batch["rows_imported"],
                "rows_unchanged": batch["rows_unchanged"],
                "rows_rejected": batch["rows_rejected"],
                "finished_at": timezone.localtime(batch["finished_at"]).strftime("%Y-%m-%d %H:%M") if batch["finished_at"] else "",
                "by": batch["by"] or "",
            }
            for batch in facts.imports
            if batch["account_id"] is None or batch["account_id"] in senders
        ]
        data = {
            "fact_rows": facts.fact_rows(subject.all_ids),
            "accounts": with_data + len(gaps),  # those that report at all: a chain above its regions sends nothing itself
            "accounts_with_data": with_data,
            "files": files[:FILES],
            "file_count": len(files),
            "rows_rejected": sum(row["rows_rejected"] for row in files),
            "gaps": gaps,
            "note": subject.note,
        }
        line = source("fact_rows", "sellout_month_account", period=scope.period, subject=subject, facts=facts, rows=data["fact_rows"])
        computed[subject.key] = data, sources(line)
    return computed


def layout(data, reading):
    if data["note"] == "assigned_today":
        yield blocks.paragraph(
            _("No assignment of accounts is on record for the period: the accounts looked after today are used."), tone="warn"
        )
    yield blocks.kpis(
        blocks.kpi(
            _("Accounts with sell-out"), data["accounts_with_data"], kind="count", hint=_("of %(count)s") % {"count": data["accounts"]}
        ),
        blocks.kpi(_("Sell-out rows"), data["fact_rows"], kind="count"),
        blocks.kpi(_("Files"), data["file_count"], kind="count"),
        blocks.kpi(_("Rows refused"), data["rows_rejected"], kind="count"),
    )
    if data["gaps"]:
        columns = [blocks.column(_("Account"), wide=True), blocks.column(_("Code")), blocks.column(_("Last month with sell-out"))]
        yield blocks.table(
            _("Accounts without sell-out in this period"),
            columns,
            [[row[key] for key in ("account_name", "account_code", "last_month")] for row in data["gaps"]],
            note=_("Their figures are missing above, not zero: ask the retailer for the file."),
            links=[("accounts:account_detail", row["id"]) for row in data["gaps"]],
        )
    kinds = {"sellout": _("Sell-out"), "category_totals": _("Market totals")}
    columns = [
        blocks.column(_("File"), wide=True),
        blocks.column(_("Kind")),
        blocks.column(_("Account")),
        blocks.column(_("Rows"), "count"),
        blocks.column(_("Refused"), "count"),
        blocks.column(_("Imported")),
    ]
    rows = [
        [
            row["file"],
            kinds.get(row["kind"], row["kind"]),
            row["account_code"],
            row["rows_imported"] + row["rows_unchanged"],
            row["rows_rejected"],
            row["finished_at"],
        ]
        for row in data["files"]
    ]
    yield blocks.table(
        _("Imported files"),
        columns,
        rows,
        note=blocks.more_note(data["file_count"], len(data["files"])),
        empty=_("No import with dates in this period is on record."),
        links=[("sales:import_detail", row["public_id"]) for row in data["files"]],
    )


SECTION = Section(
    key="basis",
    title=gettext_lazy("What this is based on"),
    compute=compute,
    layout=layout,
    formulas={"fact_rows": gettext_lazy("Rows of the retailers' files as they stand after corrections and resends.")},
)
