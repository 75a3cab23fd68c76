"""What the team app itself registers for approvals, tasks and notifications; called by ``AppConfig.ready()``."""

from django.utils.translation import gettext_lazy as _

from ka_crm import statuses

from .notices import register_kind


def register_work(config):
    """Kinds of notifications, colours of states. ``config`` is the app's, for models that are there only now."""
    statuses.register("team.approval", pending="warn", withdrawn="neutral")
    statuses.register("team.approvalstep", open="warn", waiting="neutral", closed="neutral")
    statuses.register("team.task", open="info", done="ok", cancelled="neutral")
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
    register_kind(
        "tasks.given_due", label=_("You are given a task with a due day"), text=_("A task for you: “%(task)s”, due on %(due_on)s.")
    )
    register_kind("tasks.due", label=_("A task of yours is due"), text=_("“%(task)s” is due on %(due_on)s."))
    register_kind("tasks.overdue", label=_("A task of yours is overdue"), text=_("“%(task)s” was due on %(due_on)s."))
    register_kind("tasks.done", label=_("A task that you gave is done"), text=_("%(person)s has done “%(task)s”."))
    register_kind("tasks.cancelled", label=_("A task that you gave is taken back"), text=_("%(person)s has taken back “%(task)s”."))
