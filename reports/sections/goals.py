"""A plan's first page: the proposed sales figure with its formula, and how much work waits: visits, due stores, gaps, tasks, problems."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm import periods

from .. import blocks
from ..findings import findings_of
from ..outlook import propose
from ..wording import worded
from .base import Scope, Section, money, source, sources, text
from .open_work import tasks_of
from .visits_to_come import due_of, visits_of

LEAD_PROBLEMS = 3

HOWS = {
    "trend": gettext_lazy("same month last year × trend"),
    "last_year": gettext_lazy("same month last year; no trend is known"),
    "recent": gettext_lazy("mean of the last months; last year is not known"),
    "": gettext_lazy("nothing is known of last year or of the last months"),
}


def proposal_of(facts, account_id):
    """The Proposal of one account for the plan's month, from what it sold itself."""

    def net(month):
        sums = facts.outlook_sums.get((account_id, month.starts_on))
        return None if sums is None else sums.net_minor

    recent = [(net(month), net(month.year_before())) for month in facts.recent_months]
    return propose(year_ago=net(facts.period.year_before()), recent=recent)


def _row(facts, pk):
    account, proposal = facts.accounts[pk], proposal_of(facts, pk)
    currency = account.currency
    newest = facts.outlook_sums.get((pk, facts.recent_months[-1].starts_on))
    return {
        "id": pk,
        "account_name": account.name,
        "account_code": account.code,
        "year_ago": money(proposal.base_minor if proposal.how in ("trend", "last_year") else None, currency),
        "newest": money(newest.net_minor if newest else None, currency),
        "trend": text(proposal.trend),
        "is_capped": proposal.is_capped,
        "how": proposal.how,
        "currency": currency,
        "proposed": money(proposal.minor, currency),
        "_minor": proposal.minor,
    }


def problems_of(scope):
    """{subject key: findings of the last month that is over}: what the plan has to answer; found once for all its sections."""
    if "problems" not in scope.facts.remembered:
        base = scope.facts.recent_months[-1]
        facts = type(scope.facts)(base, scope.facts.account_ids, today=scope.today)
        then = Scope(period=base, subjects=scope.subjects, facts=facts, today=scope.today)
        scope.facts.remembered["problems"] = {subject.key: findings_of(then, subject) for subject in scope.subjects}
    return scope.facts.remembered["problems"]


def compute(scope):
    facts, computed, problems = scope.facts, {}, problems_of(scope)
    for subject in scope.subjects:
        rows = [_row(facts, pk) for pk in subject.account_ids if pk in facts.accounts]
        others = [row for pk in subject.other_ids if pk in facts.accounts and (row := _row(facts, pk))["_minor"] is not None]
        known = sorted((row for row in rows if row["_minor"] is not None), key=lambda row: (-row["_minor"], row["account_code"]))
        due = due_of(facts, subject)
        data = {
            "proposed": money(sum(row["_minor"] for row in known), subject.currency) if known else None,
            "month": scope.period.label,
            "year_ago_month": scope.period.year_before().label,
            "newest_month": facts.recent_months[-1].label,
            "recent_months": [month.label for month in facts.recent_months],
            "accounts": _public(known),
            "other_currencies": _public(sorted(others, key=lambda row: (row["currency"], -row["_minor"], row["account_code"]))),
            "unknown": len(rows) - len(known),
            "visits": len(visits_of(facts, subject)),
            "due_stores": len(due),
            "due_unplanned": sum(row["next_visit_on"] is None for row in due),
            "gaps": sum(len(facts.open_gaps.get(pk, ())) for pk in subject.all_ids),
            "tasks": len(tasks_of(facts, subject)),
            "problems": problems[subject.key],
        }
        common = {"subject": subject, "facts": facts}
        lines = sources(
            source(
                "proposed", "sellout_month_account", period=scope.period.year_before(), rows=len(known), total=data["proposed"], **common
            ),
            source(
                "trend",
                "sellout_month_account",
                period=periods.span(facts.recent_months[0].starts_on, facts.recent_months[-1].ends_on),
                **common,
            ),
            source("visits", "visits", period=scope.period, rows=data["visits"], **common),
        )
        computed[subject.key] = data, lines
    return computed


def _public(rows):
    return [{key: value for key, value in row.items() if not key.startswith("_")} for row in rows]


def _formula(row):
    """The formula of a row with its figures, as people check it."""
    currency = row["currency"]
    if row["how"] == "trend":
        shown = _("%(base)s × %(trend)s") % {
            "base": blocks.cell_text(row["year_ago"], "money", currency),
            "trend": blocks.cell_text(row["trend"], "factor", currency),
        }
        return f"{shown} {_('(trend cut to the usual bounds)')}" if row["is_capped"] else shown
    return str(HOWS[row["how"]])


def _opening(data, reading):
    if data["proposed"] is None:
        return _("No figure can be proposed for %(month)s: neither last year nor the last months are known.") % {"month": data["month"]}
    proposed = f"{blocks.cell_text(data['proposed'], 'money', reading.currency)}\u00a0{reading.currency}"
    return _(
        "Proposed for %(month)s: %(proposed)s net sell-out. %(visits)s visits are planned, %(unplanned)s due stores are not yet among "
        "them, %(gaps)s must-stock gaps are open."
    ) % {
        "month": data["month"],
        "proposed": proposed,
        "visits": blocks.cell_text(data["visits"], "count", ""),
        "unplanned": blocks.cell_text(data["due_unplanned"], "count", ""),
        "gaps": blocks.cell_text(data["gaps"], "count", ""),
    }


def layout(data, reading):
    yield blocks.lead(blocks.paragraph(_opening(data, reading), tone="lead"))
    yield blocks.lead(
        blocks.kpis(
            blocks.kpi(_("Proposed net sell-out"), data["proposed"], kind="money", reason="" if data["proposed"] else str(HOWS[""])),
            blocks.kpi(_("Planned visits"), data["visits"], kind="count", link=reading.visits_link()),
            blocks.kpi(
                _("Due stores"),
                data["due_stores"],
                kind="count",
                hint=_("%(count)s without a planned visit") % {"count": data["due_unplanned"]},
            ),
            blocks.kpi(_("Must-stock gaps to close"), data["gaps"], kind="count"),
            blocks.kpi(_("Open tasks"), data["tasks"], kind="count"),
            blocks.kpi(_("Open problems"), len(data["problems"]), kind="count", hint=_("of %(month)s") % {"month": data["newest_month"]}),
        )
    )
    yield blocks.lead(
        blocks.findings(
            [worded(found, reading.currency) for found in data["problems"][:LEAD_PROBLEMS]],
            title=_("What the plan has to answer"),
            empty=_("The last month left no open problem."),
        )
    )
    notes = [
        _("Trend = net sell-out of %(months)s ÷ that of the same months a year earlier, over the months that have both.")
        % {"months": ", ".join(data["recent_months"])}
    ]
    if data["unknown"]:
        notes.append(_("%(count)s accounts without any sell-out have no proposal.") % {"count": data["unknown"]})
    yield _table(_("Proposed figures"), data, data["accounts"], " ".join(notes))
    by_currency = {}
    for row in data["other_currencies"]:
        by_currency.setdefault(row["currency"], []).append(row)
    for currency, rows in sorted(by_currency.items()):
        note = _("Not contained in the totals above: sums never mix currencies.")
        yield {**_table(_("Proposed figures in %(currency)s") % {"currency": currency}, data, rows, note), "currency": currency}


def _table(title, data, rows, note):
    columns = [
        blocks.column(_("Account"), wide=True),
        blocks.column(data["year_ago_month"], "money"),
        blocks.column(data["newest_month"], "money"),
        blocks.column(_("Proposed"), "money"),
        blocks.column(_("Formula"), wide=True),
    ]
    return blocks.table(
        title,
        columns,
        [[row["account_name"], row["year_ago"], row["newest"], row["proposed"], _formula(row)] for row in rows],
        note=note,
        empty=str(HOWS[""]),
        links=[("accounts:account_detail", row["id"]) for row in rows],
    )


SECTION = Section(
    key="goals",
    title=gettext_lazy("What the month should bring"),
    compute=compute,
    layout=layout,
    is_empty=lambda data: data["proposed"] is None,
    formulas={
        "proposed": gettext_lazy(
            "Same month last year × trend, per account; without a trend the month itself, without last year the mean of the last months."
        ),
        "trend": gettext_lazy("Σ net of the last three complete months ÷ Σ net of the same months a year earlier, cut to 0.5 … 2."),
        "visits": gettext_lazy("Visits planned for the month, cancelled ones left out; due stores by the cadence rules in force."),
    },
)
