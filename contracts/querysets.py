"""Questions about what was agreed."""

from django.db import models
from django.db.models import Q

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
