"""``manage.py check_integrity``: every invariant on the data at hand; exit 1 and the rows where one fails."""

import itertools
import json
import sys
import time

from django.core.management.base import BaseCommand

from ka_crm.integrity import invariants

MOST_ROWS = 100


class Command(BaseCommand):
    help = "Check that the data keep every rule that holds between rows. Exit 0: all hold. Exit 1: the rows that break one."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print exactly one JSON object on stdout")

    def handle(self, *args, **options):
        results = [self._check(invariant) for invariant in invariants()]
        holds = all(result["holds"] for result in results)
        if options["json"]:
            self.stdout.write(json.dumps({"holds": holds, "invariants": results}, ensure_ascii=False))
        else:
            for result in results:
                self.stdout.write(f"{'ok  ' if result['holds'] else 'FAIL'} {result['name']}: {result['title']} ({result['seconds']} s)")
                for row in result["rows"]:
                    self.stdout.write(f"     {row}")
        sys.exit(0 if holds else 1)

    def _check(self, invariant):
        started = time.monotonic()
        rows = list(itertools.islice(invariant.find(), MOST_ROWS))
        seconds = round(time.monotonic() - started, 3)
        return {"name": invariant.name, "title": str(invariant.title), "holds": not rows, "rows": rows, "seconds": seconds}
