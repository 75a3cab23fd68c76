"""Changing a rule."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ka_crm.errors import DomainError
from ka_crm.forms import RecordForm

from ..models import DeadlineRule
from .services import check_reminders


class RuleForm(RecordForm):
    class Meta:
        model = DeadlineRule
        fields = ["anchor", "day", "counting", "roll", "calendar", "draft_days_before", "remind_days_before", "is_active"]
        help_texts = {
            "day": _("25 is the 25th of the month, or its 25th working day; a shorter month has its last. Weekly: days after Sunday."),
            "calendar": _("Empty: the company's calendar."),
            "remind_days_before": _("Numbers from 0 to 60, such as 3,1,0."),
            "draft_days_before": _("The workers build the draft so early; a report about a period waits until the period is over."),
        }

    def clean_remind_days_before(self):
        try:
            return check_reminders(self.cleaned_data["remind_days_before"])
        except DomainError as error:
            raise ValidationError(str(error)) from None

    def clean_day(self):
        day = self.cleaned_data["day"]
        if not 1 <= day <= 31:
            raise ValidationError(_("Write a day from 1 to 31."))
        return day

    def clean_draft_days_before(self):
        days = self.cleaned_data["draft_days_before"]
        if days > 60:
            raise ValidationError(_("Write 60 days or fewer."))
        return days
