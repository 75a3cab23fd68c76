"""What can be done with many visits at once: another day, called off."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ka_crm.bulk import BulkAction
from ka_crm.forms import DayInput, PlainForm

from . import services


class NewDayForm(PlainForm):
    planned_on = forms.DateField(label=_("New day"), widget=DayInput())

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)


class WhyForm(PlainForm):
    reason = forms.CharField(label=_("Why"), max_length=250)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)


def _move(visit, actor, *, planned_on):
    services.change_plan(
        visit_id=visit.pk,
        actor=actor,
        today=timezone.localdate(),
        version=visit.version,
        planned_on=planned_on,
        planned_at=visit.planned_at,
    )


def _cancel(visit, actor, *, reason):
    services.cancel_visit(visit_id=visit.pk, actor=actor, reason=reason, version=visit.version)


FOR_VISITS = (
    BulkAction(
        "move",
        _("Move to another day"),
        _move,
        capability="visits.record",
        text=_("Visits that have begun, were completed or cancelled stay as they are, and you are told which."),
        form_class=NewDayForm,
        icon="calendar",
    ),
    BulkAction(
        "cancel",
        _("Cancel the visits"),
        _cancel,
        capability="visits.record",
        text=_("Planned visits are called off with your reason; they stay in the list as cancelled."),
        form_class=WhyForm,
        icon="x",
        danger=True,
    ),
)
