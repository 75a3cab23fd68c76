"""Sell-out by category and the share of what each store sells of it altogether."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.money import growth

from .. import blocks
from ..facts import Compared, Share
from .base import Section, money, source, sources, text


def _sold_by_category(facts, account_ids):
    """{category id: (name, Compared)} over all products of the accounts."""
    found = {}
    for product_id, row in facts.sold_by_product(account_ids).items():
        product = facts.products[product_id]
        found.setdefault(product.category_id, (product.category, Compared()))[1].add(row)
    return found


def category_rows(scope, subject):
    """Rows of the section, with minor units and Decimals under ``_``: the derived findings use them too."""
    return scope.facts.once("category_rows", subject.key, lambda: _category_rows(scope, subject))


def _category_rows(scope, subject):
    facts = scope.facts
    sold = _sold_by_category(facts, subject.account_ids)
    shares = facts.shares_of(subject.account_ids)
    names = {pk: name for pk, (name, _row) in sold.items()} | {product.category_id: product.category for product in facts.products.values()}
    # Where no file came, a share of 0 is none to compare with.
    comparable = all(facts.sums(subject.account_ids, months)[1] for months in (facts.months, facts.before.months()))
    rows = []
    for pk in set(sold) | set(shares):
        _name, row = sold.get(pk, ("", Compared()))
        share = shares.get(pk, Share())
        if not (row.net or row.net_before or share.own):
            continue  # a category of the market in which we sell nothing is no news
        now, before = share.now, share.before
        change = None if now is None or before is None or not comparable else now - before
        rows.append(
            {
                "id": pk,
                "category": names.get(pk, ""),
                "units": row.units,
                "net_value": money(row.net, subject.currency),
                "net_growth_vs_previous_period": text(growth(row.net, row.net_before)),
                "own_net_value": money(share.own, subject.currency) if share.market else None,
                "market_net_value": money(share.market, subject.currency) if share.market else None,
                "share": text(now),
                "share_previous_period": text(before),
                "share_change": text(change),
                "_net": row.net,
                "_own": share.own,
                "_market": share.market,
                "_share": now,
                "_change": change,
            }
        )
    return sorted(rows, key=lambda row: (-row["_net"], row["category"]))


def compute(scope):
    computed = {}
    for subject in scope.subjects:
        rows = category_rows(scope, subject)
        total = Share()
        for share in scope.facts.shares_of(subject.account_ids).values():
            total.add(share)
        data = {
            "categories": [{key: value for key, value in row.items() if not key.startswith("_")} for row in rows],
            "own_net_value": money(total.own, subject.currency) if total.market else None,
            "market_net_value": money(total.market, subject.currency) if total.market else None,
            "share": text(total.now),
        }
        common = {"period": scope.period, "subject": subject, "facts": scope.facts}
        lines = sources(
            source("net_value", "sellout_month_category", rows=sum(row["units"] != 0 for row in rows), **common),
            source("share", "share_store_category_month", total=data["market_net_value"], **common),
        )
        computed[subject.key] = data, lines
    return computed


def layout(data, reading):
    rows = data["categories"]
    with_share = [row for row in rows if row["share"] is not None][:8]
    if len(with_share) > 1:
        yield blocks.chart(
            _("Share of wallet by category"),
            [row["category"] for row in with_share],
            [
                (_("This period"), [row["share"] for row in with_share]),
                (_("Period before"), [row["share_previous_period"] for row in with_share]),
            ],
            kind="bar",
            unit="percent",
        )
    columns = [
        blocks.column(_("Category"), wide=True),
        blocks.column(_("Net sell-out"), "money"),
        blocks.column(_("vs before"), "delta"),
        blocks.column(_("Units"), "count"),
        blocks.column(_("Whole market"), "money"),
        blocks.column(_("Share"), "percent"),
        blocks.column(_("Change, points"), "points"),
    ]
    keys = ("category", "net_value", "net_growth_vs_previous_period", "units", "market_net_value", "share", "share_change")
    note = "" if data["market_net_value"] else _("No market totals were received for this period, so there is no share.")
    yield blocks.table(
        _("Categories"), columns, [[row[key] for key in keys] for row in rows], note=note, empty=_("Nothing was sold in this period.")
    )


SECTION = Section(
    key="categories",
    title=gettext_lazy("Categories and share of wallet"),
    compute=compute,
    layout=layout,
    formulas={
        "net_value": gettext_lazy("Net sell-out of all products of the category."),
        "share": gettext_lazy(
            "Own net ÷ market net over the store, category and month cells that have a market total; all makers, ours included."
        ),
    },
)
