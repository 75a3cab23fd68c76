"""Pages of the dashboards: the day, the team, the figures, one account, one store."""

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Store
from ka_crm import formats, policy
from ka_crm.text import is_id
from team.models import User
from team.roles import Role
from visits.figures import ShelfScores, VisitFigures, scores_by_account, visit_counts
from visits.models import Visit

from ..first_steps import first_steps
from . import pages
from .day import day_of
from .drill import MOST_STORES, account_figures, seen_period, store_figures
from .figure_tables import Column, FigureTable
from .figures import read_sums, sales_of
from .scope import YEAR_TO_DATE, accounts_of, period_choices, select, selection_of
from .team import activity_period, filing_by_owner, people_of, team_figures, teams_for


# --- the first page -------------------------------------------------------------------------------------------------------------
def home(request):
    """“/”: the dashboard of one's role. The shell's route has asked who it is."""
    user = request.user
    if user.role == Role.SUPERVISOR and user.has_capability("people.view"):
        return team(request)
    if user.role in (Role.KA_MANAGER, Role.FIELD_REP) and user.has_capability("visits.record"):
        return day(request)
    if user.has_capability("sales.view"):
        return figures(request)
    return render(request, "home.html")


def tabs_for(user, current):
    """The dashboards that ``user`` may open, for components/tabs.html."""
    whole = _("Company") if user.sees_all else _("My accounts")
    known = (
        ("day", _("My day"), "visits.record"),
        ("team", _("Team"), "people.view"),
        ("figures", whole, "sales.view"),
        ("findings", _("Alerts and opportunities"), "accounts.view"),
    )
    return [
        {"url": pages.link(f"dashboards:{name}"), "label": label, "current": name == current, "count": None}
        for name, label, capability in known
        if user.has_capability(capability)
    ]


def _page(request, name, current, context):
    context = {"tabs": tabs_for(request.user, current), **context}
    return render(request, f"reports/dashboards/{name}.html", context)


def _picker(selection, *, action, account=None, first=()):
    """What _picker.html shows: periods and currencies to choose from, what is kept in the address."""
    return {
        "action": action,
        "periods": period_choices(selection, first=first),
        "period": selection.asked_period or ("" if first else YEAR_TO_DATE),
        "currency": selection.currency,
        "currencies": selection.currencies,
        "kept": [("account", account)] if account else [],
    }


# --- the day --------------------------------------------------------------------------------------------------------------------
@require_safe
@policy.requires("visits.record")
def day(request):
    """Visits in their order with the next one to start, tasks, decisions and reports that are due; what was found follows by itself."""
    found = day_of(request.user, now=timezone.now())
    return _page(request, "day", "day", {"day": found, "purposes": Visit.Purpose.choices})


# --- the team -------------------------------------------------------------------------------------------------------------------
@require_safe
@policy.requires("people.view")
def team(request):
    """People with what they did and sold, and the accounts, the worst first."""
    user, today = request.user, timezone.localdate()
    teams = teams_for(user)
    chosen = _chosen_team(request, teams)
    asked = request.GET.get("period", "")[:40]
    activity, note = activity_period(asked, today)
    selection = selection_of(user, accounts_of(user), request.GET, today=today)
    if selection.newest and selection.months[0] > selection.newest:
        selection = selection_of(user, selection.accounts, {"currency": selection.currency}, today=today)
    selection.asked_period = asked
    sums, facts = read_sums(selection)
    people = team_figures(people_of(user, chosen), activity=activity, facts=facts, currency=selection.currency, today=today)
    sees_sales = user.has_capability("sales.view")
    sales = sums if sees_sales else None
    context = {
        "selection": selection,
        "activity": activity,
        "picker": _picker(selection, action=pages.link("dashboards:team"), first=[("", _("This month"))]),
        "teams": teams,
        "chosen": chosen,
        "notes": list(dict.fromkeys(filter(None, [note, *selection.notes]))),
        "kpis": _team_kpis(people, sales, selection),
        "people": _people_table(people, sees_sales=sees_sales),
        "accounts": pages.accounts_table(selection, sales, sales.chains) if sees_sales else None,
        "chart": pages.month_chart(sales.months, selection.currency, selection=selection, url_name="dashboards:figures")
        if sees_sales
        else None,
        "read_at": sales.read_at if sees_sales else None,
        "computed": [*(pages.computed("net", "growth") if sees_sales else ()), *_computed_of_people()],
        "sees_sales": sees_sales,
    }
    return _page(request, "team", "team", context)


def _chosen_team(request, teams):
    wanted = request.GET.get("team", "")
    if not wanted:
        return None
    chosen = next((one for one in teams if is_id(wanted) and one.pk == int(wanted)), None)
    if chosen is None:
        raise Http404
    return chosen


def _computed_of_people():
    return [
        (
            _("Visits"),
            _("Planned visits that took place ÷ planned visits up to today, without cancelled ones; unplanned visits apart."),
        ),
        (_("Coverage"), _("Stores in care that were visited ÷ open stores in care, of all accounts that somebody is assigned to today.")),
        (_("On time"), _("Reports handed in by their day ÷ reports that were due in the period.")),
        (_("Score"), _("Mean perfect-store score of completed visits, 0 to 100.")),
    ]


def _team_kpis(people, sales, selection):
    visits = sum((row.visits for row in people), VisitFigures())
    seen, stores = sum(row.stores_seen for row in people), sum(row.stores for row in people)
    due, on_time = sum(row.reports_due for row in people), sum(row.reports_on_time for row in people)
    late = sum(row.days_late for row in people)
    return [
        *([pages.net_kpi(selection, sales)] if sales else ()),
        pages.kpi(
            _("Visits"),
            _("%(now)s of %(all)s") % {"now": visits.planned_done, "all": visits.planned},
            hint=_("%(count)s more without a plan") % {"count": visits.ad_hoc} if visits.ad_hoc else "",
            url="#people",
        ),
        pages.kpi(_("Stores covered"), _("%(now)s of %(all)s") % {"now": seen, "all": stores}, url="#people"),
        pages.kpi(_("Reports on time"), _("%(now)s of %(all)s") % {"now": on_time, "all": due} if due else formats.MISSING, url="#people"),
        pages.kpi(_("Late starts"), formats.number(late), tone="warn" if late else "", url="#people"),
    ]


def _people_table(people, *, sees_sales):
    """One row per person; a figure leads to the rows behind it."""
    columns = [
        Column(_("Person")),
        Column(_("Visits"), "text_right"),
        Column(_("Kept"), "percent"),
        Column(_("Coverage"), "percent"),
        Column(_("Late starts"), "text_right"),
        Column(_("Reports on time"), "text_right"),
        Column(_("Score"), "score"),
        Column(_("Approvals waiting"), "count"),
        Column(_("Overdue tasks"), "count"),
        *([Column(_("Sell-out vs last year"), "delta")] if sees_sales else []),
    ]
    table = FigureTable(_("People, worst first"), columns, empty=_("Nobody at work here yet. Put people into the team first."))
    for row in people:
        visits = pages.link("visits:visit_list", visitor=row.person.pk)
        table.add(
            str(row.person),
            f"{row.visits.done} / {row.visits.planned}",
            row.kept,
            row.coverage,
            f"{row.days_late} / {row.days_started}",
            f"{row.reports_on_time} / {row.reports_due}" if row.reports_due else None,
            row.score,
            row.approvals,
            row.tasks_overdue,
            *([row.sales.change if row.sales else None] if sees_sales else []),
            url=row.person.get_absolute_url(),
            urls={1: visits, 2: visits},
            tones={
                2: "danger" if row.kept is not None and row.kept < pages.KEPT_GOAL else "",
                4: "warn" if row.days_late else "",
                5: "danger" if row.reports_missing else "",
                8: "danger" if row.tasks_overdue else "",
            },
            whys={6: row.score_reason, 9: row.sales.reason if row.sales else _("answers for no account in this currency")},
        )
    return table


# --- the figures ------------------------------------------------------------------------------------------------------------------
@require_safe
@policy.requires("sales.view")
def figures(request):
    """Sell-out, share, distribution, visits and reports of all accounts in scope."""
    user, today = request.user, timezone.localdate()
    selection = select(user, request.GET, today=today)
    sales = sales_of(selection, fresh="fresh" in request.GET)
    sees_costs = user.has_capability("costs.view")
    won, lost = pages.movers(selection, sales)
    account_rows = sales.chains if selection.account is None else sales.accounts
    steps = first_steps(user)
    context = {
        "selection": selection,
        "sales": sales,
        "picker": _picker(selection, action=pages.link("dashboards:figures"), account=selection.account and selection.account.pk),
        "notes": selection.notes,
        "title": _("Company") if user.sees_all else _("My accounts"),
        "kpis": [*pages.sales_kpis(selection, sales, sees_costs=sees_costs), *_work_kpis(user, selection)],
        "months": pages.month_chart(sales.months, selection.currency, selection=selection, url_name="dashboards:figures"),
        "chains": pages.bar_chart(
            _("By account"),
            sales.chains,
            selection.currency,
            [pages.link("dashboards:account", row.key, selection=selection) for row in sales.chains],
        ),
        "accounts": pages.accounts_table(selection, sales, account_rows),
        "categories": pages.category_table(selection, sales),
        "regions": pages.regions_table(selection, sales),
        "won": won,
        "lost": lost,
        "distribution": pages.distribution_table(selection, sales),
        "filing": _filing_table(user, selection),
        "read_at": sales.read_at,
        "computed": pages.computed("net", "growth", "share", "distribution", "products_per_store", *(["margin"] if sees_costs else [])),
        "base_currency": settings.KA_BASE_CURRENCY,
        "first_steps": steps,
        "is_new": bool(steps) and not selection.newest,
    }
    return _page(request, "figures", "figures", context)


def _work_kpis(user, selection):
    """Visits and scores of the accounts in the selection; two statements."""
    period, ids = seen_period(selection), list(selection.ids)
    visits = Visit.objects.visible_to(user).filter(
        account__in=ids, planned_on__range=(period.starts_on, min(period.ends_on, selection.today))
    )
    counted = VisitFigures(**visits.aggregate(**visit_counts()))
    scores = sum(scores_by_account(ids, period).values(), ShelfScores())
    return [
        pages.kpi(
            _("Visits"),
            _("%(now)s of %(all)s") % {"now": formats.number(counted.planned_done), "all": formats.number(counted.planned)},
            hint=_("%(count)s more without a plan") % {"count": formats.number(counted.ad_hoc)} if counted.ad_hoc else "",
            url=pages.link("visits:visit_list"),
        ),
        pages.kpi(_("Perfect-store score"), formats.number(scores.score, 1), hint=str(scores.score_reason)),
    ]


def _filing_table(user, selection):
    """Reporting discipline: who handed in on time what was due in the period."""
    period = seen_period(selection)
    people = {person.pk: person for person in User.objects.visible_to(user).active().order_by("sort_key", "pk")}
    filed = filing_by_owner(list(people), period, selection.today)
    columns = [Column(_("Person")), Column(_("Due"), "count"), Column(_("On time"), "count"), Column(_("Missing"), "count")]
    table = FigureTable(_("Reports handed in"), columns, empty=_("No report was due in this period."))
    worst = sorted(filed.items(), key=lambda item: (item[1][1] - item[1][0], people[item[0]].sort_key))
    for person_id, (due, on_time, missing) in worst[: pages.MOST_ROWS]:
        if due:
            tones = {3: "danger" if missing else ""}
            table.add(str(people[person_id]), due, on_time, missing, url=pages.link("reports:report_list", owner=person_id), tones=tones)
    table.more = max(sum(bool(counts[0]) for counts in filed.values()) - pages.MOST_ROWS, 0)
    return table


# --- one account, one store -------------------------------------------------------------------------------------------------------
@require_safe
@policy.requires("accounts.view")
def account(request, pk):
    """An account and what lies below it: its stores, the worst first."""
    user, today = request.user, timezone.localdate()
    accounts = accounts_of(user)
    if pk not in accounts:
        raise Http404
    root = accounts[pk]
    selection = selection_of(user, accounts, request.GET, today=today, root=root)
    sees_sales = user.has_capability("sales.view")
    sales = sales_of(selection, fresh="fresh" in request.GET) if sees_sales else None
    found = account_figures(selection, with_sales=sees_sales, is_incomplete=sees_sales and sales.total.is_incomplete)
    context = {
        "account": root,
        "selection": selection,
        "picker": _picker(selection, action=pages.link("dashboards:account", pk)),
        "notes": selection.notes,
        "sees_sales": sees_sales,
        "kpis": _account_kpis(found, sales, selection),
        "stores": _stores_table(found, selection, sees_sales),
        "months": pages.month_chart(sales.months, selection.currency, selection=selection, url_name="dashboards:account", args=(pk,))
        if sees_sales
        else None,
        "lost": pages.movers(selection, sales)[1] if sees_sales else None,
        "read_at": sales.read_at if sees_sales else None,
        "computed": [*(pages.computed("net", "growth") if sees_sales else ()), *_computed_of_people()[3:]],
    }
    return _page(request, "account", None, context)


def _account_kpis(found, sales, selection):
    shelf = [
        pages.kpi(_("Perfect-store score"), formats.number(found.scores.score, 1), hint=str(found.scores.score_reason), url="#stores"),
        pages.kpi(_("Stores visited"), _("%(now)s of %(all)s") % {"now": found.visited, "all": len(found.stores)}, url="#stores"),
        pages.kpi(_("Open shelf gaps"), formats.number(found.gaps), tone="danger" if found.gaps else "", url="#stores"),
    ]
    return [*(pages.sales_kpis(selection, sales, sees_costs=False)[:2] if sales else ()), *shelf]


def _stores_table(found, selection, sees_sales):
    columns = [Column(_("Store"))]
    if sees_sales:
        columns += [Column(_("Net sell-out"), "money"), Column(_("vs last year"), "delta"), Column(_("Won or lost"), "money")]
    columns += [Column(_("Score"), "score"), Column(_("Shelf gaps"), "count"), Column(_("Last visit"), "day")]
    table = FigureTable(
        _("Stores, worst first"), columns, selection.currency, empty=_("No open store yet. Add or import the stores first.")
    )
    for row in found.stores[:MOST_STORES]:
        sold = row.sales
        values = [sold.net if sold.has_now else None, sold.change, sold.gained if sold.change is not None else None] if sees_sales else []
        table.add(
            row.store.name,
            *values,
            row.score,
            row.gaps,
            row.last_visit,
            url=pages.link("dashboards:store", row.store.pk, selection=selection),
            tones={len(columns) - 2: "danger" if row.gaps else ""},
            whys={2: sold.reason} if sees_sales else {},
        )
    table.more = max(len(found.stores) - MOST_STORES, 0)
    return table


@require_safe
@policy.requires("accounts.view")
def store(request, pk):
    """A store: products, the worst first, gaps on the shelf, and its visits, each to open."""
    user, today = request.user, timezone.localdate()
    row = get_object_or_404(Store.objects.visible_to(user).select_related("account"), pk=pk)
    accounts = accounts_of(user)
    selection = selection_of(user, accounts, request.GET, today=today, root=accounts[row.account_id])
    sees_sales = user.has_capability("sales.view")
    found = store_figures(row, selection, with_sales=sees_sales)
    products = pages.compared_table(
        _("Products, worst first"),
        _("Product"),
        found.products,
        selection.currency,
        url_of=lambda product: pages.link("sales:product_detail", product.key),
        most=50,
    )
    context = {
        "store": row,
        "selection": selection,
        "picker": _picker(selection, action=pages.link("dashboards:store", pk)),
        "notes": selection.notes,
        "found": found,
        "sees_sales": sees_sales,
        "products": products,
        "months": pages.month_chart(found.months, selection.currency, selection=selection, url_name="dashboards:store", args=(pk,))
        if sees_sales
        else None,
        "may_plan": user.has_capability("visits.record"),
        "today": today,
        "read_at": timezone.now(),
        "computed": pages.computed("net", "growth") if sees_sales else [],
    }
    return _page(request, "store", None, context)
