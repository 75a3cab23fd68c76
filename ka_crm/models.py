"""Plumbing tables that know no business: files as received or made, and fields that several apps share."""

import uuid

from django.conf import settings
from django.db import models

from .text import fold, sort_key


class StoredFile(models.Model):
    """One file under the data folder, named by its content; served only by views that check the row it hangs on."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    storage_name = models.CharField(max_length=200)
    original_name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    stored_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    stored_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.original_name


class SearchedModel(models.Model):
    """A row found by its words in any case, width or accent, and sorted by pinyin; ``search_fields`` names the words."""

    search_fields = ("name",)

    search = models.TextField(editable=False, default="")
    sort_key = models.CharField(max_length=120, editable=False, default="", db_index=True)

    class Meta:
        abstract = True

    def fill_search(self):
        """Bring ``search`` and ``sort_key`` up to the row's words; bulk writers call it before writing."""
        words = [str(getattr(self, field) or "") for field in self.search_fields]
        self.search = fold(" ".join(words))
        self.sort_key = sort_key(str(getattr(self, "name", "") or words[0]))
        return self

    def save(self, *args, update_fields=None, **kwargs):
        self.fill_search()
        if update_fields is not None:
            update_fields = {*update_fields, "search", "sort_key"}
        super().save(*args, update_fields=update_fields, **kwargs)
