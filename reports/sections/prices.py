"""Shelf prices that visits noted: the range per product and its distance from what the retailer took on average."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.money import ratio, round_money

from .. import blocks
from ..facts import Compared
from ..shelf_facts import PricesSeen
from .base import Section, money, source, sources, text

SHOWN = 25


def compute(scope):
    facts = scope.facts
    computed = {}
    for subject in scope.subjects:
        seen = facts.together(facts.shelf_prices, subject.account_ids, PricesSeen)
        sold = facts.sold_by_product(subject.account_ids)
        rows = []
        for pk in sorted(seen, key=lambda pk: (-seen[pk].times, facts.products[pk].sku)):
            row, product, sales = seen[pk], facts.products[pk], sold.get(pk, Compared())
            rows.append(
                {
                    "id": pk,
                    "sku": product.sku,
                    "name": product.name,
                    "times": row.times,
                    "low": money(row.low, subject.currency),
                    "high": money(row.high, subject.currency),
                    "mean": _per_piece(row.total, row.times, subject.currency),
                    "spread": text(ratio(row.high - row.low, row.low)),
                    "sold_at": _per_piece(sales.net, sales.units, subject.currency),
                }
            )
        data = {"prices": sum(row.times for row in seen.values()), "product_count": len(rows), "products": rows[:SHOWN]}
        line = source("price", "shelf_facts", period=scope.period, subject=subject, facts=facts, rows=data["prices"])
        computed[subject.key] = data, sources(line)
    return computed


def _per_piece(total_minor, count, currency):
    """Money ÷ pieces as frozen text, rounded half up to the currency's digits; None without pieces."""
    if count <= 0:
        return None
    share = ratio(total_minor, count)
    return money(int(round_money(share, "JPY")), currency)  # whole minor units


def layout(data, reading):
    if not data["products"]:
        yield blocks.paragraph(_("No shelf price was noted at the visits of this period."))
        return
    columns = [
        blocks.column(_("Product"), wide=True),
        blocks.column(_("SKU")),
        blocks.column(_("Times seen"), "count"),
        blocks.column(_("Lowest"), "price"),
        blocks.column(_("Mean"), "price"),
        blocks.column(_("Highest"), "price"),
        blocks.column(_("Spread"), "percent"),
        blocks.column(_("Sold at, mean"), "price"),
    ]
    keys = ("name", "sku", "times", "low", "mean", "high", "spread", "sold_at")
    yield blocks.table(
        _("Shelf prices per product"),
        columns,
        [[row[key] for key in keys] for row in data["products"]],
        note=blocks.more_note(data["product_count"], len(data["products"])),
        links=[("sales:product_detail", row["id"]) for row in data["products"]],
    )


SECTION = Section(
    key="prices",
    title=gettext_lazy("Prices seen"),
    compute=compute,
    layout=layout,
    formulas={
        "price": gettext_lazy("Spread = (highest − lowest) ÷ lowest. Sold at = net sell-out ÷ units of the period."),
    },
)
