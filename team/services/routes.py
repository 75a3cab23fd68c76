"""The verb of approval routes: an administrator writes down who has to agree to what."""

from django.db import transaction
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, StaleRecord
from ka_crm.text import clean_text

from .. import approvals as registry
from ..audit import record
from ..models import ApprovalRoute, ApprovalRouteStep
from ..routes import steps_of

Approvers = ApprovalRouteStep.Approvers
MOST_STEPS = 9


@transaction.atomic
def save_route(*, kind, steps, actor, expected_version=None):
    """Replace the route of a registered kind; ``steps`` are dicts of ApprovalRouteStep's fields, in order.

    What waits already keeps the steps it was asked with. Without steps the route that the program ships counts again. Raises
    DomainError for a step that could never be decided or a route that small amounts would pass by, StaleRecord.
    """
    registered = registry.kind_of(kind)
    before = [_words(step) for step in steps_of(registered)]
    route, _created = ApprovalRoute.objects.get_or_create(kind=kind)
    route = ApprovalRoute.objects.select_for_update().get(pk=route.pk)
    if expected_version is not None and route.version != expected_version:
        raise StaleRecord(_("Somebody else has changed this route in the meantime. Look at it again."))
    _check(steps)
    route.steps.all().delete()
    for position, step in enumerate(steps, start=1):
        values = {**step, "name": clean_text(step.get("name", ""))}
        if values.get("approvers") != Approvers.ROLE:
            values["role"] = ""
        if values.get("approvers") != Approvers.PERSON:
            values["person"] = None
        ApprovalRouteStep.objects.create(route=route, position=position, **values)
    route.version += 1
    route.save(update_fields=["version"])
    after = [_words(step) for step in steps_of(registered)]
    changes = {"steps": ["; ".join(before), "; ".join(after)]} if before != after else {}
    record(route, "approval_route.changed", actor=actor, changes=changes)
    return route


def _check(steps):
    if len(steps) > MOST_STEPS:
        raise DomainError(_("A route has at most %(most)d steps.") % {"most": MOST_STEPS})
    if steps and all(step.get("minimum_minor") for step in steps):
        raise DomainError(_("Every step begins at an amount, so that smaller ones would pass nobody. Leave one step without an amount."))
    for number, step in enumerate(steps, start=1):
        if step.get("approvers") == Approvers.ROLE and not step.get("role"):
            raise DomainError(_("Step %(number)d: choose the role.") % {"number": number})
        if step.get("approvers") == Approvers.PERSON and not step.get("person"):
            raise DomainError(_("Step %(number)d: choose the person.") % {"number": number})


def _words(step):
    """One step in the audit trail: who, how many, from which amount (minor units of the base currency)."""
    who = {Approvers.ROLE: step.role, Approvers.PERSON: str(step.person or "")}.get(step.approvers, "")
    return " ".join(str(part) for part in (step.name, step.approvers, who, step.quorum, step.minimum_minor) if part not in ("", None))
