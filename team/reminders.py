"""Tasks that are due or late: who is told, once a task and due day, in the person's own day."""

from datetime import timedelta

from .digests import zone_of
from .models import Notification, Task
from .services.notifications import notify

CAUGHT_UP_FOR = timedelta(days=7)
BATCH = 500


def remind(now):
    """Tell the assignees; returns how many were told. A second call at the same time tells nobody twice: the keys are unique."""
    today = now.date()
    near = Task.objects.open().filter(due_on__gte=today - CAUGHT_UP_FOR, due_on__lte=today + timedelta(days=1), assignee__is_active=True)
    told, batch = 0, []
    for task in near.select_related("assignee").order_by("pk").iterator(chunk_size=BATCH):
        if kind := _kind(task, now):
            batch.append((task, kind, f"{kind}:{task.pk}:{task.due_on}"))
        if len(batch) == BATCH:
            told += _tell(batch)
            batch = []
    return told + _tell(batch)


def _kind(task, now):
    local = now.astimezone(zone_of(task.assignee)).date()
    if task.due_on > local:
        return None
    return "tasks.due" if task.due_on == local else "tasks.overdue"


def _tell(batch):
    known = set(Notification.objects.filter(key__in=[key for _task, _kind, key in batch]).values_list("user_id", "key"))
    fresh = [(task, kind, key) for task, kind, key in batch if (task.assignee_id, key) not in known]
    for task, kind, key in fresh:
        notify([task.assignee], kind, subject=task, key=key, task=task.title, due_on=task.due_on)
    return len(fresh)
