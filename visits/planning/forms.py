"""Forms of planning; choices start from what the person may see."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount, Store
from ka_crm.forms import PlainForm, RecordForm
from team.models import User
from team.roles import roles_with
from visits.models import Cadence, Leave

from .days import FIRST_YEAR, LAST_YEAR


class LeaveForm(PlainForm):
    """Leave of oneself or of one's people."""

    person = forms.ModelChoiceField(label=_("For"), queryset=User.objects.none())
    kind = forms.ChoiceField(label=_("Kind"), choices=Leave.Kind.choices)
    starts_on = forms.DateField(label=_("From"))
    ends_on = forms.DateField(label=_("Until"), help_text=_("The last day, included."))
    reason = forms.CharField(
        label=_("Reason"), max_length=250, required=False, widget=forms.TextInput, help_text=_("Who decides reads it.")
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        people = User.objects.active().filter(pk__in=user.people_in_scope, role__in=roles_with("visits.record"))
        self.fields["person"].queryset = people.order_by("sort_key", "pk")
        self.fields["person"].initial = user.pk


class LeaveReasonForm(PlainForm):
    reason = forms.CharField(label=_("Why"), max_length=250, required=False, widget=forms.TextInput)


class DeputyForm(PlainForm):
    """Whose are the visits on the days of a leave."""

    deputy = forms.ModelChoiceField(label=_("To"), queryset=User.objects.none())

    def __init__(self, *args, deputies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["deputy"].queryset = User.objects.active().filter(pk__in=[deputy.pk for deputy in deputies])


class CadenceForm(RecordForm):
    class Meta:
        model = Cadence
        fields = ["account", "store_format", "store", "every_days", "starts_on", "ends_on"]
        help_texts = {
            "account": _("Holds for the account and everything below it. Empty: for all accounts."),
            "store_format": _("Such as hypermarket. Empty: for stores of every format."),
            "every_days": _("A store is due so many days after its last visit: 7 is weekly, 28 every four weeks."),
            "ends_on": _("The last day, included. Empty: until it is ended."),
        }

    store = forms.CharField(
        label=_("or one store"),
        required=False,
        max_length=30,
        help_text=_("The store's code. A rule for one store goes before all others."),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.initial["store"] = self.instance.store.code if self.instance.store_id else self.initial.get("store", "")
        self.fields["account"].queryset = KeyAccount.objects.visible_to(user).active()
        self.fields["account"].empty_label = _("All accounts")
        if not user.sees_all:  # a rule for the whole company is made by those whose business it is
            self.fields["account"].help_text = _("Holds for the account and everything below it. Empty only with a store.")
            self.fields["account"].empty_label = "---------"
        known = Store.objects.visible_to(user).exclude(store_format="").order_by("store_format")
        formats = sorted({*known.values_list("store_format", flat=True).distinct(), *filter(None, [self.instance.store_format])})
        self.fields["store_format"].widget = forms.Select(choices=[("", _("All formats")), *((one, one) for one in formats)])

    def clean_store(self):
        code = self.cleaned_data["store"].strip()
        if not code:
            return None
        store = Store.objects.visible_to(self.user).active().filter(code=code).first()
        if store is None:
            raise forms.ValidationError(_("There is no store with the code “%(code)s” among yours."), params={"code": code})
        return store

    def _post_clean(self):
        """The service checks the row as a whole; here only the fields' own rules count."""


class EndCadenceForm(PlainForm):
    ends_on = forms.DateField(label=_("Last day"))


class StartOfDayForm(PlainForm):
    """What a phone sends when the day starts; without scripts only the id."""

    client_id = forms.UUIDField(initial=uuid.uuid4)
    at = forms.DateTimeField(required=False)
    latitude = forms.DecimalField(required=False, min_value=-90, max_value=90)
    longitude = forms.DecimalField(required=False, min_value=-180, max_value=180)
    note = forms.CharField(required=False, max_length=250)

    def clean_at(self):
        """A clock in another century says nothing, and no database computes with the year 1."""
        at = self.cleaned_data["at"]
        return at if at is not None and FIRST_YEAR < at.year < LAST_YEAR else None

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("latitude") is None or cleaned.get("longitude") is None:
            cleaned["latitude"] = cleaned["longitude"] = None
        return cleaned
