"""What the sections of one order read, each kind of figure by one statement for all accounts together.

A ``Facts`` lives as long as one run of the builder: what one section has read, the next one shares. Nothing here depends on
how many subjects there are; sections add accounts up to people, teams and the company in Python, from whole minor units.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.db.models import F, Q, Sum

from accounts.models import KeyAccount, Store
from ka_crm import fiscal
from ka_crm.periods import span
from sales import figures
from sales.models import AccountProductMonth, ImportBatch, Product
from sales.states import BatchStatus

from .plan_facts import PlanFacts
from .shelf_facts import ShelfFacts

TREND_MONTHS = 13
ADDED = ("units", "gross_minor", "discount_minor", "net_minor", "coupon_minor")
MOST_ACCOUNTS_NAMED = 200  # beyond that a statement reads all accounts: shorter than a list of them


@dataclass
class Compared:
    """Units and net money of the period, of the one before and of the same one a year ago; minor units."""

    units: int = 0
    net: int = 0
    units_before: int = 0
    net_before: int = 0
    net_year_ago: int = 0

    def add(self, other):
        self.units += other.units
        self.net += other.net
        self.units_before += other.units_before
        self.net_before += other.net_before
        self.net_year_ago += other.net_year_ago
        return self


@dataclass
class Share:
    """Own sales inside the cells that have a market total, and that total, now and in the period before; minor units."""

    own: int = 0
    market: int = 0
    own_before: int = 0
    market_before: int = 0

    def take(self, when, share):
        if when == "now":
            self.own, self.market = share.own_net_minor, share.market_net_minor
        else:
            self.own_before, self.market_before = share.own_net_minor, share.market_net_minor

    def add(self, other):
        self.own += other.own
        self.market += other.market
        self.own_before += other.own_before
        self.market_before += other.market_before
        return self

    @property
    def now(self):
        """Share of wallet of the period, by the one function that knows it."""
        return figures.Share(self.own, self.market).ratio

    @property
    def before(self):
        return figures.Share(self.own_before, self.market_before).ratio

    @property
    def change(self):
        """The difference of the two shares; None where one is missing."""
        return None if self.now is None or self.before is None else self.now - self.before


@dataclass
class Carried:
    """Open stores that sold a product, and the market value of its category in them (minor units), now and in the period before."""

    stores: int = 0
    weight: int = 0
    stores_before: int = 0
    weight_before: int = 0

    def take(self, when, stores, weight):
        if when == "now":
            self.stores, self.weight = stores, weight
        else:
            self.stores_before, self.weight_before = stores, weight

    def add(self, other):
        self.stores += other.stores
        self.weight += other.weight
        self.stores_before += other.stores_before
        self.weight_before += other.weight_before
        return self


@dataclass(frozen=True)
class AccountName:
    pk: int
    code: str
    name: str
    currency: str
    parent_id: int | None
    path: str


@dataclass(frozen=True)
class ProductName:
    pk: int
    sku: str
    name: str
    category_id: int | None
    category: str
    list_price_e4: int | None
    currency: str


@dataclass(frozen=True)
class StoreName:
    pk: int
    code: str
    name: str
    account_id: int
    region: str
    archived_at: object
    opened_on: date | None
    closed_on: date | None

    def is_open_in(self, period):
        return (
            self.archived_at is None
            and (self.opened_on is None or self.opened_on <= period.ends_on)
            and (self.closed_on is None or self.closed_on >= period.starts_on)
        )


@dataclass
class Facts(ShelfFacts, PlanFacts):
    """``account_ids`` are all accounts of all subjects of the order; figures of sell-out need a period of whole months.

    ``today`` bounds what counts as planned so far: in a running period the visits of the days to come are not yet missed.
    """

    period: object
    account_ids: frozenset
    today: date

    # -- the periods a report compares ------------------------------------------------------------------------------------------
    @cached_property
    def months(self):
        return self.period.months()

    @cached_property
    def before(self):
        return self.period.previous()

    @cached_property
    def year_ago(self):
        return self.period.year_before()

    @cached_property
    def trend_months(self):
        """The 13 months that end with the period's last one."""
        last = self.months[-1]
        numbers = range(last.year * 12 + last.month - TREND_MONTHS, last.year * 12 + last.month)
        return [last.replace(year=number // 12, month=number % 12 + 1) for number in numbers]

    def _of_accounts(self, name="account_id"):
        """The condition on the accounts of this order; none where naming them would be longer than reading all."""
        return Q(**{f"{name}__in": self.account_ids}) if len(self.account_ids) <= MOST_ACCOUNTS_NAMED else Q()

    # -- names ------------------------------------------------------------------------------------------------------------------
    @cached_property
    def accounts(self):
        rows = KeyAccount.objects.filter(self._of_accounts("pk")).values_list("pk", "code", "name", "currency", "parent_id", "path")
        return {row[0]: AccountName(*row) for row in rows}

    @cached_property
    def products(self):
        rows = Product.objects.values_list("pk", "sku", "name", "category_id", "category__name", "list_price_e4", "currency")
        return {row[0]: ProductName(*row[:4], row[4] or "", *row[5:]) for row in rows}

    @cached_property
    def stores(self):
        return self._stores_where(self._of_accounts())

    @staticmethod
    def _stores_where(condition):
        names = ("pk", "code", "name", "account_id", "region", "archived_at", "opened_on", "closed_on")
        return {row[0]: StoreName(*row) for row in Store.objects.filter(condition).values_list(*names)}

    @cached_property
    def store_counts(self):
        """How many stores of each account are open at some time of the period: the universe of numeric distribution."""
        counts = defaultdict(int)
        for store in self.stores.values():
            if store.is_open_in(self.period):
                counts[store.account_id] += 1
        return counts

    def above(self, account_ids):
        """These accounts and all that they belong to: a chain's file holds its regions' rows."""
        paths = (self.accounts[pk].path for pk in account_ids if pk in self.accounts)
        return frozenset(int(part) for path in paths for part in path.split("/") if part) | frozenset(account_ids)

    def months_known(self, account_ids, months):
        """In how many of ``months`` any of the accounts sent sell-out."""
        return sum(any((pk, month) in self.month_sums for pk in account_ids) for month in months)

    def codes(self, account_ids):
        return sorted(self.accounts[pk].code for pk in account_ids if pk in self.accounts)

    # -- sell-out ---------------------------------------------------------------------------------------------------------------
    @cached_property
    def _chosen(self):
        return KeyAccount.objects.filter(pk__in=self.account_ids)

    @cached_property
    def month_sums(self):
        """{(account, month): Sums} from the start of the comparisons to the period's end."""
        first = min(self.trend_months[0], self.year_ago.starts_on, self.before.starts_on, fiscal.year_to_date(self.year_ago).starts_on)
        found = figures.sellout_by_own_account_month(self._chosen, span(first, self.period.ends_on))
        return {key: row for key, row in found.items() if key[0] in self.account_ids}

    def sums(self, account_ids, months):
        """Sums over accounts and months, and whether any row was there at all."""
        rows = [row for pk in account_ids for month in months if (row := self.month_sums.get((pk, month)))]
        return figures.Sums(*(sum(getattr(row, name) for row in rows) for name in ADDED)), bool(rows)

    @cached_property
    def _fact_rows(self):
        """{account: rows the retailers sent for the period}."""
        rows = (
            AccountProductMonth.objects.filter(self._of_accounts(), month__in=self.months)
            .values_list("account_id")
            .annotate(Sum("fact_rows"))
        )
        return dict(rows)

    def fact_rows(self, account_ids):
        return sum(self._fact_rows.get(pk, 0) for pk in account_ids)

    @cached_property
    def by_product(self):
        """{account: {product: Compared}} in one statement."""
        found = defaultdict(dict)
        periods = (self.period, self.before, self.year_ago)
        for account_id, product_id, *row, _units_year_ago, net in figures.compared_by_own_account_product(self._chosen, periods):
            found[account_id][product_id] = Compared(*row, net)
        return found

    @cached_property
    def by_store(self):
        """{account: {store: Compared}} in one statement; last year's sums are not among them."""
        found = defaultdict(dict)
        for account_id, store_id, *row in figures.compared_by_store(self._chosen, (self.period, self.before)):
            found[account_id][store_id] = Compared(*row)
        # What a store sold for an account stays that account's when the store has moved to one outside this order.
        if moved := {store_id for rows in found.values() for store_id in rows} - self.stores.keys():
            self.stores.update(self._stores_where(Q(pk__in=moved)))
        return found

    def sold_by_product(self, account_ids):
        """{product: Compared} over several accounts, added up once per set of accounts."""
        return self.once("product", frozenset(account_ids), lambda: self.together(self.by_product, account_ids, Compared))

    def sold_by_store(self, account_ids):
        return self.once("store", frozenset(account_ids), lambda: self.together(self.by_store, account_ids, Compared))

    def shares_of(self, account_ids):
        """{category: Share} over several accounts."""
        return self.once("share", frozenset(account_ids), lambda: self.together(self.by_category, account_ids, Share))

    def carried_by(self, account_ids):
        """{product: Carried} over several accounts."""
        return self.once("carried", frozenset(account_ids), lambda: self.together(self.carried, account_ids, Carried))

    def selling_stores(self, account_ids):
        """(stores whose units in the period add up to more than 0, the same in the period before)."""
        rows = self.sold_by_store(account_ids).values()
        return sum(row.units > 0 for row in rows), sum(row.units_before > 0 for row in rows)

    def read_now(self, *names):
        """Read these facts now, so that the number of statements of a section does not depend on what its subjects need."""
        for name in names:
            getattr(self, name)

    def once(self, name, key, computed):
        """What several sections ask about one subject or set of accounts is computed once; nobody changes what they get."""
        if (name, key) not in self.remembered:
            self.remembered[name, key] = computed()
        return self.remembered[name, key]

    @cached_property
    def remembered(self):
        """What sections add up once and share."""
        return {}

    def together(self, per_account, account_ids, empty):
        """One account-keyed table of figures added up over several accounts; of one account it is that account's own."""
        if len(account_ids) == 1:
            return per_account.get(next(iter(account_ids)), {})
        total = {}
        for account_id in account_ids:
            for key, row in per_account.get(account_id, {}).items():
                if key not in total:
                    total[key] = empty()
                total[key].add(row)
        return total

    # -- market -----------------------------------------------------------------------------------------------------------------
    @cached_property
    def by_category(self):
        """{account: {category: Share}}: own and market over the store × category × month cells that have a market total."""
        found = defaultdict(lambda: defaultdict(Share))
        for name, period in (("now", self.period), ("before", self.before)):
            for account_id, category_id, share in figures.share_by_own_account_category(self._chosen, period):
                found[account_id][category_id].take(name, share)
        return found

    # -- distribution -----------------------------------------------------------------------------------------------------------
    @cached_property
    def carried(self):
        """{account: {product: Carried}} in the period and in the one before."""
        found = defaultdict(lambda: defaultdict(Carried))
        for name, period in (("now", self.period), ("before", self.before)):
            for account_id, product_id, stores, weight in figures.selling_by_own_account_product(self._chosen, period):
                found[account_id][product_id].take(name, stores, weight)
        return found

    @cached_property
    def weights(self):
        """{account: {category: [market value over its open stores now, and before]}}: the universe of weighted distribution."""
        found = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        for place, period in enumerate((self.period, self.before)):
            for (account_id, category_id), value in figures.weights_by_own_account_category(self._chosen, period).items():
                found[account_id][category_id][place] = value
        return found

    # -- imports ----------------------------------------------------------------------------------------------------------------
    @cached_property
    def imports(self):
        """The files whose rows fall into the period, newest first."""
        return list(
            ImportBatch.objects.filter(
                Q(account_id=None) | Q(account_id__in=self.above(self.account_ids)),
                kind__in=("sellout", "category_totals"),
                status=BatchStatus.IMPORTED,
                period_starts_on__lte=self.period.ends_on,
                period_ends_on__gte=self.period.starts_on,
            )
            .values(
                "public_id",
                "kind",
                "account_id",
                "account__code",
                "file__original_name",
                "rows_imported",
                "rows_unchanged",
                "rows_rejected",
                "finished_at",
            )
            .annotate(by=F("uploaded_by__name"))
            .order_by("-finished_at", "-pk")
        )
