"""Deputies: who holds whose rights, from which day to which."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, NotAllowed
from ka_crm.text import clean_text

from ..audit import record
from ..models import Delegation, User


def people_arranged_by(actor):
    """Those for whom ``actor`` arranges deputies, see ``may_arrange``."""
    alone = actor.without_delegations()
    people = User.objects.active().order_by("sort_key", "pk")
    if alone.has_capability("people.manage"):
        return people
    return people.filter(pk__in=alone.people_in_scope if alone.has_capability("people.view") else [actor.pk])


def may_arrange(actor, absent):
    """Whether ``actor`` arranges deputies for ``absent``: oneself, a supervisor for the own team, an administrator for all.

    Rights that ``actor`` only holds as a deputy do not count: a deputy appoints no further deputies.
    """
    alone = actor.without_delegations()
    return (
        actor.pk == absent.pk
        or alone.has_capability("people.manage")
        or (alone.has_capability("people.view") and absent.pk in alone.people_in_scope)
    )


@transaction.atomic
def delegate(*, absent_id, deputy_id, starts_on, ends_on, actor, today, reason="", handover=""):
    """Let the deputy hold the absent person's rights from ``starts_on`` to ``ends_on``, both days included.

    Raises ValidationError (by field) for dates in the past or reversed, NotAllowed unless ``may_arrange``, DomainError if
    either person may not sign in or the same deputy stands in for them already in that time.
    """
    people = {person.pk: person for person in User.objects.select_for_update().filter(pk__in={absent_id, deputy_id}).order_by("pk")}
    absent, deputy = people[absent_id], people[deputy_id]
    if not may_arrange(actor, absent):
        raise NotAllowed(_("Deputies for %(name)s are arranged by themselves, their supervisor or an administrator.") % {"name": absent})
    _check_dates(starts_on, ends_on, today)
    if absent == deputy:
        raise ValidationError({"deputy": _("Choose somebody other than the absent person.")})
    for person in (absent, deputy):
        if not person.is_active:
            raise DomainError(_("%(name)s may not sign in and can neither have nor be a deputy.") % {"name": person})
    other = Delegation.objects.overlapping(starts_on, ends_on).filter(absent=absent, deputy=deputy).first()
    if other:
        raise DomainError(
            _("%(deputy)s already stands in for %(absent)s from %(start)s to %(end)s. End that first or choose other days.")
            % {"deputy": deputy, "absent": absent, "start": other.starts_on, "end": other.ends_on}
        )
    delegation = Delegation.objects.create(
        absent=absent,
        deputy=deputy,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=clean_text(reason),
        handover=clean_text(handover),
        created_by=actor,
    )
    changes = {"starts_on": [None, str(starts_on)], "ends_on": [None, str(ends_on)]}
    record(delegation, "delegation.created", actor=actor, changes=changes, reason=delegation.reason)
    return delegation


@transaction.atomic
def end_delegation(*, delegation_id, actor, today):
    """End a delegation now; the deputy's next click has the own rights only. Raises DomainError once it is over anyway."""
    delegation = Delegation.objects.select_for_update(of=("self",)).select_related("absent", "deputy").get(pk=delegation_id)
    if not (may_arrange(actor, delegation.absent) or actor.pk == delegation.deputy_id):
        raise NotAllowed(
            _("Deputies for %(name)s are arranged by themselves, their supervisor or an administrator.") % {"name": delegation.absent}
        )
    if delegation.ended_at or delegation.ends_on < today:
        raise DomainError(_("This delegation is over already."))
    delegation.ended_at, delegation.ended_by = timezone.now(), actor
    delegation.save(update_fields=["ended_at", "ended_by"])
    record(delegation, "delegation.ended", actor=actor, changes={"ended_at": [None, delegation.ended_at.isoformat()]})
    return delegation


def _check_dates(starts_on, ends_on, today):
    if starts_on < today:
        raise ValidationError({"starts_on": _("A deputy can start today, %(today)s, or later.") % {"today": today}})
    if ends_on < starts_on:
        raise ValidationError({"ends_on": _("The last day is before the first.")})
