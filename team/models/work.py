"""What waits for whom: tasks, notifications and how each person wants to be told."""

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ka_crm.models import SearchedModel

from ..querysets.work import NotificationQuerySet, TaskQuerySet
from ..states import TaskStatus
from .people import User
from .records import AboutARecord


class Task(SearchedModel, AboutARecord):
    """One thing that one person has to do, if possible by a day; ``key`` makes a task that a rule opens unique, once and for all."""

    class Priority(models.IntegerChoices):
        LOW = 1, _("Low")
        NORMAL = 2, _("Normal")
        HIGH = 3, _("High")

    search_fields = ("title", "object_label")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("task"), max_length=200)
    details = models.TextField(_("details"), blank=True)
    kind = models.CharField(_("kind"), max_length=40, default="manual", editable=False)  # which rule opened it
    key = models.CharField(max_length=120, blank=True, editable=False)
    assignee = models.ForeignKey(User, verbose_name=_("for"), on_delete=models.PROTECT, related_name="tasks")
    created_by = models.ForeignKey(User, null=True, editable=False, on_delete=models.PROTECT, related_name="tasks_given")
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=TaskStatus, default=TaskStatus.OPEN, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey(User, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    outcome = models.TextField(_("what came of it"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "-priority", "pk"]
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        indexes = [
            models.Index(fields=["assignee", "status", "due_on"], name="task_of_person"),
            models.Index(fields=["object_type", "object_id"], name="task_object"),
        ]
        constraints = [models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="task_key_once")]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("team:task_detail", args=[self.public_id])


class Notification(AboutARecord):
    """One thing that one person is told; ``kind`` names the wording (team/notices.py), ``words`` its figures: it reads in any language.

    ``key`` makes it unique per person: a rule that runs twice tells once.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    words = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)  # a path of this site
    key = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("notification")
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notification_of_person"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notification_unread"),
            models.Index(fields=["created_at"], condition=Q(mailed_at=None), name="notification_unmailed"),
        ]
        constraints = [models.UniqueConstraint(fields=["user", "key"], condition=~Q(key=""), name="notification_once")]

    def __str__(self):
        return f"{self.kind} → {self.user}"


class NotificationPreference(models.Model):
    """How one person wants to be told by e-mail; what is not stored is as the defaults say. Hours are in the person's time zone."""

    class Digest(models.TextChoices):
        NONE = "none", _("No e-mail")
        AT_ONCE = "at_once", _("At once")
        DAILY = "daily", _("Once a day")
        WEEKLY = "weekly", _("Once a week, on Monday")

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="notification_preference")
    digest = models.CharField(_("e-mail"), max_length=10, choices=Digest, default=Digest.DAILY)
    digest_hour = models.PositiveSmallIntegerField(_("hour of the e-mail"), default=8)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    muted_kinds = models.JSONField(default=list, blank=True)
    last_digest_at = models.DateTimeField(null=True, editable=False)
    calendar_secret = models.CharField(max_length=64, blank=True, editable=False)  # of the address of the calendar feed, hashed
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("notification settings")
        constraints = [models.CheckConstraint(condition=Q(digest_hour__lte=23), name="digest_hour_of_a_day")]

    def __str__(self):
        return f"{self.user}: {self.get_digest_display()}"
