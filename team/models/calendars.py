"""Working-day calendars."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..querysets.calendars import WorkCalendarQuerySet


class WorkCalendar(models.Model):
    """Which days are worked in one country or company: a week's pattern and dated exceptions. One calendar is the company's default."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    country = models.CharField(_("country"), max_length=2, blank=True)  # people of this country use it
    working_weekdays = models.CharField(max_length=7, default="1111100")  # Monday first; 1 is a working day
    is_default = models.BooleanField(_("the company's calendar"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = WorkCalendarQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("working-day calendar")
        verbose_name_plural = _("working-day calendars")
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=models.Q(is_default=True), name="work_calendar_one_default"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("company:calendar_detail", args=[self.pk])


class CalendarDay(models.Model):
    """One day that differs from the week's pattern: a holiday, or a weekend day that is worked."""

    calendar = models.ForeignKey(WorkCalendar, on_delete=models.CASCADE, related_name="days")
    day = models.DateField(_("day"))
    is_working = models.BooleanField(_("worked"), default=False)
    name = models.CharField(_("name"), max_length=100, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="calendar_day_once")]

    def __str__(self):
        return f"{self.day} {self.name}"
