"""What an administrator changes about planning."""

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from ka_crm.company import declare


def declare_settings():
    """Called once, in AppConfig.ready()."""
    declare(
        "visits.day_starts_at",
        kind="time",
        default="08:30",
        group="visits",
        label=_("The day starts at"),
        help_text=_("When field people say that they have begun, in their own time zone."),
    )
    declare(
        "visits.day_grace_minutes",
        kind="int",
        default=5,
        group="visits",
        label=_("Minutes of grace"),
        help_text=_("So long after the start of the day nobody counts as late."),
        minimum=0,
        maximum=240,
    )
    declare(
        "visits.visits_per_day",
        kind="int",
        default=8,
        group="visits",
        label=_("Visits a day"),
        help_text=_("How many visits one person manages; the plan of a day says when there are more."),
        minimum=1,
        maximum=100,
    )
    declare(
        "visits.plan_due_weekday",
        kind="choice",
        default="4",
        group="visits",
        label=_("Plan of next week due on"),
        help_text=_("The weekday of the week before."),
        choices=tuple((str(number), name) for number, name in WEEKDAYS.items()),
    )
    declare(
        "visits.plan_due_at",
        kind="time",
        default="18:00",
        group="visits",
        label=_("Plan of next week due at"),
        help_text=_("The hour of that day, in each person's time zone; a plan that comes later counts as late."),
    )
