"""One thing that needs attention or could be won: said in words, with the figures behind it and the ways on from there."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from ka_crm.navigation import address_of

ALERT, OPPORTUNITY = "alert", "opportunity"
DANGER, WARN, INFO = "danger", "warn", "info"
_TONES = {DANGER: 0, WARN: 1, INFO: 2}


@dataclass(frozen=True)
class Way:
    """One way on: a link with an icon's name."""

    label: str
    url: str
    icon: str


@dataclass(frozen=True)
class Finding:
    """``key`` names it among all findings of one person, today and tomorrow; ``weight`` orders those of one tone, the heaviest first.

    ``reason`` says why, with the figures. ``task`` is the title of the task that it can be made into, about ``subject`` (model label,
    id); without one there is another place where it is worked on.
    """

    key: str
    kind: str
    tone: str
    weight: int
    title: str
    reason: str
    ways: tuple = ()
    task: str = ""
    subject: tuple = ("", 0)
    icon: str = "alert-triangle"
    account_id: int | None = field(default=None, compare=False)

    @property
    def order(self):
        return _TONES[self.tone], -self.weight, self.key

    @property
    def anchor(self):
        return f"finding-{self.key.replace(':', '-')}"


def open_account(account_id):
    return Way(_("Open the account"), reverse("dashboards:account", args=[account_id]), "arrow-right")


def open_store(store_id):
    return Way(_("Open the store"), reverse("dashboards:store", args=[store_id]), "arrow-right")


def plan_visit(ground, store_id):
    """The way to a visit of the store, for those who make visits."""
    if not ground.plans_visits or address_of("visits:visit_plan") is None:
        return ()
    return (Way(_("Plan a visit"), f"{reverse('visits:visit_plan')}?store={store_id}", "calendar-event"),)


def about_account(account_id, *, ways=(), **told):
    """A Finding about an account: the way to it comes after ``ways``."""
    return Finding(ways=(*ways, open_account(account_id)), subject=("accounts.keyaccount", account_id), account_id=account_id, **told)


def about_store(ground, store, *, visit_first=False, **told):
    """A Finding about a store: its ways are to the store and, for those who make visits, to the plan of one."""
    ways = (open_store(store.pk), *plan_visit(ground, store.pk))
    return Finding(ways=ways[::-1] if visit_first else ways, subject=("accounts.store", store.pk), account_id=store.account_id, **told)


def per_week(units, days):
    """Units a week out of ``units`` in ``days`` days: Decimal with one digit, half up."""
    return (Decimal(units) * 7 / days).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def median(values):
    """The middle of some numbers, the mean of the two middle ones of an even count; Decimal. Raises ValueError for none."""
    ordered = sorted(Decimal(value) for value in values)
    if not ordered:
        raise ValueError("There is no median of nothing.")
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
