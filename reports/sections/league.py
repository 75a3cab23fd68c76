"""Who leads and who climbed: accounts, stores and people in order, with their place in the period before."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.money import growth, ratio
from visits.figures import VisitFigures

from .. import blocks
from ..league import Row, on_time_by_person, rank
from .base import Section, money, source, sources, text

SHOWN = 10


def _accounts(facts, subject):
    if len(subject.account_ids) < 2:
        return []
    rows = []
    for pk in subject.account_ids:
        now, has_now = facts.sums([pk], facts.months)
        before, has_before = facts.sums([pk], facts.before.months())
        if has_now or has_before:
            account = facts.accounts[pk]
            rows.append(
                Row(
                    pk,
                    account.name,
                    account.code,
                    subject.currency,
                    {"net": now.net_minor if has_now else None},
                    {"net": before.net_minor if has_before else None},
                )
            )
    return rank(rows, "net")


def _stores(facts, subject):
    rows = []
    for pk, row in facts.sold_by_store(subject.account_ids).items():
        store = facts.stores.get(pk)
        if store is not None:
            now, before = row.net if row.units > 0 else None, row.net_before if row.units_before > 0 else None
            rows.append(Row(pk, store.name, store.code, subject.currency, {"net": now}, {"net": before}))
    return rank(rows, "net")


def _people(facts, subject, filed):
    """Who kept the plan, scored and handed in on time; in order of the plan kept."""
    if len(subject.people_ids) < 2:
        return []
    rows = []
    for pk in subject.people_ids:
        done, before = facts.visits_of_people.get(pk, VisitFigures()), facts.visits_of_people_before.get(pk, VisitFigures())
        scores = facts.scores_of_people.get(pk)
        if done.planned or done.done or pk in filed:
            values = {
                "plan_hit": ratio(done.planned_done, done.planned),
                "done": done.done,
                "score": scores.score if scores else None,
                "on_time": ratio(*filed.get(pk, (0, 0))),
            }
            rows.append(Row(pk, facts.people[pk], "", "", values, {"plan_hit": ratio(before.planned_done, before.planned)}))
    return rank(rows, "plan_hit")


def _frozen(row):
    frozen = {"id": row.pk, "name": row.name, "code": row.code, "rank": row.rank, "climbed": row.climbed, "part": text(row.part)}
    if "net" in row.values:
        now, before = row.values["net"], row.before["net"]
        return frozen | {"net_value": money(now, row.currency), "growth": text(growth(now, before))}
    return frozen | {name: text(value) if name != "done" else value for name, value in row.values.items()}


def compute(scope):
    facts = scope.facts
    facts.read_now("people")
    everybody = frozenset().union(*(subject.people_ids for subject in scope.subjects))
    filed = on_time_by_person(list(everybody), scope.period)
    computed = {}
    for subject in scope.subjects:
        stores = _stores(facts, subject)
        data = {
            "accounts": [_frozen(row) for row in _accounts(facts, subject)[:SHOWN]],
            "account_count": len(subject.account_ids),
            "stores": [_frozen(row) for row in stores[:SHOWN]],
            "store_count": len(stores),
            "people": [_frozen(row) for row in _people(facts, subject, filed)],
        }
        common = {"period": scope.period, "subject": subject, "facts": facts}
        lines = sources(
            source("net_value", "sellout_month_store", rows=facts.fact_rows(subject.account_ids), **common),
            source("people", "visits", rows=len(data["people"]), **common),
        )
        computed[subject.key] = data, lines
    return computed


def _place(row):
    """“3”, with an arrow and the places won or lost against the period before."""
    if row["rank"] is None:
        return None
    if not row["climbed"]:
        return str(row["rank"])
    return f"{row['rank']} {'▲' if row['climbed'] > 0 else '▼'}{abs(row['climbed'])}"


def _money_table(title, rows, count, url_name):
    columns = [
        blocks.column(_("Name"), wide=True),
        blocks.column(_("Place")),
        blocks.column(_("Net sell-out"), "money"),
        blocks.column(_("vs before"), "delta"),
        blocks.column(_("Code")),
    ]
    return blocks.table(
        title,
        columns,
        [[row["name"], _place(row), row["net_value"], row["growth"], row["code"]] for row in rows],
        note=blocks.more_note(count, len(rows)),
        empty=_("Nothing was sold in this period."),
        links=[(url_name, row["id"]) for row in rows],
    )


def layout(data, reading):
    if data["accounts"]:
        yield _money_table(_("Accounts by net sell-out"), data["accounts"], len(data["accounts"]), "accounts:account_detail")
    yield _money_table(_("Stores by net sell-out"), data["stores"], data["store_count"], "accounts:store_detail")
    if data["people"]:
        columns = [
            blocks.column(_("Person"), wide=True),
            blocks.column(_("Place")),
            blocks.column(_("Plan kept"), "percent"),
            blocks.column(_("Visits done"), "count"),
            blocks.column(_("Score"), "score"),
            blocks.column(_("Handed in on time"), "percent"),
        ]
        rows = [[row["name"], _place(row), row["plan_hit"], row["done"], row["score"], row["on_time"]] for row in data["people"]]
        yield blocks.table(_("People by plan kept"), columns, rows)


SECTION = Section(
    key="league",
    title=gettext_lazy("League tables"),
    compute=compute,
    layout=layout,
    formulas={
        "net_value": gettext_lazy(
            "Places by net sell-out of the period, equal figures share a place; ▲ and ▼ count the places won and lost."
        ),
        "people": gettext_lazy("Plan kept = planned visits that took place ÷ planned visits; on time = handed in by the due day ÷ due."),
    },
)
