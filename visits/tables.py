"""Columns of the list of visits."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ka_crm import formats
from ka_crm.tables import Column, DayColumn, InstantColumn, NumberColumn, StatusColumn, Table

from .figures import SEEN
from .models import Visit


class VisitTable(Table):
    place = Column(verbose_name=_("Store"), linkify="visits:visit_detail", hint="account__name", order_by=("store__sort_key", "pk"))
    planned_on = DayColumn(verbose_name=_("Day"))
    visitor = Column(verbose_name=_("Person"), order_by="visitor__sort_key")
    purpose = Column(accessor="get_purpose_display", order_by="purpose", phone=False)
    status = StatusColumn()
    out_of_stock_count = NumberColumn(verbose_name=_("Out of stock"))
    gap_count = NumberColumn(verbose_name=_("Must-stock gaps"))
    photo_count = NumberColumn(verbose_name=_("Photos"), phone=False)
    origin = Column(accessor="get_origin_display", order_by="origin")
    minutes = NumberColumn(verbose_name=_("Minutes"), orderable=False)
    checked_in_at = InstantColumn()
    distance_m = NumberColumn()
    objective = Column(wide=True)

    hidden_columns = ("origin", "minutes", "checked_in_at", "distance_m", "objective")

    class Meta(Table.Meta):
        model = Visit
        fields = (
            "place", "planned_on", "visitor", "purpose", "status", "out_of_stock_count", "gap_count", "photo_count",
            "origin", "minutes", "checked_in_at", "distance_m", "objective",
        )  # fmt: skip

    def _seen(self, value, record):
        """A count of what was seen; nothing where nobody has been there, since none found is something else."""
        return value if record.status in SEEN else formats.MISSING

    def _seen_or_none(self, value, record):
        return value if record.status in SEEN else None

    render_out_of_stock_count = render_gap_count = render_photo_count = _seen
    export_out_of_stock_count = export_gap_count = export_photo_count = _seen_or_none

    def render_place(self, value, record):
        return value if record.store_id else gettext("%(account)s, headquarters") % {"account": value}

    def export_place(self, value, record):
        return str(self.render_place(value, record))
