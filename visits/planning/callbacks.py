"""Calls that did not take place: a missed visit becomes a call-back, due the day it is noticed.

A call-back is a task for the visitor and a planned visit that names the missed one. A call-back that is missed again makes no
further one: its task stays open until somebody has been there or called it off.
"""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from ka_crm.moves import move
from team.audit import record
from team.leaders import leaders_of
from team.models import Task, User
from team.services.tasks import cancel_task, close_task, open_task
from team.states import TaskStatus
from visits.models import Visit
from visits.states import VISIT_MOVES, VisitStatus

from .availability import first_day_at_work, local_day

NOTICED_WITHIN = dt.timedelta(days=14)  # older ones are marked as missed, but nobody calls back after weeks


def key_of(visit):
    """The key of the task about the missed ``visit``: one, however often it is noticed."""
    return f"visits.callback:{visit.pk}"


def overdue_visits(now):
    """Ids of planned visits whose day is over where their visitor is, oldest first; two statements."""
    over = Q(pk__in=[])
    for zone in User.objects.order_by("time_zone").values_list("time_zone", flat=True).distinct():
        over |= Q(visitor__time_zone=zone, planned_on__lt=local_day(User(time_zone=zone), now))
    return Visit.objects.filter(over, status=VisitStatus.PLANNED).order_by("planned_on", "pk").values_list("pk", flat=True)


@transaction.atomic
def miss_visit(*, visit_id, now):
    """Mark a planned visit as missed once its day is over where its visitor is, and open the call-back; returns whether it was missed.

    Twice does nothing more: the first call moved the visit on.
    """
    visit = Visit.objects.select_for_update(of=("self",)).select_related("account", "store", "visitor").get(pk=visit_id)
    today = local_day(visit.visitor, now)
    if visit.status != VisitStatus.PLANNED or visit.planned_on >= today:
        return False
    move(visit, to=VisitStatus.MISSED, moves=VISIT_MOVES, version=visit.version + 1)
    record(visit, "visit.missed", actor=None, changes={"status": [VisitStatus.PLANNED, VisitStatus.MISSED]})
    open_callback(visit, today=today)
    return True


def open_callback(visit, *, today, actor=None):
    """The task and the visit that make good for ``visit``, which was missed; returns the visit, None where none is planned.

    Call in the transaction that marks it as missed. The task is due ``today``, the day it was noticed; the visit is planned for today,
    or the next day on which the visitor works. Somebody who may not sign in any more hands the task to their supervisor.
    """
    if visit.callback_of_id is not None or visit.planned_on < today - NOTICED_WITHIN:
        return None
    assignee = visit.visitor if visit.visitor.is_active else next(iter(leaders_of(visit.visitor)), None)
    if assignee is None:
        return None
    with override(assignee.language):
        title = _("Call back: %(place)s, missed on %(day)s") % {"place": visit.place, "day": visit.planned_on}
    open_task(
        title=title[:200],
        assignee=assignee,
        actor=actor,
        due_on=today,
        subject=visit,
        kind="visits.callback",
        key=key_of(visit),
        priority=Task.Priority.HIGH,
    )
    return _plan_callback(visit, today, actor) if assignee == visit.visitor else None


def _plan_callback(visit, today, actor):
    """The visit that takes the missed one's place; one that is planned there already on that day takes it over."""
    day = first_day_at_work(visit.visitor, today)
    store = visit.store
    if day is None or (store is not None and (store.archived_at is not None or (store.closed_on is not None and store.closed_on < day))):
        return None
    planned = Visit.objects.filter(visitor=visit.visitor, status=VisitStatus.PLANNED, planned_on=day)
    same = planned.filter(store=store, account=visit.account).select_for_update(of=("self",)).order_by("pk").first()
    if same is not None:
        if same.callback_of_id is None:
            same.callback_of, same.version = visit, same.version + 1
            same.save(update_fields=["callback_of", "version", "updated_at"])
            record(same, "visit.plan_changed", actor=actor, changes={"callback_of": [None, str(visit)]})
        return same
    callback = Visit.objects.create(
        client_id=uuid.uuid5(visit.client_id, f"callback:{visit.version}"),  # whoever notices this miss plans the same visit
        account=visit.account,
        store=store,
        visitor=visit.visitor,
        created_by=actor or visit.visitor,
        planned_on=day,
        purpose=visit.purpose,
        objective=visit.objective,
        callback_of=visit,
    )
    changes = {"planned_on": [None, day.isoformat()], "callback_of": [None, str(visit)]}
    record(callback, "visit.callback_planned", actor=actor, changes=changes)
    return callback


def settle_callback(visit, actor):
    """Close what ``visit`` makes good for: call once it has taken place. Does nothing for a visit that is no call-back."""
    if visit.callback_of_id is None:
        return
    for task in _open_tasks(visit.callback_of):
        with override(task.assignee.language):
            outcome = _("Visited on %(day)s.") % {"day": visit.planned_on}
        close_task(task_id=task.pk, actor=_changer(actor, task), outcome=outcome)


def withdraw_callback(visit, actor):
    """Take back what was opened for ``visit``: it takes place after all, or was planned anew."""
    for callback in visit.callbacks.filter(status=VisitStatus.PLANNED).select_for_update(of=("self",)):
        move(callback, to=VisitStatus.CANCELLED, moves=VISIT_MOVES, version=callback.version + 1)
        record(callback, "visit.cancelled", actor=actor, changes={"status": [VisitStatus.PLANNED, VisitStatus.CANCELLED]})
    for task in _open_tasks(visit):
        with override(task.assignee.language):
            reason = _("The visit itself takes place after all.")
        cancel_task(task_id=task.pk, actor=_changer(actor, task), reason=reason)


def _open_tasks(visit):
    return list(Task.objects.filter(key=key_of(visit), status=TaskStatus.OPEN).select_related("assignee"))


def _changer(actor, task):
    """Who closes the task in the trail: the visitor, where the task is theirs; else the rule itself."""
    return actor if actor is not None and actor.pk == task.assignee_id else None
