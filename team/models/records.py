"""What people add to any record: comments and files."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ka_crm.models import StoredFile

from ..querysets.records import AttachmentQuerySet, CommentQuerySet
from .people import User


class AboutARecord(models.Model):
    """A row that hangs on any record: named as in the audit trail, seen by whoever sees that record.

    ``object_type`` is the model's label in lower case, ``object_id`` its primary key as text, ``account_ref`` the key account that
    the record belongs to, if any.
    """

    object_type = models.CharField(max_length=60, blank=True, default="", editable=False)
    object_id = models.CharField(max_length=60, blank=True, default="", editable=False)
    object_label = models.CharField(max_length=250, blank=True, default="", editable=False)
    account_ref = models.BigIntegerField(null=True, db_index=True, editable=False)

    class Meta:
        abstract = True


class Comment(AboutARecord):
    """One remark on one record; its author may change or take it back, and the row stays."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="comments")
    text = models.TextField(_("comment"))
    mentions = models.ManyToManyField(User, related_name="mentioned_in", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(null=True, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("comment")
        indexes = [models.Index(fields=["object_type", "object_id", "-created_at"], name="comment_object")]

    def __str__(self):
        return self.text[:80]


class Attachment(AboutARecord):
    """One file that somebody hung on one record; removed ones keep their row."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    caption = models.CharField(_("caption"), max_length=200, blank=True)
    attached_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="attachments")
    attached_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, editable=False)
    removed_by = models.ForeignKey(User, null=True, editable=False, on_delete=models.PROTECT, related_name="+")

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["-attached_at", "-pk"]
        verbose_name = _("attached file")
        indexes = [models.Index(fields=["object_type", "object_id", "-attached_at"], name="attachment_object")]
        constraints = [models.CheckConstraint(condition=Q(removed_at=None) | Q(removed_by__isnull=False), name="attachment_removed_by")]

    def __str__(self):
        return self.caption or self.file.original_name
