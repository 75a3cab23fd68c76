"""Who sees which account: everything that hangs on an account starts from ``KeyAccount.objects.visible_to(user)``."""

from functools import cache

from django.db import models
from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone


class KeyAccountQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Accounts that ``user`` or somebody in ``user``'s scope is assigned to today, with all that lies below them."""
        if user.sees_all:
            return self.all()
        from .models import AccountAssignment  # the model names this queryset as its manager's

        today = timezone.localdate()
        reaching = (
            AccountAssignment.objects.in_force_on(today)
            .filter(user__in=user.people_in_scope)
            .annotate(target=ExpressionWrapper(OuterRef("path"), output_field=CharField()))
            .filter(target__startswith=F("account__path"))
        )
        return self.filter(Exists(reaching))

    def in_force_on(self, day):
        return self.filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day))

    def active(self):
        return self.filter(archived_at=None)

    def within(self, account):
        """``account`` and everything below it."""
        return self.filter(path__startswith=account.path)

    def for_list(self):
        """All that a row of the list shows; stores are counted for the rows of a page only, where a join would count them all."""
        return self.select_related("parent").annotate(store_count=_store_count()).order_by("sort_key", "pk")

    def with_names_of_parents(self):
        """Rows that show no more of the account above than its name; as ``with_names_of_accounts`` below."""
        return self.only(*(field.name for field in self.model._meta.concrete_fields), "parent__name")

    def count_of_stores(self):
        """What the ``store_count`` of all these accounts comes to: one look at the stores instead of one per account."""
        from .models import Store  # as above

        return Store.objects.active().filter(account__in=self.order_by().values("pk")).count()


@cache
def _store_count():
    """Number of an account's stores as a subquery, put together once."""
    from .models import Store  # as above

    stores = Store.objects.filter(account=OuterRef("pk"), archived_at=None).order_by().values("account")
    counted = Subquery(stores.annotate(count=models.Count("pk")).values("count"), output_field=models.IntegerField())
    return Coalesce(counted, 0)


class ByAccountQuerySet(models.QuerySet):
    """Rows that belong to one account and are seen with it."""

    def visible_to(self, user):
        if user.sees_all:
            return self.all()
        from .models import KeyAccount  # as above

        return self.filter(account__in=KeyAccount.objects.visible_to(user).values("pk"))

    def active(self):
        return self.filter(archived_at=None)


class StoreQuerySet(ByAccountQuerySet):
    def in_force_on(self, day):
        return self.filter(Q(opened_on=None) | Q(opened_on__lte=day), Q(closed_on=None) | Q(closed_on__gte=day))

    def for_list(self):
        return self.select_related("account").order_by("sort_key", "pk")

    def with_names_of_accounts(self):
        """Rows that show no more of their account than its name: on a page of fifty, the rest of it takes longer than the rows."""
        return self.only(*(field.name for field in self.model._meta.concrete_fields), "account__name")


class ContactQuerySet(ByAccountQuerySet):
    def for_list(self):
        return self.select_related("account", "store").order_by("sort_key", "pk")


class AccountAssignmentQuerySet(ByAccountQuerySet):
    def in_force_on(self, day):
        return self.filter(starts_on__lte=day).filter(Q(ends_on=None) | Q(ends_on__gte=day))

    def for_list(self):
        return self.select_related("account", "user").order_by("account__sort_key", "starts_on", "pk")
