"""Who is asked in which order: the route that an administrator edited, else the one that the app registered."""

from dataclasses import dataclass

from django.conf import settings

from .leaders import deciders_for
from .models import ApprovalRouteStep, User
from .roles import Role

Approvers = ApprovalRouteStep.Approvers


@dataclass(frozen=True)
class PlannedStep:
    """One step before anybody is asked; ``minimum_minor`` (base currency) leaves it out for smaller amounts."""

    name: str
    approvers: str
    quorum: int = 1
    role: str = ""
    person: User | None = None
    minimum_minor: int | None = None

    @property
    def who(self):
        """Who is asked, in words."""
        if self.approvers == Approvers.ROLE:
            return Role(self.role).label
        return str(self.person) if self.approvers == Approvers.PERSON and self.person else Approvers(self.approvers).label


def steps_of(kind):
    """All steps of a registered kind's route, in order."""
    stored = ApprovalRouteStep.objects.filter(route__kind=kind.key).select_related("person__team").order_by("position")
    found = [PlannedStep(step.name, step.approvers, step.quorum, step.role, step.person, step.minimum_minor) for step in stored]
    return found or [_registered(step) for step in kind.default_steps]


def _registered(step):
    return PlannedStep(
        str(step.get("name", "")),
        step.get("approvers", Approvers.LEADER),
        step.get("quorum", 1),
        step.get("role", ""),
        step.get("person"),
        step.get("minimum_minor"),
    )


def planned_steps(kind, amount_minor, currency):
    """The steps that this amount has to pass. An amount in another than the base currency passes all: it is not guessed away.

    At least one step is left: the last, where every step has a higher minimum.
    """
    steps = steps_of(kind)
    comparable = amount_minor is not None and currency in ("", settings.KA_BASE_CURRENCY)
    passed = [step for step in steps if step.minimum_minor is None or not comparable or amount_minor >= step.minimum_minor]
    return passed or steps[-1:]


@dataclass(frozen=True)
class Seats:
    """Finds the people of a step; ``barred`` ids are left out like the requester."""

    requester: User
    barred: frozenset

    def of(self, step):
        """The active people who are asked; for a role or person without anybody, the requester's leaders or administrators."""
        out = {self.requester.pk, *self.barred}
        people = []
        if step.approvers == Approvers.ROLE:
            people = list(User.objects.active().filter(role=step.role).exclude(pk__in=out).order_by("pk"))
        elif step.approvers == Approvers.PERSON and step.person is not None and step.person.is_active and step.person.pk not in out:
            people = [step.person]
        if step.approvers == Approvers.PERSON and not people and step.person is not None:
            people = deciders_for(step.person, besides=out)
        return people or deciders_for(self.requester, besides=self.barred)
