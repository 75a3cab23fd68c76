"""Visits and what was seen in them. Every visit, fact and photo carries an id made by the phone: sent twice is stored once."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount, Store
from ka_crm.models import StoredFile
from sales.models import Category, Product
from team.models import Task

from .querysets import (
    AttendanceQuerySet,
    CadenceQuerySet,
    LeaveQuerySet,
    PhotoQuerySet,
    ShelfTicketQuerySet,
    VisitFactQuerySet,
    VisitPlanQuerySet,
    VisitQuerySet,
    VisitScoreQuerySet,
)
from .states import LeaveStatus, PlanStatus, VisitStatus

CLOCK_TOLERANCE_S = 600


class Visit(models.Model):
    """One call at one store (or at the account's headquarters when ``store`` is empty) by one person on one day.

    ``checked_in_at`` and ``checked_out_at`` are the phone's clock, ``received_at`` and ``check_out_received_at`` the server's when it
    first heard of each; ``clock_skew_s`` is phone minus server, in seconds. Distances are in metres from the store's position.
    """

    class Purpose(models.TextChoices):
        ROUTINE = "routine", _("Routine check")
        PROMOTION = "promotion", _("Promotion check")
        LISTING = "listing", _("New listing")
        COMPLAINT = "complaint", _("Complaint")
        NEGOTIATION = "negotiation", _("Negotiation")
        OTHER = "other", _("Other")

    class Origin(models.TextChoices):
        PLAN = "plan", _("Planned")
        AD_HOC = "ad_hoc", _("Ad hoc")

    client_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(KeyAccount, verbose_name=_("account"), on_delete=models.PROTECT, related_name="visits")
    store = models.ForeignKey(Store, verbose_name=_("store"), null=True, blank=True, on_delete=models.PROTECT, related_name="visits")
    visitor = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("visitor"), on_delete=models.PROTECT, related_name="visits")
    status = models.CharField(_("status"), max_length=20, choices=VisitStatus, default=VisitStatus.PLANNED)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.PLAN)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose, default=Purpose.ROUTINE)
    objective = models.CharField(_("what to achieve"), max_length=250, blank=True)
    planned_on = models.DateField(_("planned for"), db_index=True)
    planned_at = models.TimeField(_("at"), null=True, blank=True)
    checked_in_at = models.DateTimeField(_("checked in"), null=True, blank=True)
    checked_out_at = models.DateTimeField(_("checked out"), null=True, blank=True)
    received_at = models.DateTimeField(null=True, editable=False)
    check_out_received_at = models.DateTimeField(null=True, editable=False)
    clock_skew_s = models.IntegerField(null=True, editable=False)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    accuracy_m = models.PositiveIntegerField(null=True, blank=True)
    distance_m = models.PositiveIntegerField(_("distance from the store (m)"), null=True, blank=True)
    route_order = models.PositiveSmallIntegerField(_("place in the day's route"), null=True, blank=True)
    callback_of = models.ForeignKey("self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="callbacks")
    note = models.TextField(_("note"), blank=True)
    note_changed_at = models.DateTimeField(null=True, editable=False)
    cancel_reason = models.CharField(_("why cancelled"), max_length=250, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["-planned_on", "-pk"]
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        indexes = [
            models.Index(fields=["visitor", "planned_on"], name="visit_of_person"),
            models.Index(fields=["account", "planned_on"], name="visit_of_account"),
            models.Index(fields=["store", "-planned_on"], name="visit_of_store"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(checked_out_at=None) | Q(checked_out_at__gte=F("checked_in_at")), name="visit_out_after_in"),
        ]

    def __str__(self):
        return f"{self.store or self.account} – {self.planned_on}"

    def get_absolute_url(self):
        return reverse("visits:visit_detail", args=[self.pk])

    @property
    def place(self):
        """Where the visit is: the store, or the account at its headquarters."""
        return self.store or self.account

    @property
    def has_wrong_clock(self):
        """Whether the phone's clock was more than ten minutes off the server's when it sent."""
        return abs(self.clock_skew_s or 0) > CLOCK_TOLERANCE_S

    @property
    def minutes(self):
        """Whole minutes between check-in and check-out; None until both are there."""
        if self.checked_in_at is None or self.checked_out_at is None:
            return None
        return int((self.checked_out_at - self.checked_in_at).total_seconds() // 60)


class VisitFact(models.Model):
    """What all facts of a visit share.

    ``changed_at`` is the phone's clock when this was last said, ``recorded_at`` the server's when it first heard of it.
    """

    client_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="%(class)ss")
    changed_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = VisitFactQuerySet.as_manager()

    class Meta:
        abstract = True


class ShelfFact(VisitFact):
    """One of our products on the shelf: there or not, facings, shelf price (minor units of the account's currency), stock."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    is_must_stock = models.BooleanField(default=False)
    is_present = models.BooleanField(null=True)  # empty: not checked, which is not absent
    is_out_of_stock = models.BooleanField(default=False)
    facings = models.PositiveSmallIntegerField(null=True, blank=True)
    price_minor = models.BigIntegerField(null=True, blank=True)
    stock_units = models.PositiveIntegerField(null=True, blank=True)
    note = models.CharField(max_length=250, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "product"], name="shelf_fact_once_per_product")]

    def __str__(self):
        return str(self.product)


class CompetitorFact(VisitFact):
    """A competitor's product, price or promotion seen in the store; the price is in minor units of the account's currency."""

    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    brand = models.CharField(_("brand"), max_length=100)
    description = models.CharField(_("what was seen"), max_length=250, blank=True)
    price_minor = models.BigIntegerField(null=True, blank=True)
    facings = models.PositiveSmallIntegerField(null=True, blank=True)
    is_on_promotion = models.BooleanField(_("on promotion"), default=False)
    is_removed = models.BooleanField(default=False)  # taken back on the phone; the row stays, so that a late copy cannot revive it

    def __str__(self):
        return self.brand


class CategoryAsk(VisitFact):
    """What the store says it sells of a whole category a month (minor units): the ground of share of wallet."""

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="+")
    monthly_value_minor = models.BigIntegerField(null=True, blank=True)
    monthly_units = models.PositiveIntegerField(null=True, blank=True)
    all_facings = models.PositiveSmallIntegerField(_("facings of the whole category"), null=True, blank=True)
    said_by = models.CharField(_("said by"), max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "category"], name="category_ask_once_per_category")]

    def __str__(self):
        return str(self.category)


class Observation(VisitFact):
    """What was found on one topic of the guided order that is no figure: as agreed with the retailer, not as agreed, or only a note.

    ``does_not_apply`` says that the topic was looked at and has no meaning in this visit; shelf, price, competitors and category
    have a row here only to say that.
    """

    class Topic(models.TextChoices):
        PROMOTION = "promotion", _("Promotion")
        DISPLAY = "display", _("Display")
        STOCK = "stock", _("Stock room")
        PROMOTERS = "promoters", _("Promoters")
        SHELF = "shelf", _("Shelf")
        PRICE = "price", _("Price")
        COMPETITORS = "competitors", _("Competitors")
        CATEGORY = "category", _("Category")

    topic = models.CharField(_("topic"), max_length=20, choices=Topic)
    is_as_agreed = models.BooleanField(_("as agreed"), null=True)  # empty: not checked, or nothing was agreed
    does_not_apply = models.BooleanField(_("does not apply"), default=False)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "topic"], name="observation_once_per_topic")]

    def __str__(self):
        return self.get_topic_display()


class Photo(VisitFact):
    """A picture of the shelf, re-encoded without its EXIF; ``content_sha256`` is of what the phone sent, to find reuse.

    ``fingerprint`` is a 64-bit difference hash of the drawing (pictures.py); ``similar_to`` an earlier photo that nearly has the
    same: a hint for a person to look at, never a verdict. The verdict on a picture that was sent twice is a person's.
    """

    class Subject(models.TextChoices):
        SHELF = "shelf", _("Shelf")
        PROMOTION = "promotion", _("Promotion")
        DISPLAY = "display", _("Display")
        COMPETITOR = "competitor", _("Competitor")
        STOCK = "stock", _("Stock room")
        OTHER = "other", _("Other")

    class Verdict(models.TextChoices):
        FINE = "fine", _("In order")
        MISUSE = "misuse", _("Not in order")

    subject = models.CharField(_("subject"), max_length=20, choices=Subject, default=Subject.SHELF)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    thumbnail = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    content_sha256 = models.CharField(max_length=64, db_index=True)
    captured_at = models.DateTimeField(null=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    removed_at = models.DateTimeField(null=True)  # taken back; the row stays, so that reuse of the picture is still seen
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    caption = models.CharField(_("caption"), max_length=200, blank=True)
    reused_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="reuses")
    fingerprint = models.BigIntegerField(null=True)
    similar_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict, blank=True)
    verdict_note = models.CharField(_("note"), max_length=250, blank=True)
    verdict_at = models.DateTimeField(null=True)
    verdict_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = PhotoQuerySet.as_manager()

    def get_absolute_url(self):
        return reverse("visits:photo", args=[self.client_id])

    def __str__(self):
        return self.caption or self.get_subject_display()


class VisitScore(models.Model):
    """What one finished visit comes to, kept so that dashboards and reports never read its facts again (visits/scores.py says how).

    ``score_e2`` is the perfect-store score in hundredths of a point (0–10,000), empty where nothing applied. ``parts`` holds, per
    part, weight, points and the reason where it does not apply. Counts are of products or facings.
    """

    visit = models.OneToOneField(Visit, on_delete=models.CASCADE, primary_key=True, related_name="score")
    score_e2 = models.PositiveIntegerField(null=True)
    parts = models.JSONField(default=list)
    must_stock_checked = models.PositiveIntegerField(default=0)
    must_stock_present = models.PositiveIntegerField(default=0)
    checked = models.PositiveIntegerField(default=0)  # listed products that were looked at
    available = models.PositiveIntegerField(default=0)  # of these, on the shelf and not out of stock
    own_facings = models.PositiveIntegerField(default=0)  # in categories whose whole facings were counted
    category_facings = models.PositiveIntegerField(default=0)
    prices_checked = models.PositiveIntegerField(default=0)
    prices_in_corridor = models.PositiveIntegerField(default=0)
    scored_at = models.DateTimeField(auto_now=True)

    objects = VisitScoreQuerySet.as_manager()

    def __str__(self):
        return f"{self.visit}: {self.score_e2}"


class ShelfTicket(models.Model):
    """A product that was missing from one store's shelf, from the visit that found it missing to the one that found it again.

    Of a store and a product at most one is open. ``task`` is what somebody was asked to do about it; closing the task does not
    close the ticket, since only the shelf is evidence.
    """

    class Kind(models.TextChoices):
        OUT_OF_STOCK = "out_of_stock", _("Out of stock")
        ABSENT = "absent", _("Not there")

    store = models.ForeignKey(Store, verbose_name=_("store"), on_delete=models.PROTECT, related_name="shelf_tickets")
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    opened_in = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="tickets_opened")
    opened_on = models.DateField(_("missing since"))
    closed_in = models.ForeignKey(Visit, null=True, on_delete=models.PROTECT, related_name="tickets_closed")
    closed_on = models.DateField(_("back on"), null=True)
    task = models.ForeignKey(Task, null=True, on_delete=models.PROTECT, related_name="+")

    objects = ShelfTicketQuerySet.as_manager()

    class Meta:
        ordering = ["opened_on", "pk"]
        verbose_name = _("out-of-stock ticket")
        verbose_name_plural = _("out-of-stock tickets")
        indexes = [models.Index(fields=["store", "closed_on"], name="shelf_ticket_of_store")]
        constraints = [
            models.UniqueConstraint(fields=["store", "product"], condition=Q(closed_on=None), name="shelf_ticket_one_open"),
        ]

    def __str__(self):
        return f"{self.product} – {self.store}"

    def days_open(self, today):
        """Whole days since the product was found missing, until it was found again or until ``today``."""
        return max(((self.closed_on or today) - self.opened_on).days, 0)


class Cadence(models.Model):
    """How often a store is due: every ``every_days`` days. The most specific rule in force decides: store, then format, then account."""

    account = models.ForeignKey(
        KeyAccount, verbose_name=_("account"), null=True, blank=True, on_delete=models.PROTECT, related_name="cadences"
    )
    store = models.ForeignKey(Store, verbose_name=_("store"), null=True, blank=True, on_delete=models.PROTECT, related_name="cadences")
    store_format = models.CharField(_("store format"), max_length=40, blank=True)
    every_days = models.PositiveSmallIntegerField(_("every so many days"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CadenceQuerySet.as_manager()

    class Meta:
        ordering = ["account", "store", "store_format", "starts_on", "pk"]
        verbose_name = _("visit cadence")
        verbose_name_plural = _("visit cadences")
        constraints = [
            models.CheckConstraint(condition=Q(every_days__gte=1) & Q(every_days__lte=366), name="cadence_within_a_year"),
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="cadence_ends_after_start"),
        ]

    def __str__(self):
        return f"{self.store or self.account or self.store_format or '*'}: {self.every_days}"

    def get_absolute_url(self):
        return reverse("visits:cadence_update", args=[self.pk])


class VisitPlan(models.Model):
    """One person's week: the visits planned for it are ordinary visits; this row says whether the week was handed in and approved."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="visit_plans")
    week_starts_on = models.DateField(_("week"))
    status = models.CharField(_("status"), max_length=10, choices=PlanStatus, default=PlanStatus.DRAFT)
    priorities = models.TextField(_("priorities of the week"), blank=True)
    submitted_at = models.DateTimeField(null=True, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    decision_note = models.TextField(blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = VisitPlanQuerySet.as_manager()

    class Meta:
        ordering = ["-week_starts_on", "person"]
        verbose_name = _("week plan")
        constraints = [models.UniqueConstraint(fields=["person", "week_starts_on"], name="visit_plan_once")]

    def __str__(self):
        return f"{self.person} – {self.week_starts_on}"

    def get_absolute_url(self):
        return f"{reverse('visits:itinerary')}?person={self.person_id}&week={self.week_starts_on.isoformat()}"


class Attendance(models.Model):
    """The start of one person's working day: the phone's clock and place, when the server heard of it, and whether it was late.

    ``due_at`` is a copy of the hour that was asked for on that day, in the person's time zone.
    """

    client_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="attendances")
    day = models.DateField(_("day"), db_index=True)
    started_at = models.DateTimeField(_("started"))
    received_at = models.DateTimeField(editable=False)
    due_at = models.DateTimeField(editable=False)
    is_late = models.BooleanField(_("late"), default=False)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    note = models.CharField(_("note"), max_length=250, blank=True)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "person"]
        verbose_name = _("start of day")
        constraints = [models.UniqueConstraint(fields=["person", "day"], name="attendance_once")]

    def __str__(self):
        return f"{self.person} – {self.day}"

    @property
    def has_wrong_clock(self):
        """Whether phone and server are more than ten minutes apart; lateness then goes by the server's clock."""
        return abs((self.started_at - self.received_at).total_seconds()) > CLOCK_TOLERANCE_S

    @property
    def counted_at(self):
        """The instant that decides about lateness."""
        return self.received_at if self.has_wrong_clock else self.started_at

    @property
    def minutes_late(self):
        """Whole minutes after the hour that was asked for; 0 if not after it."""
        return max(int((self.counted_at - self.due_at).total_seconds() // 60), 0)


class Leave(models.Model):
    """Days on which one person does not work; once approved, visits cannot be planned on them."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("Holiday")
        SICK = "sick", _("Sick")
        BUSINESS = "business", _("Business trip")
        OTHER = "other", _("Other")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="leaves")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.HOLIDAY)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=250, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=LeaveStatus, default=LeaveStatus.REQUESTED)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, editable=False)
    decision_note = models.TextField(blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LeaveQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "pk"]
        verbose_name = _("leave")
        verbose_name_plural = _("leaves")
        indexes = [models.Index(fields=["person", "starts_on", "ends_on"], name="leave_of_person")]
        constraints = [models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="leave_ends_after_start")]

    def __str__(self):
        return f"{self.person}: {self.starts_on} – {self.ends_on}"

    def get_absolute_url(self):
        return reverse("visits:leave_detail", args=[self.pk])
