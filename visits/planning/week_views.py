"""The page of a week and its buttons. Every button is a plain form that leads back to the week."""

import datetime as dt
from functools import wraps
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import Store
from ka_crm import policy
from ka_crm.errors import DomainError
from ka_crm.text import is_id
from team.models import Approval
from visits.models import Visit

from . import services
from .availability import local_day
from .days import FIRST_YEAR, LAST_YEAR, day_of, monday_of, week_of
from .itinerary import found_stores, itinerary, kilometres, people_seen_by, team_week

TEAM = "team"
MOST_STOPS = 200  # of a day that an address may name


def _person(request, values):
    """Whose week it is: ``person`` of the address or form, oneself without one; a foreign or missing id is a 404."""
    wanted = values.get("person", "")
    if wanted in ("", str(request.user.pk)):
        return request.user
    if not is_id(wanted):
        raise Http404
    return get_object_or_404(people_seen_by(request.user), pk=wanted)


def week_url(person, week_starts_on, user, **more):
    """The address of a person's week as ``user`` opens it."""
    query = {"week": week_starts_on.isoformat()} | ({} if person.pk == user.pk else {"person": person.pk}) | more
    return f"{reverse('visits:itinerary')}?{urlencode({name: value for name, value in query.items() if value not in ('', None)})}"


def _around(week):
    """The weeks before and after, None where no calendar goes on."""
    before, after = week - services.WEEK, week + services.WEEK
    return (before if before.year >= FIRST_YEAR else None), (after if after.year <= LAST_YEAR else None)


def _frame(request, week):
    """What the own week, a person's and the team's have in common."""
    people = list(people_seen_by(request.user))
    before, after = _around(week)
    return {
        "people": people if len(people) > 1 else [],
        "week": week,
        "sunday": week + dt.timedelta(days=6),
        "this_week": monday_of(timezone.localdate()),
        "week_before": before,
        "week_after": after,
    }


@policy.requires("visits.record")
def itinerary_page(request):
    """A week: one's own, one person's, or the whole team's (``?person=team``)."""
    week = week_of(request.GET.get("week", ""), timezone.localdate())
    if request.GET.get("person") == TEAM:
        frame = _frame(request, week)
        people = frame["people"] or [request.user]
        rows = team_week(people=people, week_starts_on=week, now=timezone.now())
        handed_in = sum(row.plan is not None and row.plan.submitted_at is not None for row in rows)
        days = [week + dt.timedelta(days=number) for number in range(7)]
        context = {**frame, "rows": rows, "days": days, "handed_in": handed_in, "is_team": True, "person": None}
        return render(request, "visits/planning/team_week.html", context)
    person = _person(request, request.GET)
    page = itinerary(person=person, user=request.user, week_starts_on=week, now=timezone.now())
    words = request.GET.get("q", "")[:200].replace("\x00", "")
    plan_approval = Approval.objects.about(page.plan).for_list().first() if page.plan is not None else None
    own = request.user.pk == person.pk or person.pk in {absent.pk for absent in request.user.acts_for}
    context = {
        **_frame(request, week),
        "person": person,
        "is_team": False,
        "page": page,
        "words": words,
        "found": found_stores(person=person, user=request.user, words=words) if page.may_plan else [],
        "ordered": _ordered(request, page),
        "hands_in": own and page.may_plan,
        "may_submit": own and page.week_starts_on + services.WEEK > page.today,
        "plan_approval": plan_approval,
        "purposes": Visit.Purpose.choices,
    }
    return render(request, "visits/planning/itinerary.html", context)


@policy.requires("visits.record")
def itinerary_print(request):
    """The week as a table for paper."""
    week = week_of(request.GET.get("week", ""), timezone.localdate())
    person = _person(request, request.GET)
    page = itinerary(person=person, user=request.user, week_starts_on=week, now=timezone.now())
    context = {"page": page, "person": person, "back_url": week_url(person, week, request.user), "sunday": week + dt.timedelta(days=6)}
    return render(request, "visits/planning/itinerary_print.html", context)


def _ordered(request, page):
    """What ordering a day by distance came to, as the address tells: the day, kilometres before and after, and the order to go back to.

    Made-up figures in the address only fool whoever typed them; the order is checked when it is used.
    """
    day, before = day_of(request.GET.get("ordered", "")), request.GET.get("undo", "")
    metres = [request.GET.get(name, "") for name in ("from", "to")]
    if day is None or not all(is_id(one) and len(one) < 10 for one in metres):
        return None
    if not any(one.day == day and one.visits for one in page.days):
        return None
    return {
        "day": day,
        "before": kilometres(int(metres[0])),
        "after": kilometres(int(metres[1])),
        "undo": before if _ids(before) else "",
    }


def _ids(text):
    """The ids in “3,1,2”; None where it is no such list."""
    parts = text.split(",") if text else []
    return [int(part) for part in parts] if 0 < len(parts) <= MOST_STOPS and all(map(is_id, parts)) else None


# -- buttons ---------------------------------------------------------------------------------------------------------------------
def _button(verb):
    """A POST about one person's week: ``verb(request, person, week, today)`` does it and returns further parts of the address, or None.

    A refusal is a message on the week's page.
    """

    @policy.requires("visits.record")
    @require_POST
    @wraps(verb)
    def view(request):
        person = _person(request, request.POST)
        today = local_day(person, timezone.now())
        week = week_of(request.POST.get("week", ""), today)
        more = None
        try:
            more = verb(request, person, week, today)
        except DomainError as error:
            messages.error(request, str(error))
        kept = {"q": request.POST.get("q", "")[:200]}
        return HttpResponseRedirect(week_url(person, week, request.user, **{**kept, **(more or {})}))

    return view


def _tell(request, planned, done):
    """One message about what was planned, one for each reason why something was not."""
    if planned.visits:
        messages.success(request, done)
    for refusal in planned.refusals[:5]:
        messages.warning(request, refusal)


def _counted(planned):
    return ngettext("%(count)d visit is planned.", "%(count)d visits are planned.", len(planned.visits)) % {"count": len(planned.visits)}


@_button
def itinerary_add(request, person, week, today):
    """Plan the store whose button was tapped, or all that were ticked."""
    tapped = request.POST.getlist("store")
    wanted = [pk for pk in tapped or request.POST.getlist("stores") if is_id(pk)][: services.MOST_AT_ONCE + 1]
    day = day_of(request.POST.get("day", ""))
    if day is None:
        raise DomainError(_("Choose the day."))
    stores = list(
        Store.objects.visible_to(request.user).active().select_related("account").filter(pk__in=wanted).order_by("sort_key", "pk")
    )
    if not stores:
        raise DomainError(_("Choose at least one store."))
    purpose = request.POST.get("purpose", "")
    planned = services.plan_stores(
        actor=request.user,
        person=person,
        planned_on=day,
        stores=stores,
        today=today,
        purpose=purpose if purpose in Visit.Purpose.values else Visit.Purpose.ROUTINE,
    )
    _tell(request, planned, _counted(planned))


@_button
def itinerary_copy(request, person, week, today):
    planned = services.copy_last_week(actor=request.user, person=person, week_starts_on=week, today=today)
    _tell(request, planned, _counted(planned))
    if not planned.visits and not planned.refusals:
        messages.info(request, _("Last week has no visit that could be copied."))


@_button
def day_order(request, person, week, today):
    """Order a day by distance; with ``order`` set the day back to that order."""
    day = day_of(request.POST.get("day", ""))
    if day is None:
        raise DomainError(_("Choose the day."))
    if (order := _ids(request.POST.get("order", ""))) is not None:
        services.set_day_order(person=person, day=day, visit_ids=order, actor=request.user)
        messages.success(request, _("The day is in its former order again."))
        return None
    ordered = services.order_day(person=person, day=day, actor=request.user)
    if ordered.unplaced:
        messages.warning(
            request,
            _("The position of these stores is not known, so they come last: %(stores)s.") % {"stores": ", ".join(ordered.unplaced)},
        )
    undo = ",".join(map(str, ordered.before)) if ordered.before != ordered.after else ""
    return {"ordered": day.isoformat(), "from": ordered.before_m, "to": ordered.after_m, "undo": undo}


@_button
def plan_priorities(request, person, week, today):
    version = request.POST.get("seen_version", "")
    services.set_priorities(
        person=person,
        week_starts_on=week,
        actor=request.user,
        priorities=request.POST.get("priorities", "")[:4000],
        version=int(version) if is_id(version) and len(version) < 10 else None,
    )
    messages.success(request, _("The priorities are saved."))


@_button
def plan_submit(request, person, week, today):
    services.submit_plan(person=person, week_starts_on=week, actor=request.user, now=timezone.now(), today=today)
    messages.success(request, _("The plan of the week is handed in."))


@_button
def plan_take_back(request, person, week, today):
    services.take_plan_back(person=person, week_starts_on=week, actor=request.user)
    messages.success(request, _("The plan is a draft again."))


@policy.requires("visits.record")
@require_POST
def visit_move(request, pk):
    """Move a visit to another day (``day``) or one place up or down in its day (``step``)."""
    visit = get_object_or_404(Visit.objects.visible_to(request.user).select_related("visitor", "store", "account"), pk=pk)
    day, step = day_of(request.POST.get("day", "")), {"up": -1, "down": 1}.get(request.POST.get("step", ""))
    try:
        if step is not None:
            services.shift_visit(visit=visit, actor=request.user, step=step)
        elif day is None:
            messages.error(request, _("Choose the day."))
        else:
            today = local_day(visit.visitor, timezone.now())
            services.move_visit(visit_id=visit.pk, actor=request.user, planned_on=day, today=today)
            messages.success(request, _("“%(place)s” is moved to %(day)s.") % {"place": visit.place, "day": day})
    except DomainError as error:
        messages.error(request, str(error))
    if visit.visitor_id == request.user.pk or people_seen_by(request.user).filter(pk=visit.visitor_id).exists():
        return HttpResponseRedirect(week_url(visit.visitor, monday_of(visit.planned_on), request.user))
    return HttpResponseRedirect(visit.get_absolute_url())
