"""Questions about working-day calendars."""

from django.db import models
from django.db.models import Count


class WorkCalendarQuerySet(models.QuerySet):
    def visible_to(self, user):
        """No secret inside the company: everybody's deadlines are counted with them."""
        return self.all()

    def for_list(self):
        return self.annotate(day_count=Count("days")).order_by("code", "pk")
