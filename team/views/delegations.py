"""Deputies: own and the team's."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ka_crm import policy
from ka_crm.errors import DomainError
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage

from .. import services
from ..filters import DelegationFilter
from ..forms import DelegationForm
from ..models import Delegation
from ..services.delegations import may_arrange
from ..tables import DELEGATION_WORDS, DelegationTable


class DelegationList(ListPage):
    title = gettext_lazy("Deputies")
    lead = gettext_lazy("Who stands in for whom. A deputy sees and does what the absent person may, on the days given; history names both.")
    table_class = DelegationTable
    filterset_class = DelegationFilter
    action = Action(gettext_lazy("New deputy"), "team:delegation_create")
    empty = gettext_lazy("Nobody stands in for anybody. Going away? Name a deputy for those days.")

    def get_queryset(self, request):
        return Delegation.objects.visible_to(request.user).for_list()


@policy.signed_in
def delegation_create(request):
    def save(form):
        values = form.values
        return services.delegate(
            absent_id=values.pop("absent").pk, deputy_id=values.pop("deputy").pk, actor=request.user, today=timezone.localdate(), **values
        )

    return form_page(
        request,
        form=DelegationForm(request.POST or None, user=request.user),
        save=save,
        title=_("New deputy"),
        back_url=reverse("team:delegation_list"),
        success=_("The deputy is named."),
    )


@policy.signed_in
def delegation_detail(request, pk):
    delegation = get_object_or_404(
        Delegation.objects.visible_to(request.user).select_related("absent", "deputy", "created_by", "ended_by"), pk=pk
    )
    state = delegation.status_on(timezone.localdate())
    involved = request.user.pk in (delegation.absent_id, delegation.deputy_id)
    context = {
        "delegation": delegation,
        "state": state,
        "state_label": DELEGATION_WORDS[state],
        "may_end": state in ("planned", "active") and (involved or may_arrange(request.user, delegation.absent)),
    }
    return render(request, "team/delegation_detail.html", context)


@policy.signed_in
@require_POST
def delegation_end(request, pk):
    delegation = get_object_or_404(Delegation.objects.visible_to(request.user), pk=pk)
    try:
        services.end_delegation(delegation_id=pk, actor=request.user, today=timezone.localdate())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The delegation is over; the deputy has only the own rights again."))
    return redirect(delegation)
