"""Celery's settings: the Job row is the truth and the broker only a wake-up (docs/decisions/0003-job-rows-and-the-broker.md).

Without REDIS_URL messages are files under ``KA_DATA_DIR/broker`` and a worker is one process with threads; with it they
are in Redis and a worker is a family of processes, which time limits and memory limits can end.
"""

from kombu.transport import TRANSPORT_ALIASES

from . import environment

TRANSPORT_ALIASES["kafs"] = "ka_crm.broker:Transport"  # kombu takes no module path in an address (celery/kombu#2641)
TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "ka_crm.redis_broker:Transport"

REDIS_URL = environment.redis("REDIS_URL")

# --- our own loop ---------------------------------------------------------------------------------------------------------
JOBS_SWEEP_SECONDS = environment.number("KA_JOBS_SWEEP_SECONDS", 10 if REDIS_URL else 2, above=0)
JOBS_LEASE_SECONDS = environment.number("KA_JOBS_LEASE_SECONDS", 60, above=0)  # a run whose heartbeat stands still that long is taken over
JOBS_HEARTBEAT_SECONDS = environment.number("KA_JOBS_HEARTBEAT_SECONDS", min(10, JOBS_LEASE_SECONDS / 5), above=0)
JOBS_BACKOFF_SECONDS = environment.number("KA_JOBS_BACKOFF_SECONDS", 5)  # wait after the first failed attempt; doubles each time
JOBS_FIRST_RESEND_SECONDS = environment.number("KA_JOBS_FIRST_RESEND_SECONDS", 15, above=0)  # the first wake-up may have been lost
JOBS_RESEND_SECONDS = environment.number("KA_JOBS_RESEND_SECONDS", 60, above=0)
JOBS_UNAIDED_SECONDS = environment.number("KA_JOBS_UNAIDED_SECONDS", 30, above=0)  # a broker away for longer is done without
JOBS_KEEP_DAYS = environment.number("KA_JOBS_KEEP_DAYS", 90, unit="days")  # finished jobs; dead letters stay until somebody decides
JOBS_SEND_TIMEOUT = 1.0  # seconds a send may wait for the broker, in a thread that nobody waits for

# --- Celery ---------------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "kafs://"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
CELERY_TASK_DEFAULT_QUEUE = "jobs"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True  # endless by itself; bounded by the attempts that the row counts before the work
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # the row is claimed: the broker need not know
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_ENABLE_UTC = True
# Celery closes the connection around each task, and a new one costs PostgreSQL 7 ms; jobs.run itself closes what is stale.
CELERY_DB_REUSE_MAX = 1000

CELERY_TASK_SOFT_TIME_LIMIT = environment.number("KA_JOBS_SOFT_LIMIT_SECONDS", 8 * 60, above=0)
CELERY_TASK_TIME_LIMIT = environment.number("KA_JOBS_HARD_LIMIT_SECONDS", 10 * 60, above=0)
CELERY_VISIBILITY_TIMEOUT = environment.number(
    "KA_JOBS_VISIBILITY_SECONDS", 15 * 60, above=0
)  # above the hard limit, or long jobs arrive twice
# So long a worker that is done goes on with the next due job by itself. The limits count from the message: each job keeps 98 % of them.
JOBS_GO_ON_SECONDS = min(10, CELERY_TASK_SOFT_TIME_LIMIT / 50)

if REDIS_URL:
    CELERY_WORKER_POOL = "prefork"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": CELERY_VISIBILITY_TIMEOUT,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,  # else an abandoned message may wait 100 s longer
        "socket_connect_timeout": 5,
        "socket_timeout": 30,  # above the 1 s that a consumer waits for a message; ends a wait on a dead connection
        "health_check_interval": 25,
    }
    # Read only where a result backend is, which we have not; named so that nobody adds one with the default of an hour.
    CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT}
    CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
    CELERY_WORKER_MAX_MEMORY_PER_CHILD = environment.whole("KA_JOBS_MEMORY_MB", 1024, least=64) * 1024
    CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 60
else:
    # Threads: prefork hangs for ever when its process group is signalled, and one process saves 30 MiB.
    CELERY_WORKER_POOL = "threads"
    CELERY_WORKER_CONCURRENCY = environment.whole("KA_JOBS_THREADS", 2)
    CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.1}
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # one worker, on this machine; each control queue is one more folder scan
