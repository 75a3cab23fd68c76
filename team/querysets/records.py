"""Questions about comments and attached files; whoever may see the record that they hang on may see them."""

from django.db import models


class SubjectQuerySet(models.QuerySet):
    """Rows that hang on any record: ``object_type`` is the model's label, ``object_id`` its key as text."""

    def about(self, record):
        """The rows of one record; call only with a record that the reader may see."""
        return self.filter(object_type=record._meta.label_lower, object_id=str(record.pk))


class CommentQuerySet(SubjectQuerySet):
    def visible_to(self, user):
        """One's own comments; those of others are reached only through their record (team/subjects.py)."""
        return self.filter(author=user)

    def for_timeline(self):
        return self.select_related("author").prefetch_related("mentions").order_by("-created_at", "-pk")


class AttachmentQuerySet(SubjectQuerySet):
    def visible_to(self, user):
        """What one attached oneself; those of others are reached only through their record (team/subjects.py)."""
        return self.filter(attached_by=user)

    def kept(self):
        return self.filter(removed_at=None)

    def for_timeline(self):
        return self.select_related("attached_by", "file").order_by("-attached_at", "-pk")
