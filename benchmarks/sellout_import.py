"""Sell-out import against raw COPY of the same file: new period, correction, identical file; PostgreSQL, three rounds, median.

    python tests/servers.py run -- python benchmarks/sellout_import.py [--rows 1000000] [--rounds 3]

Makes a canonical CSV of 400 stores × 100 products × 25 days, and prints one JSON object: seconds and rows per second of
COPY into a bare table, of staging + ON CONFLICT by hand, and of our import, with the ratios that design.md §5 asks for.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = "account_code,store_code,date,sku,units,gross_value,discount_value,net_value"
BARE = "account_code text, store_code text, date date, sku text, units int, gross numeric, discount numeric, net numeric"


def write_file(path, rows, *, extra_units=0):
    """``rows`` canonical lines, sorted as retailers sort: by day, store, product."""
    stores, products = 400, 100
    with open(path, "w", newline="") as file:
        file.write(COLUMNS + "\n")
        written, day = 0, date(2017, 3, 1)
        while written < rows:
            for store in range(stores):
                lines = []
                for product in range(products):
                    units = 1 + (store * 7 + product * 3 + day.day) % 9 + (extra_units if product % 20 == 0 else 0)
                    gross, discount = units * (199 + product), units * (product % 4) * 10
                    net = gross - discount
                    lines.append(
                        f"B1,S{store:05},{day},{product:08},{units},{gross // 100}.{gross % 100:02},"
                        f"{discount // 100}.{discount % 100:02},{net // 100}.{net % 100:02}\n"
                    )
                    written += 1
                    if written == rows:
                        break
                file.writelines(lines)
                if written == rows:
                    break
            day += timedelta(days=1)


def prepare():
    """An empty database with the accounts, stores and products of the file."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from accounts.models import KeyAccount, Store
    from sales.models import Product

    account = KeyAccount.objects.create(code="B1", name="Benchmark")
    KeyAccount.objects.filter(pk=account.pk).update(path=f"/{account.pk}/")
    Store.objects.bulk_create([Store(code=f"S{n:05}", name=f"Store {n}", account=account) for n in range(400)])
    Product.objects.bulk_create([Product(sku=f"{n:08}", name=f"Product {n}") for n in range(100)])


def timed(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def raw_copy(path):
    """Seconds of COPY of the file into a table without keys."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS bare; CREATE TABLE bare ({BARE})")
        with open(path) as file:
            return timed(lambda: cursor.copy_expert("COPY bare FROM STDIN (FORMAT csv, HEADER)", file))


def bare_upsert(path):
    """Seconds of COPY into staging and INSERT … ON CONFLICT DO UPDATE into a table with the key, the way one does by hand."""
    from django.db import connection

    def load():
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE bare")
            with open(path) as file:
                cursor.copy_expert("COPY bare FROM STDIN (FORMAT csv, HEADER)", file)
            cursor.execute(
                "INSERT INTO bare_facts SELECT * FROM bare ON CONFLICT (date, store_code, sku) DO UPDATE SET"
                " units = excluded.units, gross = excluded.gross, discount = excluded.discount, net = excluded.net"
            )

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS bare_facts ({BARE}, PRIMARY KEY (date, store_code, sku))")
    return timed(load)


def resident_mb():
    """Resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


class PeakMemory(threading.Thread):
    """The most resident memory of this process while it runs, in MB."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak, self.running = 0, True

    def run(self):
        while self.running:
            self.peak = max(self.peak, resident_mb())
            time.sleep(0.02)


def our_import(path):
    """(seconds, Outcome, MB above idle) of the import of the file."""
    from sales.services.imports import receive_file, run_import

    with open(path, "rb") as file:
        batch = receive_file(kind="sellout", file=file, name="benchmark.csv", actor=None)
    idle, memory = resident_mb(), PeakMemory()
    memory.start()
    outcome = None

    def work():
        nonlocal outcome
        outcome = run_import(batch=batch, skip_invalid=False, actor=None)

    seconds = timed(work)
    memory.running = False
    if outcome.file_errors or outcome.rows_rejected:
        raise SystemExit(f"The benchmark's own file was refused: {outcome.file_errors}")
    return seconds, outcome, memory.peak - idle


def clear():
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ["sellout", "sellouthistory", "storeproductmonth", "accountproductmonth", "accountproductweek"]:
            cursor.execute(f"TRUNCATE sales_{table}")
        cursor.execute("DROP TABLE IF EXISTS bare_facts")
    from sales.models import ImportBatch

    ImportBatch.objects.update(repeats=None)
    ImportBatch.objects.all().delete()


def one_round(folder, rows):
    first, second = folder / "first.csv", folder / "corrected.csv"
    found = {"copy": raw_copy(first)}
    bare_upsert(first)
    found["new"], _outcome, found["memory_mb"] = our_import(first)
    found["bare_upsert"] = bare_upsert(second)
    found["corrected"], outcome, _memory = our_import(second)
    found["changed_rows"] = outcome.changed
    found["identical"], _outcome, _memory = our_import(second)
    clear()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "ka_crm.settings"
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as scratch:
        os.environ["KA_DATA_DIR"] = scratch
        import django

        django.setup()
        prepare()
        folder = Path(scratch)
        write_file(folder / "first.csv", asked.rows)
        write_file(folder / "corrected.csv", asked.rows, extra_units=1)
        rounds = [one_round(folder, asked.rows) for _round in range(asked.rounds)]
    median = {name: round(statistics.median(r[name] for r in rounds), 3) for name in rounds[0]}
    ratios = {
        "new_period_vs_copy": round(median["copy"] / median["new"], 3),
        "correction_vs_bare_upsert": round(median["bare_upsert"] / median["corrected"], 3),
        "identical_vs_changed": round(median["corrected"] / median["identical"], 2),
    }
    print(json.dumps({"rows": asked.rows, "rounds": asked.rounds, "seconds": median, "ratios": ratios}, indent=1))


if __name__ == "__main__":
    main()
