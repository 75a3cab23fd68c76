"""How often stores are visited: the rules, the list of stores that are due, and the panel on a store's page."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Store
from ka_crm import policy
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage
from visits.models import Cadence

from . import rules
from .cadence import coverage, due_counts, need_of_store, with_needs
from .days import end_of_month
from .filters import CadenceFilter, DueFilter
from .forms import CadenceForm, EndCadenceForm
from .tables import TONES, CadenceTable, DueTable


class DueList(ListPage):
    title = gettext_lazy("Stores due")
    lead = gettext_lazy("When each store wants its next visit, and why; the cadence rules decide.")
    table_class = DueTable
    filterset_class = DueFilter
    more_actions = (Action(gettext_lazy("Cadence rules"), "visits:cadence_list", icon="adjustments"),)
    empty = gettext_lazy("No store in your care yet. Stores come with the accounts that somebody assigns to you.")
    template_name = "visits/planning/due_list.html"

    def get_queryset(self, request):
        today = timezone.localdate()
        stores = Store.objects.visible_to(request.user).active().in_force_on(today)
        return with_needs(stores, today).order_by("due_on", "sort_key", "pk")

    def extra_context(self, request):
        """Figures above the list: of all stores in scope, whatever the filter."""
        if request.headers.get("HX-Request"):
            return {}
        today = timezone.localdate()
        stores = Store.objects.visible_to(request.user).active().in_force_on(today)
        return {
            "counts": due_counts(stores, today),
            "coverage": coverage(stores, today.replace(day=1), end_of_month(today.replace(day=1))),
            "month": today.replace(day=1),
        }


class CadenceList(ListPage):
    title = gettext_lazy("Cadence rules")
    lead = gettext_lazy("How often stores are visited. A rule for a store goes before one for a format, that before an account's.")
    table_class = CadenceTable
    filterset_class = CadenceFilter
    action = Action(gettext_lazy("New rule"), "visits:cadence_create", capability="cadence.manage")
    more_actions = (Action(gettext_lazy("Stores due"), "visits:due_list", icon="target"),)
    empty = gettext_lazy("No rule yet, so no store is ever due. Begin with one for all stores.")

    def get_queryset(self, request):
        return Cadence.objects.visible_to(request.user).for_list(request.user)


def _manageable(request, pk):
    """A rule that this person may change; one that is only visible to them is a 404 here, since the page is not for them."""
    rule = get_object_or_404(Cadence.objects.visible_to(request.user).select_related("account", "store"), pk=pk)
    if not rules.may_manage(rule, request.user):
        raise Http404
    return rule


def _list_url():
    return reverse("visits:cadence_list")


@policy.requires("cadence.manage")
def cadence_create(request):
    def save(form):
        rules.create_rule(actor=request.user, **form.values)
        return _list_url()

    initial = {"starts_on": timezone.localdate(), "every_days": 14}
    if store := request.GET.get("store", "")[:30]:
        initial["store"] = store
    return form_page(
        request,
        form=CadenceForm(request.POST or None, user=request.user, initial=initial),
        save=save,
        title=_("New cadence rule"),
        back_url=_list_url(),
        success=_("The rule is saved."),
    )


@policy.requires("cadence.manage")
def cadence_update(request, pk):
    rule = _manageable(request, pk)

    def save(form):
        rules.change_rule(rule_id=rule.pk, actor=request.user, version=form.expected_version, **form.values)
        return _list_url()

    return form_page(
        request,
        form=CadenceForm(request.POST or None, instance=rule, user=request.user),
        save=save,
        title=_("Cadence rule"),
        back_url=_list_url(),
        success=_("The rule is saved."),
        template="visits/planning/cadence_form.html",
        context={"rule": rule},
    )


@policy.requires("cadence.manage")
def cadence_end(request, pk):
    rule = _manageable(request, pk)

    def save(form):
        rules.end_rule(rule_id=rule.pk, actor=request.user, ends_on=form.cleaned_data["ends_on"])
        return _list_url()

    return form_page(
        request,
        form=EndCadenceForm(request.POST or None, initial={"ends_on": timezone.localdate()}),
        save=save,
        title=_("End the cadence rule"),
        back_url=rule.get_absolute_url(),
        success=_("The rule ends."),
        submit=_("End the rule"),
    )


@policy.requires("visits.view")
def due_panel(request, pk):
    """When the store wants its next visit, on its page."""
    today = timezone.localdate()
    get_object_or_404(Store.objects.visible_to(request.user), pk=pk)
    store = with_needs(Store.objects.filter(pk=pk), today).get()
    need = need_of_store(store, today)
    context = {
        "store": store,
        "need": need,
        "tone": TONES[need.priority],
        "may_plan": request.user.has_capability("visits.record") and store.archived_at is None,
        "may_manage": request.user.has_capability("cadence.manage"),
    }
    return render(request, "visits/planning/_due_panel.html", context)
