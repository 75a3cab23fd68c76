"""How urgently a store wants a visit, and why: arithmetic on plain values, tested without a database."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import IntegerChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

SOON_DAYS = 7


class Priority(IntegerChoices):
    LOW = 1, gettext_lazy("Low")
    NORMAL = 2, gettext_lazy("Normal")
    HIGH = 3, gettext_lazy("High")


# From so many points on a store's visit has the priority.
HIGH_FROM, NORMAL_FROM = 40, 15
NEVER_VISITED, MISSED, OUT_OF_STOCK, MUST_STOCK_GAPS, DUE_SOON = 40, 20, 25, 15, 5
JUST_DUE, MOST_FOR_OVERDUE = 15, 40


@dataclass(frozen=True)
class Need:
    """``reasons`` in words, the weightiest first; ``score`` orders stores, ``priority`` names what it comes to."""

    score: int
    reasons: tuple[str, ...]
    days_overdue: int | None

    @property
    def priority(self):
        return Priority.HIGH if self.score >= HIGH_FROM else Priority.NORMAL if self.score >= NORMAL_FROM else Priority.LOW

    @property
    def words(self):
        """The reasons in one line, or that nothing presses."""
        return " · ".join(self.reasons) or _("Not due yet")


def need_of(*, today, last_visit_on, every_days, due_on, out_of_stock=0, gaps=0, missed_on=None):
    """What speaks for a visit at one store, as a Need.

    every_days and due_on are None without a cadence rule; due_on is also None where nobody has been there. out_of_stock: products
    missing by open tickets; gaps: must-stock products absent at the last visit; missed_on: the day of the last call that did not take
    place. Overdue counts from 15 points on the day itself to 40 when a whole interval has passed. days_overdue is None unless due.
    """
    points = []
    days_overdue = None
    if every_days is not None and last_visit_on is None:
        points.append((NEVER_VISITED, _("never visited")))
    elif due_on is not None and due_on <= today:
        days_overdue = (today - due_on).days
        late = JUST_DUE + min(MOST_FOR_OVERDUE - JUST_DUE, (MOST_FOR_OVERDUE - JUST_DUE) * days_overdue // every_days)
        words = ngettext("%(days)d day overdue", "%(days)d days overdue", days_overdue) % {"days": days_overdue}
        points.append((late, words if days_overdue else _("due today")))
    elif due_on is not None and due_on <= today + dt.timedelta(days=SOON_DAYS):
        points.append((DUE_SOON, _("due on %(day)s") % {"day": due_on.isoformat()}))
    if out_of_stock:
        points.append((OUT_OF_STOCK, ngettext("%(count)d out of stock", "%(count)d out of stock", out_of_stock) % {"count": out_of_stock}))
    if missed_on is not None and (last_visit_on is None or missed_on > last_visit_on):
        points.append((MISSED, _("call of %(day)s missed") % {"day": missed_on.isoformat()}))
    if gaps:
        points.append((MUST_STOCK_GAPS, ngettext("%(count)d must-stock gap", "%(count)d must-stock gaps", gaps) % {"count": gaps}))
    points.sort(key=lambda point: -point[0])
    return Need(score=sum(point for point, _words in points), reasons=tuple(words for _point, words in points), days_overdue=days_overdue)
