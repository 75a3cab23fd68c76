"""Monthly reports of all accounts against the same rollups by hand, and their PDFs against Typst alone; PostgreSQL, rounds in turn, median.

    python tests/servers.py run -- python benchmarks/reports.py [--accounts 200] [--rounds 3] [--pdfs 200] [--profile]

Makes a company of rollups (50 stores per account, 60 products sold per store and month), then times in turn: the grouped sums that
a monthly report needs, written by hand and fetched; all sections of one order about every account, people, team and company; the
PDFs of these reports and Typst's own part of that. Prints one JSON object.
"""

import argparse
import cProfile
import json
import os
import pstats
import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PERIOD = "2026-03"
TODAY = date(2026, 4, 2)
STORES, PRODUCTS, PER_STORE, CATEGORIES = 50, 500, 60, 10

# Sums as one would write them for this report alone: no scope, no tree, no names.
BY_HAND = (
    "SELECT account_id, month, SUM(units), SUM(gross_minor), SUM(discount_minor), SUM(net_minor) FROM sales_accountproductmonth"
    " WHERE month BETWEEN '2025-01-01' AND '2026-03-01' GROUP BY 1, 2",
    *(
        "SELECT account_id, product_id, SUM(units), SUM(gross_minor), SUM(discount_minor), SUM(net_minor)"
        f" FROM sales_accountproductmonth WHERE month = '{month}' GROUP BY 1, 2"
        for month in ("2026-03-01", "2026-02-01", "2025-03-01")
    ),
    *(
        f"SELECT store_id, SUM(units), SUM(net_minor) FROM sales_storeproductmonth WHERE month = '{month}' GROUP BY 1"
        for month in ("2026-03-01", "2026-02-01")
    ),
    *(
        "SELECT c.account_id, c.category_id, SUM(f.net_minor) FROM sales_categorytotal c"
        " JOIN sales_storeproductmonth f ON f.month = c.month AND f.store_id = c.store_id"
        " JOIN sales_product p ON p.id = f.product_id AND p.category_id = c.category_id"
        f" WHERE c.month = '{month}' AND f.month = '{month}' GROUP BY 1, 2"
        for month in ("2026-03-01", "2026-02-01")
    ),
    *(
        f"SELECT account_id, category_id, SUM(market_net_minor) FROM sales_categorytotal WHERE month = '{month}' GROUP BY 1, 2"
        for month in ("2026-03-01", "2026-02-01")
    ),
    *(
        "SELECT s.account_id, s.product_id, COUNT(*), SUM(c.market_net_minor) FROM ("
        "SELECT account_id, store_id, product_id FROM sales_storeproductmonth"
        f" WHERE month = '{month}' GROUP BY 1, 2, 3 HAVING SUM(units) > 0) s"
        " JOIN sales_product p ON p.id = s.product_id LEFT JOIN sales_categorytotal c ON c.store_id = s.store_id"
        f" AND c.category_id = p.category_id AND c.month = '{month}' GROUP BY 1, 2"
        for month in ("2026-03-01", "2026-02-01")
    ),
)


def prepare(accounts):
    """An empty database with the company and its rollups, written by the database itself."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    from accounts.models import AccountAssignment, KeyAccount, Store
    from sales.models import Category, Product
    from team.models import Team, User

    team = Team.objects.create(name="Benchmark", path="/1/")
    Team.objects.filter(pk=team.pk).update(path=f"/{team.pk}/")
    people = [
        User.objects.create_user(email=f"m{n}@example.com", password=None, name=f"Manager {n}", role="ka_manager", team=team)
        for n in range(10)
    ]
    rows = KeyAccount.objects.bulk_create([KeyAccount(code=f"B{n:04}", name=f"Chain {n}", currency="USD") for n in range(accounts)])
    for row in rows:
        row.path = f"/{row.pk}/"
    KeyAccount.objects.bulk_update(rows, ["path"])
    AccountAssignment.objects.bulk_create(
        [AccountAssignment(account=row, user=people[n % 10], duty="ka_manager", starts_on=date(2025, 1, 1)) for n, row in enumerate(rows)]
    )
    Store.objects.bulk_create(
        [Store(code=f"{row.code}-{n:03}", name=f"Store {n}", account=row) for row in rows for n in range(STORES)], batch_size=2000
    )
    categories = Category.objects.bulk_create([Category(name=f"Category {n}") for n in range(CATEGORIES)])
    Product.objects.bulk_create([Product(sku=f"{n:06}", name=f"Product {n}", category=categories[n % CATEGORIES]) for n in range(PRODUCTS)])
    with connection.cursor() as cursor:
        for month in ("2026-03-01", "2026-02-01", "2025-03-01"):
            cursor.execute(STORE_MONTHS.format(month=month, per_store=PER_STORE, products=PRODUCTS))
            cursor.execute(MARKET.format(month=month))
        cursor.execute(ACCOUNT_MONTHS)
        cursor.execute("ANALYZE")


STORE_MONTHS = """
INSERT INTO sales_storeproductmonth (month, store_id, product_id, account_id, units, gross_minor, discount_minor, net_minor, coupon_minor,
    fact_rows)
SELECT DATE '{month}', s.id, p.id, s.account_id, 1 + (s.id * 7 + p.id * 3 + EXTRACT(month FROM DATE '{month}')::int) % 40,
    (1 + (s.id * 7 + p.id * 3) % 40) * 210, (1 + (s.id * 7 + p.id * 3) % 40) * 10, (1 + (s.id * 7 + p.id * 3) % 40) * 200, 0, 20
FROM accounts_store s JOIN sales_product p ON (p.id + s.id) % ({products} / {per_store}) = 0"""
MARKET = """
INSERT INTO sales_categorytotal (month, store_id, category_id, account_id, market_units, market_net_minor, batch_id)
SELECT DATE '{month}', s.id, c.id, s.account_id, 1000, 400000 + (s.id * 31 + c.id) % 90000, 1 FROM accounts_store s, sales_category c"""
ACCOUNT_MONTHS = """
INSERT INTO sales_accountproductmonth
    (month, account_id, product_id, units, gross_minor, discount_minor, net_minor, coupon_minor, fact_rows)
SELECT m::date, a.id, p.id, 100 + (a.id + p.id) % 50, 21000, 1000, 20000 + (a.id * 13 + p.id * 7) % 5000, 0, 200
FROM generate_series(DATE '2025-01-01', DATE '2026-03-01', INTERVAL '1 month') m, accounts_keyaccount a, sales_product p"""


def timed(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def by_hand():
    """Ask and fetch, no more."""
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in BY_HAND:
            cursor.execute(statement)
            while cursor.fetchmany(2_000):
                pass


def ordered():
    """One order about everything; its reports wait to be built."""
    from ka_crm.periods import parse_period
    from reports import services

    return services.order_reports(kind="monthly", period=parse_period(PERIOD), formats=(), actor=None, today=TODAY)


def sections(run):
    """The data part: every section computed, nothing written."""
    from reports.builder import scope_of
    from reports.sections import sections_of

    scope = scope_of(run)
    for section in sections_of(run.kind):
        section.compute(scope)


def written(run):
    """The whole build as a worker does it: computed, written, made drafts."""
    from django.db import transaction

    from reports.builder import finish_run, scope_of, write_section
    from reports.sections import sections_of

    scope = scope_of(run)
    for position, section in enumerate(sections_of(run.kind)):
        write_section(run, position, section, section.compute(scope))
    with transaction.atomic():
        finish_run(run)


def pdfs(count):
    """(seconds of whole PDFs, seconds of Typst alone, pages each) over ``count`` reports about accounts, from the medians of one."""
    import pypdfium2

    from reports.models import Report
    from reports.rendering import pdf
    from reports.rendering.document import document_of

    reports = list(Report.objects.for_list().filter(subject_kind="account", status="draft").order_by("pk")[:count])
    pdf.draw(document_of(reports[0], "en"))  # fonts and caches are there, as in a worker that has drawn before
    ready = {report: pdf.prepared(document_of(report, "en")) for report in reports[1::2]}
    whole, alone, drawn = [], [], []
    # In turn, so that both see the same machine, and never the same report: Typst remembers what it has set before.
    for report, other in zip(reports[0::2], reports[1::2], strict=False):
        whole.append(timed(lambda report=report: pdf.draw(document_of(report, "en"))))
        alone.append(timed(lambda other=other: drawn.append(pdf.compiled(ready[other]))))
    pages = [len(pypdfium2.PdfDocument(one)) for one in drawn]
    return statistics.median(whole) * len(reports), statistics.median(alone) * len(reports), statistics.median(pages)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pdfs", type=int, default=200)
    parser.add_argument("--profile", action="store_true", help="print where the data part spends its time")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ka_crm.settings")
    os.environ.setdefault("KA_DATA_DIR", tempfile.mkdtemp(prefix="ka-bench-"))
    import django

    django.setup()
    prepare(options.accounts)
    run = ordered()
    if options.profile:
        profile = cProfile.Profile()
        profile.runcall(sections, run)
        pstats.Stats(profile, stream=sys.stderr).sort_stats("cumulative").print_stats(45)
    hand, ours = [], []
    by_hand(), sections(run)  # both once, so that what they read is in memory
    for _round in range(options.rounds):
        hand.append(timed(by_hand))
        ours.append(timed(lambda: sections(run)))
    build = timed(lambda: written(run))
    found = {
        "accounts": options.accounts,
        "by_hand_s": round(statistics.median(hand), 2),
        "data_part_s": round(statistics.median(ours), 2),
        "data_part_ratio": round(statistics.median(ours) / statistics.median(hand), 2),
        "built_and_written_s": round(build, 2),
    }
    if options.pdfs:
        whole, alone, pages = pdfs(options.pdfs)
        found |= {
            "pdfs": options.pdfs,
            "pages": pages,
            "pdf_s": round(whole, 2),
            "typst_s": round(alone, 2),
            "pdf_ratio": round(whole / alone, 2),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
