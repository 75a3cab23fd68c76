"""Columns of the lists of people, deputies and the audit trail."""

from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ka_crm.statuses import tone_of
from ka_crm.tables import Column, DayColumn, InstantColumn, Table

from .models import AuditEvent, Delegation, User, WorkCalendar
from .trail import actor_of, changed_lines, model_of, title_of

DELEGATION_WORDS = {
    "planned": _("Planned"),
    "active": pgettext_lazy("a deputy", "In force"),
    "expired": _("Over"),
    "ended": _("Ended early"),
}


def badge(state, label):
    return format_html('<span class="badge-status tone-{}">{}</span>', tone_of(state), label)


class PersonTable(Table):
    name = Column(linkify=True, hint="email", order_by=("sort_key", "pk"))
    role = Column(order_by="role")
    team = Column(order_by="team__name")
    telephone = Column(accessor="phone", verbose_name=_("Phone"), order_by="phone")
    access = Column(accessor="is_active", verbose_name=_("Access"), order_by="-is_active")
    created_at = InstantColumn(verbose_name=_("Here since"))

    hidden_columns = ("created_at",)

    class Meta(Table.Meta):
        model = User
        fields = ("name", "role", "team", "telephone", "access", "created_at")

    def render_access(self, value):
        return badge("active", _("May sign in")) if value else badge("inactive", _("No access"))

    def export_access(self, value, record):
        return bool(value)


class DelegationTable(Table):
    absent = Column(linkify=lambda row: row.get_absolute_url(), order_by="absent__sort_key")
    deputy = Column(order_by="deputy__sort_key")
    starts_on = DayColumn()
    ends_on = DayColumn()
    state = Column(accessor="pk", verbose_name=_("State"), orderable=False)
    reason = Column(wide=True)
    created_by = Column(verbose_name=_("Arranged by"), order_by="created_by__sort_key", phone=False)

    hidden_columns = ()

    class Meta(Table.Meta):
        model = Delegation
        fields = ("absent", "deputy", "starts_on", "ends_on", "state", "reason", "created_by")

    def render_state(self, record):
        state = record.status_on(timezone.localdate())
        return badge(state, DELEGATION_WORDS[state])

    def export_state(self, value, record):
        return str(DELEGATION_WORDS[record.status_on(timezone.localdate())])


class AuditTable(Table):
    at = InstantColumn(verbose_name=_("When"))
    who = Column(accessor="pk", verbose_name=_("Who"), order_by="actor__sort_key")
    what = Column(accessor="verb", verbose_name=_("What"), order_by="verb")
    object_label = Column(verbose_name=_("About"), hint="object_type", wide=True)
    details = Column(accessor="pk", verbose_name=_("Changes"), orderable=False, wide=True)
    object_id = Column(verbose_name=_("Number"))
    ip_address = Column(verbose_name=_("Address"))
    request_id = Column(verbose_name=_("Request"))

    hidden_columns = ("object_id", "ip_address", "request_id")

    class Meta(Table.Meta):
        model = AuditEvent
        fields = ("at", "who", "what", "object_label", "details", "object_id", "ip_address", "request_id")

    def render_who(self, record):
        return actor_of(record)

    def export_who(self, value, record):
        return actor_of(record)

    def render_what(self, value):
        return format_html('{}<span class="cell-hint">{}</span>', title_of(value)[0], value)

    def export_what(self, value, record):
        return value

    def render_details(self, record):
        return self._details(record, model_of(record))

    def export_details(self, value, record):
        return self._details(record, None)

    def _details(self, record, model):
        lines = changed_lines(record, model)
        return "; ".join([*lines, f"“{record.reason}”"] if record.reason else lines)


class CalendarTable(Table):
    code = Column(linkify=True)
    name = Column(order_by="name")
    country = Column()
    day_count = Column(verbose_name=_("Holidays and worked days"), order_by="day_count")
    is_default = Column(verbose_name=_("The company's"), order_by="-is_default")

    hidden_columns = ()

    class Meta(Table.Meta):
        model = WorkCalendar
        fields = ("code", "name", "country", "day_count", "is_default")

    def render_is_default(self, value):
        return badge("active", _("The company's")) if value else ""

    def export_is_default(self, value, record):
        return bool(value)
