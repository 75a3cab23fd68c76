"""The fiscal year: it begins with a month that an administrator sets, and “year to date” counts from it."""

from . import company


def first_month():
    """1 to 12."""
    return int(company.value("company.fiscal_year_starts"))


def year_to_date(period):
    """From the first day of the fiscal year in which ``period`` ends to its last day."""
    return period.year_to_date(first_month())
