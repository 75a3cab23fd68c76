"""Verbs of findings: set aside for some days, bring back, make a task of. What a finding says is found anew, never taken from a form."""

from datetime import timedelta

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError
from team.audit import record
from team.services.tasks import open_task
from team.workdays import add_working_days, calendar_of

from .models import SetAside
from .rules import find_all

CHOICES = (1, 7, 30)  # for how many days something can be set aside
WORKING_DAYS_FOR_A_TASK = 3


class FindingGone(DomainError):
    """Nothing of that key is found any more: it was put right, or it is none of this person's accounts."""


def find_one(ground, key):
    """The finding ``key`` of the ground. Raises FindingGone."""
    found = next((one for one in find_all(ground) if one.key == key), None)
    if found is None:
        raise FindingGone(_("This is not found any more: it has been put right in the meantime."))
    return found


@transaction.atomic
def set_aside(*, ground, key, days):
    """Hide the finding ``key`` from the ground's person for ``days`` days; returns the SetAside. Raises FindingGone, DomainError."""
    if days not in CHOICES:
        raise DomainError(_("Choose for how many days: %(choices)s.") % {"choices": ", ".join(map(str, CHOICES))})
    finding = find_one(ground, key)
    until = ground.today + timedelta(days=days)
    row, _created = SetAside.objects.update_or_create(
        person=ground.user, key=key, defaults={"label": finding.title[:250], "until_on": until}
    )
    record(row, "finding.set_aside", actor=ground.user, changes={"until_on": [None, str(until)]}, account_id=finding.account_id)
    return row


@transaction.atomic
def bring_back(*, user, key):
    """Show again what ``user`` set aside; nothing happens where it was not."""
    row = SetAside.objects.visible_to(user).select_for_update().filter(key=key).first()
    if row is not None:
        record(row, "finding.brought_back", actor=user, changes={"until_on": [str(row.until_on), None]})
        row.delete()


@transaction.atomic
def make_task(*, ground, key):
    """Open a task for the ground's person out of the finding ``key``, due in three working days; returns it. The same day, once."""
    finding = find_one(ground, key)
    if not finding.task:
        raise DomainError(_("No task can be made of this: open it instead."))
    user = ground.user
    return open_task(
        title=finding.task[:200],
        details=f"{finding.title}\n{finding.reason}",
        assignee=user,
        actor=user,
        due_on=add_working_days(ground.today, WORKING_DAYS_FOR_A_TASK, calendar_of(user)),
        subject=_subject_of(finding),
        kind="dashboards.finding",
        key=f"finding:{user.pk}:{finding.key}:{ground.today}",
    )


def _subject_of(finding):
    label, pk = finding.subject
    return apps.get_model(label)._base_manager.get(pk=pk) if label else None
