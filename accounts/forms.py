"""Forms of accounts, stores, contacts and assignments; choices start from what the person may see."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ka_crm.forms import DayInput, DigitsField, PlainForm, RecordForm
from ka_crm.text import is_id
from team.models import User

from .models import AccountAssignment, Contact, KeyAccount, Store

CURRENCY_HELP = _("Three letters, such as USD or CNY.")


def clean_currency(code):
    """An ISO 4217 code that this program can round by."""
    from babel.numbers import get_currency_name  # only this check needs the names

    if len(code) != 3 or get_currency_name(code.upper(), locale="en") == code.upper():
        raise forms.ValidationError(_("“%(code)s” is not a currency. Write three letters, such as USD or CNY."), params={"code": code})
    return code.upper()


class KeyAccountForm(RecordForm):
    sections = (
        (
            _("Trade"),
            [
                *("trade_route", "country", "gln", "currency", "claim_currency"),
                *("sellout_format", "payment_days", "valid_from", "valid_to"),
            ],
        ),
        (_("Legal identity"), ["legal_name", "tax_id", "website", "address"]),
        (_("Dossier"), ["is_strategic", "strategic_reason", "history", "needs", "plans", "competitors"]),
    )
    gln = DigitsField(label=_("GLN"))
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")

    class Meta:
        model = KeyAccount
        fields = [
            *("code", "name", "kind", "parent", "trade_route", "country", "gln", "currency", "claim_currency", "sellout_format"),
            *("valid_from", "valid_to", "legal_name", "tax_id", "address", "website", "payment_days"),
            *("is_strategic", "strategic_reason", "history", "needs", "plans", "competitors"),
        ]
        help_texts = {
            "country": _("Two letters, such as US or CN."),
            "currency": CURRENCY_HELP,
            "claim_currency": CURRENCY_HELP,
            "sellout_format": _("The import profile of this retailer's sell-out files, such as D01. Empty: the content decides."),
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        parents = KeyAccount.objects.visible_to(user).active()
        if self.instance.pk:
            parents = parents.exclude(path__startswith=self.instance.path)
        self.fields["parent"].queryset = parents

    def clean_country(self):
        country = self.cleaned_data["country"].upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise forms.ValidationError(_("Write the country with two letters, such as US or CN."))
        return country

    def clean_currency(self):
        return clean_currency(self.cleaned_data["currency"])

    def clean_claim_currency(self):
        return clean_currency(self.cleaned_data["claim_currency"])

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("is_strategic") and not cleaned.get("strategic_reason"):
            self.add_error("strategic_reason", _("Say why this account is strategic: the flag overrides its class."))
        return cleaned


class StoreForm(RecordForm):
    sections = (
        (_("Place"), ["region", "country", "city", "address", "latitude", "longitude"]),
        (_("Life"), ["opened_on", "closed_on"]),
    )
    gln = DigitsField(label=_("GLN"))

    class Meta:
        model = Store
        fields = [
            *("account", "code", "name", "retailer_store_no", "gln", "region", "store_format"),
            *("country", "city", "address", "latitude", "longitude", "opened_on", "closed_on"),
        ]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = KeyAccount.objects.visible_to(user).active()

    def clean_latitude(self):
        return self._degrees("latitude", 90)

    def clean_longitude(self):
        return self._degrees("longitude", 180)

    def _degrees(self, field, limit):
        value = self.cleaned_data[field]
        if value is not None and abs(value) > limit:
            raise forms.ValidationError(_("Write degrees between −%(limit)d and %(limit)d."), params={"limit": limit})
        return value


class ContactForm(RecordForm):
    class Meta:
        model = Contact
        fields = ["account", "store", "name", "function", "title", "subjects", "email", "phone", "notes"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = KeyAccount.objects.visible_to(user).active()
        account = str(self.data.get("account") or self.initial.get("account") or self.instance.account_id or "")
        stores = Store.objects.visible_to(user).active()
        self.fields["store"].queryset = stores.filter(account=account) if is_id(account) else stores.none()

    def clean(self):
        cleaned = super().clean()
        account, store = cleaned.get("account"), cleaned.get("store")
        if account and store and store.account_id != account.pk:
            self.add_error("store", _("This store belongs to another account."))
        return cleaned


class AssignmentForm(PlainForm):
    user = forms.ModelChoiceField(label=_("Person"), queryset=User.objects.none())
    duty = forms.ChoiceField(label=_("Duty"), choices=AccountAssignment.Duty)
    style = forms.ChoiceField(label=_("Style"), choices=AccountAssignment.Style)
    starts_on = forms.DateField(label=_("From"))
    ends_on = forms.DateField(label=_("Until"), required=False, help_text=_("Empty: until further notice."))

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = User.objects.visible_to(user).active().for_list()

    def clean(self):
        cleaned = super().clean()
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("The last day cannot be before the first."))
        return cleaned


class EndAssignmentForm(PlainForm):
    ends_on = forms.DateField(label=_("Last day"), widget=DayInput())
