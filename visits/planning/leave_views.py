"""Leave: the list, asking, one leave with the visits that are in its way."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from ka_crm import policy
from ka_crm.errors import DomainError
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage
from team.models import Approval
from visits.models import Leave
from visits.states import LeaveStatus

from . import leave as verbs
from .availability import local_day
from .days import monday_of
from .filters import LeaveFilter
from .forms import DeputyForm, LeaveForm, LeaveReasonForm
from .tables import LeaveTable
from .week_views import week_url


class LeaveList(ListPage):
    title = gettext_lazy("Leave")
    lead = gettext_lazy("Days on which somebody does not work. Once approved, no visit can be planned on them.")
    table_class = LeaveTable
    filterset_class = LeaveFilter
    action = Action(gettext_lazy("Ask for leave"), "visits:leave_create")
    more_actions = (Action(gettext_lazy("Deputies"), "team:delegation_list", icon="users"),)
    empty = gettext_lazy("No leave yet.")

    def get_queryset(self, request):
        return Leave.objects.visible_to(request.user).for_list()


@policy.requires("visits.record")
def leave_create(request):
    def save(form):
        return verbs.request_leave(actor=request.user, today=timezone.localdate(), **form.cleaned_data)

    return form_page(
        request,
        form=LeaveForm(request.POST or None, user=request.user),
        save=save,
        title=_("Ask for leave"),
        back_url=reverse("visits:leave_list"),
        success=_("The leave is asked for."),
        submit=_("Ask for leave"),
    )


def _visible(request, pk):
    return get_object_or_404(Leave.objects.visible_to(request.user).select_related("person", "decided_by"), pk=pk)


@policy.requires("visits.record")
def leave_detail(request, pk):
    leave = _visible(request, pk)
    may_plan = leave.person_id in request.user.people_in_scope
    counts = leave.status in (LeaveStatus.REQUESTED, LeaveStatus.APPROVED)
    delegations = verbs.deputies_for(leave)
    context = {
        "leave": leave,
        "days": (leave.ends_on - leave.starts_on).days + 1,
        "approval": Approval.objects.about(leave).for_list().first(),
        "in_the_way": list(verbs.visits_in_the_way(leave)[:100]) if counts else [],
        "delegations": delegations,
        "deputy_form": DeputyForm(deputies=[one.deputy for one in delegations]) if delegations else None,
        "may_cancel": counts and verbs.may_cancel(leave, request.user),
        "may_move": may_plan and leave.status == LeaveStatus.APPROVED,
        "week_url": week_url(leave.person, monday_of(leave.starts_on), request.user),
    }
    return render(request, "visits/planning/leave_detail.html", context)


@policy.requires("visits.record")
def leave_cancel(request, pk):
    leave = _visible(request, pk)

    def save(form):
        verbs.cancel_leave(leave_id=leave.pk, actor=request.user, reason=form.cleaned_data["reason"])
        return leave.get_absolute_url()

    return form_page(
        request,
        form=LeaveReasonForm(request.POST or None),
        save=save,
        title=_("Cancel the leave of %(name)s") % {"name": leave.person},
        back_url=leave.get_absolute_url(),
        success=_("The leave is cancelled."),
        submit=_("Cancel the leave"),
    )


@policy.requires("visits.record")
@require_POST
def leave_visits(request, pk):
    """Clear the days of an approved leave: move all visits behind it, or give them to a deputy."""
    leave = _visible(request, pk)
    today = local_day(leave.person, timezone.now())
    try:
        if leave.status != LeaveStatus.APPROVED:
            raise DomainError(_("Visits are moved once the leave is approved."))
        if request.POST.get("do") == "hand_over":
            _hand_over(request, leave, today)
        else:
            moved = verbs.move_visits_away(leave=leave, actor=request.user, today=today)
            count = len(moved.visits)
            _tell(request, moved, ngettext("%(count)d visit is moved.", "%(count)d visits are moved.", count) % {"count": count})
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(leave)


def _hand_over(request, leave, today):
    form = DeputyForm(request.POST, deputies=[one.deputy for one in verbs.deputies_for(leave)])
    if not form.is_valid():
        raise DomainError(_("Choose one of the deputies for these days."))
    deputy = form.cleaned_data["deputy"]
    given = verbs.hand_visits_over(leave=leave, actor=request.user, deputy=deputy, today=today)
    count = len(given.visits)
    done = ngettext("%(count)d visit goes to %(name)s.", "%(count)d visits go to %(name)s.", count) % {"count": count, "name": deputy}
    _tell(request, given, done)


def _tell(request, outcome, done):
    if outcome.visits:
        messages.success(request, done)
    for refusal in outcome.refusals[:5]:
        messages.warning(request, refusal)
    if not outcome.visits and not outcome.refusals:
        messages.info(request, _("No visit is in the way."))
