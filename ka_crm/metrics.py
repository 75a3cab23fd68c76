"""What /metrics counts in this process, and the text that Prometheus reads.

Counters of requests belong to one process and say so by the label ``process``; gauges about jobs come from the database and
are the same wherever they are asked.
"""

import os
import threading
from collections import defaultdict

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

_lock = threading.Lock()
# (method, route, status class) → [requests, seconds, statements, database seconds]
_requests = defaultdict(lambda: [0, 0.0, 0, 0.0])


def observe(method, route, status, seconds, statements):
    """Count one answered request; ``statements`` has ``count`` and ``seconds``."""
    key = (method if method in METHODS else "other", route, f"{status // 100}xx")
    with _lock:
        row = _requests[key]
        row[0] += 1
        row[1] += seconds
        row[2] += statements.count
        row[3] += statements.seconds


def request_families():
    """The counters of this process as (name, kind, help, [(labels, value)])."""
    with _lock:
        rows = sorted((key, tuple(row)) for key, row in _requests.items())
    columns = [
        ("ka_http_requests_total", "Requests answered."),
        ("ka_http_request_seconds_total", "Seconds from the first byte of a request to its answer."),
        ("ka_http_statements_total", "SQL statements of requests."),
        ("ka_http_database_seconds_total", "Seconds that requests waited for SQL."),
    ]
    process = str(os.getpid())
    return [
        (name, "counter", told, [({"method": m, "route": r, "status": s, "process": process}, row[at]) for (m, r, s), row in rows])
        for at, (name, told) in enumerate(columns)
    ]


def _label(value):
    return str(value).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def as_text(families):
    """Prometheus' text format 0.0.4 of (name, kind, help, [(labels, value)])."""
    lines = []
    for name, kind, told, samples in families:
        lines += [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]
        for labels, value in samples:
            inside = ",".join(f'{key}="{_label(text)}"' for key, text in labels.items())
            lines.append(f"{name}{{{inside}}} {value:.10g}" if inside else f"{name} {value:.10g}")
    return "\n".join(lines) + "\n"
