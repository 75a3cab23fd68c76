"""Forms of products and import profiles."""

from datetime import date
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import clean_currency
from ka_crm.errors import DomainError
from ka_crm.forms import DigitsField, PlainForm, RecordForm
from ka_crm.periods import parse_period

from .models import Product

HIGHEST_PRICE = Decimal("99999999.9999")


class UnitPriceField(forms.DecimalField):
    """A unit price with up to four decimals, kept as an integer of 10⁻⁴."""

    def __init__(self, **kwargs):
        super().__init__(required=False, min_value=0, max_value=HIGHEST_PRICE, decimal_places=4, **kwargs)


class ProductForm(RecordForm):
    sections = (
        (_("Place in the range"), ["brand_name", "brand_type", "department", "category_name", "product_group", "pack_size"]),
        (_("Price"), ["list_price", "unit_cost", "currency"]),
    )
    gtin = DigitsField(label=_("GTIN"))
    brand_name = forms.CharField(label=_("Brand"), max_length=100, required=False)
    category_name = forms.CharField(label=_("Category"), max_length=100, required=False, help_text=_("As the market totals name it."))
    list_price = UnitPriceField(label=_("List price"), help_text=_("Net, per unit."))
    unit_cost = UnitPriceField(label=_("Unit cost"))

    field_order = [
        "sku",
        "gtin",
        "name",
        "brand_name",
        "category_name",
        "product_group",
        "pack_size",
        "department",
        "brand_type",
        "list_price",
        "unit_cost",
        "currency",
    ]

    class Meta:
        model = Product
        fields = ["sku", "gtin", "name", "product_group", "pack_size", "department", "brand_type", "currency"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("brand_name", "category_name", "list_price", "unit_cost"):
                self.fields[name].initial = getattr(self.instance, name)
        if not user.has_capability("costs.view"):
            del self.fields["unit_cost"]

    def clean_currency(self):
        return clean_currency(self.cleaned_data["currency"])


class MonthField(forms.CharField):
    """A month such as 2026-03, as its first day."""

    def __init__(self, **kwargs):
        super().__init__(label=_("Month"), max_length=7, required=False, widget=forms.TextInput(attrs={"placeholder": "2026-03"}), **kwargs)

    def prepare_value(self, value):
        return value.strftime("%Y-%m") if isinstance(value, date) else value

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            period = parse_period(text)
        except DomainError:
            period = None
        if period is None or period.kind != "month":
            raise forms.ValidationError(_("Write the month as 2026-03."))
        return period.starts_on


class UploadForm(PlainForm):
    """A retailer's file and what is known about it; everything but the file can be left to the content."""

    kind = forms.ChoiceField(label=_("What the file holds"))
    file = forms.FileField(
        label=_("File"), max_length=255, help_text=_("CSV, Excel, EDIFACT, also zipped. It is kept as received, whatever becomes of it.")
    )
    account = forms.ModelChoiceField(
        label=_("Account"), queryset=None, required=False, help_text=_("Needed where the file does not name its account.")
    )
    profile = forms.ChoiceField(label=_("Profile"), required=False, help_text=_("Empty: the account's own, or what the content shows."))
    month = MonthField(help_text=_("Needed only where neither the file nor its name says it, such as columns for the days 01 to 31."))

    def __init__(self, *args, kinds, accounts, profiles, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds
        self.fields["account"].queryset = accounts
        self.fields["profile"].choices = [("", "–"), *profiles]


class ProfileChoiceForm(PlainForm):
    """The answer to “which profile reads this file?”, and the account where the file does not say."""

    account = forms.ModelChoiceField(label=_("Account"), queryset=None, required=False)
    profile = forms.ChoiceField(label=_("Profile"), required=False)
    month = MonthField()

    def __init__(self, *args, accounts, profiles, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts
        self.fields["profile"].choices = [("", "–"), *profiles]
