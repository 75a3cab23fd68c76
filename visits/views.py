"""Pages of visits: today, the list, the plan, the visit as it is recorded and as it is read."""

import uuid
from functools import cache

from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import KeyAccount, Store
from ka_crm import policy
from ka_crm.errors import DomainError
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage, search_words
from sales.models import Category, Product

from . import reading, recording, services
from .api import photo_input
from .documents import DocumentRefused
from .filters import VisitFilter
from .forms import ChangeForm, PlanForm, ReasonForm
from .list_actions import FOR_VISITS
from .models import Visit
from .nearby import stores_to_start
from .planning.attendance import start_of
from .states import VisitStatus
from .tables import VisitTable
from .tickets import open_tickets

FOUND = 12  # stores or products that a search by words offers


@cache
def _listed():
    """All visits as the list shows them, to be narrowed: putting three counts into a query takes longer than asking it."""
    return Visit.objects.for_list()


class VisitList(ListPage):
    title = gettext_lazy("Visits")
    table_class = VisitTable
    filterset_class = VisitFilter
    bulk_actions = FOR_VISITS
    totals = {name: Sum(name) for name in ("out_of_stock_count", "gap_count", "photo_count")}
    totals_on_request = True
    action = Action(gettext_lazy("Plan a visit"), "visits:visit_plan", capability="visits.record")
    empty = gettext_lazy("No visit here yet. Plan the first one, or start one in the store.")

    def get_queryset(self, request):
        return _listed().visible_to(request.user)


# -- today -----------------------------------------------------------------------------------------------------------------------
@policy.requires("visits.record")
def today(request):
    """The field person's home: what is on today, what was left over, what comes next, and a visit without a plan."""
    day = timezone.localdate()
    mine = Visit.objects.visible_to(request.user).recorded_by(request.user).with_places()
    words = request.GET.get("q", "")[:200]
    running_or_today = Q(planned_on=day) & ~Q(status=VisitStatus.CANCELLED) | Q(status=VisitStatus.IN_PROGRESS)
    visits = list(mine.filter(running_or_today).annotate(fact_count=Count("shelffacts")).in_day_order())
    order = {VisitStatus.IN_PROGRESS: 0, VisitStatus.PLANNED: 1}
    visits.sort(key=lambda visit: order.get(visit.status, 2))
    context = {
        "day": day,
        "visits": visits,
        "done_count": sum(1 for visit in visits if visit.status == VisitStatus.COMPLETED),
        "overdue": list(mine.overdue_on(day).order_by("-planned_on", "pk")[:10]),
        "overdue_count": mine.overdue_on(day).count(),
        "coming": list(mine.filter(status=VisitStatus.PLANNED, planned_on__gt=day).in_day_order()[:5]),
        "words": words,
        "stores": stores_to_start(request.user, day, words=words) if words.strip() else [],
        "next_id": uuid.uuid4(),
        "purposes": Visit.Purpose.choices,
        "start_of_day": start_of(request.user, timezone.now()),
    }
    return render(request, "visits/today.html", context)


def _stores(user, words):
    stores = Store.objects.visible_to(user).active().select_related("account")
    return list(search_words(stores, words).order_by("sort_key", "pk")[:FOUND])


# -- planning --------------------------------------------------------------------------------------------------------------------
def _chosen_store(request):
    """The store named in ``?store=`` if the person may see it: a visit planned from a store's page starts with it."""
    wanted = request.GET.get("store", "") or request.POST.get("store", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        return None
    return Store.objects.visible_to(request.user).active().select_related("account").filter(pk=wanted).first()


@policy.requires("visits.record")
def visit_plan(request):
    store = SimpleLazyObject(lambda: _chosen_store(request))  # a form that is sent and right has looked it up itself
    words = request.GET.get("q", "")[:200]
    initial = {} if request.POST else {"planned_on": timezone.localdate(), "store": store.pk if store else None}
    form = PlanForm(request.POST or None, user=request.user, initial=initial)
    return form_page(
        request,
        form=form,
        save=lambda form: services.plan_visit(actor=request.user, today=timezone.localdate(), **form.cleaned_data),
        title=_("Plan a visit"),
        back_url=reverse("visits:visit_list"),
        success=_("The visit is planned."),
        submit=_("Plan the visit"),
        template="visits/visit_plan.html",
        context={"store": store, "words": words, "stores": _stores(request.user, words) if words.strip() else []},
    )


def _visible(request, pk):
    return get_object_or_404(
        Visit.objects.visible_to(request.user).select_related("account", "store__account", "visitor", "created_by", "score"), pk=pk
    )


def _changeable(request, pk):
    """A visit that this person may move or cancel; one that is only visible to them is 404 here, since the page is not for them."""
    visit = _visible(request, pk)
    if not services.may_plan(visit, request.user):
        raise Http404
    return visit


@policy.requires("visits.record")
def visit_change(request, pk):
    visit = _changeable(request, pk)

    def save(form):
        version = form.cleaned_data["seen_version"]
        return services.change_plan(visit_id=visit.pk, actor=request.user, today=timezone.localdate(), version=version, **form.values)

    return form_page(
        request,
        form=ChangeForm(request.POST or None, visit=visit),
        save=save,
        title=_("Change the plan: %(place)s") % {"place": visit.place},
        back_url=visit.get_absolute_url(),
        success=_("The plan is changed."),
    )


def _call_off(request, pk, *, verb, title, success, submit):
    visit = _changeable(request, pk)
    form = ReasonForm(request.POST or None, visit=visit)
    return form_page(
        request,
        form=form,
        save=lambda form: verb(
            visit_id=visit.pk, actor=request.user, reason=form.cleaned_data["reason"], version=form.cleaned_data["seen_version"]
        ),
        title=title % {"place": visit.place},
        back_url=visit.get_absolute_url(),
        success=success,
        submit=submit,
    )


@policy.requires("visits.record")
def visit_cancel(request, pk):
    return _call_off(
        request,
        pk,
        verb=services.cancel_visit,
        title=_("Cancel the visit: %(place)s"),
        success=_("The visit is cancelled."),
        submit=_("Cancel the visit"),
    )


@policy.requires("visits.record")
def visit_missed(request, pk):
    def verb(**values):
        return services.mark_missed(today=timezone.localdate(), **values)

    return _call_off(
        request, pk, verb=verb, title=_("Not visited: %(place)s"), success=_("The visit is marked as missed."), submit=_("Mark as missed")
    )


# -- recording -------------------------------------------------------------------------------------------------------------------
@policy.requires("visits.record")
def visit_record(request, pk):
    """The visit in the store, in its guided order. Posted parts are the plain forms of a page without scripts."""
    visit = _visible(request, pk)
    if not services.may_record(visit, request.user) or visit.status == VisitStatus.CANCELLED:
        return HttpResponseRedirect(visit.get_absolute_url())
    posted = errors = None
    status = 200
    if request.method == "POST":
        try:
            return _take_part(request, visit)
        except DocumentRefused as error:
            posted, errors, status = request.POST, error.errors, 422
            messages.error(request, str(error))
        except DomainError as error:
            messages.error(request, str(error))
            return redirect("visits:visit_record", pk=visit.pk)
    context = {"visit": visit, **recording.page_of(visit, request.user, added=_added(request), posted=posted, errors=errors)}
    return render(request, "visits/visit_record.html", context, status=status)


def _take_part(request, visit):
    part = request.POST.get("part", "")
    now = timezone.now()
    if part == "photos":
        services.add_photo(actor=request.user, now=now, **photo_input(request, visit_client_id=visit.client_id))
        messages.success(request, _("The photo is saved."))
    else:
        visit, outcome = services.record_visit(document=recording.document_of(visit, request.POST, now), actor=request.user, now=now)
        for conflict in outcome.conflicts:
            messages.warning(request, conflict["message"])
        if part == "check_out":
            messages.success(request, _("Checked out. Well done."))
            return redirect(visit)
        if part != "check_in":  # the page itself shows that
            messages.success(request, _("Saved."))
    anchor = part.replace("_", "-") if part.replace("_", "").isalpha() and part.isascii() else ""
    return HttpResponseRedirect(f"{reverse('visits:visit_record', args=[visit.pk])}#{anchor}")


def _added(request):
    """Ids of ``?add=`` that could be products; further products to check, chosen without scripts."""
    return [int(value) for value in request.GET.getlist("add")[:20] if value.isascii() and value.isdigit() and len(value) < 19]


@policy.requires("visits.record")
def product_search(request, pk):
    """Products by their words, to be checked in this visit too."""
    visit = _visible(request, pk)
    words = request.GET.get("q", "")[:200].strip()
    products = search_words(Product.objects.visible_to(request.user).active(), words).order_by("sort_key", "pk")[:FOUND] if words else []
    return render(request, "visits/_product_choices.html", {"visit": visit, "products": products, "words": words})


@policy.requires("visits.record")
def product_form(request, pk, product_pk):
    """The form of one more product, for the page to add."""
    visit = _visible(request, pk)
    product = get_object_or_404(Product.objects.visible_to(request.user), pk=product_pk)
    form = recording.shelf_form(visit, product, fact=visit.shelffacts.filter(product=product).first())
    context = {"one": form, "visit": visit, "states": recording.STATES, "currency": visit.account.currency, "with_rows": True}
    return render(request, "visits/_shelf_form.html", context)


@policy.requires("visits.record")
def competitor_form(request, pk):
    """An empty form for what is seen next of a competitor."""
    visit = _visible(request, pk)
    categories = Category.objects.order_by("name")
    context = {"one": recording.new_competitor_form(visit), "visit": visit, "categories": categories, "currency": visit.account.currency}
    return render(request, "visits/_competitor_form.html", context)


# -- reading ---------------------------------------------------------------------------------------------------------------------
@policy.requires("visits.view")
def visit_detail(request, pk):
    visit = _visible(request, pk)
    user = request.user
    may_plan = services.may_plan(visit, user)
    context = {
        "visit": visit,
        **reading.page_of(visit, user),
        "may_record": services.may_record(visit, user) and visit.status != VisitStatus.CANCELLED,
        "may_change": may_plan and visit.status in (VisitStatus.PLANNED, VisitStatus.MISSED),
        "may_cancel": may_plan and visit.status == VisitStatus.PLANNED,
        "may_miss": may_plan and visit.status == VisitStatus.PLANNED and visit.planned_on <= timezone.localdate(),
    }
    return render(request, "visits/visit_detail.html", context)


# -- panels on other pages -------------------------------------------------------------------------------------------------------
@policy.requires("visits.view")
def store_panel(request, pk):
    store = get_object_or_404(Store.objects.visible_to(request.user), pk=pk)
    visits = list(Visit.objects.visible_to(request.user).filter(store=store).for_list()[:5])
    tickets = list(open_tickets([store], request.user))
    for ticket in tickets:
        ticket.age = ticket.days_open(timezone.localdate())
    plan_url = f"{reverse('visits:visit_plan')}?store={store.pk}" if request.user.has_capability("visits.record") else ""
    context = {
        "visits": visits,
        "plan_url": plan_url,
        "list_url": "",
        "gaps": reading.gaps_of_store(store, timezone.localdate()),
        "today": timezone.localdate(),
        "tickets": tickets,
        "history_url": reverse("visits:store_history", args=[store.pk]),
    }
    return render(request, "visits/_panel.html", context)


@policy.requires("visits.view")
def account_panel(request, pk):
    account = get_object_or_404(KeyAccount.objects.visible_to(request.user), pk=pk)
    visits = list(Visit.objects.visible_to(request.user).filter(account__path__startswith=account.path).for_list()[:5])
    context = {
        "visits": visits,
        "plan_url": "",
        "list_url": f"{reverse('visits:visit_list')}?account={account.pk}",
        "gaps": None,
        "today": timezone.localdate(),
        "tickets": [],
        "history_url": "",
    }
    return render(request, "visits/_panel.html", context)


@policy.requires("visits.record")
def home_panel(request):
    """Today's visits on the home page."""
    day = timezone.localdate()
    mine = Visit.objects.visible_to(request.user).recorded_by(request.user).with_places()
    visits = list(mine.filter(planned_on=day).exclude(status=VisitStatus.CANCELLED).in_day_order()[:8])
    return render(request, "visits/_home_panel.html", {"visits": visits, "overdue_count": mine.overdue_on(day).count()})
