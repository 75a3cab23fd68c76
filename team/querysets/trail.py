"""Questions about the audit trail."""

from django.db import models


class AuditEventQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What people in scope did; everything for those who see all."""
        return self.all() if user.sees_all else self.filter(actor__in=user.people_in_scope)

    def about(self, record):
        """The trail of one record, newest first; call only with a record that the reader may see."""
        return self.filter(object_type=record._meta.label_lower, object_id=str(record.pk))

    def for_list(self):
        return self.select_related("actor", "on_behalf_of").order_by("-at", "-pk")
