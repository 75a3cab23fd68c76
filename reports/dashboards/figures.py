"""Sell-out of a selection from the rollups: totals, months, accounts, regions, categories, products, share, distribution.

``sales_of`` asks seven statements, however many accounts, stores and products there are, and touches no single row of sell-out. What
it gives is kept in memory until a file is imported or undone, ten minutes at most; ``read_at`` says when it was read. Net sales per
account and month, growth and share come from the functions that reports and exports use (facts.py, sections/headline.py,
sales/figures.py).
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.core.cache import caches
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount
from ka_crm.money import growth, ratio, round_money, to_minor
from sales import figures
from sales.models import ImportBatch, Product

from ..facts import Facts
from ..sections.headline import REASONS, compared

# Figure → how it comes about, for “How is this computed”; the sums are those of the reports' sections.
FORMULAS = {
    "net": _("Net sell-out = gross at regular price − discount funded by the retailer, tax excluded; sum of the sell-out rows."),
    "growth": _("(now − then) ÷ |then|, the same months a year ago; no figure where then is missing, zero or incomplete."),
    "share": _("Own net ÷ market net over the store, category and month cells that have a market total, in the newest month."),
    "distribution": _("Stores that sell the product in the newest month ÷ open stores; a store sells it if its units are above 0."),
    "products_per_store": _("Sum of selling stores over all products ÷ stores that sell anything, in the newest month."),
    "margin": _("Net sell-out − units × unit cost of the product; products without a cost in this currency are left out of both."),
}


@dataclass
class Compared:
    """Net money (minor units) and units now and a year ago; ``has_…`` tell a missing figure from a zero.

    ``is_incomplete``: last year has fewer months with figures than this year, so that growth would be that of the files.
    """

    key: object
    label: str
    net: int = 0
    units: int = 0
    has_now: bool = False
    net_then: int = 0
    units_then: int = 0
    has_then: bool = False
    is_incomplete: bool = False

    def take(self, sums, *, now):
        if now:
            self.net, self.units, self.has_now = self.net + sums.net_minor, self.units + sums.units, True
        else:
            self.net_then, self.units_then, self.has_then = self.net_then + sums.net_minor, self.units_then + sums.units, True

    @property
    def change(self):
        """Growth as a fraction, or None (``reason`` says why)."""
        return growth(self.net, self.net_then) if self.has_now and self.has_then and not self.is_incomplete else None

    @property
    def reason(self):
        if self.is_incomplete and self.has_then:
            return REASONS["incomplete"]
        code = compared(self.net, self.has_now, self.net_then, self.has_then)[1]
        return REASONS[code] if code else ""

    @property
    def gained(self):
        """Money won against last year, minor units; negative is lost."""
        return self.net - self.net_then


@dataclass
class Distribution:
    """Stores of the newest month and of the same month a year ago that sell anything, all open stores, and each product's."""

    selling: int = 0
    stores: int = 0
    selling_then: int = 0
    stores_then: int = 0
    points: int = 0  # selling stores summed over products
    points_then: int = 0
    products: list = field(default_factory=list)  # (name, sku, product id, stores now, stores then)

    @property
    def rate(self):
        return ratio(self.selling, self.stores)

    @property
    def products_per_store(self):
        return ratio(self.points, self.selling)


@dataclass
class Margin:
    """What is left of net sell-out after the cost of goods: amounts in minor units, ``rate`` a fraction of ``net``."""

    amount: int | None = None
    net: int = 0
    products_without_cost: int = 0

    @property
    def rate(self):
        return ratio(self.amount, self.net) if self.amount is not None else None


@dataclass
class SalesFigures:
    """All sell-out figures of one selection; money in minor units of its currency."""

    read_at: datetime
    total: Compared
    months: list = field(default_factory=list)
    accounts: list = field(default_factory=list)
    chains: list = field(default_factory=list)
    regions: list = field(default_factory=list)
    categories: list = field(default_factory=list)
    products: list = field(default_factory=list)
    share: figures.Share | None = None
    share_then: figures.Share | None = None
    share_by_category: dict = field(default_factory=dict)
    distribution: Distribution = field(default_factory=Distribution)
    margin: Margin = field(default_factory=Margin)


def data_version():
    """What tells one state of the sell-out from the next: the newest import in effect and the newest one undone; one statement."""
    newest = ImportBatch.objects.aggregate(imported=Max("sequence"), undone=Max("undone_at"), finished=Max("finished_at"))
    return "/".join(str(value) for value in newest.values())


def kept(name, parts, compute, *, fresh=False):
    """``compute()``, or what it gave before for the same ``parts``; ``fresh`` asks anew. ``parts`` name all it depends on."""
    key = f"{name}-{hashlib.sha256(repr(parts).encode()).hexdigest()}"
    found = None if fresh else caches["figures"].get(key)
    if found is None:
        found = compute()
        caches["figures"].set(key, found)
    return found


def sales_of(selection, *, fresh=False):
    """The SalesFigures of a Selection."""
    names = sorted((one.pk, one.path, one.name, one.currency) for one in selection.accounts.values() if one.pk in selection.ids)
    parts = (names, selection.currency, selection.period, data_version())
    return kept("sales", parts, lambda: read_sales(selection), fresh=fresh)


def read_sales(selection):
    """The SalesFigures of a Selection, read now; seven statements."""
    found, _facts = read_sums(selection)
    _by_product(found, selection)
    _share(found, selection)
    _distribution(found, selection)
    return found


def read_sums(selection):
    """(SalesFigures with totals, months, accounts, chains and regions alone, the Facts they were read from); one statement."""
    facts = Facts(selection.period, selection.ids, selection.today)
    found = SalesFigures(read_at=timezone.now(), total=Compared(None, ""))
    _by_account(found, facts, selection)
    return found, facts


# --- accounts, months ---------------------------------------------------------------------------------------------------------
def _by_account(found, facts, selection):
    """Totals, months, accounts, chains and regions from the sums that reports begin with (Facts.sums)."""
    ids, months, months_then = selection.ids, facts.months, facts.year_ago.months()

    def is_incomplete(account_ids):
        return facts.months_known(account_ids, months_then) < facts.months_known(account_ids, months)

    for account_id in ids:
        row = Compared(account_id, selection.accounts[account_id].name, is_incomplete=is_incomplete([account_id]))
        for sums, is_there, now in ((*facts.sums([account_id], months), True), (*facts.sums([account_id], months_then), False)):
            if is_there:
                row.take(sums, now=now)
        if row.has_now or row.has_then:
            found.accounts.append(row)
    for month, then in zip(months, months_then, strict=True):
        row = Compared(month, f"{month:%Y-%m}")
        for sums, is_there, now in ((*facts.sums(ids, [month]), True), (*facts.sums(ids, [then]), False)):
            if is_there:
                row.take(sums, now=now)
        found.months.append(row)
    found.total = _summed(None, "", found.accounts, is_incomplete(ids))
    found.chains = _grouped(found.accounts, lambda pk: _top_of(selection, pk), is_incomplete)
    found.regions = _grouped(found.accounts, lambda pk: _region_of(selection, pk), is_incomplete)
    found.accounts.sort(key=lambda row: (row.gained, row.label))


def _summed(key, label, rows, is_incomplete):
    total = Compared(key, label, is_incomplete=is_incomplete)
    for row in rows:
        total.net, total.units, total.has_now = total.net + row.net, total.units + row.units, total.has_now or row.has_now
        total.net_then, total.units_then = total.net_then + row.net_then, total.units_then + row.units_then
        total.has_then = total.has_then or row.has_then
    return total


def _grouped(rows, key_of, is_incomplete):
    """Rows added up by ``key_of(account id)`` → (key, label), the largest first."""
    groups = defaultdict(list)
    for row in rows:
        groups[key_of(row.key)].append(row)
    summed = [_summed(*key, group, is_incomplete([row.key for row in group])) for key, group in groups.items()]
    return sorted(summed, key=lambda row: (-row.net, row.label))


def _top_of(selection, pk):
    """The highest account in the selection that ``pk`` belongs to: the chain."""
    top = next(above for above in [*selection.accounts[pk].above, pk] if above in selection.accounts)
    return top, selection.accounts[top].name


def _region_of(selection, pk):
    """The region account that ``pk`` is or belongs to; the country of one that has none."""
    for above in reversed(selection.accounts[pk].above):
        if above in selection.accounts and selection.accounts[above].kind == KeyAccount.Kind.REGION:
            return above, selection.accounts[above].name
    return None, selection.accounts[pk].country or "–"


# --- products, categories, margin ---------------------------------------------------------------------------------------------
def _by_product(found, selection):
    products = {}
    for period, now in ((selection.period, True), (selection.then, False)):
        for (currency, product_id), sums in figures.sellout_by_product(_own(selection), period).items():
            if currency == selection.currency:
                row = products.setdefault(product_id, Compared(product_id, "", is_incomplete=found.total.is_incomplete))
                row.take(sums, now=now)
    names = {
        row[0]: row for row in Product.objects.values_list("pk", "sku", "name", "category_id", "category__name", "unit_cost_e4", "currency")
    }
    categories = {}
    for product_id, row in products.items():
        _pk, sku, name, category_id, category, _cost, _currency = names[product_id]
        row.label = f"{name} ({sku})"
        categories.setdefault(category_id, []).append(row)
        names.setdefault(f"category {category_id}", category or "–")
    found.products = sorted(products.values(), key=lambda row: (-row.gained, row.label))
    found.categories = sorted(
        (_summed(pk, names[f"category {pk}"], rows, found.total.is_incomplete) for pk, rows in categories.items()),
        key=lambda row: (-row.net, row.label),
    )
    costs = {pk: names[pk][5] for pk in products if names[pk][5] is not None and names[pk][6] == selection.currency}
    found.margin = margin_of([(row.net, row.units, costs.get(row.key)) for row in found.products if row.has_now], selection.currency)


def margin_of(rows, currency):
    """Margin of (net in minor units, units, unit cost in 10⁻⁴ of the currency or None); rounded once, at the end, half up.

    Products without a cost are left out of both sums and counted; without any cost at all the amount is None.
    """
    known = [(net, units, cost) for net, units, cost in rows if cost is not None]
    left_out = len(rows) - len(known)
    if not known:
        return Margin(products_without_cost=left_out)
    cost = to_minor(round_money(sum(Decimal(units * cost) for _net, units, cost in known) / 10_000, currency), currency)
    net = sum(net for net, _units, _cost in known)
    return Margin(amount=net - cost, net=net, products_without_cost=left_out)


# --- share, distribution ------------------------------------------------------------------------------------------------------
def _own(selection):
    return KeyAccount.objects.filter(pk__in=selection.ids)


def _share(found, selection):
    """Share of wallet in the newest month and in the same month a year ago, whole and by category."""
    month = selection.last_month
    sums = []
    for asked in (month, month.year_before()):
        rows = figures.share_total_by_category(_own(selection), asked)
        sums.append({category: share for (currency, category), share in rows.items() if currency == selection.currency})
    found.share, found.share_then = (
        figures.Share(sum(row.own_net_minor for row in rows.values()), sum(row.market_net_minor for row in rows.values())) for rows in sums
    )
    found.share_by_category = sums[0]


def _distribution(found, selection):
    month = selection.last_month
    then = month.year_before().starts_on
    rows = figures.numeric_distribution_by_month(_own(selection), [month.starts_on, then])
    spread = found.distribution
    spread.selling, spread.stores = rows.get((month.starts_on, None), (0, 0))
    spread.selling_then, spread.stores_then = rows.get((then, None), (0, 0))
    labels = {row.key: row.label for row in found.products}
    stores = defaultdict(lambda: [0, 0])
    for (first, product_id), (selling, _universe) in rows.items():
        if product_id is not None:
            stores[product_id][first == then] = selling
    spread.points, spread.points_then = (sum(pair[place] for pair in stores.values()) for place in (0, 1))
    listed = [(labels[pk], pk, now, before) for pk, (now, before) in stores.items() if pk in labels]
    spread.products = sorted(listed, key=lambda row: (row[2] - row[3], row[0]))
