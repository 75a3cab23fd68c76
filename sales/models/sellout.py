"""Sell-out facts, what they were before each restatement, and the rollups that pages and reports read.

The fact tables carry no foreign-key constraints in the database: a load checks its keys once, before staging
(docs/decisions/0008-sell-out-by-staging-and-deltas.md); ``check_integrity`` looks for orphans. The key, date first, is their
only index: each further one costs a load a sixth, and pages read the rollups; a batch's rows lie within its period. Money is in minor
units of the account's sell-out currency; ``net`` is what the retailer took in, the sell-out value of all KPIs.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount, Store

from ..querysets import CategoryTotalQuerySet, RollupQuerySet, SellOutQuerySet, StoreRollupQuerySet
from .imports import ImportBatch
from .products import Category, Product


def fact_key(model, **options):
    """A reference without constraint or index of its own: the fact's key order serves the queries."""
    return models.ForeignKey(model, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+", **options)


class Grain(models.IntegerChoices):
    """How many days one row sums up."""

    DAY = 1, _("Day")
    WEEK = 7, _("Week")


class SellOut(models.Model):
    """Units and value of one product sold in one store on ``sold_on`` (a week's last day, Sunday, for weekly rows)."""

    pk = models.CompositePrimaryKey("sold_on", "store", "product", "grain")
    sold_on = models.DateField()
    store = fact_key(Store)
    product = fact_key(Product)
    grain = models.PositiveSmallIntegerField(choices=Grain, default=Grain.DAY)
    account = fact_key(KeyAccount)
    units = models.IntegerField()
    gross_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    coupon_minor = models.BigIntegerField(default=0)
    batch = fact_key(ImportBatch)

    objects = SellOutQuerySet.as_manager()

    class Meta:
        verbose_name = _("sell-out")

    def __str__(self):
        return f"{self.sold_on}: {self.units} of product {self.product_id} in store {self.store_id}"


class SellOutHistory(models.Model):
    """What ``batch`` said about one key of which more than one file has spoken.

    A key's statements are its rows here, in the order of their batches' ``sequence``, and the row of SellOut where that one's batch
    has none here: the first to speak stands there alone while its word holds. So a batch can be taken out of the middle, and
    the key says what the others said.
    """

    batch = fact_key(ImportBatch)
    sold_on = models.DateField()
    store = fact_key(Store)
    product = fact_key(Product)
    grain = models.PositiveSmallIntegerField(choices=Grain)
    account = fact_key(KeyAccount)
    units = models.IntegerField()
    gross_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    coupon_minor = models.BigIntegerField(null=True)  # empty: the file did not state it, what was known stayed

    class Meta:
        indexes = [models.Index(fields=["sold_on", "store", "product", "grain"], name="sellout_history_key")]

    def __str__(self):
        return f"{self.sold_on}: product {self.product_id} in store {self.store_id} by import {self.batch_id}"


class _Sums(models.Model):
    """Sums of the facts under one key; ``fact_rows`` counts them, so that an emptied key can go."""

    units = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    coupon_minor = models.BigIntegerField(default=0)
    fact_rows = models.IntegerField()

    class Meta:
        abstract = True


class StoreProductMonth(_Sums):
    """Sell-out of one product in one store in one calendar month (``month`` is its first day).

    ``account`` is the one that the store last sold the product for in that month: where a store moves within a month, that month's
    figures by store are the new account's, while those by account (AccountProductMonth) stay with each.
    """

    pk = models.CompositePrimaryKey("month", "store", "product")
    month = models.DateField()
    store = fact_key(Store)
    product = fact_key(Product)
    account = fact_key(KeyAccount)

    objects = StoreRollupQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "month"], name="spm_account_month")]

    def __str__(self):
        return f"{self.month:%Y-%m}: product {self.product_id} in store {self.store_id}"


class AccountProductMonth(_Sums):
    """Sell-out of one product in one account in one calendar month."""

    pk = models.CompositePrimaryKey("month", "account", "product")
    month = models.DateField()
    account = fact_key(KeyAccount)
    product = fact_key(Product)

    objects = RollupQuerySet.as_manager()

    def __str__(self):
        return f"{self.month:%Y-%m}: product {self.product_id} at account {self.account_id}"


class AccountProductWeek(_Sums):
    """Sell-out of one product in one account in the week that starts on Monday ``week_start``."""

    pk = models.CompositePrimaryKey("week_start", "account", "product")
    week_start = models.DateField()
    account = fact_key(KeyAccount)
    product = fact_key(Product)

    objects = RollupQuerySet.as_manager()

    def __str__(self):
        return f"{self.week_start}: product {self.product_id} at account {self.account_id}"


class CategoryTotal(models.Model):
    """The whole market of one category in one store and month, ours included; net of discounts, in minor units."""

    month = models.DateField()
    store = models.ForeignKey(Store, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    category = models.ForeignKey(Category, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    account = fact_key(KeyAccount)
    market_units = models.BigIntegerField()
    market_net_minor = models.BigIntegerField()
    batch = models.ForeignKey(ImportBatch, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")

    objects = CategoryTotalQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "store", "category"], name="category_total_once")]

    def __str__(self):
        return f"{self.month:%Y-%m}: category {self.category_id} in store {self.store_id}"


class CategoryTotalHistory(models.Model):
    """What ``batch`` said about one market total, kept where more than one file has spoken of it (see SellOutHistory)."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    month = models.DateField()
    store = fact_key(Store)
    category = fact_key(Category)
    account = fact_key(KeyAccount)
    market_units = models.BigIntegerField()
    market_net_minor = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["month", "store", "category"], name="category_history_key")]

    def __str__(self):
        return f"{self.month:%Y-%m}: category {self.category_id} in store {self.store_id} by import {self.batch_id}"
