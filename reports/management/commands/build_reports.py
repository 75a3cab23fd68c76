"""``manage.py build_reports monthly 2017-03 --wait``: order reports, and with --wait leave their files in a folder."""

import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import translation

from accounts.models import KeyAccount
from ka_crm.errors import DomainError
from ka_crm.files import open_stored
from ka_crm.jobs.states import JobState
from ka_crm.jobs.waiting import wait_for_jobs
from ka_crm.periods import parse_period
from reports import files, services
from reports.models import Report, ReportKind, ReportRun
from reports.states import ReportStatus
from team.models import User

NOBODY_WORKS_AFTER = 60  # seconds in which a job that no worker takes means that no worker runs; on a busy machine one starts in twenty


class Refused(Exception):
    """The order cannot be carried out: exit 1."""


class Command(BaseCommand):
    help = (
        "Order reports, built by the workers. Without --account, --user or --company: about all accounts, KA managers, teams, the company."
    )

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=[kind.value for kind in ReportKind])
        parser.add_argument("period", help="2026-03 (also for plan and survey), 2026Q1, 2026, or 2026-W10 for weekly")
        parser.add_argument("--account", nargs="+", action="extend", default=[], metavar="CODE")
        parser.add_argument("--user", nargs="+", action="extend", default=[], metavar="NAME", help="e-mail address or name")
        parser.add_argument("--company", action="store_true")
        parser.add_argument("--format", default=",".join(files.FORMATS), help="of json,html,xlsx,pdf (default: all)")
        parser.add_argument("--language", default=settings.LANGUAGE_CODE, help="of en,zh-hans (default: %(default)s)")
        parser.add_argument("--out", type=Path, metavar="DIR", help="with --wait: where the files go")
        parser.add_argument("--wait", action="store_true", help="show progress and leave the files in DIR")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, **options):
        with translation.override("en"):  # an operator's terminal, as all commands
            return self.carry_out(options)

    def carry_out(self, options):
        order = self.read_order(options)
        try:
            run = services.order_reports(**order, **self.selected(options), actor=None)
            reports = list(Report.objects.filter(run=run).order_by("pk"))
            self.say(f"{len(reports)} reports of {order['kind']} {order['period'].label} are ordered; the workers build them.")
            paths = self.finish(run, reports, order, options) if options["wait"] else []
        except (DomainError, Refused) as error:
            self.say(str(error))
            if options["json"]:
                self.stdout.write(json.dumps({"verdict": "refused", "message": str(error), "files": []}, ensure_ascii=False))
            sys.exit(1)
        self.tell(run, reports, order, paths, options)

    def read_order(self, options):
        """The order's kind, period, formats and languages. Raises CommandError (exit 2) for what cannot be meant."""
        if options["out"] and not options["wait"]:
            raise CommandError("--out needs --wait: without waiting there are no files to leave.", returncode=2)
        formats, languages = _listed(options["format"]), _listed(options["language"].lower())
        if wrong := [name for name in formats if name not in files.FORMATS]:
            raise CommandError(f"There is no format “{wrong[0]}”: {', '.join(files.FORMATS)}.", returncode=2)
        known = [code for code, _name in settings.LANGUAGES]
        if wrong := [code for code in languages if code not in known]:
            raise CommandError(f"There is no language “{wrong[0]}”: {', '.join(known)}.", returncode=2)
        try:
            period = parse_period(options["period"])
            services.check_kind(options["kind"], period)
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        return {"kind": options["kind"], "period": period, "formats": formats, "languages": languages}

    def selected(self, options):
        """Accounts and people by their codes and names. Raises Refused naming what does not exist."""
        accounts = []
        for code in options["account"]:
            account = KeyAccount.objects.filter(code=code).first()
            if account is None:
                raise Refused(f"There is no account “{code}”. Account codes are those of the import, such as A01.")
            accounts.append(account)
        people = []
        for name in options["user"]:
            found = list(User.objects.filter(Q(email__iexact=name) | Q(name__iexact=name))[:2])
            if len(found) != 1:
                raise Refused(f"There {'is nobody' if not found else 'are several people'} named “{name}”: give the e-mail address.")
            people.extend(found)
        return {"accounts": accounts, "people": people, "company": options["company"]}

    # -- waiting -----------------------------------------------------------------------------------------------------------------
    def finish(self, run, ordered, order, options):
        """Wait for the build and the drawing; the paths of the files in the folder asked for."""
        self.wait([run.job])
        mine = Report.objects.filter(pk__in=[report.pk for report in ordered])
        while later := list(ReportRun.objects.filter(reports__in=mine.filter(status=ReportStatus.BUILDING), job__isnull=False).distinct()):
            self.wait([other.job for other in later])  # a later order has taken some of the reports over
        reports = list(mine.select_related("account", "person", "team").order_by("pk"))
        if order["formats"]:
            jobs = [job for report in reports if (job := files.unfinished_job(report, order["formats"], order["languages"]))]
            self.wait(jobs)
        folder = options["out"] or Path(settings.KA_DATA_DIR) / "reports" / f"{order['kind']}_{order['period'].label}"
        folder.mkdir(parents=True, exist_ok=True)
        taken, paths = set(), []
        for report in reports:
            for file_format, language in files.wanted(order["formats"], order["languages"]):
                row = report.files.select_related("file").filter(format=file_format, language=language).first()
                if row is None:
                    raise Refused(f"The {file_format} file of “{report}” was not drawn: manage.py jobs shows why.")
                paths.append(_leave(row.file, folder, _free_name(files.file_name(report, file_format, language), taken)))
        return paths

    def wait(self, jobs):
        """Until all have ended well. Raises Refused if nobody works, or if one failed or was cancelled."""
        started = time.monotonic()
        shown = [None]

        def show(rows):
            done = sum(row.is_finished for row in rows)
            current = next((row for row in rows if row.state == JobState.RUNNING), None)
            words = f"{done} of {len(rows)} jobs" if len(rows) > 1 else ""
            if current is not None and current.progress_total:
                words = f"{words} {current.title}: {current.progress_done}/{current.progress_total} {current.progress_message}".strip()
            if words and words != shown[0]:
                shown[0] = words
                self.say(words)
            if time.monotonic() - started > NOBODY_WORKS_AFTER and all(row.state == JobState.DUE and not row.started_at for row in rows):
                raise Refused(
                    f"No worker has taken the order in {NOBODY_WORKS_AFTER} s. Start one (bin/worker) and the reports will be built; "
                    "this command may be given again."
                )

        for row in wait_for_jobs(jobs, show=show):
            if row.state == JobState.FAILED:
                raise Refused(
                    f"“{row.title}” failed: {row.last_error.strip().splitlines()[-1] if row.last_error.strip() else 'no reason is known'}"
                )
            if row.state == JobState.CANCELLED:
                raise Refused(f"“{row.title}” was cancelled.")

    # -- telling -----------------------------------------------------------------------------------------------------------------
    def say(self, words):
        self.stderr.write(words)

    def tell(self, run, reports, order, paths, options):
        if options["json"]:
            answer = {
                "verdict": "built" if options["wait"] else "ordered",
                "run": str(run.public_id),
                "kind": order["kind"],
                "period": order["period"].label,
                "reports": [
                    {"subject_kind": report.subject_kind, "subject": report.subject_label, "version": report.version} for report in reports
                ],
                "files": [str(path) for path in paths],
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        for path in paths:
            self.stdout.write(str(path))


def _listed(text):
    return [part for part in re.split(r"[,\s]+", text.strip()) if part]


def _free_name(name, taken):
    """``name``, or with a number where two subjects come down to the same file name."""
    stem, dot, rest = name.partition(".")
    number = 1
    while name.lower() in taken:
        number += 1
        name = f"{stem}-{number}{dot}{rest}"
    taken.add(name.lower())
    return name


def _leave(stored, folder, name):
    """A copy of the stored file under ``name``, whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    with os.fdopen(handle, "wb") as copy, open_stored(stored) as source:
        copy.write(source.read())
        copy.flush()
        os.fsync(copy.fileno())
    os.chmod(temporary, 0o644)
    os.replace(temporary, folder / name)
    return folder / name
