"""What one person has set aside on their dashboards."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SetAsideQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, whoever one is: what one person has seen enough of says nothing about what others should see."""
        return self.filter(person=user)

    def in_force_on(self, day):
        return self.filter(until_on__gt=day)


class SetAside(models.Model):
    """One alert or opportunity that one person does not want to see before ``until_on``, the first day on which it shows again.

    ``key`` names the finding (findings.Finding.key), ``label`` is its title in the language in which it was set aside.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="set_aside")
    key = models.CharField(max_length=120)
    label = models.CharField(max_length=250)
    until_on = models.DateField(_("until"))
    set_aside_at = models.DateTimeField(auto_now=True)

    objects = SetAsideQuerySet.as_manager()

    class Meta:
        app_label = "reports"
        ordering = ["until_on", "pk"]
        verbose_name = _("finding set aside")
        verbose_name_plural = _("findings set aside")
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="set_aside_once")]

    def __str__(self):
        return self.label
