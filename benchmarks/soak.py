"""Mixed work at a steady pace for a while: errors, p95, and whether memory, connections, files or Redis keys grow (reliability L1).

    python benchmarks/soak.py [--minutes 30] [--rate 20] [--stores 2000] [--visits 5000]

Starts a PostgreSQL and a Redis of its own, makes a company, serves it by gunicorn with a worker beside it, and asks for pages,
searches, files and saved visits in turn, by ten people at once. Figures of memory and files are taken after a warm-up of a
tenth of the time (at most three minutes) and at the end. Prints one JSON object; exit 1 if a request failed.
"""

import argparse
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

from pages import ROOT, Browser, analyse, gunicorn, make_accounts, make_people, make_stores, make_visits, p95, token_of

CLIENTS = 10
# How often of a hundred requests; a saved visit is a POST of a phone's document.
MIX = {
    "/": 15, "/stores/": 12, "/stores/?q=store+00&sort=-name": 8, "/accounts/": 8, "/visits/": 12, "/visits/?sort=-planned_on": 5,
    "/search/?q=chain": 5, "/inbox/": 5, "/stores/{store}/": 10, "/stores/?export=csv&q=store+000": 2, "/readyz": 3, "visit": 15,
}  # fmt: skip


class Clients:
    """Threads that do what the queue says, each over a connection that stays open."""

    def __init__(self, port, cookie, stores):
        self.port, self.cookie, self.stores = port, cookie, stores
        self.work, self.seconds, self.failures, self.statuses = queue.Queue(), defaultdict(list), Counter(), Counter()
        self.threads = [threading.Thread(target=self._client, args=(place,), daemon=True) for place in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def _client(self, place):
        browser = Browser(self.port, self.cookie)
        token = token_of(browser, "/visits/plan/")
        number = place
        while (what := self.work.get()) is not None:
            number += CLIENTS
            store = self.stores[number % len(self.stores)]
            try:
                seconds, status = self._ask(browser, token, what, store)
            except Exception as error:  # whatever it was, it counts
                self.failures[f"{what}: {type(error).__name__}"] += 1
                browser = Browser(self.port, browser.headers["Cookie"])
                continue
            self.seconds[what].append(seconds)
            self.statuses[status] += 1
            if status != 200:
                self.failures[f"{what}: {status}"] += 1

    @staticmethod
    def _ask(browser, token, what, store):
        if what != "visit":
            seconds, status, _text, _answer = browser.ask("GET", what.format(store=store))
            return seconds, status
        document = {"visit": str(uuid.uuid4()), "header": {"store": store, "purpose": "routine"}}
        body = json.dumps({**document, "check_in": {"at": datetime.now(UTC).isoformat()}})
        started = time.perf_counter()
        browser.connection.request(
            "POST", "/visits/api/record/", body, {**browser.headers, "Content-Type": "application/json", "X-CSRFToken": token}
        )
        answer = browser.connection.getresponse()
        answer.read()
        return time.perf_counter() - started, answer.status

    def pace(self, rate, seconds):
        """Put ``rate`` requests a second into the queue; answers the longest that it ever was, a backlog being a failure of its own."""
        round_of = [what for what, share in MIX.items() for _one in range(share)]
        order = [round_of[(place * 37) % len(round_of)] for place in range(len(round_of))]
        began, asked, longest = time.monotonic(), 0, 0
        while (now := time.monotonic() - began) < seconds:
            while asked < now * rate:
                self.work.put(order[asked % len(order)])
                asked += 1
            longest = max(longest, self.work.qsize())
            time.sleep(0.01)
        return longest

    def end(self):
        for _thread in self.threads:
            self.work.put(None)
        for thread in self.threads:
            thread.join(timeout=120)


def processes_of(pid):
    """``pid`` and all processes below it."""
    below = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return [pid, *(one for child in below for one in processes_of(int(child)))]


def weight(pids):
    """(megabytes of their own memory, open files) of the processes together."""
    kilobytes = files = 0
    for pid in pids:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        files += len(os.listdir(f"/proc/{pid}/fd"))
    return round(kilobytes / 1024), files


def look(web, worker):
    """What must not grow."""
    import redis
    from django.conf import settings
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        connections = cursor.fetchone()[0]
    web_memory, web_files = weight(web)
    worker_memory, worker_files = weight(worker)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        keys = client.dbsize()
    return {
        "web_mb": web_memory, "web_files": web_files, "worker_mb": worker_memory, "worker_files": worker_files,
        "connections": connections, "redis_keys": keys,
    }  # fmt: skip


def web_processes(port):
    """Those that gunicorn runs on ``port``."""
    words = subprocess.run(["pgrep", "-f", f"127.0.0.1:{port} "], capture_output=True, text=True).stdout.split()
    return sorted({int(pid) for pid in words if Path(f"/proc/{pid}/smaps_rollup").exists()})


def measure(asked, environment):
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.models import Store
    from ka_crm.jobs.models import Job

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    user, cookie = make_people()
    make_accounts(50)
    make_stores(0, asked.stores)
    make_visits(user, 0, asked.visits)
    analyse()
    stores = list(Store.objects.order_by("pk").values_list("pk", flat=True)[:500])
    worker = subprocess.Popen([str(ROOT / "bin" / "worker"), "-c", "1"], cwd=ROOT, env=environment, start_new_session=True)
    try:
        with gunicorn("ka_crm.wsgi:application", environment, workers=2, threads=4) as port:
            clients = Clients(port, cookie, stores)
            warm_up = min(asked.minutes * 6, 180)
            clients.pace(asked.rate, warm_up)
            web = web_processes(port)
            before = look(web, processes_of(worker.pid))
            clients.seconds.clear()
            backlog = clients.pace(asked.rate, asked.minutes * 60 - warm_up)
            after = look(web, processes_of(worker.pid))
            clients.end()
        states = dict(Counter(Job.objects.values_list("state", flat=True)))
    finally:
        worker.terminate()
        worker.wait(timeout=90)
    every = [one for seconds in clients.seconds.values() for one in seconds]
    return {
        "minutes": asked.minutes,
        "requests": len(every),
        "per_second": round(len(every) / (asked.minutes * 60 - warm_up), 1),
        "failures": dict(clients.failures),
        "longest_backlog": backlog,
        "p50_ms": round(sorted(every)[len(every) // 2] * 1000),
        "p95_ms": round(p95(every) * 1000),
        "p95_ms_by_page": {what: round(p95(seconds) * 1000) for what, seconds in clients.seconds.items() if len(seconds) > 20},
        "after_warm_up": before,
        "at_the_end": after,
        "jobs": states,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name, default in (("minutes", 30.0), ("rate", 20.0)):
        parser.add_argument(f"--{name}", type=float, default=default)
    for name, default in (("stores", 2_000), ("visits", 5_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whoever ends it early leaves no server behind
    from servers import start_postgres, start_redis

    database, broker = start_postgres(), start_redis()
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ.update(
                DATABASE_URL=database.url, REDIS_URL=broker.url, KA_DATA_DIR=folder, KA_MFA_ROLES="", KA_DEBUG="false",
                KA_LOG_LEVEL="WARNING", DJANGO_SETTINGS_MODULE="ka_crm.settings", PYTHONPATH=str(ROOT),
            )  # fmt: skip
            result = measure(asked, dict(os.environ))
    finally:
        broker.stop()
        database.stop()
    print(json.dumps(result, indent=1, ensure_ascii=False))
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
