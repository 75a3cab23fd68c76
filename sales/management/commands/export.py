"""``manage.py export DATASET``: a table of figures as CSV, under the names and columns that other programs rely on."""

import sys

from django.core.management.base import BaseCommand

from accounts.models import KeyAccount
from ka_crm.errors import DomainError
from ka_crm.exports import write_csv
from ka_crm.periods import parse_period
from sales.datasets import dataset_named, dataset_names


class Command(BaseCommand):
    help = "Write a table of figures as CSV to stdout or to --csv FILE. Without --period it covers everything that is known."

    def add_arguments(self, parser):
        parser.add_argument("dataset", metavar="DATASET", help=", ".join(dataset_names()))
        parser.add_argument("--period", metavar="P", help="2026, 2026Q1, 2026-03 or 2026-03-01..2026-03-31")
        parser.add_argument("--account", metavar="CODE", help="only this account and all below it")
        parser.add_argument("--csv", metavar="FILE", help="where to write; otherwise stdout")

    def handle(self, *args, **options):
        try:
            table = dataset_named(options["dataset"])
            period = parse_period(options["period"]) if options["period"] else None
            accounts = self._accounts(options["account"])
        except DomainError as error:
            self.stderr.write(str(error))
            sys.exit(2)
        header, rows = table(accounts, period)
        if not options["csv"]:
            write_csv(getattr(self.stdout, "buffer", None) or _Bytes(self.stdout), header, rows, bom=False)
            return
        with open(options["csv"], "wb") as file:
            count = write_csv(file, header, rows, bom=False)
        self.stderr.write(f"{options['csv']}: {count} rows")

    def _accounts(self, code):
        if not code:
            return KeyAccount.objects.all()
        account = KeyAccount.objects.filter(code=code).first()
        if account is None:
            raise DomainError(f"There is no account “{code}”.")
        return KeyAccount.objects.within(account)


class _Bytes:
    """Lets the CSV writer, which writes bytes, write to a text stream."""

    def __init__(self, stream):
        self.stream = stream

    def write(self, line):
        self.stream.write(line.decode(), ending="")
