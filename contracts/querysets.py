"""Questions about what was agreed."""

from django.db import models
from django.db.models import Case, Q, Value, When

from accounts.models import KeyAccount


class MustStockRuleQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rules for everybody, and those of the accounts that ``user`` looks after."""
        return self.filter(Q(account=None) | Q(account__in=KeyAccount.objects.visible_to(user)))

    def in_force_on(self, day):
        return self.filter(starts_on__lte=day).filter(Q(ends_on=None) | Q(ends_on__gte=day))

    def for_store(self, store, day):
        """Rules that bind ``store`` on ``day``: of its account or any account above it, for its format."""
        above = [int(part) for part in store.account.path.strip("/").split("/") if part]
        return (
            self.in_force_on(day)
            .filter(Q(account=None) | Q(account__in=above), Q(store_format="") | Q(store_format=store.store_format))
            .select_related("product")
            .order_by("product__sort_key", "product_id", "pk")
        )

    def for_list(self, user):
        """All that a row of the list shows, and whether ``user`` may change it (services.may_manage, for many rows)."""
        capable = user.has_capability("must_stock.manage")
        may_manage = Case(When(account=None, then=Value(capable and user.sees_all)), default=Value(capable))
        rows = self.select_related("account", "product__category").annotate(may_manage=may_manage)
        return rows.order_by("account__sort_key", "store_format", "product__sort_key", "pk")
