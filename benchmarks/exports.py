"""XLSX export of 500,000 cells against XlsxWriter by hand; processor and wall seconds, memory above idle, median of the rounds.

    python tests/servers.py run -- python benchmarks/exports.py [--rows 50000] [--rounds 3]

Two pairs. The writer: ``ka_crm.exports.write_xlsx`` beside XlsxWriter with ``constant_memory``, both given the same rows of ten cells
(text, whole numbers, money, days). The list: the list page of stores answering ``?_export=xlsx`` with all its columns, beside
XlsxWriter given the same columns of the same query by ``values_list``. Prints one JSON object.
"""

import argparse
import datetime as dt
import json
import os
import statistics
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CELLS = 10


def lines(rows):
    """Rows of ten cells: what a list of stores with its figures holds."""
    day = dt.date(2026, 1, 1)
    for n in range(rows):
        net = Decimal(n * 137 % 1_000_000) / 100
        yield [
            f"S{n:06}",
            f"Store {n}",
            "North",
            f"Town {n % 300}",
            day + dt.timedelta(n % 300),
            n % 97,
            net,
            net * 2,
            f"{n} High Street",
            "open",
        ]


def by_hand(path, rows):
    """The bound: XlsxWriter as its documentation says for large files."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()


def ours(path, rows):
    from ka_crm.exports import write_xlsx

    with open(path, "wb") as file:
        write_xlsx(file, [f"Column {n}" for n in range(CELLS)], rows)


def store_list_answer(path, request):
    """The list page's own way, from the request to the last byte."""
    from accounts.views import StoreList

    response = StoreList.as_view()(request)
    with open(path, "wb") as file:
        for part in response.streaming_content:
            file.write(part)


def stores_by_hand(path, names):
    from accounts.models import Store

    by_hand(path, Store.objects.order_by("sort_key", "pk").values_list(*names).iterator(chunk_size=2000))


def prepare(rows):
    """``rows`` stores and somebody who sees them all; returns the request for their export."""
    from django.core.management import call_command
    from django.test import RequestFactory

    call_command("migrate", verbosity=0)
    from accounts.models import KeyAccount, Store
    from ka_crm.bulkwrite import insert_records
    from team.models import User

    account, _made = KeyAccount.objects.get_or_create(code="X1", defaults={"name": "Export"})
    if Store.objects.count() < rows:
        stores = (Store(code=f"X{n:06}", name=f"Store {n}", account=account, city=f"Town {n % 300}", region="North") for n in range(rows))
        insert_records([store.fill_search() for store in stores])
    user = User.objects.filter(email="exporter@example.com").first() or User.objects.create(
        email="exporter@example.com", name="Exporter", role="administrator"
    )
    request = RequestFactory().get("/stores/", {"_export": "xlsx"})
    request.user = user
    return request


def measured(work, *given):
    """(wall seconds, processor seconds, MB above idle)."""
    from sellout_import import PeakMemory, resident_mb

    idle, memory = resident_mb(), PeakMemory()
    memory.start()
    started, worked = time.perf_counter(), time.process_time()
    work(*given)
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    memory.running = False
    memory.join()
    return seconds, worked, max(0.0, memory.peak - idle)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "ka_crm.settings"
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["KA_DATA_DIR"] = scratch
        import django

        django.setup()
        request, path = prepare(asked.rows), Path(scratch) / "export.xlsx"
        names = ("name", "account__name", "retailer_store_no", "region", "store_format", "city")  # as the list exports them
        rounds = []
        for _round in range(asked.rounds + 1):  # the first one loads modules and is left out
            rounds.append(
                {
                    "writer_by_hand": measured(by_hand, path, lines(asked.rows)),
                    "writer": measured(ours, path, lines(asked.rows)),
                    "list_by_hand": measured(stores_by_hand, path, names),
                    "list": measured(store_list_answer, path, request),
                }
            )
    found = {name: [round(statistics.median(r[name][place] for r in rounds[1:]), 2) for place in range(2)] for name in rounds[0]}
    for name, figures in found.items():
        figures.append(round(max(r[name][2] for r in rounds), 1))  # the first round's memory counts
    ratios = {
        f"{name}_{kind}": round(found[name][place] / found[f"{name}_by_hand"][place], 2)
        for name in ("writer", "list")
        for place, kind in enumerate(("wall", "processor"))
    }
    named = {name: dict(zip(("seconds", "processor_seconds", "mb_above_idle"), figures, strict=True)) for name, figures in found.items()}
    print(json.dumps({"rows": asked.rows, "cells": asked.rows * CELLS, "measured": named, "ratios": ratios}, indent=1))


if __name__ == "__main__":
    main()
