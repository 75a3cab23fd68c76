"""What sells, what rises and what falls."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.money import growth, ratio

from .. import blocks
from .base import Section, money, source, sources, text

SHOWN = 10


def product_rows(scope, subject):
    """{product id: Compared} of a subject."""
    return scope.facts.sold_by_product(subject.account_ids)


def _row(facts, product_id, row, currency, total_net):
    product = facts.products[product_id]
    return {
        "id": product_id,
        "sku": product.sku,
        "name": product.name,
        "category": product.category,
        "units": row.units,
        "net_value": money(row.net, currency),
        "share_of_sales": text(ratio(row.net, total_net)),
        "net_value_previous_period": money(row.net_before, currency),
        "net_growth_vs_previous_period": text(growth(row.net, row.net_before)),
        "net_change": money(row.net - row.net_before, currency),
    }


def compute(scope):
    computed = {}
    for subject in scope.subjects:
        rows = product_rows(scope, subject)
        total_net = sum(row.net for row in rows.values())
        sku = {pk: scope.facts.products[pk].sku for pk in rows}
        best = sorted((pk for pk in rows if rows[pk].units > 0), key=lambda pk: (-rows[pk].net, sku[pk]))[:SHOWN]
        change = {pk: rows[pk].net - rows[pk].net_before for pk in rows}
        fallers = sorted((pk for pk in rows if change[pk] < 0), key=lambda pk: (change[pk], sku[pk]))[:SHOWN]
        risers = sorted((pk for pk in rows if change[pk] > 0), key=lambda pk: (-change[pk], sku[pk]))[:SHOWN]
        frozen = {
            name: [_row(scope.facts, pk, rows[pk], subject.currency, total_net) for pk in chosen]
            for name, chosen in (("best", best), ("fallers", fallers), ("risers", risers))
        }
        frozen["has_previous"] = any(row.net_before for row in rows.values())
        frozen["products"] = sum(row.units > 0 for row in rows.values())
        line = source(
            "net_value",
            "sellout_month_account_sku",
            period=scope.period,
            subject=subject,
            facts=scope.facts,
            rows=scope.facts.fact_rows(subject.account_ids),
            total=money(total_net, subject.currency),
        )
        computed[subject.key] = frozen, sources(line)
    return computed


def layout(data, reading):
    def links(rows):
        return [("sales:product_detail", row["id"]) for row in rows]

    name, sku = blocks.column(_("Product"), wide=True), blocks.column(_("SKU"))
    yield blocks.table(
        _("Best sellers"),
        [
            name,
            sku,
            blocks.column(_("Net sell-out"), "money"),
            blocks.column(_("Part of sales"), "percent"),
            blocks.column(_("Units"), "count"),
            blocks.column(_("vs before"), "delta"),
        ],
        [
            [row[key] for key in ("name", "sku", "net_value", "share_of_sales", "units", "net_growth_vs_previous_period")]
            for row in data["best"]
        ],
        empty=_("Nothing was sold in this period."),
        links=links(data["best"]),
    )
    if not data["has_previous"]:
        yield blocks.paragraph(_("There is no earlier period to compare with, so nothing rises or falls yet."))
        return
    columns = [
        name,
        sku,
        blocks.column(_("Change"), "money"),
        blocks.column(_("Now"), "money"),
        blocks.column(_("Before"), "money"),
        blocks.column(_("Change, %"), "delta"),
    ]
    keys = ("name", "sku", "net_change", "net_value", "net_value_previous_period", "net_growth_vs_previous_period")
    for title, rows in ((_("Biggest losses"), data["fallers"]), (_("Biggest gains"), data["risers"])):
        yield blocks.table(title, columns, [[row[key] for key in keys] for row in rows], empty=_("None in this period."), links=links(rows))


SECTION = Section(
    key="products",
    title=gettext_lazy("Products"),
    compute=compute,
    layout=layout,
    formulas={
        "net_value": gettext_lazy("Net sell-out of the product in the period; the change is the period less the period before, in money.")
    },
)
