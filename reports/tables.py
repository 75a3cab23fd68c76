"""Columns of the list of reports."""

from django.utils.translation import gettext_lazy as _

from ka_crm.tables import Column, InstantColumn, NumberColumn, StatusColumn, Table

from .models import Report


class ReportTable(Table):
    subject_label = Column(verbose_name=_("Subject"), linkify=lambda report: report.get_absolute_url(), wide=True)
    subject_kind = Column(accessor="get_subject_kind_display", order_by="subject_kind", verbose_name=_("About"))
    kind = Column(accessor="get_kind_display", order_by="kind")
    period_label = Column(verbose_name=_("Period"), order_by="starts_on")
    status = StatusColumn()
    owner = Column(verbose_name=_("Responsible"), order_by="owner__sort_key")
    version = NumberColumn(verbose_name=_("Version"), phone=False)
    built_at = InstantColumn(verbose_name=_("Numbers of"))

    class Meta(Table.Meta):
        model = Report
        fields = ("subject_label", "subject_kind", "kind", "period_label", "status", "owner", "version", "built_at")
