"""How the lists of products and imports narrow."""

import django_filters
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.filters import ArchiveFilterMixin, visible_accounts
from ka_crm.listpage import ListFilter, RowFilter

from .models import Category, ImportBatch, Product


class ProductFilter(ArchiveFilterMixin, ListFilter):
    category = django_filters.ModelChoiceFilter(label=_("Category"), queryset=Category.objects.all())

    class Meta:
        model = Product
        fields = ["category", "brand", "product_group"]


class ImportBatchFilter(ListFilter):
    search_columns = ("file__original_name", "account__search")

    account = RowFilter(label=_("Account"), queryset=visible_accounts)
    created_at = django_filters.DateFromToRangeFilter(label=pgettext_lazy("when", "Received"))

    class Meta:
        model = ImportBatch
        fields = ["kind", "status", "account", "created_at"]
