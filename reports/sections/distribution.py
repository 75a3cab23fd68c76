"""In how many stores, and in which share of the market, the main products sell: now against the period before."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.money import ratio

from .. import blocks
from ..facts import Carried
from .base import Section, source, sources, text

MAIN = 20


def distribution_rows(scope, subject, *, most=MAIN):
    """The main products (by sell-out now and before) with their numeric and weighted distribution; Decimals under ``_``."""
    return scope.facts.once("distribution_rows", (subject.key, most), lambda: _distribution_rows(scope, subject, most))


def _distribution_rows(scope, subject, most):
    facts = scope.facts
    sold = facts.sold_by_product(subject.account_ids)
    carried = facts.carried_by(subject.account_ids)
    universe = sum(facts.store_counts[pk] for pk in subject.account_ids)
    weights = {}
    for pk in subject.account_ids:
        for category_id, (now, before) in facts.weights[pk].items():
            weight = weights.setdefault(category_id, [0, 0])
            weight[0] += now
            weight[1] += before
    main = sorted(sold, key=lambda pk: (-max(sold[pk].net, sold[pk].net_before), facts.products[pk].sku))[:most]
    rows = []
    for pk in main:
        product, row = facts.products[pk], carried.get(pk, Carried())
        weight_now, weight_before = weights.get(product.category_id, (0, 0))
        numeric, numeric_before = ratio(row.stores, universe), ratio(row.stores_before, universe)
        weighted, weighted_before = ratio(row.weight, weight_now), ratio(row.weight_before, weight_before)
        rows.append(
            {
                "id": pk,
                "sku": product.sku,
                "name": product.name,
                "stores_selling": row.stores,
                "stores_total": universe,
                "stores_selling_previous": row.stores_before,
                "numeric_distribution": text(numeric),
                "numeric_distribution_previous": text(numeric_before),
                "weighted_distribution": text(weighted),
                "weighted_distribution_previous": text(weighted_before),
                "weighted_change": text(None if weighted is None or weighted_before is None else weighted - weighted_before),
                "_stores_lost": row.stores_before - row.stores,
                "_numeric_change": None if numeric is None else numeric - numeric_before,
                "_weighted_change": None if weighted is None or weighted_before is None else weighted - weighted_before,
            }
        )
    return rows


def compute(scope):
    facts = scope.facts
    computed = {}
    for subject in scope.subjects:
        rows = distribution_rows(scope, subject)
        data = {
            "period": scope.period.label,
            "previous_period": facts.before.label,
            "has_previous": any(row["stores_selling_previous"] for row in rows),
            "products": [{key: value for key, value in row.items() if not key.startswith("_")} for row in rows],
        }
        line = source(
            "numeric_distribution",
            "distribution_month",
            period=scope.period,
            subject=subject,
            facts=facts,
            rows=sum(row["stores_selling"] for row in rows),
        )
        computed[subject.key] = data, sources(line, {**line, "figure": "weighted_distribution"})
    return computed


def layout(data, reading):
    columns = [
        blocks.column(_("Product"), wide=True),
        blocks.column(_("SKU")),
        blocks.column(_("Stores"), "count"),
        blocks.column(_("Before"), "count"),
        blocks.column(_("Numeric"), "percent"),
        blocks.column(_("Weighted"), "percent"),
        blocks.column(_("Weighted, points"), "points"),
    ]
    keys = ("name", "sku", "stores_selling", "stores_selling_previous", "numeric_distribution", "weighted_distribution", "weighted_change")
    rows = data["products"]
    periods = {"now": data["period"], "before": data["previous_period"]}
    parts = [(_("Main products in %(now)s against %(before)s") % periods, rows)]
    if data["has_previous"]:
        lost = sorted((row for row in rows if row["stores_selling"] < row["stores_selling_previous"]), key=_stores_won)
        won = sorted((row for row in rows if row["stores_selling"] > row["stores_selling_previous"]), key=lambda row: -_stores_won(row))
        parts = [(_("Distribution lost"), lost[:8]), (_("Distribution won"), won[:8]), *parts]
    for title, shown in parts:
        yield blocks.table(
            title,
            columns,
            [[row[key] for key in keys] for row in shown],
            empty=_("None of the main products."),
            links=[("sales:product_detail", row["id"]) for row in shown],
        )


def _stores_won(row):
    return row["stores_selling"] - row["stores_selling_previous"]


SECTION = Section(
    key="distribution",
    title=gettext_lazy("Distribution"),
    compute=compute,
    layout=layout,
    formulas={
        "numeric_distribution": gettext_lazy("Stores that sold the product in the period (units above 0) ÷ all stores of the accounts."),
        "weighted_distribution": gettext_lazy(
            "Market value of the category in the stores that sold the product ÷ that of all stores, in the period; "
            "it adds up neither over products nor over markets."
        ),
    },
)
