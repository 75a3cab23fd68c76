"""Reports: numbers frozen with their sources, section by section, then commented, submitted and approved."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount
from ka_crm import periods
from ka_crm.models import StoredFile
from ka_crm.text import fold
from team.models import Team, WorkCalendar

from .querysets import DeadlineQuerySet, DeadlineRuleQuerySet, ReportQuerySet, ReportRunQuerySet, ReportSectionQuerySet
from .states import EDITABLE, ReportStatus


class ReportKind(models.TextChoices):
    MONTHLY = "monthly", _("Monthly summary")
    QUARTERLY = "quarterly", _("Quarterly summary")
    ANNUAL = "annual", _("Annual summary")
    WEEKLY = "weekly", _("Weekly summary")
    PLAN = "plan", _("Plan")
    SURVEY = "survey", _("Store survey")


class SubjectKind(models.TextChoices):
    ACCOUNT = "account", _("Account")
    PERSON = "person", _("Person")
    TEAM = "team", _("Team")
    COMPANY = "company", _("Company")


# From which kind of period each kind is built.
PERIOD_KINDS = {
    ReportKind.MONTHLY: "month",
    ReportKind.QUARTERLY: "quarter",
    ReportKind.ANNUAL: "year",
    ReportKind.WEEKLY: "week",
    ReportKind.PLAN: "month",
    ReportKind.SURVEY: "month",
}


PERIOD_OF_DAY = {"month": periods.month_of, "quarter": periods.quarter_of, "year": periods.year_of, "week": periods.week_of}


def period_of(kind, starts_on, ends_on):
    """The stored days as a Period with its label and neighbours."""
    of_day = PERIOD_OF_DAY.get(PERIOD_KINDS.get(kind))
    period = of_day(starts_on) if of_day else None
    return period if period and period.ends_on == ends_on else periods.span(starts_on, ends_on)


class ReportRun(models.Model):
    """One order to build reports of one kind and period for a set of subjects; the workers do it section by section."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=ReportKind)
    starts_on = models.DateField()
    ends_on = models.DateField()
    scope = models.JSONField(default=dict)  # which accounts, people, teams, company; formats; languages
    sections_done = models.JSONField(default=list)
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = ReportRunQuerySet.as_manager()

    def __str__(self):
        return f"{self.get_kind_display()} {self.period.label}"

    def get_absolute_url(self):
        return reverse("reports:run_detail", args=[self.public_id])

    @property
    def period(self):
        return period_of(self.kind, self.starts_on, self.ends_on)


class Report(models.Model):
    """One report of one subject and period; a rebuild after submission is a new ``version``, the old one stays."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=ReportKind)
    subject_kind = models.CharField(_("about"), max_length=10, choices=SubjectKind)
    subject_key = models.CharField(max_length=40)  # "account:5", "company": unique where foreign keys may be empty
    subject_label = models.CharField(_("subject"), max_length=200)
    account = models.ForeignKey(KeyAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="reports")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="reports_about")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="reports")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="reports_owned")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    period_label = models.CharField(_("period"), max_length=30)
    currency = models.CharField(max_length=3)
    version = models.PositiveIntegerField(default=1)
    superseded_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="supersedes")
    status = models.CharField(_("status"), max_length=12, choices=ReportStatus, default=ReportStatus.BUILDING)
    run = models.ForeignKey(ReportRun, null=True, on_delete=models.SET_NULL, related_name="reports")
    built_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True)
    edit_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    search = models.TextField(editable=False, default="")

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "subject_kind", "subject_label", "pk"]
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_key", "starts_on", "ends_on", "version"], name="report_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="report_ends_after_start"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.period_label} – {self.subject_label}"

    def get_absolute_url(self):
        return reverse("reports:report_detail", args=[self.public_id])

    def save(self, *args, **kwargs):
        code = self.account.code if self.account else self.person.email if self.person else ""
        self.search = fold(f"{self.subject_label} {code} {self.period_label}")
        super().save(*args, **kwargs)

    @property
    def period(self):
        return period_of(self.kind, self.starts_on, self.ends_on)

    @property
    def is_editable(self):
        return self.status in EDITABLE


class ReportSection(models.Model):
    """One section's frozen numbers. ``data`` holds decimals as text; ``sources`` says which rows, filters and totals they come from.

    While the report is built again, the new numbers wait in ``fresh_data`` and ``fresh_sources`` until all sections have theirs: a
    build that is cancelled leaves the old ones as they were. ``sources`` is empty in a section that was never finished.
    """

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="sections")
    key = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    data = models.JSONField(default=dict)
    sources = models.JSONField(default=dict)
    fresh_data = models.JSONField(null=True, editable=False)
    fresh_sources = models.JSONField(null=True, editable=False)
    commentary = models.TextField(blank=True)
    commented_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    commented_at = models.DateTimeField(null=True)
    edit_version = models.PositiveIntegerField(default=1)

    objects = ReportSectionQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["report", "key"], name="report_section_once")]

    def __str__(self):
        return self.key


class ReportFile(models.Model):
    """One rendering of one report: format, language, content-named file."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="files")
    format = models.CharField(max_length=5)
    language = models.CharField(max_length=10)
    content_key = models.CharField(max_length=64)  # hash of what was rendered: unchanged content is not rendered again
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "format", "language"], name="report_file_once")]

    def __str__(self):
        return f"{self.format} {self.language}"


class DeadlineRule(models.Model):
    """When reports of one kind about one kind of subject have to be handed in, and who is reminded when.

    The due day is the ``day``-th of the month in which ``anchor`` falls, counted in calendar days or working days; a calendar day
    that is not worked moves as ``roll`` says. Working days are those of ``calendar``, the company's where empty. A weekly report is
    due ``day`` days after its Sunday instead.
    """

    class Anchor(models.TextChoices):
        BEFORE = "before", _("the month before the period")
        AFTER = "after", _("the month after the period")

    class Counting(models.TextChoices):
        CALENDAR = "calendar", _("calendar days")
        WORKING = "working", _("working days")

    class Roll(models.TextChoices):
        NONE = "none", _("stay")
        EARLIER = "earlier", _("the working day before")
        LATER = "later", _("the working day after")

    kind = models.CharField(_("report"), max_length=12, choices=ReportKind)
    subject_kind = models.CharField(_("about"), max_length=10, choices=SubjectKind)
    anchor = models.CharField(_("due in"), max_length=10, choices=Anchor, default=Anchor.AFTER)
    day = models.PositiveSmallIntegerField(_("day"))
    counting = models.CharField(_("counted in"), max_length=10, choices=Counting, default=Counting.CALENDAR)
    roll = models.CharField(_("if it is not a working day"), max_length=10, choices=Roll, default=Roll.EARLIER)
    calendar = models.ForeignKey(
        WorkCalendar, verbose_name=_("working-day calendar"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    draft_days_before = models.PositiveSmallIntegerField(_("drafts are built so many days before"), default=3)
    remind_days_before = models.CharField(_("reminders so many days before"), max_length=40, default="3,1,0")
    is_active = models.BooleanField(_("in force"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = DeadlineRuleQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "subject_kind"]
        verbose_name = _("deadline rule")
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_kind"], name="deadline_rule_once"),
            models.CheckConstraint(condition=Q(day__gte=1) & Q(day__lte=31), name="deadline_rule_day_of_a_month"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} – {self.get_subject_kind_display()}"

    def get_absolute_url(self):
        return reverse("reports:rule_update", args=[self.pk])

    @property
    def reminders(self):
        """On how many days before the due day the owner is reminded, the earliest first."""
        return sorted({int(part) for part in self.remind_days_before.split(",") if part.strip().isdigit()}, reverse=True)


class Deadline(models.Model):
    """One report that one person has to hand in by a day. ``report`` is the newest version once there is one."""

    kind = models.CharField(_("kind"), max_length=12, choices=ReportKind)
    subject_kind = models.CharField(_("about"), max_length=10, choices=SubjectKind)
    subject_key = models.CharField(max_length=40)
    subject_label = models.CharField(_("subject"), max_length=200)
    account = models.ForeignKey(KeyAccount, null=True, on_delete=models.PROTECT, related_name="deadlines")
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="deadlines")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), null=True, on_delete=models.PROTECT, related_name="deadlines"
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    due_on = models.DateField(_("due on"), db_index=True)
    report = models.ForeignKey(Report, null=True, on_delete=models.SET_NULL, related_name="deadlines")
    filed_at = models.DateTimeField(_("handed in"), null=True)  # the first submission
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "subject_label", "pk"]
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        indexes = [models.Index(fields=["owner", "due_on"], name="deadline_of_person")]
        constraints = [models.UniqueConstraint(fields=["kind", "subject_key", "starts_on"], name="deadline_once")]

    def __str__(self):
        return f"{self.get_kind_display()} {self.period.label} – {self.subject_label}"

    def get_absolute_url(self):
        if self.report_id:
            return self.report.get_absolute_url()
        return reverse("reports:deadline_list") + f"?kind={self.kind}&owner={self.owner_id or ''}"

    @property
    def period(self):
        return period_of(self.kind, self.starts_on, self.ends_on)
