"""What can be done with many tasks or approvals at once."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ka_crm.bulk import BulkAction
from ka_crm.forms import PlainForm

from .models import User
from .services.approvals import decide
from .services.tasks import change_task, close_task


class NextPersonForm(PlainForm):
    """To whom the chosen tasks go."""

    assignee = forms.ModelChoiceField(label=_("Hand over to"), queryset=User.objects.none())

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = User.objects.colleagues()


FOR_TASKS = (
    BulkAction(
        "done",
        _("Done"),
        lambda task, actor: close_task(task_id=task.pk, actor=actor),
        text=_("The tasks are closed without words about what came of them. Those of others are left and named."),
    ),
    BulkAction(
        "hand_over",
        _("Hand over"),
        lambda task, actor, assignee: change_task(task_id=task.pk, actor=actor, assignee=assignee),
        text=_("The person is told of each task."),
        form_class=NextPersonForm,
        icon="send",
    ),
)
FOR_APPROVALS = (
    BulkAction(
        "approve",
        _("Approve"),
        lambda approval, actor: decide(approval_id=approval.pk, actor=actor, decision="approve"),
        text=_("What does not wait for you is left and named."),
    ),
)
