"""What the queue comes to, for the command line."""

from django.db.models import Count
from django.utils import timezone

from .models import Job
from .states import JobState

TOLD = ("kind", "subject", "attempts", "last_error")


def queue_figures(*, now=None):
    """Jobs by state, seconds that the oldest startable one has waited, and the dead letters (the last twenty)."""
    now = now or timezone.now()
    counts = dict.fromkeys(JobState.values, 0) | dict(Job.objects.order_by().values_list("state").annotate(Count("pk")))
    waits = [job.run_after or job.created_at for job in Job.objects.due_at(now).order_by("created_at")[:1]]
    dead = Job.objects.filter(state=JobState.FAILED).order_by("-finished_at", "-pk")[:20]
    return {
        "counts": counts,
        "oldest_due_seconds": round((now - waits[0]).total_seconds(), 1) if waits else 0,
        "dead_letters": [{"uuid": str(job.uuid)} | {name: getattr(job, name) for name in TOLD} for job in dead],
    }
