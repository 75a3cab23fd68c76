"""Pages of deadlines: what is due, late and incomplete, counts per person and team, and the rules behind them."""

from datetime import timedelta
from urllib.parse import urlencode

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from ka_crm import policy
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage
from ka_crm.money import ratio
from ka_crm.periods import month_of

from ..models import Deadline, DeadlineRule
from . import services
from .forms import RuleForm
from .tables import DeadlineFilter, DeadlineTable, RuleTable

SUMMARY_MONTHS = 3


class DeadlineList(ListPage):
    title = gettext_lazy("Deadlines")
    lead = gettext_lazy("Which report is due from whom, when; drafts are built some days before.")
    table_class = DeadlineTable
    filterset_class = DeadlineFilter
    action = None
    more_actions = (
        Action(gettext_lazy("By person and team"), "reports:deadline_summary", icon="users"),
        Action(gettext_lazy("Rules"), "reports:rule_list", capability="settings.manage", icon="adjustments"),
    )
    empty = gettext_lazy("Nothing is due yet. The workers make deadlines from the rules, once a day.")
    template_name = "reports/deadlines/list.html"

    def get_queryset(self, request):
        return Deadline.objects.visible_to(request.user).with_state(timezone.localdate()).for_list()

    def extra_context(self, request):
        """Figures of the filtered rows above the list."""
        if request.headers.get("HX-Request"):
            return {}
        today = timezone.localdate()
        counts = Deadline.objects.filter(pk__in=self.rows.order_by().values("pk")).totals(today)
        links = {state: self.address(state=state) for state in ("late", "incomplete", "on_time")}
        return {"counts": counts, "rate": ratio(counts["on_time"], counts["due"]), "links": links}


deadline_list = policy.requires("reports.view")(DeadlineList.as_view())


@require_safe
@policy.requires("reports.view")
def deadline_summary(request):
    """Counts per team and person of what was due in the last months, each opening its rows."""
    today = timezone.localdate()
    first = _first_day(request, today)
    rows = Deadline.objects.visible_to(request.user).filter(due_on__gte=first, due_on__lte=today + timedelta(days=31))
    people = [
        _counted(row, {"owner": row["owner_id"]}, row["owner__name"], row["owner__team__name"] or "", first)
        for row in _by_person(rows, today)
    ]
    teams = [
        _counted(row, {"team": row["owner__team_id"]}, row["owner__team__name"] or _("Without a team"), "", first)
        for row in rows.counted(today, "owner__team_id", "owner__team__name").order_by("owner__team__name")
    ]
    context = {"people": people, "teams": teams, "first": first, "choices": _choices(today, first), "today": today}
    return render(request, "reports/deadlines/summary.html", context)


def _by_person(rows, today):
    counted = rows.exclude(owner=None).counted(today, "owner_id", "owner__name", "owner__sort_key", "owner__team__name")
    return counted.order_by("owner__sort_key", "owner_id")


def _first_day(request, today):
    """The first day that counts: of the month so many months back as ``?months=`` asks, three without it."""
    asked = request.GET.get("months", "")
    months = int(asked) if asked in {"1", "3", "6", "12"} else SUMMARY_MONTHS
    period = month_of(today)
    for _month in range(months - 1):
        period = period.previous()
    return period.starts_on


def _choices(today, first):
    found = []
    for months, label in (("1", _("This month")), ("3", _("3 months")), ("6", _("6 months")), ("12", _("12 months"))):
        period = month_of(today)
        for _month in range(int(months) - 1):
            period = period.previous()
        found.append({"url": f"?months={months}", "label": label, "current": period.starts_on == first})
    return found


def _counted(row, narrowed, name, hint, first):
    """One line of the summary: counts with the addresses of their rows."""
    base = reverse("reports:deadline_list")

    def link(**more):
        return f"{base}?{urlencode({key: value for key, value in {**narrowed, 'from_day': first, **more}.items() if value is not None})}"

    return {
        **row,
        "name": name,
        "hint": hint,
        "rate": ratio(row["on_time"], row["due"]),
        "url": link(),
        "late_url": link(state="late"),
        "incomplete_url": link(state="incomplete"),
        "filed_late_url": link(state="filed_late"),
        "on_time_url": link(state="on_time"),
    }


# --- rules --------------------------------------------------------------------------------------------------------------------
class RuleList(ListPage):
    title = gettext_lazy("Deadline rules")
    lead = gettext_lazy("When each report has to be handed in, and who is reminded when. A changed rule moves what is still to come.")
    table_class = RuleTable
    empty = gettext_lazy("No rule yet: run migrate, which makes the usual ones.")

    def get_queryset(self, request):
        return DeadlineRule.objects.visible_to(request.user).select_related("calendar").order_by("kind", "subject_kind")


rule_list = policy.requires("settings.manage")(RuleList.as_view())


@policy.requires("settings.manage")
def rule_update(request, pk):
    rule = get_object_or_404(DeadlineRule.objects.visible_to(request.user), pk=pk)

    def save(form):
        services.save_rule(
            rule=rule, changes=form.values, actor=request.user, version=form.expected_version or rule.version, today=timezone.localdate()
        )
        return reverse("reports:rule_list")

    return form_page(
        request,
        form=RuleForm(request.POST or None, instance=DeadlineRule.objects.get(pk=rule.pk)),
        save=save,
        title=_("Deadline: %(rule)s") % {"rule": rule},
        back_url=reverse("reports:rule_list"),
        success=_("The rule is changed; what is still to come moves with it."),
    )
