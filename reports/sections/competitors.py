"""What competitors were seen doing: brands with prices and promotions, and the newest sightings."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.text import fold

from .. import blocks
from .base import Section, money, source, sources

BRANDS, SIGHTINGS = 15, 15


def _brands(lines, currency):
    """One row per brand and category: times seen, on promotion, prices in ``currency`` only."""
    found = {}
    for line in lines:
        row = found.setdefault(
            (fold(line["brand"]), line["category_name"] or ""),
            {
                "brand": line["brand"],
                "category": line["category_name"] or "",
                "times": 0,
                "promoted": 0,
                "low": None,
                "high": None,
                "last_on": "",
            },
        )
        row["times"] += 1
        row["promoted"] += bool(line["is_on_promotion"])
        row["last_on"] = max(row["last_on"], str(line["seen_on"]))
        price = line["price_minor"]
        if price is not None and line["currency"] == currency:
            row["low"] = price if row["low"] is None else min(row["low"], price)
            row["high"] = price if row["high"] is None else max(row["high"], price)
    rows = sorted(found.values(), key=lambda row: (-row["times"], fold(row["brand"]), row["category"]))
    return [row | {"low": money(row["low"], currency), "high": money(row["high"], currency)} for row in rows]


def compute(scope):
    facts = scope.facts
    computed = {}
    for subject in scope.subjects:
        lines = [line for pk in sorted(subject.all_ids) for line in facts.competitors.get(pk, ())]
        lines.sort(key=lambda line: str(line["seen_on"]), reverse=True)
        brands = _brands(lines, subject.currency)
        newest = [
            {
                "seen_on": str(line["seen_on"]),
                "account_code": facts.accounts[line["account_id"]].code,
                "store_name": line["store_name"] or "",
                "brand": line["brand"],
                "category": line["category_name"] or "",
                "description": line["description"],
                "price": money(line["price_minor"], line["currency"]) if line["currency"] == subject.currency else None,
                "price_text": f"{money(line['price_minor'], line['currency'])} {line['currency']}"
                if line["price_minor"] is not None
                else None,
                "facings": line["facings"],
                "on_promotion": bool(line["is_on_promotion"]),
            }
            for line in lines[:SIGHTINGS]
        ]
        data = {
            "times": len(lines),
            "promoted": sum(row["promoted"] for row in brands),
            "brands": brands[:BRANDS],
            "brand_count": len(brands),
            "sightings": newest,
        }
        line = source("times", "competitor_facts", period=scope.period, subject=subject, facts=facts, rows=len(lines))
        computed[subject.key] = data, sources(line)
    return computed


def layout(data, reading):
    if not data["times"]:
        yield blocks.paragraph(_("No competitor was noted at the visits of this period."))
        return
    columns = [
        blocks.column(_("Brand"), wide=True),
        blocks.column(_("Category")),
        blocks.column(_("Times seen"), "count"),
        blocks.column(_("On promotion"), "count"),
        blocks.column(_("Lowest price"), "price"),
        blocks.column(_("Highest price"), "price"),
        blocks.column(_("Last seen"), "day"),
    ]
    keys = ("brand", "category", "times", "promoted", "low", "high", "last_on")
    yield blocks.table(
        _("Brands seen"),
        columns,
        [[row[key] for key in keys] for row in data["brands"]],
        note=blocks.more_note(data["brand_count"], len(data["brands"])),
    )
    columns = [
        blocks.column(_("Day"), "day"),
        blocks.column(_("Store"), wide=True),
        blocks.column(_("Brand")),
        blocks.column(_("What was seen"), wide=True),
        blocks.column(_("Price")),
        blocks.column(_("Promotion")),
    ]
    yes = _("yes")
    rows = [
        [
            row["seen_on"],
            row["store_name"] or row["account_code"],
            row["brand"],
            row["description"],
            row["price_text"],
            yes if row["on_promotion"] else "",
        ]
        for row in data["sightings"]
    ]
    yield blocks.table(_("Newest sightings"), columns, rows)


SECTION = Section(
    key="competitors",
    title=gettext_lazy("Competitors seen"),
    compute=compute,
    layout=layout,
    formulas={"times": gettext_lazy("Competitor facts of the visits that took place in the period; prices in the report's currency only.")},
)
