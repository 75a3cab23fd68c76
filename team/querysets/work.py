"""Questions about tasks, notifications and approvals: what waits for whom."""

from django.apps import apps
from django.db import models
from django.db.models import Q

from ..states import ApprovalStatus, StepStatus, TaskStatus


class TaskQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Tasks given to oneself or one's people, or given by oneself; all of them for those who see all."""
        if user.sees_all:
            return self.all()
        return self.filter(Q(assignee__in=user.people_in_scope) | Q(created_by=user))

    def assigned_to(self, user):
        return self.filter(assignee=user)

    def open(self):
        return self.filter(status=TaskStatus.OPEN)

    def overdue_on(self, day):
        return self.open().filter(due_on__lt=day)

    def due_by(self, day):
        """Due on ``day`` or before."""
        return self.filter(due_on__lte=day)

    def about(self, record):
        """The tasks of one record; call only with a record that the reader may see."""
        return self.filter(object_type=record._meta.label_lower, object_id=str(record.pk))

    def for_list(self):
        return self.select_related("assignee", "created_by").order_by(models.F("due_on").asc(nulls_last=True), "-priority", "pk")


class NotificationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, whoever one is."""
        return self.filter(user=user)

    def unread(self):
        return self.filter(read_at=None)

    def for_list(self):
        return self.order_by("-created_at", "-pk")


class ApprovalQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What one asked for, what one was asked, and what one's people asked for; all of them for those who see all."""
        if user.sees_all:
            return self.all()
        asked = self.model.objects.filter(steps__seats__approver__in=[user.pk, *(person.pk for person in user.acts_for)])
        return self.filter(Q(requested_by__in=user.people_in_scope) | Q(pk__in=asked.values("pk")))

    def pending(self):
        return self.filter(status=ApprovalStatus.PENDING)

    def waiting_for(self, user):
        """Those that ``user`` is asked to decide now, in an own seat or as the deputy of an absent person; never the own ones.

        Empty seats of an earlier round do not exist, so any empty seat of an open step is of the present one.
        """
        people = [user.pk, *(person.pk for person in user.acts_for)]
        seats = apps.get_model("team.ApprovalSeat").objects
        decided_by_me = seats.filter(step=models.OuterRef("step"), round=models.OuterRef("round"), decided_by=user)
        mine = seats.filter(step__approval=models.OuterRef("pk"), step__status=StepStatus.OPEN, decision="", approver__in=people)
        return self.pending().filter(models.Exists(mine.exclude(models.Exists(decided_by_me)))).exclude(requested_by=user)

    def about(self, record):
        """The approvals of one record; call only with a record that the reader may see."""
        return self.filter(object_type=record._meta.label_lower, object_id=str(record.pk))

    def for_list(self):
        return self.select_related("requested_by").order_by("-requested_at", "-pk")
