"""Dashboards of the whole company against a bare list page and the bare SQL over the same rollups; PostgreSQL, three rounds, median.

    python tests/servers.py run -- python benchmarks/dashboards.py [--size large] [--rounds 3] [--requests 20]
    DATABASE_URL=postgres://… python benchmarks/dashboards.py --there

Loads the demo company of that size (skipped where the database holds one already), or with --there measures what the database at
DATABASE_URL holds and leaves it as it is: all in one transaction that is rolled back. Prints one JSON object: per round the p95
of “floor” (one indexed query, 50 rows, a bare template), of the bare statements that the figures need, and of our pages, read anew
(``fresh``) and from memory (``kept``). The goal of design.md §5 is ratio_fresh ≤ 3: our page against floor + bare SQL.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOOR = "{% for row in rows %}<tr><td>{{ row.0 }}</td><td>{{ row.1 }}</td></tr>{% endfor %}"


def p95(seconds):
    """The 95th percentile by rank, in milliseconds."""
    ordered = sorted(seconds)
    return round(ordered[max(0, -(-len(ordered) * 95 // 100) - 1)] * 1000, 1)


def timed(work, times):
    found = []
    for _once in range(times):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return found


def bare_statements(newest):
    """The figures of the company's page by hand: both years by account, by product, share of the newest month twice, distribution."""
    first, before = newest.replace(month=1), newest.replace(year=newest.year - 1)
    sums = "SUM(f.units), SUM(f.net_minor)"
    months = f"f.month BETWEEN '{first.replace(year=first.year - 1)}' AND '{newest}'"
    by_product = (
        f"SELECT a.currency, f.product_id, {sums} FROM sales_accountproductmonth f JOIN accounts_keyaccount a ON a.id = f.account_id"
        " WHERE f.month BETWEEN '{0}' AND '{1}' GROUP BY 1, 2"
    )
    share = (
        "SELECT a.currency, c.category_id, SUM(f.net_minor) FROM sales_categorytotal c JOIN accounts_keyaccount a ON a.id = c.account_id"
        " JOIN sales_storeproductmonth f ON f.month = c.month AND f.store_id = c.store_id"
        " JOIN sales_product p ON p.id = f.product_id AND p.category_id = c.category_id"
        " WHERE c.month = '{0}' AND f.month = '{0}' GROUP BY 1, 2"
    )
    market = (
        "SELECT a.currency, c.category_id, SUM(c.market_net_minor) FROM sales_categorytotal c"
        " JOIN accounts_keyaccount a ON a.id = c.account_id WHERE c.month = '{0}' GROUP BY 1, 2"
    )
    return [
        f"SELECT f.account_id, f.month, {sums} FROM sales_accountproductmonth f WHERE {months} GROUP BY 1, 2",
        by_product.format(first, newest),
        by_product.format(first.replace(year=first.year - 1), before),
        *(statement.format(month) for statement in (share, market) for month in (newest, before)),
        "SELECT f.month, f.product_id, COUNT(*) FROM sales_storeproductmonth f JOIN accounts_store s ON s.id = f.store_id"
        f" WHERE f.month IN ('{newest}', '{before}') AND f.units > 0 AND s.archived_at IS NULL GROUP BY 1, 2",
        "SELECT f.month, COUNT(DISTINCT f.store_id) FROM sales_storeproductmonth f"
        f" WHERE f.month IN ('{newest}', '{before}') AND f.units > 0 GROUP BY 1",
    ]


def run_bare(statements):
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()


def floor_page():
    """A bare list page of Django: one indexed query, 50 rows, one template, no shell."""
    from django.template import engines

    from accounts.models import Store

    rows = Store.objects.order_by("pk").values_list("code", "name")[:50]
    return engines["django"].from_string(FLOOR).render({"rows": rows})


def statements_of(client, address):
    """How many statements the page asks, and whether one of them names the table of single rows."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code}")
    detail = [query["sql"] for query in captured if " sales_sellout " in query["sql"] or '"sales_sellout"' in query["sql"]]
    return len(captured), bool(detail)


def sizes():
    from accounts.models import KeyAccount, Store
    from sales.models import AccountProductMonth, StoreProductMonth
    from visits.models import Visit

    return {model._meta.model_name: model.objects.count() for model in (KeyAccount, Store, AccountProductMonth, StoreProductMonth, Visit)}


def measure(asked):
    from django.test import Client
    from django.utils import timezone

    from reports.dashboards.scope import known_months
    from sales.models import AccountProductMonth
    from team.models import User

    accounts = list(AccountProductMonth.objects.values_list("account_id", flat=True).distinct())
    statements = bare_statements(known_months(accounts, timezone.localdate())[1] or date(2026, 1, 1))
    people = {
        role: User.objects.filter(role=role, is_active=True).order_by("pk").first()
        for role in ("administrator", "supervisor", "ka_manager")
    }
    clients = {role: Client(HTTP_HOST="localhost") for role in people}
    for role, client in clients.items():
        client.force_login(people[role])
    pages = {
        "company": ("administrator", "/dashboards/figures/"),
        "team": ("supervisor", "/dashboards/team/"),
        "day": ("ka_manager", "/dashboards/day/"),
        "findings": ("ka_manager", "/dashboards/findings/"),
    }
    found = {"rows": sizes(), "statements": {}, "rounds": []}
    for name, (role, address) in pages.items():
        found["statements"][name] = dict(zip(("count", "reads_detail"), statements_of(clients[role], f"{address}?fresh=1"), strict=True))
    for _round in range(asked.rounds):
        one = {"floor": p95(timed(floor_page, asked.requests)), "bare_sql": p95(timed(lambda: run_bare(statements), asked.requests))}
        for name, (role, address) in pages.items():
            client = clients[role]
            one[f"{name}_fresh"] = p95(timed(lambda client=client, address=address: client.get(f"{address}?fresh=1"), asked.requests))
            one[f"{name}_kept"] = p95(timed(lambda client=client, address=address: client.get(address), asked.requests))
        found["rounds"].append(one)
    found["median_ms"] = {name: statistics.median(one[name] for one in found["rounds"]) for name in found["rounds"][0]}
    bound = found["median_ms"]["floor"] + found["median_ms"]["bare_sql"]
    found["ratio_fresh"] = round(found["median_ms"]["company_fresh"] / bound, 2)
    found["ratio_kept"] = round(found["median_ms"]["company_kept"] / bound, 2)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--size", default="large")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--there", action="store_true", help="measure the company that DATABASE_URL holds; nothing is written")
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "ka_crm.settings"
    os.environ.setdefault("KA_MFA_ROLES", "")
    os.environ.setdefault("KA_LOG_LEVEL", "WARNING")
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as scratch:
        os.environ.setdefault("KA_DATA_DIR", scratch)
        import django

        django.setup()
        from django.db import transaction

        if asked.there:
            with transaction.atomic():  # signing in writes a session
                print(json.dumps(measure(asked), indent=1))
                transaction.set_rollback(True)
            return
        from django.core.management import call_command

        from reports.demo.company import is_loaded

        call_command("migrate", verbosity=0)
        if not is_loaded():
            call_command("load_demo", size=asked.size, stdout=sys.stderr)
        print(json.dumps(measure(asked), indent=1))


if __name__ == "__main__":
    main()
