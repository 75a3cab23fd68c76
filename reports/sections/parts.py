"""The months of a quarter, the quarters of a year: each beside the same one a year ago, and their sum, which is the report's total."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm import periods
from ka_crm.money import ratio
from sales.figures import Sums

from .. import blocks
from .base import Section, money, source, sources, text
from .headline import REASONS, compared


def parts_of(period):
    """The periods that add up to ``period``: a year's quarters, a quarter's months; a month has none."""
    if period.kind == "quarter":
        return [periods.month_of(month) for month in period.months()]
    if period.kind == "year":
        return [periods.quarter(period.starts_on.year, number) for number in (1, 2, 3, 4)]
    return []


def _row(facts, subject, part):
    now, has_now = facts.sums(subject.account_ids, part.months())
    then, has_then = facts.sums(subject.account_ids, part.year_before().months())
    change, reason = compared(now.net_minor, has_now, then.net_minor, has_then)
    return now, has_now, then, has_then, change, reason


def compute(scope):
    facts, parts = scope.facts, parts_of(scope.period)
    computed = {}
    for subject in scope.subjects:
        found = [(part, *_row(facts, subject, part)) for part in parts]
        total = sum((row[1] for row in found), Sums())
        then = sum((row[3] for row in found), Sums())
        change, reason = compared(total.net_minor, any(row[2] for row in found), then.net_minor, all(row[4] for row in found))
        rows = [
            {
                "part": part.label,
                "has_data": has_now,
                "units": now.units if has_now else None,
                "gross_value": money(now.gross_minor, subject.currency) if has_now else None,
                "discount_value": money(now.discount_minor, subject.currency) if has_now else None,
                "net_value": money(now.net_minor, subject.currency) if has_now else None,
                "share_of_total": text(ratio(now.net_minor, total.net_minor)) if has_now else None,
                "net_value_year_ago": money(then.net_minor, subject.currency) if has_then else None,
                "net_growth_vs_year_ago": change,
                "reason": reason,
            }
            for part, now, has_now, then, has_then, change, reason in found
        ]
        data = {
            "parts": rows,
            "total": {
                "units": total.units,
                "gross_value": money(total.gross_minor, subject.currency),
                "discount_value": money(total.discount_minor, subject.currency),
                "net_value": money(total.net_minor, subject.currency),
                "net_value_year_ago": money(then.net_minor, subject.currency) if any(row[4] for row in found) else None,
                "net_growth_vs_year_ago": change,
                "reason": "incomplete" if reason == "no_earlier" and any(row[4] for row in found) else reason,
            },
        }
        line = source(
            "net_value",
            "sellout_month_account",
            period=scope.period,
            subject=subject,
            facts=facts,
            rows=facts.fact_rows(subject.account_ids),
            total=data["total"]["net_value"],
        )
        computed[subject.key] = data, sources(line)
    return computed


def layout(data, reading):
    rows = data["parts"]
    if sum(row["net_value"] is not None for row in rows) > 1:
        yield blocks.chart(
            _("Net sell-out"),
            [row["part"] for row in rows],
            [
                (_("This year"), [row["net_value"] for row in rows]),
                (_("Year before"), [row["net_value_year_ago"] for row in rows]),
            ],
            kind="bar",
        )
    columns = [
        blocks.column(_("Period"), wide=True),
        blocks.column(_("Net sell-out"), "money"),
        blocks.column(_("Part"), "percent"),
        blocks.column(_("A year ago"), "money"),
        blocks.column(_("vs last year"), "delta"),
        blocks.column(_("Units"), "count"),
        blocks.column(_("Discount"), "money"),
    ]
    keys = ("part", "net_value", "share_of_total", "net_value_year_ago", "net_growth_vs_year_ago", "units", "discount_value")
    total = {"part": _("Total"), "share_of_total": None, **data["total"]}
    reasons = sorted({str(REASONS[row["reason"]]) for row in [*rows, data["total"]] if row["reason"]})
    note = _("Where there is no comparison: %(reasons)s.") % {"reasons": "; ".join(reasons)} if reasons else ""
    yield blocks.table(_("Period by period"), columns, [[row[key] for key in keys] for row in [*rows, total]], note=note)


SECTION = Section(
    key="parts",
    title=gettext_lazy("Period by period"),
    compute=compute,
    layout=layout,
    is_empty=lambda data: not any(row["has_data"] for row in data["parts"]),
    formulas={
        "net_value": gettext_lazy(
            "A quarter is the sum of its months, a year the sum of its quarters; the last row adds up the rows above."
        )
    },
)
