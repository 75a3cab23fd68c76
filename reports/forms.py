"""Ordering reports, and the words of those who write and decide."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount
from ka_crm.forms import ManyRowsField, PlainForm
from team.models import User

from .filters import PeriodField
from .models import ReportKind
from .services import MOST_COMMENTARY, teams_of


class OrderForm(PlainForm):
    """What to build: nothing chosen means all that the person looks after."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ReportKind.choices)
    period = PeriodField(
        label=_("Period"), max_length=10, help_text=_("2026-03 for a month, 2026Q1 for a quarter, 2026 for a year, 2026-W10 for a week")
    )
    accounts = ManyRowsField(label=_("Accounts"), queryset=KeyAccount.objects.none(), required=False)
    people = ManyRowsField(label=_("People"), queryset=User.objects.none(), required=False)
    teams = ManyRowsField(label=_("Teams"), queryset=None, required=False)
    company = forms.BooleanField(label=_("The whole company"), required=False)
    languages = forms.MultipleChoiceField(
        label=_("Languages of the files"), widget=forms.CheckboxSelectMultiple, choices=settings.LANGUAGES
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["accounts"].queryset = KeyAccount.objects.visible_to(user).active().order_by("sort_key", "pk")
        self.fields["people"].queryset = User.objects.visible_to(user).active().order_by("sort_key", "pk")
        self.fields["teams"].queryset = teams_of(user).order_by("path")
        if not user.sees_all:
            del self.fields["company"]
        if not self.fields["teams"].queryset.exists():
            del self.fields["teams"]

    def order(self):
        """Keyword arguments for services.order_reports."""
        chosen = self.cleaned_data
        return {
            "kind": chosen["kind"],
            "period": chosen["period"],
            "accounts": list(chosen["accounts"]),
            "people": list(chosen["people"]),
            "teams": list(chosen.get("teams") or ()),
            "company": chosen.get("company", False),
            "languages": chosen["languages"],
        }


class CommentForm(PlainForm):
    """The words to one section; ``edit_version`` is the section's as the writer saw it."""

    text = forms.CharField(
        label=_("Commentary"), required=False, max_length=MOST_COMMENTARY, strip=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    edit_version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)


class DecisionForm(forms.Form):
    """A step of a report: the version that the person read, and a reason where one is asked for."""

    edit_version = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    reason = forms.CharField(required=False, max_length=2_000)
