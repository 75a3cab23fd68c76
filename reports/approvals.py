"""Reports ask for agreement by the approval engine: the report's page and the inbox take one and the same decision.

The default route is the submitter's supervisor; whoever holds ``reports.approve`` and sees the report may step in. Nobody decides
about a report that they wrote, submitted or that is about themselves.
"""

from django.utils.translation import gettext_lazy as _

from ka_crm.tongues import said
from team import approvals
from team.models import Approval
from team.services.approvals import chair_for, decide, request_approval, withdraw

KIND = "reports.report"


def register(conclude):
    """Called by ``AppConfig.ready()`` with ``services.conclude``: the services ask for approvals, so this module knows none of them."""

    def approved(report, *, actor, note, approval):
        conclude(report_id=report.pk, actor=actor, approved=True, note=note)

    def returned(report, *, actor, note, approval):
        conclude(report_id=report.pk, actor=actor, approved=False, note=note)

    approvals.register(
        KIND,
        label=_("Report"),
        model="reports.Report",
        on_approved=approved,
        on_returned=returned,
        on_withdrawn=returned,
        barred=authors_of,
        step_in="reports.approve",
    )


def authors_of(report):
    """Ids of those who wrote or submitted ``report``, and of the person it is about."""
    writers = report.sections.exclude(commented_by=None).values_list("commented_by", flat=True)
    return {report.submitted_by_id, report.person_id, *writers} - {None}


def ask(report, actor):
    """Hand a report that was just submitted to its approvers, in the transaction of the submission."""
    return request_approval(kind=KIND, subject=report, title=said(report), requested_by=actor)


def _waiting(report_id):
    return Approval.objects.pending().filter(kind=KIND, object_type="reports.report", object_id=str(report_id))


def lock_waiting(report_id):
    """The approval that a submitted report waits for, locked, before the report is: both ways of deciding lock in this order.

    None where nobody is asked: it is decided already, or was submitted before there were approvals.
    """
    return _waiting(report_id).select_for_update(of=("self",)).first()


def may_return(report, actor):
    """Whether ``decide_waiting`` would let ``actor`` return the report: who asked may take it back, its other authors may not."""
    waiting = _waiting(report.pk).first()
    return waiting is None or waiting.requested_by_id == actor.pk or not chair_for(waiting, actor).refusal


def decide_waiting(waiting, *, actor, decision, note):
    """The decision from the report's own page; who asked takes the report back by returning it."""
    if decision == "return" and waiting.requested_by_id == actor.pk:
        return withdraw(approval_id=waiting.pk, actor=actor, note=note)
    return decide(approval_id=waiting.pk, actor=actor, decision=decision, note=note)
