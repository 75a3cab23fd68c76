"""People, teams and deputies."""

import uuid
from copy import copy
from datetime import date
from functools import cached_property

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ka_crm.models import SearchedModel
from ka_crm.prepared import Prepared

from ..querysets.people import DelegationQuerySet, TeamQuerySet, UserQuerySet
from ..roles import NOT_DELEGATED, SEES_ALL, Role, capabilities_of


class Team(models.Model):
    """One node of the team tree; ``path`` holds the ids from the root, ``/1/4/``, so that a subtree is a prefix."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    parent = models.ForeignKey("self", verbose_name=_("part of"), null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=200, editable=False, default="", db_index=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["path", "pk"]
        verbose_name = _("team")

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return f"{reverse('team:team_tree')}#team-{self.pk}"

    @property
    def depth(self):
        """0 for a team at the root."""
        return self.path.count("/") - 2


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email, password=None, **fields):
        """The first administrator; there is no rank above the role."""
        return self.create_user(email, password, **{"role": Role.ADMINISTRATOR, "name": email.split("@")[0], **fields})

    def get_by_natural_key(self, email):
        return self.get(email=email.lower())


class User(SearchedModel, AbstractBaseUser):
    """A person who signs in with an e-mail address. A login is a User; a customer is a KeyAccount."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    search_fields = ("name", "email")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=100)
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.VIEWER)
    team = models.ForeignKey(Team, verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="members")
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en", choices=[("en", "English"), ("zh-hans", "简体中文")])
    time_zone = models.CharField(_("time zone"), max_length=50, blank=True)
    theme = models.CharField(_("appearance"), max_length=5, choices=Theme, default=Theme.AUTO)
    is_active = models.BooleanField(_("may sign in"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        ordering = ["sort_key", "pk"]
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self):
        return self.name or self.email

    def get_absolute_url(self):
        return reverse("team:person_detail", args=[self.pk])

    def get_full_name(self):
        return str(self)

    @property
    def is_staff(self):
        return self.role == Role.ADMINISTRATOR

    @cached_property
    def acts_for(self):
        """The absent people whose rights this person holds today as their deputy."""
        absent = _absent(self.pk, timezone.localdate()) if self.pk else ()
        if not absent:  # as at nearly every request, each of which asks
            return []
        return list(User.objects.filter(is_active=True, pk__in=[pk for (pk,) in absent]).select_related("team").order_by("pk"))

    def without_delegations(self):
        """The same person with no more than their own rights; tells what they see and do only as a deputy."""
        alone = copy(self)
        for derived in ("capabilities", "sees_all", "people_in_scope"):
            alone.__dict__.pop(derived, None)
        alone.__dict__["acts_for"] = []
        return alone

    @cached_property
    def capabilities(self):
        """What this person may do today: the role's, and those taken over as a deputy."""
        taken_over = frozenset().union(*(capabilities_of(person.role) for person in self.acts_for)) - NOT_DELEGATED
        return capabilities_of(self.role) | taken_over

    def has_capability(self, capability):
        return self.is_active and capability in self.capabilities

    @cached_property
    def sees_all(self):
        """Whether every account is this person's business."""
        return self.role in SEES_ALL or any(person.role in SEES_ALL for person in self.acts_for)

    @cached_property
    def people_in_scope(self):
        """Ids of the people whose accounts and work this person sees: self, those deputised for, a supervisor's whole subtree."""
        persons = [self, *self.acts_for]
        ids = {person.pk for person in persons}
        paths = [person.team.path for person in persons if person.role == Role.SUPERVISOR and person.team_id]
        if paths:
            inside = Q()
            for path in paths:
                inside |= Q(team__path__startswith=path)
            ids.update(User.objects.filter(inside).values_list("pk", flat=True))
        return frozenset(ids)


_absent = Prepared(
    lambda deputy, day: Delegation.objects.in_force_on(day).filter(deputy=deputy).order_by().values_list("absent_id"), int, date
)


class Delegation(models.Model):
    """``deputy`` holds the rights of ``absent`` from ``starts_on`` to ``ends_on``, both days included; history shows both names.

    ``ended_at`` says that it was ended early: from that instant the deputy holds nothing more.
    """

    absent = models.ForeignKey(User, verbose_name=_("absent"), on_delete=models.PROTECT, related_name="absences")
    deputy = models.ForeignKey(User, verbose_name=_("deputy"), on_delete=models.PROTECT, related_name="deputisings")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    handover = models.TextField(_("handover notes"), blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_by = models.ForeignKey(User, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(_("ended early"), null=True, editable=False)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="delegation_ends_after_start"),
            models.CheckConstraint(condition=~Q(absent=F("deputy")), name="delegation_to_another_person"),
        ]

    def __str__(self):
        return f"{self.deputy} → {self.absent} ({self.starts_on} – {self.ends_on})"

    def get_absolute_url(self):
        return reverse("team:delegation_detail", args=[self.pk])

    def status_on(self, day):
        """``ended``, ``planned``, ``active`` or ``expired`` as of ``day``: words that statuses.py colours."""
        if self.ended_at:
            return "ended"
        return "planned" if day < self.starts_on else "active" if day <= self.ends_on else "expired"
