"""Forms of people, teams and deputies; choices start from what the person may see."""

import zoneinfo
from functools import lru_cache

from django import forms
from django.utils.translation import gettext_lazy as _

from ka_crm.forms import PlainForm, RecordForm

from .models import Delegation, Team, User
from .roles import Role
from .services.delegations import people_arranged_by

EM_SPACE = "\u2003"
REASON_HELP = _("Kept in the audit trail.")


@lru_cache
def _zones():
    """Time zones by the names that people know them by, such as Asia/Shanghai."""
    regions = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones()) if name.startswith(regions)] + [
        ("UTC", "UTC")
    ]


def zone_choices():
    return [("", _("The company's")), *_zones()]


class TeamChoice(forms.ModelChoiceField):
    """A team, drawn as deep as it lies in the tree."""

    def label_from_instance(self, team):
        return EM_SPACE * team.depth + team.name


class ProfileForm(RecordForm):
    """What everybody chooses for themselves."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices, required=False)

    class Meta:
        model = User
        fields = ["name", "phone", "language", "time_zone", "theme"]


class PersonForm(RecordForm):
    """What an administrator changes about somebody."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices, required=False)

    class Meta:
        model = User
        fields = ["name", "email", "team", "phone", "language", "time_zone"]
        field_classes = {"team": TeamChoice}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.visible_to(user).order_by("path")


class NewPersonForm(PersonForm):
    class Meta(PersonForm.Meta):
        fields = ["name", "email", "role", "team", "phone", "language", "time_zone"]


class RoleForm(PlainForm):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    reason = forms.CharField(label=_("Reason"), max_length=250, help_text=REASON_HELP)


class ReasonForm(PlainForm):
    reason = forms.CharField(label=_("Reason"), max_length=250, required=False, help_text=REASON_HELP)


class NewTeamForm(RecordForm):
    class Meta:
        model = Team
        fields = ["name", "parent"]
        field_classes = {"parent": TeamChoice}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = Team.objects.visible_to(user).order_by("path")
        self.fields["parent"].empty_label = _("– (at the top)")


class TeamForm(NewTeamForm):
    """Name and place of a team; it cannot be put below itself."""

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["parent"].queryset = self.fields["parent"].queryset.exclude(path__startswith=self.instance.path)


class DelegationForm(RecordForm):
    """Who is away, who stands in, from when to when."""

    class Meta:
        model = Delegation
        fields = ["absent", "deputy", "starts_on", "ends_on", "reason", "handover"]
        help_texts = {
            "starts_on": _("The first day on which the deputy has the rights."),
            "ends_on": _("The last day, included."),
            "handover": _("Open promises, dates and people to call: the deputy reads this."),
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["absent"].queryset = people_arranged_by(user)
        self.fields["absent"].initial = user.pk
        self.fields["deputy"].queryset = User.objects.colleagues()

    def _post_clean(self):
        """The service checks the row as a whole; here only the fields' own rules count."""
