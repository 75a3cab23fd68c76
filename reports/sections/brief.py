"""Page one: what the period came to in one sentence, the figures a director asks for, what went well and what needs a decision."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.money import growth, ratio
from visits.figures import VisitFigures

from .. import blocks
from ..findings import findings_of
from ..models import ReportKind, SubjectKind
from ..wins import wins_of
from ..wording import opening, worded
from .base import Section, money, source, sources, text
from .headline import REASONS, compared, market_share, share_reason
from .visits import figures_of

SPARK_MONTHS = 13
SHOWN = 3


def _sold(facts, account_ids, months):
    sums, found = facts.sums(account_ids, months)
    return sums, found


def _movers(scope, subject):
    """(who brought most, who lost most) against the period before: accounts where there are several, else products."""
    facts = scope.facts
    if len(subject.account_ids) > 1:
        rows = []
        for pk in subject.account_ids:
            now, before = facts.sums([pk], facts.months)[0].net_minor, facts.sums([pk], facts.before.months())[0].net_minor
            rows.append((now - before, facts.accounts[pk].name, facts.accounts[pk].code))
    else:
        sold = facts.sold_by_product(subject.account_ids)
        rows = [(row.net - row.net_before, facts.products[pk].name, facts.products[pk].sku) for pk, row in sold.items()]
    rows.sort(key=lambda row: (-row[0], row[2]))
    up = rows[0] if rows and rows[0][0] > 0 else None
    down = rows[-1] if rows and rows[-1][0] < 0 else None
    return tuple(None if row is None else {"name": row[1], "change": money(row[0], subject.currency)} for row in (up, down))


def _figure(now, has_now, before, has_before, year_ago, has_year_ago):
    """One figure with both comparisons, as frozen text and reason codes."""
    change, reason = compared(now, has_now, before, has_before)
    change_year, reason_year = compared(now, has_now, year_ago, has_year_ago)
    return {"change": change, "reason": reason, "change_year": change_year, "reason_year": reason_year}


def _sales(scope, subject):
    facts, ids = scope.facts, subject.account_ids
    now, has_now = _sold(facts, ids, facts.months)
    before, has_before = _sold(facts, ids, facts.before.months())
    year_ago, has_year_ago = _sold(facts, ids, facts.year_ago.months())
    whole_year_ago = has_year_ago and facts.months_known(ids, facts.year_ago.months()) >= facts.months_known(ids, facts.months)
    months = [_sold(facts, ids, [month]) for month in facts.trend_months]
    return {
        "net": {
            "value": money(now.net_minor, subject.currency) if has_now else None,
            "spark": [money(sums.net_minor, subject.currency) if found else None for sums, found in months],
            **_figure(now.net_minor, has_now, before.net_minor, has_before, year_ago.net_minor, whole_year_ago),
        },
        "units": {
            "value": now.units if has_now else None,
            "spark": [sums.units if found else None for sums, found in months],
            **_figure(now.units, has_now, before.units, has_before, year_ago.units, whole_year_ago),
        },
    }


def _visits_before(scope, subject):
    facts = scope.facts
    if subject.people_ids and subject.kind != SubjectKind.COMPANY:
        return sum((facts.visits_of_people_before.get(pk, VisitFigures()) for pk in subject.people_ids), VisitFigures())
    return sum((facts.visits_before.get(pk, VisitFigures()) for pk in subject.all_ids), VisitFigures())


def _shelves(figures, account_ids):
    return sum((figures.get(pk, VisitFigures()) for pk in account_ids), VisitFigures())


def compute(scope):
    facts = scope.facts
    facts.read_now("people")
    computed = {}
    for subject in scope.subjects:
        share, _before, share_change, reason_share = market_share(facts, subject.account_ids)
        selling = facts.selling_stores(subject.account_ids)
        done, done_before = figures_of(scope, subject), _visits_before(scope, subject)
        seen, seen_before = _shelves(facts.visits, subject.all_ids), _shelves(facts.visits_before, subject.all_ids)
        stores = sum(facts.store_counts[pk] for pk in subject.all_ids)
        up, down = _movers(scope, subject)
        data = _sales(scope, subject) | {
            "share": {"value": text(share), "change": text(share_change), "reason": reason_share},
            "stores": {"value": selling[0], "of": stores, "change": text(growth(*selling)) if selling[1] else None},
            "plan_hit": _rate(ratio(done.planned_done, done.planned), ratio(done_before.planned_done, done_before.planned)),
            "visits": {"value": done.done, "planned": done.planned, "stores_seen": seen.stores_seen},
            "availability": _rate(seen.availability.value, seen_before.availability.value) | {"checked": seen.products_checked},
            "up": up,
            "down": down,
            "good": wins_of(scope, subject)[:SHOWN],
            "decide": findings_of(scope, subject)[:SHOWN],
        }
        common = {"subject": subject, "facts": facts}
        lines = sources(
            source(
                "net_value",
                "sellout_month_account",
                period=scope.period,
                rows=facts.fact_rows(subject.account_ids),
                total=data["net"]["value"],
                **common,
            ),
            source("visits", "visits", period=facts.visited, rows=done.planned + done.ad_hoc, **common),
            source("availability", "shelf_facts", period=facts.visited, rows=seen.products_checked, **common),
        )
        computed[subject.key] = data, lines
    return computed


def _rate(now, before):
    """A rate now with its change in points; None where one of the two is missing."""
    return {"value": text(now), "change": text(None if now is None or before is None else now - before)}


def _compare(figure, reading):
    """The two comparisons of a figure, worded."""
    before = {
        ReportKind.MONTHLY: _("vs the month before"),
        ReportKind.QUARTERLY: _("vs the quarter before"),
        ReportKind.ANNUAL: _("vs the year before"),
    }.get(reading.kind, _("vs the period before"))
    first = {"change": figure["change"], "change_label": before, "reason": _reason(figure["reason"])}
    if reading.kind == ReportKind.ANNUAL:
        return first  # last year is the period before
    return first | {"more": blocks.comparison(figure["change_year"], _("vs last year"), _reason(figure["reason_year"]))}


def _reason(code):
    return str(REASONS[code]) if code else ""


def layout(data, reading):
    yield blocks.lead(blocks.paragraph(opening(data, reading), tone="lead"))
    points = {"change_label": _("points vs the period before")}
    yield blocks.lead(
        blocks.kpis(
            blocks.kpi(
                _("Net sell-out"),
                data["net"]["value"],
                kind="money",
                spark=data["net"]["spark"],
                link=reading.league_link("stores" if reading.account_id else "accounts", "net"),
                **_compare(data["net"], reading),
            ),
            blocks.kpi(_("Units"), data["units"]["value"], kind="count", spark=data["units"]["spark"], **_compare(data["units"], reading)),
            blocks.kpi(
                _("Share of wallet"),
                data["share"]["value"],
                kind="percent",
                change=data["share"]["change"],
                reason=share_reason(data["share"]["change"], data["share"]["value"], data["share"].get("reason")),
                **points,
            ),
            blocks.kpi(
                _("Selling stores"),
                data["stores"]["value"],
                kind="count",
                change=data["stores"]["change"],
                change_label=_("vs the period before"),
                reason="" if data["stores"]["change"] else _("no figure for the period before"),
                hint=_("of %(count)s") % {"count": data["stores"]["of"]},
                link=reading.league_link("stores", "net"),
            ),
            blocks.kpi(
                _("Plan kept"),
                data["plan_hit"]["value"],
                kind="percent",
                change=data["plan_hit"]["change"],
                reason="" if data["plan_hit"]["change"] else _("no planned visit to compare with"),
                link=reading.visits_link(),
                **points,
            ),
            blocks.kpi(
                _("On-shelf availability"),
                data["availability"]["value"],
                kind="percent",
                change=data["availability"]["change"],
                reason="" if data["availability"]["change"] else _("no shelf check to compare with"),
                link=reading.visits_link(status="completed"),
                **points,
            ),
        )
    )
    yield from _both_lists(data, reading)


def _both_lists(data, reading):
    """What went well beside what needs a decision."""
    yield blocks.lead(
        blocks.findings(
            [worded(found, reading.currency) for found in data["good"]],
            title=_("What went well"),
            empty=_("No rule found anything that went markedly better than before."),
        )
    )
    yield blocks.lead(
        blocks.findings(
            [worded(found, reading.currency) for found in data["decide"]],
            title=_("What needs a decision"),
            empty=_("No rule found anything that needs a decision."),
        )
    )


SECTION = Section(
    key="brief",
    title=gettext_lazy("The page that matters"),
    compute=compute,
    layout=layout,
    is_empty=lambda data: data["net"]["value"] is None,
    formulas={
        "net_value": gettext_lazy(
            "Net sell-out; changes are (now − then) ÷ |then|, and no figure where then is missing, zero or negative."
        ),
        "visits": gettext_lazy(
            "Plan kept = planned visits that took place ÷ planned visits up to today, cancelled ones left out; the change is in points."
        ),
        "availability": gettext_lazy("Products on the shelf ÷ products checked at the visits of the period."),
    },
)
