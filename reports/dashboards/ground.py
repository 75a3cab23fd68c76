"""What alerts and opportunities are found in: each table by one statement, only when a rule asks for it, whatever the number of rows.

Tables of sell-out are rollups and are kept in memory until the next import (figures.kept); visits, tasks and deadlines are read live.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Max, Q, Sum
from django.utils.functional import cached_property

from accounts.models import KeyAccount, Store
from contracts.models import MustStockRule
from ka_crm.periods import month_of, span, week_start
from sales import figures
from sales.models import AccountProductMonth, ImportBatch, Product, StoreProductMonth
from sales.states import BatchStatus
from visits.models import ShelfTicket, Visit
from visits.planning.cadence import due_states, with_cadence
from visits.states import VisitStatus

from ..models import Deadline
from .figures import data_version, kept
from .scope import accounts_of, known_months

WEEKS_BACK = 26  # an account that was silent for longer is no news
WEEKS_COMPARED = 4
WEEKS_TRAILING = 13
MONTHS_BACK = 4
IMPORTS_BACK_DAYS = 14


@dataclass(frozen=True)
class StoreName:
    pk: int
    code: str
    name: str
    account_id: int
    store_format: str


@dataclass(frozen=True)
class ProductName:
    pk: int
    sku: str
    name: str


class Ground:
    """The tables of one person on one day; with ``root`` (scope.AccountName) only of that account and what lies below it."""

    def __init__(self, user, *, today, root=None, fresh=False):
        self.user, self.today, self.root, self.fresh = user, today, root, fresh
        self.sees_sales = user.has_capability("sales.view")
        self.plans_visits = user.has_capability("visits.record")

    # --- names ----------------------------------------------------------------------------------------------------------------
    @cached_property
    def accounts(self):
        found = accounts_of(self.user)
        return {pk: one for pk, one in found.items() if self.root is None or one.path.startswith(self.root.path)}

    @cached_property
    def _chosen(self):
        return KeyAccount.objects.filter(pk__in=self.accounts)

    @cached_property
    def stores(self):
        """Open stores of the accounts."""
        rows = Store.objects.active().in_force_on(self.today).filter(account__in=self.accounts).order_by("pk")
        return {row[0]: StoreName(*row) for row in rows.values_list("pk", "code", "name", "account_id", "store_format")}

    @cached_property
    def products(self):
        return {row[0]: ProductName(*row) for row in Product.objects.active().values_list("pk", "sku", "name")}

    def chain_of(self, account_id):
        """The highest account in scope that ``account_id`` belongs to."""
        return next(above for above in [*self.accounts[account_id].above, account_id] if above in self.accounts)

    @cached_property
    def stores_of_chain(self):
        found = defaultdict(list)
        for store in self.stores.values():
            found[self.chain_of(store.account_id)].append(store)
        return found

    # --- sell-out -------------------------------------------------------------------------------------------------------------
    @cached_property
    def _version(self):
        return sorted(self.accounts), self.today, data_version()

    def _kept(self, name, compute):
        return kept(name, self._version, compute, fresh=self.fresh)

    @cached_property
    def newest(self):
        """The newest complete month in which any of the accounts sold something, or None."""
        _oldest, first = known_months(self.accounts, self.today)
        return month_of(first) if first else None

    @cached_property
    def weeks(self):
        """{account: {Monday: net in minor units}} of the last half year and of the weeks a year before the newest ones."""
        this = week_start(self.today)
        back = [this - timedelta(weeks=number) for number in range(WEEKS_BACK + WEEKS_TRAILING)]
        rows = self._kept(
            "weeks",
            lambda: {
                key: sums.net_minor
                for key, sums in figures.sellout_by_own_account_week(
                    self._chosen, [*back, *(monday - timedelta(weeks=52) for monday in back[:WEEKS_BACK])]
                ).items()
            },
        )
        found = defaultdict(dict)
        for (account_id, monday), net in rows.items():
            found[account_id][monday] = net
        return found

    @cached_property
    def _file_ends(self):
        """{account: last day that its newest sell-out files speak of}; files of several accounts are under None."""
        above = {pk for one in self.accounts.values() for pk in one.above}
        files = ImportBatch.objects.filter(kind="sellout", status=BatchStatus.IMPORTED).filter(Q(account__in=above) | Q(account=None))
        return dict(files.order_by().values_list("account_id").annotate(Max("period_ends_on")))

    def known_until(self, account_id):
        """The last day of which a file told, by the account's own files or those of one above it; None where no file says so."""
        ends = [self._file_ends.get(pk) for pk in self.accounts[account_id].above]
        return max((end for end in ends if end), default=None)

    @cached_property
    def store_months(self):
        """{store: {first of month: units}} of the last four months with figures."""
        if self.newest is None:
            return {}
        first = self.newest
        for _month in range(MONTHS_BACK - 1):
            first = first.previous()
        asked = span(first.starts_on, self.newest.ends_on)
        rows = self._kept(
            "store-months",
            lambda: [(store, month, sums.units) for store, month, sums in figures.sellout_by_store_month(self._chosen, asked)],
        )
        found = defaultdict(dict)
        for store_id, month, units in rows:
            found[store_id][month] = units
        return found

    @cached_property
    def selling_stores(self):
        """{(account itself, product, first of month): stores that sell it} of the newest month and the one before."""
        if self.newest is None:
            return {}
        months = [self.newest.starts_on, self.newest.previous().starts_on]
        return self._kept("selling-stores", lambda: figures.selling_stores_by_own_account(self._chosen, months))

    @cached_property
    def chain_products(self):
        """{chain: {product: [units of the newest month, units of three months, net of three months]}}."""
        if self.newest is None:
            return {}
        months = [self.newest.starts_on, self.newest.previous().starts_on, self.newest.previous().previous().starts_on]
        rows = self._kept(
            "chain-products",
            lambda: list(
                AccountProductMonth.objects.filter(account__in=self.accounts, month__in=months)
                .order_by()
                .values_list("account_id", "product_id", "month")
                .annotate(Sum("units"), Sum("net_minor"))
            ),
        )
        found = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
        for account_id, product_id, month, units, net in rows:
            cell = found[self.chain_of(account_id)][product_id]
            cell[0] += units if month == months[0] else 0
            cell[1] += units
            cell[2] += net
        return found

    @cached_property
    def must_stock(self):
        """{product: [(account above the bound stores or None, format or "")]} of the rules in force today."""
        above = {pk for one in self.accounts.values() for pk in one.above}
        rules = MustStockRule.objects.in_force_on(self.today).filter(Q(account=None) | Q(account__in=above))
        found = defaultdict(list)
        for product_id, account_id, store_format in rules.order_by("pk").values_list("product_id", "account_id", "store_format"):
            found[product_id].append((account_id, store_format))
        return found

    @cached_property
    def must_stock_sold(self):
        """{(store, product): (units, net)} of must-stock products in the newest month."""
        if self.newest is None or not self.must_stock:
            return {}
        rows = self._kept(
            "must-stock-sold",
            lambda: list(
                StoreProductMonth.objects.filter(
                    month=self.newest.starts_on, account__in=self.accounts, product__in=list(self.must_stock), units__gt=0
                ).values_list("store_id", "product_id", "units", "net_minor")
            ),
        )
        return {(store, product): (units, net) for store, product, units, net in rows}

    @cached_property
    def markets(self):
        """{store: sales.figures.Share} of the newest month."""
        if self.newest is None:
            return {}
        return self._kept("markets", lambda: figures.share_by_store(self._chosen, self.newest))

    # --- visits, reports, imports -------------------------------------------------------------------------------------------------
    @cached_property
    def last_visits(self):
        """{store: day of the last visit that took place, by anybody}."""
        done = Visit.objects.took_place().filter(account__in=self.accounts, store__isnull=False, planned_on__lte=self.today)
        return dict(done.order_by().values_list("store_id").annotate(Max("planned_on")))

    @cached_property
    def open_tickets(self):
        """{store: open shelf tickets, the oldest first}."""
        tickets = ShelfTicket.objects.filter(closed_on=None, store__account__in=self.accounts).select_related("product")
        found = defaultdict(list)
        for ticket in tickets.order_by("opened_on", "pk"):
            found[ticket.store_id].append(ticket)
        return found

    @cached_property
    def overdue_visits(self):
        """One's own visits that were planned for an earlier day and neither begun nor called off, the oldest first."""
        mine = Visit.objects.filter(visitor=self.user, status=VisitStatus.PLANNED, planned_on__lt=self.today)
        return list(mine.with_places().order_by("planned_on", "pk")[:200])

    @cached_property
    def overdue_stores(self):
        """(name, day on which it was due) of stores past their cadence, the longest first; only for those who visit them themselves."""
        if not self.plans_visits or self.user.sees_all:
            return []
        stores = Store.objects.active().in_force_on(self.today).filter(account__in=self.accounts)
        due = with_cadence(stores, self.today).filter(due_states(self.today)["overdue"])
        return list(due.order_by("due_on", "pk").values_list("name", "due_on")[:500])

    @cached_property
    def late_reports(self):
        """What one owes past its day, the longest overdue first."""
        return list(Deadline.objects.late_on(self.today).filter(owner=self.user).order_by("due_on", "pk")[:200])

    @cached_property
    def failed_imports(self):
        """Imports of the last fortnight that were refused or failed: one's own, and those of the accounts in scope."""
        since = self.today - timedelta(days=IMPORTS_BACK_DAYS)
        failed = ImportBatch.objects.visible_to(self.user).filter(
            status__in=(BatchStatus.FAILED, BatchStatus.REFUSED), created_at__date__gte=since
        )
        return list(failed.select_related("file", "account").order_by("-created_at", "-pk")[:20])
