"""Columns of the lists of planning."""

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Store
from ka_crm.tables import Column, DayColumn, InstantColumn, NumberColumn, StatusColumn, Table, YesColumn
from visits.models import Attendance, Cadence, Leave

from .cadence import need_of_store
from .needs import Priority

TONES = {Priority.HIGH: "danger", Priority.NORMAL: "warn", Priority.LOW: "neutral"}


class DueTable(Table):
    name = Column(linkify=True, hint="account__name", verbose_name=_("Store"), order_by=("sort_key", "pk"))
    priority = Column(accessor="pk", verbose_name=_("Priority"), orderable=False)
    reasons = Column(accessor="pk", verbose_name=_("Why"), orderable=False, wide=True)
    due_on = DayColumn(verbose_name=_("Due on"))
    days_overdue = NumberColumn(accessor="pk", verbose_name=_("Days overdue"), orderable=False)
    last_visit_on = DayColumn(verbose_name=_("Last visit"))
    next_visit_on = DayColumn(verbose_name=_("Planned for"))
    every_days = NumberColumn(verbose_name=_("Every so many days"), phone=False)
    store_format = Column(phone=False)
    code = Column()
    city = Column()
    region = Column()

    hidden_columns = ("code", "city", "region", "store_format")

    class Meta(Table.Meta):
        model = Store
        fields = (
            "name", "priority", "reasons", "due_on", "days_overdue", "last_visit_on", "next_visit_on", "every_days", "store_format",
            "code", "city", "region",
        )  # fmt: skip

    @cached_property
    def today(self):
        return timezone.localdate()

    def _need(self, store):
        if not hasattr(store, "need"):
            store.need = need_of_store(store, self.today)
        return store.need

    def render_priority(self, value, record):
        if record.every_days is None:
            return gettext("No rule")
        priority = self._need(record).priority
        return format_html('<span class="badge-status tone-{}">{}</span>', TONES[priority], priority.label)

    def export_priority(self, value, record):
        return None if record.every_days is None else str(self._need(record).priority.label)

    def render_reasons(self, value, record):
        return gettext("No cadence rule says when.") if record.every_days is None else self._need(record).words

    def export_reasons(self, value, record):
        return str(self.render_reasons(value, record))

    def render_days_overdue(self, value, record):
        days = self._need(record).days_overdue
        return "" if days is None else str(days)

    def export_days_overdue(self, value, record):
        return self._need(record).days_overdue


class CadenceTable(Table):
    account = Column(
        accessor="pk",
        verbose_name=_("For"),
        linkify=lambda rule: rule.get_absolute_url() if rule.may_manage else None,
        order_by=("account__sort_key", "store__sort_key", "store_format"),
    )
    every_days = NumberColumn(verbose_name=_("Every so many days"))
    starts_on = DayColumn()
    ends_on = DayColumn()

    class Meta(Table.Meta):
        model = Cadence
        fields = ("account", "every_days", "starts_on", "ends_on")

    def render_account(self, value, record):
        parts = [record.store or record.account, record.store_format]
        return " · ".join(str(part) for part in parts if part) or gettext("All stores")

    def export_account(self, value, record):
        return self.render_account(value, record)


class AttendanceTable(Table):
    person = Column(order_by=("person__sort_key", "pk"))
    day = DayColumn()
    started_at = InstantColumn()
    is_late = YesColumn(verbose_name=pgettext_lazy("of a start of day", "Late"))
    minutes_late = NumberColumn(verbose_name=_("Minutes late"), orderable=False)
    clock = Column(accessor="has_wrong_clock", verbose_name=_("Clock"), orderable=False)
    place = Column(accessor="pk", verbose_name=_("Place"), orderable=False, phone=False)
    note = Column(wide=True)
    due_at = InstantColumn(verbose_name=_("Asked for"))
    received_at = InstantColumn(verbose_name=_("Received"))

    hidden_columns = ("due_at", "received_at", "note")

    class Meta(Table.Meta):
        model = Attendance
        fields = ("person", "day", "started_at", "is_late", "minutes_late", "clock", "place", "note", "due_at", "received_at")

    def render_clock(self, value, record):
        return gettext("Phone and server differ") if value else gettext("in order")

    def export_clock(self, value, record):
        return str(self.render_clock(value, record))

    def render_place(self, value, record):
        return f"{record.latitude}, {record.longitude}" if record.latitude is not None else gettext("not sent")

    def export_place(self, value, record):
        return None if record.latitude is None else f"{record.latitude}, {record.longitude}"


class LeaveTable(Table):
    person = Column(linkify=lambda leave: leave.get_absolute_url(), order_by=("person__sort_key", "pk"))
    kind = Column(accessor="get_kind_display", order_by="kind")
    starts_on = DayColumn()
    ends_on = DayColumn()
    status = StatusColumn()
    reason = Column(wide=True)
    decided_by = Column(verbose_name=_("Decided by"), order_by="decided_by__sort_key", phone=False)

    hidden_columns = ("decided_by",)

    class Meta(Table.Meta):
        model = Leave
        fields = ("person", "kind", "starts_on", "ends_on", "status", "reason", "decided_by")
