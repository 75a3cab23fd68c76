"""Approvals: the list, one with its history, the decision, and the routes that an administrator edits."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from ka_crm import policy
from ka_crm.errors import DomainError
from ka_crm.listpage import ListPage

from .. import approvals as registry
from ..list_actions import FOR_APPROVALS
from ..models import Approval
from ..services.approvals import chair_for, decide, may_withdraw, withdraw
from ..states import ApprovalStatus
from ..subjects import may_open, subject_of
from ..trail import trail_of
from ..work_filters import ApprovalFilter
from ..work_forms import DecisionForm, WithdrawForm
from ..work_tables import ApprovalTable


class ApprovalList(ListPage):
    title = gettext_lazy("Approvals")
    lead = gettext_lazy("What you and your people asked for, and what you were asked to decide.")
    table_class = ApprovalTable
    filterset_class = ApprovalFilter
    bulk_actions = FOR_APPROVALS
    empty = gettext_lazy("Nothing was asked for yet. Reports, leave and plans come here when they are handed in.")

    def get_queryset(self, request):
        return Approval.objects.visible_to(request.user).for_list()


def _row(request, public_id):
    return get_object_or_404(Approval.objects.visible_to(request.user).select_related("requested_by"), public_id=public_id)


@policy.signed_in
@require_safe
def approval_detail(request, public_id):
    return render(request, "team/desk/approval_detail.html", _detail(request, _row(request, public_id)))


def _detail(request, approval, form=None):
    """Steps with their seats, the history, the way to the record if one may go there, and what one may do here."""
    chair = chair_for(approval, request.user)
    subject = subject_of(request.user, approval.object_type, approval.object_id)
    registered = registry.kinds_by_key().get(approval.kind)
    return {
        "approval": approval,
        "kind": registry.label_of(approval.kind),
        "steps": approval.steps.prefetch_related("seats__approver", "seats__decided_by"),
        "earlier_steps": approval.steps.filter(position__lt=approval.position),
        "subject_url": approval.url if subject is not None and may_open(request.user, subject) else "",
        "may_decide": not chair.refusal,
        "why_not": chair.refusal if approval.status == ApprovalStatus.PENDING else "",
        "absent": chair.absent,
        "form": form or DecisionForm(initial={"version": approval.version}),
        "may_withdraw": approval.status == ApprovalStatus.PENDING
        and may_withdraw(approval, request.user)
        and bool(registered and registered.on_withdrawn),
        "trail": trail_of(approval),
    }


@policy.signed_in
@require_POST
def approval_decide(request, public_id):
    """The decision, from the approval's own page, or in place from a card of the inbox (htmx)."""
    approval = _row(request, public_id)
    form = DecisionForm(request.POST)
    problem = "" if form.is_valid() else " ".join(error for errors in form.errors.values() for error in errors)
    if not problem:
        values = form.cleaned_data
        try:
            approval = decide(
                approval_id=approval.pk,
                actor=request.user,
                decision=values["decision"],
                note=values["note"],
                version=values["version"],
                to_step=values["to_step"],
            )
        except DomainError as error:
            problem = str(error)
    if request.headers.get("HX-Request"):
        return _card_answer(request, approval, problem)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, done_words(approval, form.cleaned_data["decision"]))
    return HttpResponseRedirect(
        reverse("team:inbox") if request.POST.get("from") == "inbox" and not problem else approval.get_absolute_url()
    )


def done_words(approval, decision):
    """What the decision came to, for the decider."""
    if decision == "return" and approval.status == ApprovalStatus.PENDING:
        return _("“%(title)s” is back at an earlier step.") % {"title": approval.shown_title}
    if approval.status == ApprovalStatus.PENDING:
        return _("Your approval of “%(title)s” is noted. It goes on to others.") % {"title": approval.shown_title}
    return {
        ApprovalStatus.APPROVED: _("“%(title)s” is approved."),
        ApprovalStatus.RETURNED: _("“%(title)s” goes back to %(person)s."),
    }[approval.status] % {"title": approval.shown_title, "person": approval.requested_by}


def _card_answer(request, approval, problem):
    """The card as it is now: decided, or with what is in the way and the words that were typed."""
    context = {"approval": approval, "kind": registry.label_of(approval.kind), "absent": None, "problem": problem}
    if problem:
        approval.refresh_from_db()
        waits = Approval.objects.waiting_for(request.user).filter(pk=approval.pk).exists()
        context |= {"note": request.POST.get("note", "")[:4000], "is_open": waits}
        return render(request, "team/desk/_approval_card.html", context, status=422)
    context["done"] = done_words(approval, request.POST["decision"])
    answer = render(request, "team/desk/_approval_card.html", context)
    answer["HX-Trigger"] = "ka:counts"
    return answer


@policy.signed_in
@require_POST
def approval_withdraw(request, public_id):
    approval = _row(request, public_id)
    form = WithdrawForm(request.POST)
    try:
        withdraw(approval_id=approval.pk, actor=request.user, note=form.cleaned_data["note"] if form.is_valid() else "")
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(title)s” is taken back.") % {"title": approval.shown_title})
    return redirect(approval)
