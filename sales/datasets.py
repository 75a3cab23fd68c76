"""Tables of figures as files: ``manage.py export`` and the API give them under these names and columns.

A dataset is a function of ``accounts`` (a KeyAccount queryset, the scope) and ``period`` (None: all that is known) that gives
(header, rows). Money is in units of the account's sell-out currency, ratios are fractions. ``TOTAL`` stands for the whole
scope; where the scope has several currencies, there is one ``TOTAL`` per currency and it says which. Later apps register theirs.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Max, Min
from django.utils import timezone

from accounts.models import KeyAccount, Store
from ka_crm.errors import DomainError
from ka_crm.money import from_minor, growth
from ka_crm.periods import month_of, quarter_of, span, year_of

from . import figures
from .models import AccountProductMonth, Category, CategoryTotal, Product

TOTAL = "TOTAL"
SUMS = ("units", "gross_value", "discount_value", "net_value")
_DATASETS = {}


class UnknownDataset(DomainError):
    """There is no table of this name; the message lists those there are."""


@dataclass(frozen=True)
class Dataset:
    """One table: its name, columns and the function that gives its rows for (accounts, period)."""

    name: str
    header: tuple[str, ...]
    rows: Callable

    def __call__(self, accounts, period=None):
        return self.header, self.rows(accounts, period or known_period())


def dataset(name, *header):
    """Register the decorated generator of rows under ``name``."""

    def register(function):
        if name in _DATASETS:
            raise ValueError(f"Two tables are called “{name}”.")
        _DATASETS[name] = Dataset(name, header, function)
        return function

    return register


def dataset_named(name):
    """The Dataset ``name``. Raises UnknownDataset."""
    if name not in _DATASETS:
        raise UnknownDataset(f"There is no table “{name}”. There are: {', '.join(dataset_names())}.")
    return _DATASETS[name]


def dataset_names():
    return list(_DATASETS)


def known_period():
    """All months of which sell-out or market totals are known; the current month where there is nothing."""
    bounds = [model.objects.aggregate(first=Min("month"), last=Max("month")) for model in (AccountProductMonth, CategoryTotal)]
    firsts = [bound["first"] for bound in bounds if bound["first"]]
    if not firsts:
        return month_of(timezone.localdate())
    return span(min(firsts), month_of(max(bound["last"] for bound in bounds if bound["last"])).ends_on)


class _Codes:
    """Codes and currencies by id, asked for once per table."""

    def __init__(self, accounts):
        self.accounts = {account.pk: account for account in accounts.only("pk", "code", "currency")}
        self.currencies = sorted({account.currency for account in self.accounts.values()})

    def total_label(self, currency):
        return TOTAL if len(self.currencies) <= 1 else f"{TOTAL} {currency}"

    def sums(self, sums, currency):
        return [sums.units, *(from_minor(minor, currency) for minor in (sums.gross_minor, sums.discount_minor, sums.net_minor))]


def _products():
    return dict(Product.objects.values_list("pk", "sku"))


def _categories():
    return {**dict(Category.objects.values_list("pk", "name")), None: ""}


def _stores():
    """{store id: (code, account code, currency)} of all stores: what one sold for an account stays that account's when it has moved."""
    rows = Store.objects.values_list("pk", "code", "account__code", "account__currency")
    return {pk: (code, account, currency) for pk, code, account, currency in rows}


def _label(month):
    return f"{month:%Y-%m}"


@dataset("sellout_month_account", "month", "account_code", *SUMS)
def sellout_month_account(accounts, period):
    """Sums per calendar month and account, and over the scope."""
    codes = _Codes(accounts)
    for (account, month), sums in sorted(figures.sellout_by_account_month(accounts, period).items(), key=_by_month(codes)):
        yield [_label(month), codes.accounts[account].code, *codes.sums(sums, codes.accounts[account].currency)]
    for (currency, month), sums in sorted(figures.sellout_total_by_month(accounts, period).items(), key=lambda item: item[0][::-1]):
        yield [_label(month), codes.total_label(currency), *codes.sums(sums, currency)]


def _by_month(codes):
    return lambda item: (item[0][1], codes.accounts[item[0][0]].code)


@dataset("sellout_month_account_sku", "month", "account_code", "sku", *SUMS)
def sellout_month_account_sku(accounts, period):
    """Sums per calendar month, account and product."""
    yield from _by_product(accounts, figures.sellout_by_account_product_month(accounts, period), _label)


@dataset("sellout_week_account_sku", "week_start", "account_code", "sku", *SUMS)
def sellout_week_account_sku(accounts, period):
    """Sums per week, account and product, of every week that touches the period, whole weeks."""
    yield from _by_product(accounts, figures.sellout_by_account_product_week(accounts, period), str)


def _by_product(accounts, rows, label):
    codes, skus = _Codes(accounts), _products()
    for account, product, starts_on, sums in rows:
        yield [label(starts_on), codes.accounts[account].code, skus[product], *codes.sums(sums, codes.accounts[account].currency)]


@dataset("sellout_month_store", "month", "store_code", *SUMS)
def sellout_month_store(accounts, period):
    """Sums per calendar month and store."""
    codes, stores = _Codes(accounts), _stores()
    for store, month, sums in figures.sellout_by_store_month(accounts, period):
        yield [_label(month), stores[store][0], *codes.sums(sums, stores[store][2])]


@dataset("sellout_month_category", "month", "category", *SUMS)
def sellout_month_category(accounts, period):
    """Sums per calendar month and category over the scope."""
    codes, categories = _Codes(accounts), _categories()
    for currency, category, month, sums in figures.sellout_by_category_month(accounts, period):
        name = categories[category] if len(codes.currencies) <= 1 else f"{categories[category]} ({currency})"
        yield [_label(month), name, *codes.sums(sums, currency)]


@dataset(
    "report_periods",
    *("period_type", "period", "account_code", *SUMS),
    *("selling_stores", "selling_skus", "net_growth_vs_previous_period", "net_value_ytd"),
)
def report_periods(accounts, period):
    """Months, quarters and years of the period: sums, breadth, growth against the period before, net year to date."""
    codes = _Codes(accounts)
    months = [month_of(first) for first in period.months()]
    quarters = list(dict.fromkeys(quarter_of(month.starts_on) for month in months))
    years = list(dict.fromkeys(year_of(month.starts_on) for month in months))
    for kind, periods in (("month", months), ("quarter", quarters), ("year", years)):
        for one in periods:
            yield from _period_rows(accounts, codes, kind, one)


def _period_rows(accounts, codes, kind, period):
    previous, to_date = period.previous(), period.year_to_date()
    questions = ((figures.sellout_total, codes.total_label, str), (figures.sellout_by_account, lambda pk: codes.accounts[pk].code, None))
    for ask, label, currency_of in questions:
        now, then, ytd = (ask(accounts, one) for one in (period, previous, to_date))
        for key, sums in sorted(now.items(), key=lambda item: label(item[0])):
            currency = currency_of(key) if currency_of else codes.accounts[key].currency
            change = growth(sums.net_minor, then[key].net_minor if key in then else None)
            figures_of_row = [sums.selling_stores, sums.selling_products, change, from_minor(ytd[key].net_minor, currency)]
            yield [kind, period.label.replace("Q", "-Q"), label(key), *codes.sums(sums, currency), *figures_of_row]


SHARE = ("own_net_value", "market_net_value", "share")


def _share(share, currency):
    return [from_minor(share.own_net_minor, currency), from_minor(share.market_net_minor, currency), share.ratio]


@dataset("share_store_category_month", "store_code", "category", "month", *SHARE)
def share_store_category_month(accounts, period):
    """Share of wallet of every store, category and month with a market total."""
    stores, categories = _stores(), _categories()
    for store, category, month, share in figures.share_by_store_category_month(accounts, period):
        yield [stores[store][0], categories[category], _label(month), *_share(share, stores[store][2])]


@dataset("share_store_year", "store_code", "account_code", *SHARE)
def share_store_year(accounts, period):
    """Share of wallet per store over the period."""
    stores = _stores()
    for store, share in figures.share_by_store(accounts, period).items():
        code, account, currency = stores[store]
        yield [code, account, *_share(share, currency)]


@dataset("share_account_month", "account_code", "month", *SHARE)
def share_account_month(accounts, period):
    """Share of wallet per account and month."""
    codes = _Codes(accounts)
    for (account, month), share in figures.share_by_account_month(accounts, period).items():
        yield [codes.accounts[account].code, _label(month), *_share(share, codes.accounts[account].currency)]
    for (currency, month), share in figures.share_total_by_month(accounts, period).items():
        yield [codes.total_label(currency), _label(month), *_share(share, currency)]


@dataset("share_account_category_year", "account_code", "category", *SHARE)
def share_account_category_year(accounts, period):
    """Share of wallet per account and category over the period."""
    codes, categories = _Codes(accounts), _categories()
    for account, shares in figures.share_by_account_category(accounts, period).items():
        for category, share in shares.items():
            yield [codes.accounts[account].code, categories[category], *_share(share, codes.accounts[account].currency)]
    for (currency, category), share in figures.share_total_by_category(accounts, period).items():
        yield [codes.total_label(currency), categories[category], *_share(share, currency)]


@dataset(
    "distribution_month",
    *("account_code", "month", "sku", "stores_selling", "stores_total", "numeric_distribution", "weighted_distribution"),
)
def distribution_month(accounts, period):
    """Numeric and weighted distribution per month, account and product, and over the scope."""
    codes, skus = _Codes(accounts), _products()
    for first in period.months():
        found = figures.distribution_by_account_product(accounts, month_of(first))
        label = {pk: account.code for pk, account in codes.accounts.items()} | {one: codes.total_label(one) for one in codes.currencies}
        for (account, product), row in sorted(found.items(), key=lambda item: (label[item[0][0]], skus[item[0][1]])):
            yield [label[account], _label(first), skus[product], row.stores_selling, row.stores_total, row.numeric, row.weighted]


def all_accounts():
    """The scope of who sees everything, such as a command."""
    return KeyAccount.objects.all()
