"""Forms around a visit's plan; what was seen travels as a document (documents.py, recording.py)."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount, Store
from ka_crm.forms import DayInput, PlainForm
from team.models import User
from team.roles import roles_with

from .models import Visit


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, **kwargs):
        super().__init__(format="%H:%M", **kwargs)


class _PlanFields(PlainForm):
    planned_on = forms.DateField(label=_("Day"))
    planned_at = forms.TimeField(label=_("At"), required=False, widget=TimeInput(), help_text=_("Empty: any time of the day."))
    purpose = forms.ChoiceField(label=_("Purpose"), choices=Visit.Purpose.choices)
    objective = forms.CharField(label=_("What to achieve"), max_length=250, required=False, widget=forms.TextInput)


class PlanForm(_PlanFields):
    """A new visit: to a store found by its words, or to an account's headquarters; for oneself or one's people.

    ``client_id`` is made with the page, so that a double click plans once.
    """

    store = forms.ModelChoiceField(label=_("Store"), queryset=Store.objects.none(), required=False)
    account = forms.ModelChoiceField(
        label=_("or headquarters of"), queryset=KeyAccount.objects.none(), required=False, empty_label=_("No, a store")
    )
    visitor = forms.ModelChoiceField(label=_("For"), queryset=User.objects.none())
    client_id = forms.UUIDField(widget=forms.HiddenInput)

    field_order = ["store", "account", "planned_on", "planned_at", "visitor", "purpose", "objective"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["store"].queryset = Store.objects.visible_to(user).active().select_related("account")
        self.fields["account"].queryset = KeyAccount.objects.visible_to(user).active()
        people = User.objects.active().filter(pk__in=user.people_in_scope, role__in=roles_with("visits.record"))
        self.fields["visitor"].queryset = people.order_by("sort_key", "pk")
        self.fields["visitor"].initial = user.pk
        self.fields["client_id"].initial = uuid.uuid4
        self.fields["planned_on"].widget = DayInput()

    def clean(self):
        cleaned = super().clean()
        if (cleaned.get("store") is None) == (cleaned.get("account") is None) and not {"store", "account"} & set(self.errors):
            self.add_error("store", _("Choose a store, or the account whose headquarters you visit."))
        return cleaned


class OfVisit(PlainForm):
    """A form over one visit that remembers the version the person saw, as ``ka_crm.forms.form_page`` wants it."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args, visit, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance = visit
        self.fields["seen_version"].initial = visit.version
        for name in set(self.fields) - {"seen_version", "reason"}:
            self.fields[name].initial = getattr(visit, name)

    @property
    def values(self):
        return {name: value for name, value in self.cleaned_data.items() if name != "seen_version"}


class ChangeForm(OfVisit, _PlanFields):
    """Another day or another purpose for a planned visit."""


class ReasonForm(OfVisit):
    """Why a visit is called off."""

    reason = forms.CharField(label=_("Why"), max_length=250, widget=forms.TextInput)
