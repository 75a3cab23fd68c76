"""How the lists of accounts, stores and contacts narrow."""

import django_filters
from django.utils.translation import gettext_lazy as _

from ka_crm.listpage import ListFilter, RowFilter

from .models import Contact, KeyAccount, Store


def visible_accounts(request):
    return KeyAccount.objects.visible_to(request.user).active()


class ArchiveFilterMixin(django_filters.FilterSet):
    """Lists show what is in use; the archive is one choice away."""

    archive = django_filters.ChoiceFilter(
        label=_("Archive"), choices=[("only", _("Archived only")), ("all", _("All"))], empty_label=_("In use"), method="filter_archive"
    )

    def filter_archive(self, queryset, name, value):
        return queryset

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        choice = self.form.cleaned_data.get("archive")
        if choice == "all":
            return queryset
        return queryset.filter(archived_at__isnull=choice != "only")


class KeyAccountFilter(ArchiveFilterMixin, ListFilter):
    parent = RowFilter(label=_("Belongs to"), queryset=visible_accounts)

    class Meta:
        model = KeyAccount
        fields = ["kind", "parent", "trade_route", "country"]


class StoreFilter(ArchiveFilterMixin, ListFilter):
    account = RowFilter(label=_("Account"), queryset=visible_accounts)
    region = django_filters.CharFilter(label=_("Region"), lookup_expr="iexact")
    store_format = django_filters.CharFilter(label=_("Format"), lookup_expr="iexact")

    class Meta:
        model = Store
        fields = ["account", "region", "store_format"]


class ContactFilter(ArchiveFilterMixin, ListFilter):
    account = RowFilter(label=_("Account"), queryset=visible_accounts)

    class Meta:
        model = Contact
        fields = ["account", "function"]
