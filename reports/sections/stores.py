"""Best and worst stores, and who moved."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.money import growth

from .. import blocks
from .base import Section, money, source, sources, text

SHOWN = 8


def store_rows(scope, subject):
    """{store id: Compared} of the subject's stores that sold something now or before."""
    return scope.facts.sold_by_store(subject.account_ids)


def _row(facts, store_id, row, currency):
    store = facts.stores.get(store_id)
    return {
        "id": store_id,
        "store_code": store.code if store else "",
        "store_name": store.name if store else "",
        "account_code": facts.accounts[store.account_id].code if store and store.account_id in facts.accounts else "",
        "region": store.region if store else "",
        "units": row.units,
        "net_value": money(row.net, currency),
        "net_value_previous_period": money(row.net_before, currency),
        "net_growth_vs_previous_period": text(growth(row.net, row.net_before)),
        "net_change": money(row.net - row.net_before, currency),
    }


def compute(scope):
    facts = scope.facts
    computed = {}
    for subject in scope.subjects:
        rows = store_rows(scope, subject)
        code = {pk: facts.stores[pk].code if pk in facts.stores else "" for pk in rows}
        selling = sorted((pk for pk in rows if rows[pk].units > 0), key=lambda pk: (-rows[pk].net, code[pk]))
        change = {pk: rows[pk].net - rows[pk].net_before for pk in rows}
        moved = [pk for pk in rows if rows[pk].net_before]
        chosen = {
            "best": selling[:SHOWN],
            "weakest": selling[SHOWN:][-SHOWN:][::-1],
            "fallers": sorted((pk for pk in moved if change[pk] < 0), key=lambda pk: (change[pk], code[pk]))[:SHOWN],
            "stopped": sorted(
                (pk for pk in rows if rows[pk].units <= 0 < rows[pk].units_before), key=lambda pk: (-rows[pk].net_before, code[pk])
            ),
        }
        data = {name: [_row(facts, pk, rows[pk], subject.currency) for pk in pks[: 3 * SHOWN]] for name, pks in chosen.items()}
        data |= {
            "stores": sum(facts.store_counts[pk] for pk in subject.account_ids),
            "selling_stores": len(selling),
            "started": sum(row.units > 0 >= row.units_before for row in rows.values()),
            "stopped_count": len(chosen["stopped"]),
            "has_previous": bool(moved),
            "several_accounts": len(subject.account_ids) > 1,
        }
        line = source(
            "net_value",
            "sellout_month_store",
            period=scope.period,
            subject=subject,
            facts=facts,
            rows=facts.fact_rows(subject.account_ids),
            total=money(sum(row.net for row in rows.values()), subject.currency),
        )
        computed[subject.key] = data, sources(line)
    return computed


def layout(data, reading):
    earlier = data["has_previous"]
    yield blocks.kpis(
        blocks.kpi(_("Stores"), data["stores"], kind="count"),
        blocks.kpi(_("Selling stores"), data["selling_stores"], kind="count"),
        blocks.kpi(_("Began to sell"), data["started"] if earlier else None, kind="count", hint=_("sold nothing in the period before")),
        blocks.kpi(_("Stopped selling"), data["stopped_count"] if earlier else None, kind="count", hint=_("sold in the period before")),
    )
    columns = [blocks.column(_("Store"), wide=True), blocks.column(_("Code"))]
    keys = ["store_name", "store_code"]
    if data["several_accounts"]:
        columns.append(blocks.column(_("Account")))
        keys.append("account_code")
    columns += [
        blocks.column(_("Net sell-out"), "money"),
        blocks.column(_("Before"), "money"),
        blocks.column(_("vs before"), "delta"),
        blocks.column(_("Units"), "count"),
    ]
    keys += ["net_value", "net_value_previous_period", "net_growth_vs_previous_period", "units"]
    titles = {
        "best": _("Strongest stores"),
        "weakest": _("Weakest selling stores"),
        "fallers": _("Stores that fell most"),
        "stopped": _("Stores that stopped selling"),
    }
    for name, title in titles.items():
        rows = data[name]
        if not rows and name != "best":
            continue
        note = ""
        if name == "stopped" and data["stopped_count"] > len(rows):
            note = _("The largest %(shown)s of %(count)s.") % {"shown": len(rows), "count": data["stopped_count"]}
        yield blocks.table(
            title,
            columns,
            [[row[key] for key in keys] for row in rows],
            note=note,
            empty=_("No store sold anything in this period."),
            links=[("accounts:store_detail", row["id"]) for row in rows],
        )


SECTION = Section(
    key="stores",
    title=gettext_lazy("Stores"),
    compute=compute,
    layout=layout,
    formulas={"net_value": gettext_lazy("Net sell-out per store; a store sells if its units in the period add up to more than 0.")},
)
