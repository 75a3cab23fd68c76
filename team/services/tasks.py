"""The verbs of tasks: open, change, hand over, close with what came of it, reopen, cancel. One audit entry each."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, NotAllowed, StaleRecord
from ka_crm.moves import check_move
from ka_crm.text import clean_text

from ..audit import changed_fields, on_behalf, record
from ..leaders import deciders_for
from ..models import Task
from ..states import TASK_MOVES, TaskStatus
from ..subjects import about
from .notifications import notify

CHANGEABLE = frozenset({"title", "details", "assignee", "priority", "due_on"})


@transaction.atomic
def open_task(*, title, assignee, actor=None, due_on=None, subject=None, kind="manual", key="", details="", priority=Task.Priority.NORMAL):
    """Give ``assignee`` something to do; returns the Task. With ``key`` it is opened once and for all: the row of that key comes back.

    ``actor`` None is a rule of the program. ``subject`` is the record that it is about. Raises DomainError for somebody who may not
    sign in, ValidationError (by field) for bad values.
    """
    if key and (known := Task.objects.filter(key=key).first()):
        return known
    if not assignee.is_active:
        raise DomainError(_("%(name)s may not sign in and cannot be given tasks. Choose somebody else.") % {"name": assignee})
    task = Task(
        title=clean_text(title),
        details=clean_text(details),
        kind=kind,
        key=key,
        assignee=assignee,
        created_by=actor,
        priority=priority,
        due_on=due_on,
        **(about(subject) if subject is not None else {}),
    )
    task.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            task.save()
    except IntegrityError:
        if not key:
            raise
        return Task.objects.get(key=key)  # a rival opened it in this moment
    changes = {"assignee": [None, str(assignee)], "due_on": [None, due_on and str(due_on)]}
    behalf = on_behalf(actor, subject) if subject is not None else None
    record(task, "task.opened", actor=actor, changes=changes, on_behalf_of=behalf, account_id=task.account_ref)
    _tell_new_assignee(task, actor)
    return task


@transaction.atomic
def change_task(*, task_id, actor, expected_version=None, **values):
    """Change title, details, priority, due day, or hand the task over (``assignee``); returns the Task.

    Raises NotAllowed unless ``may_change``, IllegalMove for a closed task, StaleRecord, ValidationError by field.
    """
    if unknown := set(values) - CHANGEABLE:
        raise TypeError(f"change_task does not change {', '.join(sorted(unknown))}.")
    task = _locked(task_id, actor, expected_version)
    if task.status != TaskStatus.OPEN:
        raise DomainError(
            _("“%(task)s” is closed (%(status)s). Open it again first.") % {"task": task, "status": task.get_status_display()}
        )
    for field in {"title", "details"} & set(values):
        values[field] = clean_text(values[field])
    changes = changed_fields(task, values)
    if not changes:
        return task
    if "assignee" in changes and not values["assignee"].is_active:
        raise ValidationError({"assignee": _("%(name)s may not sign in and cannot be given tasks.") % {"name": values["assignee"]}})
    for field, value in values.items():
        setattr(task, field, value)
    task.full_clean(validate_unique=False, validate_constraints=False)
    _save(task, [*values])
    verb = "task.handed_over" if "assignee" in changes else "task.changed"
    record(task, verb, actor=actor, changes=changes, on_behalf_of=task.behalf, account_id=task.account_ref)
    if "assignee" in changes:
        _tell_new_assignee(task, actor)
    return task


def close_task(*, task_id, actor, outcome="", version=None):
    """Note that the task is done, and what came of it. ``actor`` None is a rule that saw that there is nothing left to do."""
    return _end(task_id, TaskStatus.DONE, "task.done", actor, clean_text(outcome), version)


def cancel_task(*, task_id, actor, reason="", version=None):
    """Take a task back that need not be done any more."""
    return _end(task_id, TaskStatus.CANCELLED, "task.cancelled", actor, clean_text(reason), version)


@transaction.atomic
def reopen_task(*, task_id, actor, version=None):
    """Open a done or cancelled task again; what came of it stays in the history."""
    task = _locked(task_id, actor, version)
    was = task.status
    check_move(TaskStatus(was), to=TaskStatus.OPEN, moves=TASK_MOVES)
    task.status, task.closed_at, task.closed_by, task.outcome = TaskStatus.OPEN, None, None, ""
    _save(task, ["status", "closed_at", "closed_by", "outcome"])
    changes = {"status": [was, task.status]}
    record(task, "task.reopened", actor=actor, changes=changes, on_behalf_of=task.behalf, account_id=task.account_ref)
    if task.assignee.is_active:
        _tell_new_assignee(task, actor)
    return task


def may_change(user, task):
    """Whether ``user`` may change, close or hand over ``task``: whose it is, who gave it, their deputies, and their supervisors."""
    mine = {user.pk, *(person.pk for person in user.acts_for)}
    if mine & {task.assignee_id, task.created_by_id}:
        return True
    return user.has_capability("people.view") and (task.assignee_id in user.people_in_scope or user.has_capability("people.manage"))


@transaction.atomic
def _end(task_id, to, verb, actor, words, version):
    task = _locked(task_id, actor, version)
    was = task.status
    check_move(TaskStatus(was), to=to, moves=TASK_MOVES)
    task.status, task.closed_at, task.closed_by, task.outcome = to, timezone.now(), actor, words
    _save(task, ["status", "closed_at", "closed_by", "outcome"])
    changes = {"status": [was, str(to)]}
    record(task, verb, actor=actor, changes=changes, reason=words, on_behalf_of=task.behalf, account_id=task.account_ref)
    if task.created_by_id and actor and task.created_by_id != actor.pk and task.created_by.is_active:
        kind = "tasks.done" if to == TaskStatus.DONE else "tasks.cancelled"
        notify([task.created_by], kind, subject=task, task=task.title, person=str(actor))
    return task


def _locked(task_id, actor, version):
    """The task, with the absent person for whom ``actor`` acts as ``behalf``: once it is handed over, that cannot be seen any more."""
    task = Task.objects.select_for_update(of=("self",)).select_related("assignee", "created_by").get(pk=task_id)
    if actor is not None and not may_change(actor, task):
        raise NotAllowed(_("“%(task)s” is changed by whose task it is, by who gave it, or by their supervisor.") % {"task": task})
    if version is not None and task.version != version:
        raise StaleRecord(_("Somebody else has changed the task “%(task)s” in the meantime.") % {"task": task})
    task.behalf = on_behalf(actor, task)
    return task


def _save(task, fields):
    task.version += 1
    task.save(update_fields=[*fields, "version", "updated_at"])


def _tell_new_assignee(task, actor):
    """Nobody is told of what they gave themselves."""
    if actor is not None and actor.pk == task.assignee_id:
        return
    words = {"task": task.title, "due_on": task.due_on}
    notify([task.assignee], "tasks.given_due" if task.due_on else "tasks.given", subject=task, person=str(actor or ""), **words)


def hand_over_all(*, person, actor):
    """Move the open tasks of somebody who leaves to who leads them, else an administrator, each with its audit entry; returns how many."""
    heir = next(iter(deciders_for(person)), None)
    if heir is None:
        return 0
    tasks = list(Task.objects.open().filter(assignee=person).select_for_update(of=("self",)).order_by("pk"))
    for task in tasks:
        task.assignee = heir
        _save(task, ["assignee"])
        record(task, "task.handed_over", actor=actor, changes={"assignee": [str(person), str(heir)]}, account_id=task.account_ref)
        _tell_new_assignee(task, actor)
    return len(tasks)
