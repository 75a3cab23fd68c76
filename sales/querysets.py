"""Questions about products, sell-out and imports."""

from django.db import models

from accounts.models import KeyAccount, Store


class ProductQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Our own products are everybody's; what they cost is masked where ``costs.view`` is missing."""
        return self.all()

    def active(self):
        return self.filter(archived_at=None)

    def for_list(self):
        return self.select_related("brand", "category").order_by("sort_key", "pk")


class SellOutQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.all() if user.sees_all else self.filter(account__in=KeyAccount.objects.visible_to(user).values("pk"))


class RollupQuerySet(SellOutQuerySet):
    """Sums per account."""


class StoreRollupQuerySet(SellOutQuerySet):
    """Sums per store, seen with the store's account."""


class CategoryTotalQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.all() if user.sees_all else self.filter(store__in=Store.objects.visible_to(user).values("pk"))


class ImportProfileQuerySet(models.QuerySet):
    def visible_to(self, user):
        """How files are written is no secret."""
        return self.all()

    def active(self):
        return self.filter(is_active=True)


class ImportBatchQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Imports of the accounts in scope, and one's own and one's people's uploads."""
        if user.sees_all:
            return self.all()
        accounts = KeyAccount.objects.visible_to(user).values("pk")
        return self.filter(models.Q(account__in=accounts) | models.Q(uploaded_by__in=user.people_in_scope))

    def for_list(self):
        return self.select_related("file", "account", "uploaded_by", "job").order_by("-created_at", "-pk")
