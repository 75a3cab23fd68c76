"""``manage.py import_data KIND FILE…``: import files in this process, whole or not at all, and say what became of each."""

import csv
import io
import json
import sys
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from accounts.models import KeyAccount
from ka_crm.errors import DomainError
from ka_crm.exports import write_csv
from ka_crm.imports import RowError
from ka_crm.periods import parse_period
from sales.importing.findings import MOST_SHOWN, Verdict
from sales.importing.registry import UnknownKind, kind_named
from sales.models import ImportProfile
from sales.services import imports as services
from team.models import User

DONE, REFUSED, WRONG_USAGE = 0, 1, 2
# Of several files the one that most needs looking at gives the verdict; Verdict lists them so.
WORST_FIRST = tuple(Verdict)


class WrongUsage(Exception):
    """What was asked for makes no sense; exit code 2."""


class Command(BaseCommand):
    help = "Import files of one kind. Each file is imported whole or not at all, unless --skip-invalid takes its good rows."

    def add_arguments(self, parser: CommandParser):
        parser.add_argument("kind", metavar="KIND", help="accounts, products, stores, contacts, article_map, sellout, category_totals …")
        parser.add_argument("files", metavar="FILE", nargs="+", help="CSV, XLSX or EDI, also .gz")
        parser.add_argument("--account", metavar="CODE", help="whose file it is, where the file does not say so itself")
        parser.add_argument("--profile", metavar="NAME", help="how to read it, such as D05; otherwise the account's own, or by content")
        parser.add_argument("--month", metavar="YYYY-MM", help="what month the rows are of, where neither the file nor its name says so")
        parser.add_argument("--user", metavar="EMAIL", help="who imports; their scope applies. Without it the program itself does")
        parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
        parser.add_argument("--skip-invalid", action="store_true", help="import the good rows of files with refused rows")
        parser.add_argument("--errors", metavar="FILE", help="write all refused rows to this CSV file")
        parser.add_argument("--json", action="store_true", help="print exactly one JSON object on stdout")

    def handle(self, *args, **options):
        started = time.monotonic()
        try:
            asked = self._asked(options)
        except WrongUsage as wrong:
            return self._refuse_usage(str(wrong), options)
        results = [self._import(path, options, **asked) for path in options["files"]]
        if options["errors"]:
            self._write_errors(options["errors"], results)
        answer = _answer(options["kind"], results, time.monotonic() - started)
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self._say(answer)
        sys.exit(DONE if all(result["done"] for result in results) else REFUSED)

    def _asked(self, options):
        """account, profile and user behind the options. Raises WrongUsage."""
        try:
            kind = kind_named(options["kind"])
        except UnknownKind as unknown:
            raise WrongUsage(str(unknown)) from None
        account = user = None
        if code := options["account"]:
            account = KeyAccount.objects.filter(code=code).first()
            if account is None:
                raise WrongUsage(_("There is no account “%(code)s”. Import the accounts first, or correct --account.") % {"code": code})
        if email := options["user"]:
            user = User.objects.filter(email=email.lower(), is_active=True).first()
            if user is None:
                raise WrongUsage(_("Nobody signs in as “%(email)s”.") % {"email": email})
        profile = options["profile"] or ""
        known = {kind.plain_profile().code, *ImportProfile.objects.filter(kind=kind.name).values_list("code", flat=True)}
        if profile and profile.upper() not in {code.upper() for code in known}:
            raise WrongUsage(
                _("There is no profile “%(code)s”. There are: %(known)s.") % {"code": profile, "known": ", ".join(sorted(known))}
            )
        month = None
        if options["month"]:
            try:
                month = parse_period(options["month"])
            except DomainError as error:
                raise WrongUsage(str(error)) from None
            if month.kind != "month":
                raise WrongUsage(_("“%(text)s” is not a month. Write --month 2026-03.") % {"text": options["month"]})
        for path in options["files"]:
            if not Path(path).is_file():
                raise WrongUsage(_("“%(path)s” is not a file.") % {"path": path})
        return {"kind": kind, "account": account, "profile": profile, "month": month and month.starts_on, "user": user}

    def _refuse_usage(self, message, options):
        self.stderr.write(message)
        if options["json"]:
            self.stdout.write(
                json.dumps({"kind": options["kind"], "verdict": "USAGE", "files": [], "errors": [_found("", message)]}, ensure_ascii=False)
            )
        sys.exit(WRONG_USAGE)

    def _import(self, path, options, *, kind, account, profile, month, user):
        """Import one file; everything that is said about it."""
        name = Path(path).name
        self.stderr.write(_("%(name)s: reading …") % {"name": name})
        try:
            with open(path, "rb") as file:
                batch = services.receive_file(
                    kind=kind.name, file=file, name=name, actor=user, account=account, profile_code=profile, month=month
                )
            if options["dry_run"]:
                outcome = services.check_batch(batch=batch, actor=user)
                done = not outcome.file_errors and (options["skip_invalid"] or not outcome.rows_rejected)
            else:
                outcome = services.run_import(batch=batch, skip_invalid=options["skip_invalid"], actor=user, progress=self._progress(name))
                done = batch.status == "imported"
        except DomainError as error:
            return {
                "file": name,
                "path": path,
                "done": False,
                "batch": None,
                "outcome": None,
                "errors": [RowError(0, "", "", "refused", str(error))],
            }
        errors = [*outcome.file_errors, *_row_errors(batch)]
        return {"file": name, "path": path, "done": done, "batch": batch, "outcome": outcome, "errors": errors}

    def _progress(self, name):
        said = [time.monotonic()]

        def report(rows, _total):
            if time.monotonic() - said[0] >= 1:
                said[0] = time.monotonic()
                self.stderr.write(_("%(name)s: %(rows)d rows read") % {"name": name, "rows": rows})

        return report

    def _write_errors(self, path, results):
        """All refused rows of all files in one CSV; what a file as a whole was refused for stands at row 0."""
        from ka_crm.files import open_stored  # only where it is asked for

        def rows():
            for result in results:
                for error in result["outcome"].file_errors if result["outcome"] else result["errors"]:
                    yield [result["file"], error.row, error.column, error.value, error.code, error.message]
                if result["batch"] is not None and result["batch"].error_file is not None:
                    with open_stored(result["batch"].error_file) as stored:
                        yield from _error_lines(stored, result["file"])

        with open(path, "wb") as file:
            write_csv(file, ["file", "row", "column", "value", "code", "message"], rows(), bom=False)

    def _say(self, answer):
        for result in answer["files"]:
            self.stdout.write(
                _("%(file)s: %(verdict)s – %(read)d rows read, %(imported)d imported, %(same)d unchanged, %(rejected)d refused")
                % {
                    "file": result["file"],
                    "verdict": result["verdict"],
                    "read": result["rows_read"],
                    "imported": result["rows_imported"],
                    "same": result["rows_unchanged"],
                    "rejected": result["rows_rejected"],
                }
            )
        for finding in [*answer["errors"][:50], *answer["warnings"][:50]]:
            self.stdout.write(f"  {finding['file']}: {finding['message']}")
        if len(answer["errors"]) > 50:
            self.stdout.write(_("  … and %(more)d more; --errors FILE lists all.") % {"more": len(answer["errors"]) - 50})


def _error_lines(stored, name):
    """The rows of our own file of refused rows."""
    for line in csv.reader(io.TextIOWrapper(stored, "utf-8-sig", newline="")):
        if line and line[0] != "row":
            yield [name, int(line[0]), *(cell.removeprefix("'") for cell in line[1:5])]


def _row_errors(batch):
    return [RowError(row.row, row.column, row.value, row.code, row.message) for row in batch.row_errors.all()[:MOST_SHOWN]]


def _found(name, finding):
    if isinstance(finding, str):
        return {"file": name, "row": 0, "column": "", "value": "", "code": "usage", "message": finding}
    return {"file": name, **finding.as_dict()}


def _answer(kind, results, seconds):
    """The one JSON object (design.md §4): sums over the files, and each file's own verdict."""
    files = [_file_answer(result) for result in results]
    verdicts = {result["verdict"] for result in files}
    errors = [_found(result["file"], error) for result in results for error in result["errors"]]
    warnings = [_found(result["file"], warning) for result in results if result["outcome"] for warning in result["outcome"].warnings]
    return {
        "kind": kind,
        "verdict": next(str(verdict) for verdict in WORST_FIRST if verdict in verdicts),
        "files": files,
        **{name: sum(result[name] for result in files) for name in ("rows_read", "rows_imported", "rows_unchanged", "rows_rejected")},
        "errors": errors,
        "warnings": warnings,
        "seconds": round(seconds, 3),
    }


def _file_answer(result):
    outcome, batch = result["outcome"], result["batch"]
    if outcome is None:
        counts = {"rows_read": 0, "rows_imported": 0, "rows_unchanged": 0, "rows_rejected": 0}
        return {
            "file": result["file"],
            "verdict": str(Verdict.FILE_ERROR),
            "imported": False,
            "profile": "",
            "account": "",
            "batch": "",
            **counts,
        }
    return {
        "file": result["file"],
        "verdict": str(outcome.verdict),
        "imported": batch.status == "imported",
        "profile": outcome.profile,
        "account": batch.account.code if batch.account else "",
        "batch": str(batch.public_id),
        "rows_read": outcome.rows_read,
        "rows_imported": outcome.rows_imported,
        "rows_unchanged": outcome.rows_unchanged,
        "rows_rejected": outcome.rows_rejected,
    }
