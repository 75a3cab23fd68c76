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
from team.models import Team

from .querysets import ReportQuerySet, ReportRunQuerySet, ReportSectionQuerySet
from .states import EDITABLE, ReportStatus


class ReportKind(models.TextChoices):
    MONTHLY = "monthly", _("Monthly summary")
    QUARTERLY = "quarterly", _("Quarterly summary")
    ANNUAL = "annual", _("Annual summary")
    PLAN = "plan", _("Plan")
    SURVEY = "survey", _("Store survey")


class SubjectKind(models.TextChoices):
    ACCOUNT = "account", _("Account")
    PERSON = "person", _("Person")
    TEAM = "team", _("Team")
    COMPANY = "company", _("Company")


# Which kinds are built from sections, and from which kind of period; plans and surveys come with their own part.
PERIOD_KINDS = {ReportKind.MONTHLY: "month", ReportKind.QUARTERLY: "quarter", ReportKind.ANNUAL: "year"}


def period_of(kind, starts_on, ends_on):
    """The stored days as a Period with its label and neighbours."""
    of_day = {"month": periods.month_of, "quarter": periods.quarter_of, "year": periods.year_of}.get(PERIOD_KINDS.get(kind))
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
    """One section's frozen numbers. ``data`` holds decimals as text; ``sources`` says which rows, filters and totals they come from."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="sections")
    key = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    data = models.JSONField(default=dict)
    sources = models.JSONField(default=dict)
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
