"""Deadline rules in the file of settings."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm import company, settings_file
from ka_crm.errors import DomainError
from ka_crm.settings_file import take
from team.changes import change_record, create_record
from team.models import WorkCalendar

from .models import DeadlineRule

FIELDS = {
    "anchor": str,
    "day": int,
    "counting": str,
    "roll": str,
    "calendar": str,
    "draft_days_before": int,
    "remind_days_before": str,
    "is_active": bool,
}


def dump_rules():
    found = {}
    for rule in DeadlineRule.objects.select_related("calendar").order_by("kind", "subject_kind"):
        values = {name: getattr(rule, name) for name in FIELDS}
        found[f"{rule.kind}/{rule.subject_kind}"] = values | {"calendar": rule.calendar.code if rule.calendar else ""}
    return found


def write_rule(key, value, actor):
    kind, _slash, subject_kind = key.partition("/")
    values = take(value, **FIELDS)
    values["calendar"] = _calendar(values["calendar"])
    rule = DeadlineRule.objects.filter(kind=kind, subject_kind=subject_kind).first()
    if rule is None:
        rule = DeadlineRule(kind=kind, subject_kind=subject_kind, **values)
        create_record(rule, actor=actor, verb="deadline_rule.created", reason=_("From a file of settings"))
    else:
        change_record(rule, values=values, actor=actor, verb="deadline_rule.changed", reason=_("From a file of settings"))


def _calendar(code):
    if not code:
        return None
    calendar = WorkCalendar.objects.filter(code=code).first()
    if calendar is None:
        raise DomainError(_("calendar: there is no calendar “%(value)s” here.") % {"value": code[:20]})
    return calendar


def register():
    """Add deadline rules to the file of settings, and their page to the page “Settings”."""
    label = gettext_lazy("Report deadlines")
    settings_file.register("deadline_rules", label=label, dump=dump_rules, write=write_rule, order=50)
    text = gettext_lazy("When each report has to be handed in, and who is reminded when.")
    company.place("reports:rule_list", label=label, text=text, icon="clock", capability="settings.manage", order=50)
