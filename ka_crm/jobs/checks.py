"""Start-up checks of the queue's settings; the worker refuses to start on them (worker.py)."""

from django.conf import settings
from django.core.checks import Error, register


@register("jobs")
def queue_settings(app_configs=None, **kwargs):
    """Problems that would make jobs run twice or be taken for dead."""
    problems = []
    lease, heartbeat = settings.JOBS_LEASE_SECONDS, settings.JOBS_HEARTBEAT_SECONDS
    options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
    visibility = min(options.get("visibility_timeout", settings.CELERY_VISIBILITY_TIMEOUT), settings.CELERY_VISIBILITY_TIMEOUT)
    hard, soft = settings.CELERY_TASK_TIME_LIMIT, settings.CELERY_TASK_SOFT_TIME_LIMIT
    if visibility <= hard:
        problems.append(
            Error(
                f"Redis gives a message out again after {visibility:g} s, but a job may take {hard:g} s.",
                hint="Set KA_JOBS_VISIBILITY_SECONDS above KA_JOBS_HARD_LIMIT_SECONDS.",
                id="jobs.E001",
            )
        )
    if soft >= hard:
        problems.append(
            Error(
                f"A job is told to stop after {soft:g} s and is killed after {hard:g} s.",
                hint="Set KA_JOBS_SOFT_LIMIT_SECONDS below KA_JOBS_HARD_LIMIT_SECONDS.",
                id="jobs.E002",
            )
        )
    if lease < 3 * heartbeat:
        problems.append(
            Error(
                f"A run is taken for dead after {lease:g} s, but says that it lives only every {heartbeat:g} s.",
                hint="Set KA_JOBS_LEASE_SECONDS to at least three times KA_JOBS_HEARTBEAT_SECONDS.",
                id="jobs.E003",
            )
        )
    return problems
