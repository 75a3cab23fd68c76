"""What planning tells the rest of the program when it starts."""

from django.utils.translation import gettext_lazy as _

from ka_crm import navigation, panels, policy_examples, statuses
from team import agenda, approvals

from . import leave, services
from .agenda import leave_of, visits_of
from .settings import declare_settings


def ready():
    """Called once, in AppConfig.ready()."""
    declare_settings()
    step = [{"name": _("Supervisor"), "approvers": "leader", "quorum": 1}]
    approvals.register(
        "visits.leave",
        label=_("Leave"),
        model="visits.Leave",
        on_approved=leave.leave_approved,
        on_returned=leave.leave_returned,
        on_withdrawn=leave.leave_withdrawn,
        default_steps=step,
    )
    approvals.register(
        "visits.plan",
        label=_("Week plan"),
        model="visits.VisitPlan",
        on_approved=services.plan_approved,
        on_returned=services.plan_returned,
        on_withdrawn=services.plan_withdrawn,
        default_steps=step,
    )
    agenda.register("visits", visits_of)
    agenda.register("leave", leave_of)
    statuses.register("visits.leave", requested="info", refused="danger")
    navigation.register("work", _("Week"), "visits:itinerary", icon="route", capability="visits.record", order=8, phone=True, key="w")
    navigation.register("field", _("Calendar"), "visits:calendar", icon="calendar", capability="visits.view", order=16, key="c")
    navigation.register("field", _("Stores due"), "visits:due_list", icon="target", capability="visits.view", order=17)
    navigation.register("field", _("Start of day"), "visits:attendance_list", icon="clock", capability="people.view", order=18)
    navigation.register("field", _("Leave"), "visits:leave_list", icon="sun", capability="visits.record", order=19)
    panels.register("store", title=_("Next visit due"), url_name="visits:due_panel", order=15, capability="visits.view")
    policy_examples.register("visits:due_panel", model="accounts.Store")
    policy_examples.register("visits:visit_move", model="visits.Visit", only={"status": "planned"})
