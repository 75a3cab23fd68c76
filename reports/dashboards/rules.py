"""All rules together: what is found on a ground, what of it was set aside."""

from dataclasses import dataclass, field

from . import alerts, opportunities
from .findings import ALERT
from .models import SetAside


@dataclass
class Found:
    """What one person sees: ``alerts`` and ``opportunities`` in their order, and the rows of SetAside that hide others today."""

    alerts: list = field(default_factory=list)
    opportunities: list = field(default_factory=list)
    aside: list = field(default_factory=list)

    @property
    def count(self):
        return len(self.alerts) + len(self.opportunities)


def rules_for(user):
    """The rules whose figures ``user`` may see."""
    if user.has_capability("sales.view"):
        return (*alerts.OTHER_RULES, *alerts.SALES_RULES, *opportunities.RULES)
    return alerts.OTHER_RULES


def find_all(ground):
    """Everything that the rules find, alerts before opportunities, the gravest first; what was set aside too."""
    found = [one for rule in rules_for(ground.user) for one in rule(ground)]
    return sorted(found, key=lambda one: (one.kind != ALERT, *one.order))


def found_for(ground):
    """The Found of the ground's person."""
    aside = {row.key: row for row in SetAside.objects.visible_to(ground.user).in_force_on(ground.today)}
    shown = Found()
    for one in find_all(ground):
        if one.key in aside:
            shown.aside.append(aside[one.key])
        else:
            (shown.alerts if one.kind == ALERT else shown.opportunities).append(one)
    return shown
