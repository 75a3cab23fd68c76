"""List pages and creating a visit against bare Django on the same PostgreSQL: three alternating rounds, median.

    python benchmarks/pages.py [--stores 10000] [--visits 20000] [--requests 100] [--rounds 3]

Starts a PostgreSQL of its own, makes a company, serves the program and the floor (floor_site.py) by gunicorn and asks both in
turn. Prints one JSON object, and on stderr the rows for benchmarks/README.md: p95 ratios of the list page, its growth at ten
times the data, requests per second with 4 clients and 2 workers, and of a visit that is created.
"""

import argparse
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
LISTS = ("/stores/", "/stores/?q=store&sort=-name", "/accounts/", "/visits/")
WARM_UP = 15


# --- data ---------------------------------------------------------------------------------------------------------------------
def make_people():
    """(user, cookie): a supervisor of everything that the company has, signed in."""
    from django.test import Client

    from team.models import Team, User

    team = Team.objects.create(name="Benchmark")
    user = User.objects.create_user(email="bench@example.com", password=None, name="Ben Mark", role="administrator", team=team)
    client = Client()
    client.force_login(user)
    return user, "; ".join(f"{name}={cookie.value}" for name, cookie in client.cookies.items())


def make_accounts(count):
    from accounts.models import KeyAccount
    from accounts.services import rebuild_paths

    rows = [KeyAccount(code=f"B{number:04}", name=f"Chain {number:04}").fill_search() for number in range(count)]
    KeyAccount.objects.bulk_create(rows)
    rebuild_paths()


def make_stores(first, last):
    from accounts.models import KeyAccount, Store

    accounts = list(KeyAccount.objects.order_by("pk"))
    rows = [
        Store(
            account=accounts[number % len(accounts)], code=f"S{number:06}", name=f"Store {number:06}", retailer_store_no=str(number),
            region=f"Region {number % 7}", store_format="Hyper", city=f"City {number % 90}",
        ).fill_search()
        for number in range(first, last)
    ]  # fmt: skip
    Store.objects.bulk_create(rows, batch_size=2000)


def make_visits(user, first, last):
    from accounts.models import Store
    from visits.models import Visit

    stores = list(Store.objects.order_by("pk")[:2000])
    rows = [
        Visit(
            client_id=uuid.uuid4(), store=stores[number % len(stores)], account_id=stores[number % len(stores)].account_id, visitor=user,
            created_by=user, planned_on=date(2026, 1, 1) + timedelta(days=number % 300), status="cancelled",
        )
        for number in range(first, last)
    ]  # fmt: skip
    Visit.objects.bulk_create(rows, batch_size=2000)


def analyse():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


# --- servers and clients ------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def gunicorn(application, environment, *, workers, threads):
    """The port on which ``application`` answers."""
    from servers import free_port

    port = free_port()
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads",
               str(threads), "--worker-class", "gthread", "--no-control-socket", "--log-level", "warning", "--timeout", "120",
               "--keep-alive", "120"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _attempt in range(300):
            try:
                with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                    connection.request("GET", "/")
                    connection.getresponse()
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(f"{application} ended at once; its words are above.") from None
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


class Browser:
    """One connection that stays open, with a cookie."""

    def __init__(self, port, cookie=""):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": cookie} if cookie else {}

    def ask(self, verb, address, fields=None, **headers):
        """(seconds, status, body)."""
        body = urlencode(fields).encode() if fields is not None else None
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if fields is not None else {}
        started = time.perf_counter()
        self.connection.request(verb, address, body, {**self.headers, **kind, **headers})
        answer = self.connection.getresponse()
        text = answer.read()
        return time.perf_counter() - started, answer.status, text, answer

    def get(self, address):
        seconds, status, text, _answer = self.ask("GET", address)
        if status != 200:
            raise SystemExit(f"GET {address} answered {status}: {text[:300]!r}")
        return seconds


def p95(seconds):
    return sorted(seconds)[int(len(seconds) * 0.95) - 1]


def timed(browser, address, count):
    for _request in range(WARM_UP):
        browser.get(address)
    return p95([browser.get(address) for _request in range(count)])


def throughput(port, address, cookie, seconds, *, clients=4):
    """Requests per second of ``clients`` at once."""
    done, until = [0] * clients, time.perf_counter() + seconds

    def client(place):
        browser = Browser(port, cookie)
        while time.perf_counter() < until:
            browser.get(address)
            done[place] += 1

    threads = [threading.Thread(target=client, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


# --- what is measured -----------------------------------------------------------------------------------------------------------
def token_of(browser, address):
    """A form's token; its cookie joins those of the browser."""
    _seconds, _status, text, answer = browser.ask("GET", address)
    for header, value in answer.getheaders():
        if header.lower() == "set-cookie" and "csrf" in value:
            browser.headers["Cookie"] = "; ".join(filter(None, (browser.headers.get("Cookie"), value.split(";", 1)[0])))
    return text.decode().split('name="csrfmiddlewaretoken" value="', 1)[1].split('"', 1)[0]


def creating(browser, fields_of, count, first):
    """p95 of ``count`` visits created by POST."""
    token, seconds = token_of(browser, "/visits/plan/"), []
    for number in range(first, first + count):
        took, status, text, _answer = browser.ask("POST", "/visits/plan/", {"csrfmiddlewaretoken": token, **fields_of(number)})
        if status != 302:
            raise SystemExit(f"A visit was not created, but answered {status}: {text[:2000]!r}")
        seconds.append(took)
    return p95(seconds)


def lists(ours, floor, asked):
    """Median over the rounds of p95 ours ÷ p95 floor, by address; the floor is asked before and after."""
    ratios, ms = {address: [] for address in LISTS}, {address: [] for address in LISTS}
    floors = []
    for _round in range(asked.rounds):
        for address in LISTS:
            before = timed(floor, "/stores/", asked.requests)
            mine = timed(ours, address, asked.requests)
            bound = (before + timed(floor, "/stores/", asked.requests)) / 2
            floors.append(bound)
            ratios[address].append(mine / bound)
            ms[address].append(mine * 1000)
    return {
        "floor_p95_ms": round(statistics.median(floors) * 1000, 2),
        "list_p95_ms": {address: round(statistics.median(values), 2) for address, values in ms.items()},
        "list_to_floor": {address: round(statistics.median(values), 2) for address, values in ratios.items()},
    }


def visits_created(ours, floor, user, stores, asked):
    """Median of p95 ours ÷ p95 floor of a POST that creates a visit."""
    day = date.today() + timedelta(days=1)

    def of_floor(number):
        return {"store": stores[number % len(stores)], "planned_on": day.isoformat(), "objective": ""}

    def of_ours(number):
        fields = {"planned_on": (day + timedelta(days=number // len(stores))).isoformat(), "visitor": user.pk, "purpose": "routine"}
        return {"store": stores[number % len(stores)], "client_id": uuid.uuid4(), "objective": "", **fields}

    ratios, count = [], max(10, asked.requests // 2)
    for number in range(asked.rounds):
        bound = creating(floor, of_floor, count, number * count)
        ratios.append(creating(ours, of_ours, count, number * count) / bound)
    return round(statistics.median(ratios), 2)


def measure(asked, environment):
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    user, cookie = make_people()
    make_accounts(asked.accounts)
    make_stores(0, asked.stores // 10)
    make_visits(user, 0, asked.visits // 10)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE floor_visit (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, store_id bigint NOT NULL,"
            " planned_on date NOT NULL, objective varchar(250) NOT NULL)"
        )
    analyse()
    result = {"stores": asked.stores, "visits": asked.visits, "requests": asked.requests, "rounds": asked.rounds}
    with (
        gunicorn("ka_crm.wsgi:application", environment, workers=1, threads=2) as port,
        gunicorn("benchmarks.floor_site:application", environment, workers=1, threads=2) as floor_port,
    ):
        ours, floor = Browser(port, cookie), Browser(floor_port)
        small = {address: timed(ours, address, asked.requests) for address in LISTS}
        make_stores(asked.stores // 10, asked.stores)
        make_visits(user, asked.visits // 10, asked.visits)
        analyse()
        large = {address: timed(ours, address, asked.requests) for address in LISTS}
        result["at_ten_times_the_data"] = {address: round(large[address] / small[address], 2) for address in LISTS}
        result |= lists(ours, floor, asked)
        from accounts.models import Store

        stores = list(Store.objects.order_by("pk").values_list("pk", flat=True)[:500])
        result["visit_created_to_floor"] = visits_created(ours, floor, user, stores, asked)
    with (
        gunicorn("ka_crm.wsgi:application", environment, workers=2, threads=4) as port,
        gunicorn("benchmarks.floor_site:application", environment, workers=2, threads=4) as floor_port,
    ):
        shares = []
        for _round in range(asked.rounds):
            bound = throughput(floor_port, "/stores/", "", asked.seconds)
            shares.append(throughput(port, "/stores/", cookie, asked.seconds) / bound)
        result["requests_per_second_to_floor"] = round(statistics.median(shares), 2)
    connections.close_all()
    return result


def readme_rows(result):
    """The figures as lines of the table in benchmarks/README.md."""
    ratios = ", ".join(f"`{address}` {ratio} ×" for address, ratio in result["list_to_floor"].items())
    growth = ", ".join(f"`{address}` {ratio} ×" for address, ratio in result["at_ten_times_the_data"].items())
    return [
        f"| List page p95 ÷ bare Django list (goal ≤ 2.5) | `python benchmarks/pages.py` | {ratios} |",
        f"| The same at ten times the data (goal ≤ 1.5) | | {growth} |",
        f"| Requests/s, 4 clients, 2 workers ÷ floor (goal ≥ 0.4) | | {result['requests_per_second_to_floor']} |",
        f"| Create a visit p95 ÷ floor (goal ≤ 2.5) | | {result['visit_created_to_floor']} |",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name, default in (("accounts", 200), ("stores", 10_000), ("visits", 20_000), ("requests", 100), ("rounds", 3), ("seconds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    from servers import start_postgres

    server = start_postgres()
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ.update(
                DATABASE_URL=server.url, KA_DATA_DIR=folder, KA_MFA_ROLES="", KA_DEBUG="false", KA_LOG_LEVEL="WARNING",
                DJANGO_SETTINGS_MODULE="ka_crm.settings", PYTHONPATH=str(ROOT),
            )  # fmt: skip
            result = measure(asked, dict(os.environ))
    finally:
        server.stop()
    print(json.dumps(result, indent=1))
    print("\n".join(readme_rows(result)), file=sys.stderr)


if __name__ == "__main__":
    main()
