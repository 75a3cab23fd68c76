"""Verbs on imports: receive a file, check it, import it, undo it. Whole file or nothing, unless the good rows were asked for."""

import tempfile
import time
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import KeyAccount
from ka_crm.errors import DomainError, IllegalMove
from ka_crm.files import local_path, store_upload
from ka_crm.imports import FileRefused, read_rows
from ka_crm.imports.errors import refuse_file
from ka_crm.jobs.models import Job
from ka_crm.money import digits_of, from_minor
from ka_crm.moves import check_move, move
from ka_crm.periods import month_of
from team.audit import record
from team.changes import differences

from ..importing.choosing import choose_profile
from ..importing.findings import Findings, Outcome
from ..importing.registry import kind_named
from ..models import ImportBatch, RefusedRow
from ..signals import facts_changed
from ..states import BATCH_MOVES, BatchStatus


@transaction.atomic
def receive_file(*, kind, file, name, actor, account=None, profile_code="", month=None):
    """Keep ``file`` (binary, read from its start) as received and open a batch for it; nothing is read yet.

    ``name`` is the sender's file name, ``profile_code`` the profile asked for, if any; ``month`` (a first of the month) what the
    rows are of, where the file and its name do not say so. Raises UnknownKind, FileTooLarge.
    """
    kind_named(kind)
    stored = store_upload(file, name=name, kind="imports", stored_by=actor)
    batch = ImportBatch.objects.create(kind=kind, file=stored, account=account, profile_code=profile_code, month=month, uploaded_by=actor)
    record(batch, "import.received", actor=actor, changes={"sha256": [None, stored.sha256]})
    return batch


@transaction.atomic
def order_check(*, batch, actor, account=None, profile_code="", month=None, choose=False):
    """Have a worker check the batch. With ``choose``, by this account, profile and month (empty: the content decides)."""
    check_move(batch.status, to=BatchStatus.CHECKED, moves=BATCH_MOVES)
    if choose:
        changes = differences(batch, {"account": account, "profile_code": profile_code, "month": month})
        ImportBatch.objects.filter(pk=batch.pk).update(account=account, profile_code=profile_code, month=month)
        batch.account, batch.profile_code, batch.month = account, profile_code, month
        record(batch, "import.check_ordered", actor=actor, changes=changes)
    job = Job.objects.enqueue(
        "sales.check_import", unique_key=f"check:{batch.pk}", requested_by=actor, subject=str(batch), rerun=choose, batch_id=batch.pk
    )
    _set_job(batch, job)
    return job


@transaction.atomic
def order_import(*, batch, skip_invalid, actor):
    """Have a worker import the batch. Raises IllegalMove where it has been imported, undone or refused for good."""
    move(batch, to=BatchStatus.QUEUED, moves=BATCH_MOVES, skip_invalid=skip_invalid)
    job = Job.objects.enqueue("sales.run_import", unique_key=f"run:{batch.pk}", requested_by=actor, subject=str(batch), batch_id=batch.pk)
    _set_job(batch, job)
    record(batch, "import.ordered", actor=actor, changes={"skip_invalid": [None, skip_invalid]})
    return job


def _set_job(batch, job):
    ImportBatch.objects.filter(pk=batch.pk).update(job=job)
    batch.job = job


def check_batch(*, batch, actor, progress=None, finishing=transaction.atomic):
    """Read the batch's file and say what importing it would do; nothing but the batch itself is written. Returns the Outcome.

    The batch is CHECKED afterwards, or REFUSED where the file as a whole cannot be read.
    """
    check_move(batch.status, to=BatchStatus.CHECKED, moves=BATCH_MOVES)
    started = time.monotonic()
    with _loaded(batch, actor, progress) as (load, outcome, findings):
        if load is not None:
            load.classify()
        refused = bool(outcome.file_errors)
        with finishing():
            _keep_outcome(batch, outcome, findings, seconds=time.monotonic() - started)
            move(batch, to=BatchStatus.REFUSED if refused else BatchStatus.CHECKED, moves=BATCH_MOVES)
    return outcome


def run_import(*, batch, skip_invalid, actor, progress=None, finishing=transaction.atomic):
    """Import the batch: every row, or with ``skip_invalid`` the good ones, in one transaction. Returns the Outcome.

    ``progress(done, total)`` is told the rows read. ``finishing()`` is the transaction of the effects (a job's own one ends
    the job in it). A batch that has been imported is left as it is: running twice has one effect. Raises IllegalMove for one
    that was undone. A refused file leaves the batch REFUSED and everything else untouched.
    """
    if batch.status == BatchStatus.IMPORTED:
        return _outcome_of(batch)
    with transaction.atomic():
        move(batch, to=BatchStatus.RUNNING, moves=BATCH_MOVES, skip_invalid=skip_invalid)
    started = time.monotonic()
    with _loaded(batch, actor, progress) as (load, outcome, findings):
        if load is not None and (skip_invalid or not outcome.rows_rejected):
            with finishing():
                _import(batch, load, outcome, findings, actor, skip_invalid, started)
        else:
            with finishing():
                if load is not None:
                    load.classify()
                _refuse(batch, outcome, findings, actor, started)
    return outcome


def _import(batch, load, outcome, findings, actor, skip_invalid, started):
    """Write what was loaded, or refuse, inside the caller's transaction."""
    from ..importing.facts import lock_facts  # the master kinds need the same order of batches

    lock_facts()
    load.classify()
    if outcome.rows_rejected and (not skip_invalid or outcome.rows_rejected >= outcome.rows_read):  # not one good row is no import
        _refuse(batch, outcome, findings, actor, started)
        return
    sequence = (ImportBatch.objects.aggregate(last=Max("sequence"))["last"] or 0) + 1
    outcome.rows_imported = load.apply(batch)
    _keep_outcome(batch, outcome, findings, seconds=time.monotonic() - started)
    move(batch, to=BatchStatus.IMPORTED, moves=BATCH_MOVES, sequence=sequence, finished_at=timezone.now())
    counts = {"new": outcome.new, "changed": outcome.changed, "unchanged": outcome.rows_unchanged, "rejected": outcome.rows_rejected}
    record(batch, "import.imported", actor=actor, changes={name: [None, number] for name, number in counts.items()})
    transaction.on_commit(lambda: facts_changed.send(sender=ImportBatch, batch=batch))


def _refuse(batch, outcome, findings, actor, started):
    outcome.rows_imported = 0
    _keep_outcome(batch, outcome, findings, seconds=time.monotonic() - started)
    move(batch, to=BatchStatus.REFUSED, moves=BATCH_MOVES, finished_at=timezone.now())
    record(batch, "import.refused", actor=actor, reason=" ".join(error.message for error in outcome.file_errors)[:500])


def fail_import(*, batch, reason, actor=None):
    """Note that the program, not the file, was at fault, so that the batch can be tried again."""
    with transaction.atomic():
        move(
            batch,
            to=BatchStatus.FAILED,
            moves=BATCH_MOVES,
            messages=[_message("danger", "failed", str(reason))],
            finished_at=timezone.now(),
        )
        record(batch, "import.failed", actor=actor, reason=str(reason)[:500])


@transaction.atomic
def undo_import(*, batch, actor):
    """Take the batch out as if its file had never come; what later files said stays. Returns how many rows went or changed.

    Raises IllegalMove unless it is imported, DomainError where records that it made are in use.
    """
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    check_move(batch.status, to=BatchStatus.UNDONE, moves=BATCH_MOVES)
    touched = kind_named(batch.kind).undo(batch)
    move(batch, to=BatchStatus.UNDONE, moves=BATCH_MOVES, undone_by=actor, undone_at=timezone.now())
    record(batch, "import.undone", actor=actor, changes={"rows": [touched, None]})
    transaction.on_commit(lambda: facts_changed.send(sender=ImportBatch, batch=batch))
    return touched


# --- reading ------------------------------------------------------------------------------------------------------------------
@contextmanager
def _loaded(batch, actor, progress):
    """(load, outcome, findings) with the file read; load is None where the file as a whole is refused."""
    kind, outcome, findings = kind_named(batch.kind), Outcome(), Findings()
    try:
        with kind.loading(batch, outcome, findings) as load:
            try:
                _read(batch, kind, load, outcome, progress)
                _check_scope(outcome, actor)
            except FileRefused as refusal:
                outcome.file_errors = refusal.errors
                load = None
            yield load, outcome, findings
    finally:
        findings.close()


def _read(batch, kind, load, outcome, progress):
    total = 0
    with local_path(batch.file) as path:
        name = batch.file.original_name
        choice = choose_profile(kind, path, code=batch.profile_code, account=batch.account, file_name=name)
        outcome.profile, outcome.profile_reason = choice.profile.code, choice.reason
        if choice.warning:
            outcome.warn("profile", choice.warning)
        digits = load.currency_digits
        digits = digits_of(settings.KA_BASE_CURRENCY) if digits is None else digits
        today = timezone.localdate()
        period = month_of(batch.month) if batch.month else None
        period = period and (period.starts_on, period.ends_on)
        reading = read_rows(path, choice.profile, kind.schema, file_name=name, today=today, declared_period=period, currency_digits=digits)
        try:
            load.read(reading, digits=digits, today=today, step=lambda rows: progress and progress(rows, total))
        finally:
            outcome.rows_read = reading.rows_read
        outcome.warnings += reading.warnings
        outcome.control_totals = [_control_total(kind, total, digits) for total in reading.control_totals]


def _control_total(kind, total, digits):
    """A stated sum as the page shows it, money as decimals."""
    digits = digits if kind.schema[total.field].kind == "money" else 0
    stated, found = (str(_scaled(figure, digits)) for figure in (total.stated, total.found))
    return {
        "label": total.label,
        "scope": total.scope,
        "field": total.field,
        "stated": stated,
        "found": found,
        "agrees": total.stated == total.found,
    }


def _scaled(figure, digits):
    return from_minor(figure, "USD") if digits == 2 else figure if not digits else figure / 10**digits


def _check_scope(outcome, actor):
    """A file may speak of accounts that its sender does not look after; then it is not theirs to import."""
    if actor is None or actor.sees_all or not outcome.account_ids:
        return
    seen = set(KeyAccount.objects.visible_to(actor).filter(pk__in=outcome.account_ids).values_list("pk", flat=True))
    if outcome.account_ids - seen:
        raise refuse_file("account", _("The file holds rows of accounts that are not yours. Ask whoever looks after them to import it."))


# --- what stays on record ---------------------------------------------------------------------------------------------------------
def _keep_outcome(batch, outcome, findings, *, seconds):
    """Write counts, messages, preview and refused rows on the batch; call inside the transaction of the state's move."""
    errors = sorted(findings.shown, key=lambda error: error.row)
    batch.verdict = outcome.verdict
    batch.rows_read, batch.rows_rejected, batch.rows_unchanged = outcome.rows_read, outcome.rows_rejected, outcome.rows_unchanged
    batch.rows_imported = outcome.rows_imported or outcome.new + outcome.changed
    if outcome.file_errors:
        batch.rows_imported = batch.rows_unchanged = 0
    batch.period_starts_on, batch.period_ends_on = outcome.starts_on, outcome.ends_on
    batch.control_totals = outcome.control_totals[:200]
    batch.messages = [_message("danger", error.code, error.message) for error in outcome.file_errors]
    batch.messages += [_message("warn", warning.code, warning.message) for warning in outcome.warnings[:100]]
    rows = [{"row": number, "cells": cells} for number, cells in enumerate(outcome.first_rows, start=1)]
    counts = {"new": outcome.new, "changed": outcome.changed, "unchanged": outcome.rows_unchanged, "superseded": outcome.superseded}
    batch.preview = {
        "columns": outcome.columns,
        "rows": rows,
        "counts": counts,
        "profile": outcome.profile,
        "reason": str(outcome.profile_reason),
        "fingerprint": outcome.fingerprint,
    }
    batch.seconds = round(seconds, 3)
    if batch.account_id is None:
        batch.account = _account_of(outcome.account_ids)
    batch.error_file = _error_file(batch, findings) if findings.count else None
    batch.save(
        update_fields=[
            *("verdict", "rows_read", "rows_rejected", "rows_unchanged", "rows_imported", "period_starts_on", "period_ends_on"),
            *("control_totals", "messages", "preview", "seconds", "account", "error_file"),
        ]
    )
    batch.row_errors.all().delete()
    RefusedRow.objects.bulk_create(
        [
            RefusedRow(
                batch=batch, row=error.row, column=error.column[:100], value=error.value[:250], code=error.code, message=error.message
            )
            for error in errors
        ]
    )


def _message(tone, code, text):
    return {"tone": tone, "code": code, "message": text}


def _account_of(ids):
    """The one account that a file speaks of, or the nearest one above all of them; None where there is none."""
    if not ids:
        return None
    accounts = list(KeyAccount.objects.filter(pk__in=ids))
    if len(accounts) == 1:
        return accounts[0]
    paths = [account.path.strip("/").split("/") for account in accounts]
    common = [parts[0] for parts in zip(*paths, strict=False) if len(set(parts)) == 1]
    return KeyAccount.objects.filter(pk=int(common[-1])).first() if common and common[-1] else None


def _error_file(batch, findings):
    kind = kind_named(batch.kind)
    with tempfile.TemporaryFile() as file:
        findings.write_error_file(file, names=[field.name for field in kind.schema.fields])
        file.seek(0)
        name = batch.file.original_name.rpartition(".")[0] or batch.file.original_name
        return store_upload(file, name=f"{name[:200]}.errors.csv", kind="imports", stored_by=None, content_type="text/csv")


def _outcome_of(batch):
    """The Outcome of a batch that has been imported before, as far as its record tells."""
    counts = batch.preview.get("counts", {})
    return Outcome(
        rows_read=batch.rows_read,
        rows_imported=batch.rows_imported,
        rows_unchanged=batch.rows_unchanged,
        rows_rejected=batch.rows_rejected,
        new=counts.get("new", 0),
        changed=counts.get("changed", 0),
        profile=batch.preview.get("profile", ""),
    )


__all__ = [
    "DomainError",
    "IllegalMove",
    "check_batch",
    "fail_import",
    "order_check",
    "order_import",
    "receive_file",
    "run_import",
    "undo_import",
]
