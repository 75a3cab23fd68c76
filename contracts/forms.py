"""Forms of must-stock rules; choices start from what the person may see."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount, Store
from ka_crm.forms import PlainForm, RecordForm
from sales.models import Product

from .models import MustStockRule


class MustStockRuleForm(RecordForm):
    class Meta:
        model = MustStockRule
        fields = ["account", "store_format", "product", "starts_on", "ends_on"]
        help_texts = {
            "account": _("Holds for the account and everything below it. Empty: for all accounts."),
            "store_format": _("Such as hypermarket. Empty: for stores of every format."),
            "ends_on": _("The last day, included. Empty: until it is ended."),
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = KeyAccount.objects.visible_to(user).active()
        self.fields["account"].empty_label = _("All accounts")
        if not user.sees_all:  # a rule for the whole company is made by those whose business it is
            self.fields["account"].required = True
            self.fields["account"].empty_label = "---------"
            self.fields["account"].help_text = _("Holds for the account and everything below it.")
        self.fields["product"].queryset = Product.objects.visible_to(user).active()
        formats = (
            Store.objects.visible_to(user)
            .exclude(store_format="")
            .order_by("store_format")
            .values_list("store_format", flat=True)
            .distinct()
        )
        self.fields["store_format"].widget = forms.Select(
            choices=[("", _("All formats")), *((one, one) for one in self._with_present(formats))]
        )

    def _with_present(self, formats):
        """The formats that stores have, and the rule's own, which no store may have any more."""
        return sorted({*formats, *filter(None, [self.instance.store_format])})


class EndRuleForm(PlainForm):
    """The last day of a rule."""

    ends_on = forms.DateField(label=_("Last day"))
