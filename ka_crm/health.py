"""Is the process up, can it work, and how is it doing: /healthz, /readyz and /metrics, for machines that watch machines."""

import hmac
import ipaddress
import os
import tempfile
import time
from pathlib import Path

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min
from django.db.models.functions import Coalesce
from django.db.utils import Error as DatabaseProblem
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from . import metrics, policy
from .backups.status import last_backup
from .broker import try_folder
from .jobs import wakeups
from .jobs.models import Job
from .jobs.states import JobState

log = structlog.get_logger(__name__)
READY, DEGRADED, UNAVAILABLE = "ready", "degraded", "unavailable"
# Without these nothing can be saved; a broker that is down only delays work for later (docs/decisions/0003).
NEEDED = ("database", "migrations", "storage")

_migrated = False  # a process that once saw all migrations applied need not read them again


@policy.public
@never_cache
@require_safe
def healthz(request):
    """The process answers. Asks nothing else, so a slow database never gets a healthy process killed."""
    return JsonResponse({"status": "ok"})


@policy.public
@never_cache
@require_safe
def readyz(request):
    """200 if people can work, also with a broker down (“degraded”); 503 while database, migrations or storage are not there."""
    checks = {name: _outcome(name, check) for name, check in CHECKS.items()}
    if any(checks[name] != "ok" for name in NEEDED):
        status = UNAVAILABLE
    else:
        status = READY if all(outcome == "ok" for outcome in checks.values()) else DEGRADED
    return JsonResponse({"status": status, "checks": checks}, status=503 if status == UNAVAILABLE else 200)


def _outcome(name, check):
    try:
        return check() or "ok"
    except Exception as error:  # whatever is wrong, the answer is “not ready”, and the reason is for the operator's log only
        log.warning("not ready", check=name, error=f"{type(error).__name__}: {error}")
        return "failed"


def _database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _migrations():
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "pending"
        _migrated = True
    return None


def _storage():
    """A file can be written where uploads and results go."""
    folder = Path(settings.KA_DATA_DIR)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".ready-") as file:
        file.write(b"ready")
        file.flush()
        os.fsync(file.fileno())


def _broker():
    if settings.REDIS_URL:
        import redis  # the embedded run has no server to ask

        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            client.ping()
    else:
        try_folder()
    return None


CHECKS = {"database": _database, "migrations": _migrations, "storage": _storage, "broker": _broker}


@policy.public
@never_cache
@require_safe
def metrics_page(request):
    """Prometheus' text; for this machine itself, or for who sends KA_METRICS_TOKEN as a bearer token."""
    if not _may_read_metrics(request):
        raise PermissionDenied
    text = metrics.as_text([*metrics.request_families(), *_job_families(), *_broker_families(), *_backup_families()])
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read_metrics(request):
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    if settings.KA_METRICS_TOKEN and scheme.lower() == "bearer":
        return hmac.compare_digest(given.strip().encode(), settings.KA_METRICS_TOKEN.encode())
    # Behind a proxy on this machine every request comes from loopback; the proxy's header tells them apart.
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip"))
    return not forwarded and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(address):
    try:
        return address == "" or ipaddress.ip_address(address).is_loopback  # a unix socket has no address
    except ValueError:
        return False


def _job_families():
    """Jobs by state, the age of the oldest one that could have started, and the dead letters."""
    now, began = timezone.now(), time.perf_counter()
    try:
        counts = dict.fromkeys(JobState.values, 0)
        counts |= dict(Job.objects.order_by().values_list("state").annotate(number=Count("pk")))
        since = Job.objects.due_at(now).aggregate(since=Min(Coalesce("run_after", "created_at")))["since"]
    except DatabaseProblem:
        return [("ka_database_up", "gauge", "Whether the database answers.", [({}, 0)])]
    return [
        ("ka_database_up", "gauge", "Whether the database answers.", [({}, 1)]),
        ("ka_metrics_query_seconds", "gauge", "Seconds the figures below took.", [({}, time.perf_counter() - began)]),
        ("ka_jobs", "gauge", "Jobs by state.", [({"state": state}, number) for state, number in counts.items()]),
        ("ka_jobs_dead_letters", "gauge", "Jobs that failed for good and wait for a person.", [({}, counts[JobState.FAILED])]),
        (
            "ka_jobs_oldest_due_seconds",
            "gauge",
            "Age of the oldest job that could have started; alert above 300.",
            [({}, (now - since).total_seconds() if since else 0)],
        ),
    ]


def _broker_families():
    process = str(os.getpid())
    return [
        (
            "ka_wakeups_total",
            "counter",
            "Wake-ups given to the broker, refused by it, or dropped unsent; the sweeper repeats what did not arrive.",
            [({"outcome": outcome, "process": process}, wakeups.counts[outcome]) for outcome in ("sent", "failed", "dropped")],
        ),
        ("ka_broker_up", "gauge", "Whether the broker answers.", [({}, int(_outcome("broker", _broker) == "ok"))]),
    ]


def _backup_families():
    """Nothing while no backup is known: alert on its absence too."""
    last = last_backup()
    if last is None:
        return []
    age = max((timezone.now() - last["made_at"]).total_seconds(), 0)
    return [
        ("ka_backup_age_seconds", "gauge", "Age of the last good backup that this machine knows of.", [({}, age)]),
        ("ka_backup_bytes", "gauge", "Size of the last good backup.", [({}, last["bytes"])]),
    ]
