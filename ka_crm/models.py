"""Plumbing tables that know no business: files as received or made, and fields that several apps share."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

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
        named = {field: getattr(self, field) for field in self.search_fields}
        self.search, self.sort_key = self.search_of({"name": getattr(self, "name", ""), **named})
        return self

    @classmethod
    def search_of(cls, values):
        """(search, sort_key) of a row with these ``values``, for writers that make no record of it."""
        words = [str(values.get(field) or "") for field in cls.search_fields]
        return fold(" ".join(words)), sort_key(str(values.get("name") or words[0]))

    def save(self, *args, update_fields=None, **kwargs):
        self.fill_search()
        if update_fields is not None:
            update_fields = {*update_fields, "search", "sort_key"}
        super().save(*args, update_fields=update_fields, **kwargs)


class SettingQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Settings are an administrator's; what they come to everybody meets on the pages."""
        return self.all() if user.has_capability("settings.manage") else self.none()


class Setting(models.Model):
    """One setting that an administrator changed on a page; without a value, or without a row, it is as ``company.declare`` says."""

    key = models.CharField(max_length=80, unique=True)
    value = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    objects = SettingQuerySet.as_manager()

    class Meta:
        ordering = ["key"]

    def __str__(self):
        return self.key


class SavedViewQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own views, and those that colleagues share; what a view shows is still decided by the list's own scope."""
        return self.filter(Q(owner=user) | Q(is_shared=True))

    def changeable_by(self, user):
        """One's own views; who looks after settings also puts in order what others share."""
        mine = Q(owner=user)
        return self.filter(mine | Q(is_shared=True) if user.has_capability("settings.manage") else mine)


class SavedView(models.Model):
    """A list as somebody likes to see it: ``query`` is the address after the question mark (search, filters, sort, columns)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    list_name = models.CharField(max_length=80)  # the list's url name
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    is_shared = models.BooleanField(_("shared with everybody"), default=False)
    is_default = models.BooleanField(_("open the list with this view"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("saved view")
        indexes = [models.Index(fields=["list_name", "owner"], name="saved_view_of_list")]
        constraints = [
            models.UniqueConstraint(fields=["owner", "list_name", "name"], name="saved_view_name_once"),
            models.UniqueConstraint(fields=["owner", "list_name"], condition=Q(is_default=True), name="saved_view_one_default"),
        ]

    def __str__(self):
        return self.name


class SentForm(models.Model):
    """A form that somebody sent, by the key that was made with it, and where that led: sent again, it leads there (ka_crm/once.py)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField()
    typed = models.CharField(max_length=64)  # hash of what was entered
    target = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key", "typed"], name="form_sent_once")]

    def __str__(self):
        return f"{self.key} → {self.target}"
