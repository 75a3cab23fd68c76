"""Profiles (how a retailer writes its files) and batches (what came in, from whom, with which outcome)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount
from ka_crm.models import StoredFile

from ..querysets import ImportBatchQuerySet, ImportProfileQuerySet
from ..states import BatchStatus


class ImportKind(models.TextChoices):
    """What a file can hold; names as on the command line."""

    ACCOUNTS = "accounts", _("Accounts")
    PRODUCTS = "products", _("Products")
    STORES = "stores", _("Stores")
    CONTACTS = "contacts", _("Contacts")
    ARTICLE_MAP = "article_map", _("Retailer article numbers")
    SELLOUT = "sellout", _("Sell-out")
    CATEGORY_TOTALS = "category_totals", _("Market totals per category")


class ImportProfile(models.Model):
    """How to read one shape of file; ``definition`` is ``ka_crm.imports.profile.Profile`` as data. D01…D12 are shipped."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=20, choices=ImportKind, default=ImportKind.SELLOUT)
    definition = models.JSONField(_("definition"), default=dict)
    is_shipped = models.BooleanField(default=False, editable=False)
    is_active = models.BooleanField(_("in use"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ImportProfileQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("import profile")
        verbose_name_plural = _("import profiles")

    def __str__(self):
        return f"{self.code} {self.name}"

    def get_absolute_url(self):
        return reverse("sales:profile_detail", args=[self.pk])


class ImportBatch(models.Model):
    """One file as received and what became of it. The file, its hash, who and the outcome stay on record for ever."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=ImportKind)
    status = models.CharField(_("status"), max_length=20, choices=BatchStatus, default=BatchStatus.RECEIVED)
    account = models.ForeignKey(
        KeyAccount, verbose_name=_("account"), null=True, blank=True, on_delete=models.PROTECT, related_name="import_batches"
    )
    profile_code = models.CharField(_("profile"), max_length=30, blank=True)
    month = models.DateField(_("month"), null=True, blank=True)  # its first day: what somebody said the rows are of, whatever the name says
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    error_file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    skip_invalid = models.BooleanField(default=False)
    verdict = models.CharField(max_length=20, blank=True)
    rows_read = models.PositiveIntegerField(default=0)
    rows_imported = models.PositiveIntegerField(default=0)
    rows_unchanged = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    period_starts_on = models.DateField(null=True)
    period_ends_on = models.DateField(null=True)
    # Order in which batches took effect: whose statement is the later one. Empty until imported.
    sequence = models.BigIntegerField(null=True, unique=True, editable=False)
    # The batch whose file this one repeats byte for byte, all rows unchanged: it has no statements of its own then.
    repeats = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="repetitions", editable=False)
    control_totals = models.JSONField(default=list)
    preview = models.JSONField(default=dict)  # of the last check: first rows as understood, counts, profile and why
    messages = models.JSONField(default=list)  # file-level errors and warnings
    seconds = models.FloatField(default=0)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="import_batches")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["-created_at"], name="batch_newest")]

    def __str__(self):
        return self.file.original_name

    def get_absolute_url(self):
        return reverse("sales:import_detail", args=[self.public_id])


class RefusedRow(models.Model):
    """One refused row of a batch, up to the first 1,000; the downloadable error file holds them all."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="row_errors")
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=250, blank=True)
    code = models.CharField(max_length=30)
    message = models.TextField()

    class Meta:
        ordering = ["row", "pk"]
        verbose_name = _("refused row")
        constraints = [models.CheckConstraint(condition=~Q(code=""), name="refused_row_has_code")]

    def __str__(self):
        return self.message


class ImportChange(models.Model):
    """One row of master data that ``batch`` made (``before`` empty) or changed (``before``: field → value it had); undo reads it."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="changes")
    object_type = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["object_type", "object_id"], name="import_change_object")]
        verbose_name = _("imported change")

    def __str__(self):
        return f"{self.object_type} {self.object_id}"
