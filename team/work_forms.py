"""Forms of tasks, decisions, approval routes and notification settings."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ka_crm.forms import PlainForm, RecordForm

from .models import ApprovalSeat, NotificationPreference, Task, User
from .notices import mutable_kinds

LONGEST_NOTE = 4000
VERSIONS = {"required": False, "min_value": 0, "max_value": 2**31 - 1, "widget": forms.HiddenInput}


class TaskForm(RecordForm):
    """What has to be done, by whom, until when."""

    class Meta:
        model = Task
        fields = ["title", "assignee", "due_on", "priority", "details"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = User.objects.colleagues()
        self.fields["assignee"].initial = user.pk
        self.fields["priority"].initial = Task.Priority.NORMAL

    def _post_clean(self):
        """The service checks the row as a whole; here only the fields' own rules count."""


class QuickTaskForm(PlainForm):
    """A task about the record whose page it stands on."""

    title = forms.CharField(label=_("What has to be done?"), max_length=200)
    assignee = forms.ModelChoiceField(label=pgettext_lazy("whose task", "For"), queryset=User.objects.none())
    due_on = forms.DateField(label=_("Due on"), required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = User.objects.colleagues()
        self.fields["assignee"].initial = user.pk


class OutcomeForm(PlainForm):
    """The last words about a task."""

    outcome = forms.CharField(label=_("What came of it"), max_length=LONGEST_NOTE, required=False, widget=forms.Textarea)
    version = forms.IntegerField(**VERSIONS)


class HandOverForm(PlainForm):
    assignee = forms.ModelChoiceField(label=_("Hand over to"), queryset=User.objects.none())
    version = forms.IntegerField(**VERSIONS)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = User.objects.colleagues()


class DecisionForm(PlainForm):
    """Approve or return, with words; ``to_step`` empty or 0 is the requester."""

    decision = forms.ChoiceField(choices=ApprovalSeat.Decision.choices)
    note = forms.CharField(label=_("Note"), max_length=LONGEST_NOTE, required=False, widget=forms.Textarea)
    version = forms.IntegerField(**VERSIONS)
    to_step = forms.IntegerField(required=False, min_value=0, max_value=32767)


class WithdrawForm(PlainForm):
    note = forms.CharField(label=_("Why"), max_length=LONGEST_NOTE, required=False)


class PreferenceForm(RecordForm):
    """How somebody wants to be told; hours are in their time zone."""

    digest_hour = forms.TypedChoiceField(
        label=_("Hour of the e-mail"), choices=[(hour, f"{hour:02d}:00") for hour in range(24)], coerce=int, initial=8
    )
    muted_kinds = forms.MultipleChoiceField(label=_("Do not tell me when"), required=False, choices=[], widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = NotificationPreference
        fields = ["digest", "digest_hour", "quiet_from", "quiet_until", "muted_kinds"]
        help_texts = {
            "quiet_from": _("No e-mail from this time of the day …"),
            "quiet_until": _("… until this one. It may be past midnight: 21:00 to 07:00."),
        }
        widgets = {name: forms.TimeInput(attrs={"type": "time"}, format="%H:%M") for name in ("quiet_from", "quiet_until")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["muted_kinds"].choices = [(kind.key, kind.label) for kind in mutable_kinds()]

    def clean(self):
        cleaned = super().clean()
        since, until = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if (since is None) != (until is None) and not {"quiet_from", "quiet_until"} & set(self.errors):
            self.add_error("quiet_until" if until is None else "quiet_from", _("Give both times, or none."))
        if since is not None and since == until:
            self.add_error("quiet_until", _("From and until are the same time. Choose another, or take both away."))
        return cleaned
