"""The approval engine's rows: routes as data, and one approval with its steps and seats."""

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ka_crm.tongues import heard

from ..querysets.work import ApprovalQuerySet
from ..roles import Role
from ..states import ApprovalStatus, StepStatus
from .people import User
from .records import AboutARecord


class ApprovalRoute(models.Model):
    """Who has to agree to one kind of thing; ``kind`` is registered by the app that asks (team/approvals.py)."""

    kind = models.CharField(_("kind"), max_length=40, unique=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["kind"]
        verbose_name = _("approval route")

    def __str__(self):
        return self.kind


class ApprovalRouteStep(models.Model):
    """One step of a route, in order. Its approvers work in parallel; ``quorum`` of them is enough, 0 means all.

    ``minimum_minor`` (base currency) leaves the step out for smaller amounts.
    """

    class Approvers(models.TextChoices):
        LEADER = "leader", _("The requester's supervisor")
        ROLE = "role", _("Everybody of a role")
        PERSON = "person", _("One person")

    route = models.ForeignKey(ApprovalRoute, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("step"), max_length=80)
    approvers = models.CharField(_("approvers"), max_length=10, choices=Approvers, default=Approvers.LEADER)
    role = models.CharField(_("role"), max_length=20, choices=Role, blank=True)
    person = models.ForeignKey(User, verbose_name=_("person"), null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    quorum = models.PositiveSmallIntegerField(_("how many have to agree"), default=1)
    minimum_minor = models.BigIntegerField(_("from which amount"), null=True, blank=True)

    class Meta:
        ordering = ["route", "position"]
        constraints = [
            models.UniqueConstraint(fields=["route", "position"], name="approval_route_position_once"),
            models.CheckConstraint(condition=~Q(approvers="role") | ~Q(role=""), name="approval_route_step_role"),
            models.CheckConstraint(condition=~Q(approvers="person") | Q(person__isnull=False), name="approval_route_step_person"),
        ]

    def __str__(self):
        return self.name


class Approval(AboutARecord):
    """One request that others agree to something; steps and seats are a copy of the route when it was asked.

    ``position`` is the step whose turn it is. ``amount_minor`` is in ``currency``, where money is at stake.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("request"), max_length=200)  # as who asks says it; lists search and order by it
    titles = models.JSONField(default=dict, blank=True)  # language → the same, where languages differ (ka_crm.tongues)
    url = models.CharField(max_length=300, blank=True)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    note = models.TextField(blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="approvals_requested")
    requested_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(_("status"), max_length=10, choices=ApprovalStatus, default=ApprovalStatus.PENDING)
    position = models.PositiveSmallIntegerField(default=1)
    decided_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        indexes = [models.Index(fields=["object_type", "object_id"], name="approval_object")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_type", "object_id"], condition=Q(status="pending"), name="approval_pending_once"
            )
        ]

    def __str__(self):
        return self.title

    @property
    def shown_title(self):
        """The request in the language of whoever reads."""
        return heard(self.titles) or self.title

    def get_absolute_url(self):
        return reverse("team:approval_detail", args=[self.public_id])


class ApprovalStep(models.Model):
    """One step of one approval; ``approvers`` and ``role`` say as what its people were asked, so that who loses that is replaced."""

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    quorum = models.PositiveSmallIntegerField(default=1)
    approvers = models.CharField(max_length=10, choices=ApprovalRouteStep.Approvers, default=ApprovalRouteStep.Approvers.LEADER)
    role = models.CharField(max_length=20, choices=Role, blank=True)
    status = models.CharField(max_length=10, choices=StepStatus, default=StepStatus.WAITING)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["approval", "position"], name="approval_step_once")]

    def __str__(self):
        return self.name


class ApprovalSeat(models.Model):
    """One person who is asked in one step, once a round: a step that is returned to is asked again in the next ``round``.

    ``decided_by`` differs from ``approver`` when a deputy decided.
    """

    class Decision(models.TextChoices):
        APPROVE = "approve", _("Approved")
        RETURN = "return", _("Returned")

    step = models.ForeignKey(ApprovalStep, on_delete=models.CASCADE, related_name="seats")
    round = models.PositiveSmallIntegerField(default=1)
    approver = models.ForeignKey(User, on_delete=models.PROTECT, related_name="approval_seats")
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["step", "round", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["step", "round", "approver"], name="approval_seat_once"),
            models.CheckConstraint(
                condition=Q(decision="") | Q(decided_by__isnull=False, decided_at__isnull=False), name="approval_seat_decided_by"
            ),
        ]

    def __str__(self):
        return f"{self.approver}: {self.decision or '–'}"

    @property
    def is_by_deputy(self):
        return self.decided_by_id is not None and self.decided_by_id != self.approver_id
