"""How the lists of planning narrow."""

import django_filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import KeyAccount, Store
from ka_crm.forms import DayInput
from ka_crm.listpage import ListFilter, RowFilter
from visits.models import Attendance, Cadence, Leave
from visits.states import LeaveStatus

from .cadence import due_states, stores_of
from .itinerary import people_seen_by


def _people(request):
    return people_seen_by(request.user)


def _accounts(request):
    return KeyAccount.objects.visible_to(request.user).active()


class DueFilter(ListFilter):
    STATES = (
        ("due", pgettext_lazy("stores", "Due")),
        ("overdue", _("Overdue")),
        ("soon", _("Due within seven days")),
        ("never", _("Never visited")),
        ("no_rule", _("Without a cadence rule")),
    )

    state = django_filters.ChoiceFilter(label=pgettext_lazy("stores", "Due"), choices=STATES, method="filter_state")
    account = RowFilter(label=_("Account"), queryset=_accounts, method="filter_account")
    person = RowFilter(label=_("In the care of"), queryset=_people, method="filter_person")
    store_format = django_filters.ChoiceFilter(label=_("Format"), choices=())
    planned = django_filters.ChoiceFilter(
        label=_("Planned"), choices=(("yes", _("planned")), ("no", _("not planned yet"))), method="filter_planned"
    )

    class Meta:
        model = Store
        fields = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        formats = Store.objects.visible_to(self.request.user).exclude(store_format="").order_by("store_format")
        formats = formats.values_list("store_format", flat=True).distinct()
        self.filters["store_format"].extra["choices"] = lambda: [(one, one) for one in formats]

    def filter_state(self, queryset, name, state):
        return queryset.filter(due_states(timezone.localdate())[state])

    def filter_account(self, queryset, name, account):
        """An account with everything below it, as on its page."""
        return queryset.filter(account__path__startswith=account.path)

    def filter_person(self, queryset, name, person):
        return queryset.filter(pk__in=stores_of(person.without_delegations()).values("pk"))

    def filter_planned(self, queryset, name, planned):
        return queryset.filter(next_visit_on__isnull=planned == "no")


class CadenceFilter(ListFilter):
    search_columns = ("account__search", "store__search")

    account = RowFilter(label=_("Account"), queryset=_accounts)
    in_force = django_filters.ChoiceFilter(
        label=_("In force"), choices=(("today", _("today")), ("past", _("ended")), ("coming", _("later"))), method="filter_in_force"
    )

    class Meta:
        model = Cadence
        fields = []

    def filter_in_force(self, queryset, name, when):
        today = timezone.localdate()
        if when == "today":
            return queryset.in_force_on(today)
        return queryset.filter(ends_on__lt=today) if when == "past" else queryset.filter(starts_on__gt=today)


class AttendanceFilter(ListFilter):
    search_columns = ("person__search",)

    person = RowFilter(label=_("Person"), queryset=_people)
    late = django_filters.ChoiceFilter(
        label=pgettext_lazy("of a start of day", "Late"),
        choices=(("yes", pgettext_lazy("of a start of day", "late")), ("no", _("in time"))),
        method="filter_late",
    )
    from_day = django_filters.DateFilter(label=_("From"), field_name="day", lookup_expr="gte", widget=DayInput())
    to_day = django_filters.DateFilter(label=_("Until"), field_name="day", lookup_expr="lte", widget=DayInput())

    class Meta:
        model = Attendance
        fields = []

    def filter_late(self, queryset, name, late):
        return queryset.filter(is_late=late == "yes")


class LeaveFilter(ListFilter):
    search_columns = ("person__search",)

    person = RowFilter(label=_("Person"), queryset=_people)
    status = django_filters.ChoiceFilter(label=_("Status"), choices=LeaveStatus.choices)
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Leave.Kind.choices)
    from_day = django_filters.DateFilter(label=_("From"), field_name="ends_on", lookup_expr="gte", widget=DayInput())
    to_day = django_filters.DateFilter(label=_("Until"), field_name="starts_on", lookup_expr="lte", widget=DayInput())

    class Meta:
        model = Leave
        fields = []
