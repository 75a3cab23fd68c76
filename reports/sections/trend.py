"""Thirteen months of sell-out, so that the same month a year ago is on the chart."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.periods import span

from .. import blocks
from .base import Section, money, source, sources
from .headline import compared


def compute(scope):
    facts = scope.facts
    computed = {}
    for subject in scope.subjects:
        rows, earlier = [], (None, False)
        for month in facts.trend_months:
            sums, found = facts.sums(subject.account_ids, [month])
            change, _reason = compared(sums.net_minor, found, earlier[0].net_minor if earlier[1] else 0, earlier[1])
            rows.append(
                {
                    "month": f"{month:%Y-%m}",
                    "units": sums.units if found else None,
                    "gross_value": money(sums.gross_minor, subject.currency) if found else None,
                    "discount_value": money(sums.discount_minor, subject.currency) if found else None,
                    "net_value": money(sums.net_minor, subject.currency) if found else None,
                    "net_growth_vs_previous_period": change,
                }
            )
            earlier = (sums, found)
        whole = span(facts.trend_months[0], scope.period.ends_on)
        line = source(
            "net_value",
            "sellout_month_account",
            period=whole,
            subject=subject,
            facts=facts,
            rows=sum(row["net_value"] is not None for row in rows),
        )
        computed[subject.key] = {"months": rows}, sources(line)
    return computed


def layout(data, reading):
    rows = data["months"]
    shown = [row for row in rows if row["net_value"] is not None]
    drawn = rows[rows.index(shown[0]) :] if shown else []  # months before the first known one would only be empty paper
    if len(shown) > 1:
        yield blocks.chart(
            _("Net sell-out by month"), [row["month"] for row in drawn], [(_("Net sell-out"), [row["net_value"] for row in drawn])]
        )
    columns = [
        blocks.column(_("Month"), wide=True),
        blocks.column(_("Net sell-out"), "money"),
        blocks.column(_("vs month before"), "delta"),
        blocks.column(_("Units"), "count"),
        blocks.column(_("Gross"), "money"),
        blocks.column(_("Discount"), "money"),
    ]
    keys = ("month", "net_value", "net_growth_vs_previous_period", "units", "gross_value", "discount_value")
    missing = len(rows) - len(shown)
    note = _("Months without a row: no sell-out was received (%(count)s of 13).") % {"count": missing} if missing else ""
    yield blocks.table(
        _("Month by month"),
        columns,
        [[row[key] for key in keys] for row in shown],
        note=note,
        empty=_("No sell-out in these thirteen months."),
    )


SECTION = Section(
    key="trend",
    title=gettext_lazy("Sales trend"),
    compute=compute,
    layout=layout,
    formulas={"net_value": gettext_lazy("Net sell-out per calendar month; the change is (month − month before) ÷ |month before|.")},
)
