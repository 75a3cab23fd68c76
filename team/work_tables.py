"""Columns of the lists of tasks and approvals."""

from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ka_crm.tables import Column, DayColumn, InstantColumn, MoneyColumn, StatusColumn, Table

from . import approvals as registry
from .models import Approval, Task


def overdue_badge():
    return format_html('<span class="badge-status tone-danger">{}</span>', gettext("Overdue"))


class TaskTable(Table):
    title = Column(linkify=True, hint="object_label", order_by="sort_key", wide=True)
    status = StatusColumn()
    due_on = DayColumn()
    priority = Column(order_by="priority")
    assignee = Column(order_by="assignee__sort_key")
    created_by = Column(verbose_name=_("Given by"), order_by="created_by__sort_key", phone=False)
    outcome = Column(wide=True)
    created_at = InstantColumn(verbose_name=_("Since"))
    closed_at = InstantColumn(verbose_name=_("Closed"))

    hidden_columns = ("outcome", "created_at", "closed_at")

    class Meta(Table.Meta):
        model = Task
        fields = ("title", "status", "due_on", "priority", "assignee", "created_by", "outcome", "created_at", "closed_at")

    def render_due_on(self, value, record, column):
        if record.status == "open" and value < timezone.localdate():
            return format_html("{} {}", column.html(value, record), overdue_badge())
        return column.html(value, record)


class ApprovalTable(Table):
    title = Column(accessor="shown_title", verbose_name=pgettext_lazy("approval", "Request"), linkify=True, order_by="title", wide=True)
    kind = Column(order_by="kind")
    status = StatusColumn()
    requested_by = Column(verbose_name=_("Asked by"), order_by="requested_by__sort_key")
    requested_at = InstantColumn(verbose_name=_("Asked"))
    amount_minor = MoneyColumn(verbose_name=_("Amount"), currency="currency")
    decided_at = InstantColumn(verbose_name=_("Decided"))

    hidden_columns = ("amount_minor",)

    class Meta(Table.Meta):
        model = Approval
        fields = ("title", "kind", "status", "requested_by", "requested_at", "amount_minor", "decided_at")

    def render_kind(self, value):
        return registry.label_of(value)

    def export_kind(self, value, record):
        return registry.label_of(value)
