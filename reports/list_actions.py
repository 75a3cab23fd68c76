"""What can be done with many reports at once: submit, approve."""

from django.utils.translation import gettext_lazy as _

from ka_crm.bulk import BulkAction

from . import services

FOR_REPORTS = (
    BulkAction(
        "submit",
        _("Submit"),
        lambda report, actor: services.submit_report(report_id=report.pk, actor=actor),
        capability="reports.write",
        text=_("Drafts and returned reports go to the approvers with their numbers and words as they are now."),
        icon="send",
    ),
    BulkAction(
        "approve",
        _("Approve"),
        lambda report, actor: services.approve_report(report_id=report.pk, actor=actor),
        capability="reports.approve",
        text=_("Submitted reports are approved. Nobody approves a report of their own; those are left and named."),
        icon="check",
    ),
)
