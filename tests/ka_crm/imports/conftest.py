"""A day on which tests read files, and a way to write one small file and read it."""

from datetime import date

import pytest

from ka_crm.imports import FileRefused, read_rows
from sales.profiles import SELLOUT, shipped

TODAY = date(2026, 11, 21)
HEADER = "account_code,store_code,date,sku,gtin,units,gross_value,discount_value,net_value,supplier_coupon_value"
GOOD = "A01,S00298,2017-03-01,00965766,9520009657667,1,2.19,0.00,2.19,0.00"


class Read:
    """What came out of one file: rows, errors as (row, column, code), the refusal if there was one."""

    def __init__(self, path, profile, schema, **options):
        self.rows, self.refusal, self.reading = [], None, None
        options = {"file_name": path.name, "today": TODAY} | options
        try:
            self.reading = read_rows(path, profile, schema, **options)
            self.rows = list(self.reading.rows())
        except FileRefused as refusal:
            self.refusal = refusal

    @property
    def errors(self):
        return [error for row in self.rows for error in row.errors]

    @property
    def found(self):
        return [(error.row, error.column, error.code) for error in self.errors]

    @property
    def code(self):
        return self.refusal and self.refusal.code

    def values(self, name):
        return [row.values[name] for row in self.rows]


@pytest.fixture
def read(tmp_path):
    """``read(text or bytes, profile="CANONICAL", name="file.csv")`` → Read."""

    def reader(content, profile="CANONICAL", schema=SELLOUT, name="file.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Read(path, shipped()[profile] if isinstance(profile, str) else profile, schema, **options)

    return reader


@pytest.fixture
def read_path():
    """``read_path(path, profile)`` → Read of a file that is there."""

    def reader(path, profile, schema=SELLOUT, **options):
        return Read(path, shipped()[profile] if isinstance(profile, str) else profile, schema, **options)

    return reader


def lines(*rows):
    """A file of our own form with these rows below the header."""
    return "\n".join((HEADER, *rows)) + "\n"
