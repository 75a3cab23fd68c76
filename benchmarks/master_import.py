"""Master data import: files of 10,000 rows of which a hundredth are wrong; rows per second by kind, PostgreSQL, median of the rounds.

    python tests/servers.py run -- python benchmarks/master_import.py [--rows 10000] [--rounds 3]

Each kind is imported three times: new rows (the wrong ones refused one by one, the good ones kept), the same file again, and
one that changes a tenth of the rows. Accounts, products, stores, contacts and article numbers build on one another, as they do
in life. Prints one JSON object: rows per second, and processor seconds of this process, of each kind and pass.
"""

import argparse
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WRONG_EVERY = 100
GOAL = 10_000  # rows per second, design.md §5


def gtin(number):
    """A GTIN-13 with its check digit."""
    digits = f"29{number:010}"
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(digits))
    return digits + str(-total % 10)


def accounts(rows, changed):
    yield "account_code,account_name,parent_code,account_kind,country,currency,valid_from,address"
    for n in range(rows):
        wrong = n % WRONG_EVERY == 7
        parent = "" if n < 100 else f"A{n % 100 if n % 100 != 7 else 8:06}"
        kind = "nonsense" if wrong else "chain" if n < 100 else "banner"
        yield f"A{n:06},Account {n}{changed(n)},{parent},{kind},DE,EUR,2024-01-{1 + n % 28:02},{n} High Street"


def products(rows, changed):
    yield "sku,name,gtin,brand,category,pack_size,list_price,unit_cost,currency"
    for n in range(rows):
        price = "-1.00" if n % WRONG_EVERY == 7 else f"{1 + n % 50}.49"
        yield f"P{n:06},Product {n}{changed(n)},{gtin(n)},Brand {n % 40},Category {n % 25},{n % 9} x 1 l,{price},0.99,EUR"


def stores(rows, changed):
    yield "store_code,account_code,store_name,retailer_store_no,region,format,country,city,latitude,longitude,opened_on"
    for n in range(rows):
        latitude = "123.45" if n % WRONG_EVERY == 7 else f"{48 + n % 5}.{n % 1000:03}"
        account = f"A{10 + n % 50 if (10 + n % 50) % 100 != 7 else 8:06}"
        yield f"S{n:06},{account},Store {n}{changed(n)},{n},North,Super,DE,Town {n % 300},{latitude},{8 + n % 7}.5,2020-0{1 + n % 9}-01"


def contacts(rows, changed):
    yield "account_code,name,contact_code,function,title,email,phone,notes"
    for n in range(rows):
        email = "no address" if n % WRONG_EVERY == 7 else f"person{n}@example.com"
        yield f"A{8 + n % 60 if (8 + n % 60) != 7 else 8:06},Person {n}{changed(n)},C{n:06},buyer,Ms,{email},+49 30 {n:06},"


def article_map(rows, changed):
    yield "account_code,retailer_article_no,sku"
    for n in range(rows):
        number = n + (1 if changed(n) else 0)
        product = rows * 9 if n % WRONG_EVERY == 7 else number + 1 if number % WRONG_EVERY == 7 else number
        yield f"A{8 + n % 60:06},ART{n:06},P{product:06}"


KINDS = {"accounts": accounts, "products": products, "stores": stores, "contacts": contacts, "article_map": article_map}


def imported(kind, path):
    """(seconds, processor seconds, Outcome) of one import, received to committed."""
    from sales.services.imports import receive_file, run_import

    with open(path, "rb") as file:
        batch = receive_file(kind=kind, file=file, name=path.name, actor=None)
    started, worked = time.perf_counter(), time.process_time()
    outcome = run_import(batch=batch, skip_invalid=True, actor=None)
    if outcome.file_errors or not outcome.rows_rejected:
        raise SystemExit(f"The benchmark's own {kind} were not read as meant: {outcome.file_errors or 'no row was refused'}")
    return time.perf_counter() - started, time.process_time() - worked, outcome


def one_round(folder, rows):
    found = {}
    for kind, lines in KINDS.items():
        for file_name, changed in (("new", lambda n: ""), ("changed", lambda n: " x" if n % 10 == 0 else "")):
            (folder / f"{kind}-{file_name}.csv").write_text("\n".join(lines(rows, changed)) + "\n")
        for name, file_name in (("new", "new"), ("same", "new"), ("changed", "changed")):
            seconds, worked, outcome = imported(kind, folder / f"{kind}-{file_name}.csv")
            found[kind, name] = seconds, worked
            good = outcome.rows_read - outcome.rows_rejected
            if outcome.new + outcome.changed + outcome.rows_unchanged != good or bool(outcome.new) != (name == "new"):
                raise SystemExit(f"{kind}, {name}: {outcome}")
    return found


def clear():
    """Empty tables for the next round; the audit trail stays, nobody may take from it."""
    from accounts.models import Contact, KeyAccount, Store
    from sales.models import Brand, Category, ImportBatch, ImportChange, Product, RefusedRow, RetailerArticle

    KeyAccount.objects.update(parent=None)
    for model in (ImportChange, RefusedRow, ImportBatch, RetailerArticle, Contact, Store, Product, Brand, Category, KeyAccount):
        rows = model.objects.all()
        rows._raw_delete(rows.db)  # nothing refers to them any more


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "ka_crm.settings"
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["KA_DATA_DIR"] = scratch
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        gc.collect()
        gc.freeze()  # as a worker does when it starts
        rounds = []
        for _round in range(asked.rounds):
            rounds.append(one_round(Path(scratch), asked.rows))
            clear()
    report = {}
    for kind, name in rounds[0]:
        seconds, worked = (statistics.median(found[kind, name][place] for found in rounds) for place in (0, 1))
        report.setdefault(kind, {})[name] = {"rows_per_second": round(asked.rows / seconds), "processor_seconds": round(worked, 2)}
    slowest = min(passes["rows_per_second"] for kinds in report.values() for passes in [kinds["new"]])
    print(json.dumps({"rows": asked.rows, "rounds": asked.rounds, "kinds": report, "slowest_new": slowest, "goal": GOAL}, indent=1))


if __name__ == "__main__":
    main()
