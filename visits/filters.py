"""How the list of visits narrows."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount, Store
from ka_crm.forms import DayInput
from ka_crm.listpage import ListFilter, RowFilter
from team.models import User

from .models import Photo, Visit
from .states import VisitStatus


def visible_people(request):
    return User.objects.visible_to(request.user).active().filter(visits__isnull=False).distinct()


def visible_accounts(request):
    return KeyAccount.objects.visible_to(request.user).active()


class VisitFilter(ListFilter):
    search_columns = ("store__search", "account__search", "visitor__search")

    visitor = RowFilter(label=_("Person"), queryset=visible_people)
    account = RowFilter(label=_("Account"), queryset=visible_accounts, method="filter_account")
    status = django_filters.ChoiceFilter(label=_("Status"), choices=VisitStatus.choices)
    purpose = django_filters.ChoiceFilter(label=_("Purpose"), choices=Visit.Purpose.choices)
    from_day = django_filters.DateFilter(label=_("From"), field_name="planned_on", lookup_expr="gte", widget=DayInput())
    to_day = django_filters.DateFilter(label=_("Until"), field_name="planned_on", lookup_expr="lte", widget=DayInput())

    class Meta:
        model = Visit
        fields = []

    def filter_account(self, queryset, name, account):
        """An account with everything below it, as on its page."""
        return queryset.filter(account__path__startswith=account.path)


def visible_stores(request):
    return Store.objects.visible_to(request.user).active().select_related("account")


class PhotoFilter(ListFilter):
    search_columns = ("visit__store__search", "visit__account__search", "visit__visitor__search")

    subject = django_filters.ChoiceFilter(label=_("Subject"), choices=Photo.Subject.choices)
    store = RowFilter(label=_("Store"), queryset=visible_stores, field_name="visit__store")
    account = RowFilter(label=_("Account"), queryset=visible_accounts, method="filter_account")
    visitor = RowFilter(label=_("Person"), queryset=visible_people, field_name="visit__visitor")
    from_day = django_filters.DateFilter(label=_("From"), field_name="visit__planned_on", lookup_expr="gte", widget=DayInput())
    to_day = django_filters.DateFilter(label=_("Until"), field_name="visit__planned_on", lookup_expr="lte", widget=DayInput())

    class Meta:
        model = Photo
        fields = []

    def filter_account(self, queryset, name, account):
        """An account with everything below it, as on its page."""
        return queryset.filter(visit__account__path__startswith=account.path)
