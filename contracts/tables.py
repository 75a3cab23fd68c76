"""Columns and filters of the list of must-stock rules."""

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount
from ka_crm.listpage import ListFilter, RowFilter
from ka_crm.tables import Column, DayColumn, Table

from .models import MustStockRule


class MustStockTable(Table):
    product = Column(
        linkify=lambda rule: rule.get_absolute_url() if rule.may_manage else None, hint="product__sku", order_by=("product__sort_key", "pk")
    )
    account = Column(order_by="account__sort_key", default=_("All accounts"))
    store_format = Column(default=_("All formats"))
    category = Column(accessor="product__category", order_by="product__category__name", verbose_name=_("Category"), phone=False)
    starts_on = DayColumn()
    ends_on = DayColumn()

    class Meta(Table.Meta):
        model = MustStockRule
        fields = ("product", "account", "store_format", "category", "starts_on", "ends_on")

    def export_account(self, value, record):
        return str(value) if value else gettext("All accounts")


def visible_accounts(request):
    return KeyAccount.objects.visible_to(request.user).active()


class MustStockFilter(ListFilter):
    search_columns = ("product__search", "account__search")

    account = RowFilter(label=_("Account"), queryset=visible_accounts, method="filter_account")
    when = django_filters.ChoiceFilter(
        label=_("In force"),
        choices=[("later", _("From a later day")), ("ended", _("Ended")), ("all", _("All"))],
        empty_label=_("Today"),
        method="filter_when",
    )

    class Meta:
        model = MustStockRule
        fields = []

    def filter_account(self, queryset, name, account):
        """What binds the account: its own rules, those of the accounts above it, and those of all."""
        above = [int(part) for part in account.path.strip("/").split("/") if part]
        return queryset.filter(Q(account=None) | Q(account__in=above))

    def filter_when(self, queryset, name, value):
        return queryset

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        today = timezone.localdate()
        match self.form.cleaned_data.get("when"):
            case "later":
                return queryset.filter(starts_on__gt=today)
            case "ended":
                return queryset.filter(ends_on__lt=today)
            case "all":
                return queryset
        return queryset.in_force_on(today)
