"""What the team app itself registers for approvals, tasks and notifications; called by ``AppConfig.ready()``."""

from django.utils.translation import gettext_lazy as _

from ka_crm import navigation, panels, policy_examples, statuses

from . import agenda
from .notices import register_kind


def register_work(config):
    """Kinds of notifications, colours of states. ``config`` is the app's, for models that are there only now."""
    statuses.register("team.approval", pending="warn", withdrawn="neutral")
    statuses.register("team.approvalstep", open="warn", waiting="neutral", closed="neutral")
    statuses.register("team.task", open="info", done="ok", cancelled="neutral")
    navigation.register("work", _("Waiting for you"), "team:inbox", icon="checklist", order=15, key="i")
    navigation.register("work", _("Tasks"), "team:task_list", icon="list-check", order=60, key="k")
    navigation.register("admin", _("Approval routes"), "team:route_list", icon="route", capability="settings.manage", order=40)
    for noun, name, model, capability in (
        ("key_account", "account_tasks", "accounts.KeyAccount", "accounts.view"),
        ("store", "store_tasks", "accounts.Store", "accounts.view"),
        ("visit", "visit_tasks", "visits.Visit", "visits.view"),
        ("report", "report_tasks", "reports.Report", "reports.view"),
    ):
        panels.register(noun, title=_("Tasks"), url_name=f"team:{name}", order=25, capability=capability)
        policy_examples.register(f"team:{name}", model=model)
    agenda.register("tasks", tasks_of)
    _register_notices()


def _register_notices():
    register_kind(
        "approvals.asked", label=_("Somebody asks for your approval"), text=_("%(person)s asks you to approve “%(request)s”."), urgent=True
    )
    register_kind("approvals.approved", label=_("Your request is approved"), text=_("“%(request)s” is approved by %(person)s."))
    register_kind(
        "approvals.returned", label=_("Your request comes back"), text=_("%(person)s has returned “%(request)s”: %(note)s"), urgent=True
    )
    register_kind("tasks.given", label=_("You are given a task"), text=_("A task for you: “%(task)s”."))
    due_text = _("A task for you: “%(task)s”, due on %(due_on)s.")
    register_kind("tasks.given_due", label=_("You are given a task"), text=due_text, under="tasks.given")
    register_kind("tasks.due", label=_("A task of yours is due"), text=_("“%(task)s” is due on %(due_on)s."))
    register_kind("tasks.overdue", label=_("A task of yours is overdue"), text=_("“%(task)s” was due on %(due_on)s."))
    register_kind("tasks.done", label=_("A task that you gave is done"), text=_("%(person)s has done “%(task)s”."))
    register_kind("tasks.cancelled", label=_("A task that you gave is taken back"), text=_("%(person)s has taken back “%(task)s”."))


def tasks_of(user, starts_on, ends_on):
    """Open tasks with a due day, for the calendar feed."""
    from .models import Task  # registered before models are there

    for task in Task.objects.open().assigned_to(user).filter(due_on__range=(starts_on, ends_on)).order_by("due_on", "pk"):
        yield agenda.Entry(
            key=f"task-{task.public_id}", title=task.title, starts=task.due_on, details=task.details, url=task.get_absolute_url()
        )
