"""A sample file read by a profile that is being written: which column became which field, the first rows, and what is wrong with them."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from ka_crm.imports import FileRefused, read_rows
from ka_crm.imports.headers import Header

from ..profiles import SELLOUT
from .sellout import shown_cell

MOST_BYTES = 20 << 20  # of a sample; a whole year's file is not needed to see how it is written
ROWS_READ, ROWS_SHOWN, ERRORS_SHOWN = 2_000, 8, 20
MONEY_DIGITS = 2


@dataclass
class Trial:
    """What the sample came to. ``columns``: (field, header in the file or ""); ``unread``: headers that no field takes."""

    columns: list = field(default_factory=list)
    unread: list = field(default_factory=list)
    names: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    rows_read: int = 0
    rows_bad: int = 0


def try_profile(profile, upload, *, today):
    """Read the beginning of ``upload`` (a Django upload) by ``profile``; nothing is stored. Amounts are taken to have two decimals."""
    trial = Trial()
    if upload.size > MOST_BYTES:
        trial.refusals = [_("The sample has more than %(most)d MB. A file of some hundred rows is enough.") % {"most": MOST_BYTES >> 20}]
        return trial
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample"
        with path.open("wb") as file:
            for part in upload.chunks():
                file.write(part)
        try:
            _read(trial, profile, path, upload.name, today)
        except FileRefused as refusal:
            trial.refusals = [error.message for error in refusal.errors]
            if refusal.header is not None:
                _name_columns(trial, profile, refusal.header)
    return trial


def _read(trial, profile, path, name, today):
    reading = read_rows(path, profile, SELLOUT, file_name=name, today=today, currency_digits=MONEY_DIGITS)
    _name_columns(trial, profile, reading.header)
    chunks = reading.chunks()
    try:
        for chunk in chunks:
            names = list(chunk.columns)
            trial.names = [reading.header.name_of(field) for field in names]
            for index in range(min(ROWS_SHOWN - len(trial.rows), len(chunk))):
                cells = [shown_cell(chunk.columns[field], index, SELLOUT[field].kind, MONEY_DIGITS) for field in names]
                trial.rows.append({"row": int(chunk.numbers[index]), "cells": cells, "is_bad": bool(chunk.bad[index])})
            trial.errors += [error.message for error in chunk.errors[: ERRORS_SHOWN - len(trial.errors)]]
            if reading.rows_read >= ROWS_READ:
                break
    finally:
        chunks.close()
    trial.rows_read, trial.rows_bad = reading.rows_read, reading.rows_bad
    trial.warnings = [warning.message for warning in reading.warnings][:ERRORS_SHOWN]


def _name_columns(trial, profile, header: Header):
    fields = [*profile.columns, *(name for name in header.columns if name not in profile.columns)]
    trial.columns = [(name, header.name_of(name) if name in header.columns else "") for name in fields if name in SELLOUT]
    taken = set(header.columns.values())
    trial.unread = [name for position, name in enumerate(header.names) if name and position not in taken][:50]
