"""How figures look."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation

from ka_crm import formats
from ka_crm.templatetags.ka import delta, file_size, initials, share_of


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [(123_450, "USD", "1,234.50"), (-5, "CNY", "−0.05"), (12, "JPY", "12"), (1, "KWD", "0.001"), (0, "USD", "0.00"), (None, "USD", "–")],
)
def test_amount(minor, currency, shown):
    assert formats.amount(minor, currency) == shown


@pytest.mark.parametrize(("language", "shown"), [("en", "A, B"), ("zh-hans", "A、B")])
def test_names_in_a_row(language, shown):
    with translation.override(language):
        assert formats.listed(["A", "B"]) == shown


def test_money_names_its_currency():
    assert formats.money(123_450, "USD") == "1,234.50\u00a0USD"
    assert formats.money(None, "USD") == "–"


@pytest.mark.parametrize(
    ("minor", "shown"),
    [(999_999, "9,999.99"), (1_234_500, "12.3\u00a0k"), (123_450_000, "1.2\u00a0M"), (-5_000_000_000_00, "−5.0\u00a0bn")],
)
def test_short_money(minor, shown):
    assert formats.short_money(minor, "USD") == f"{shown}\u00a0USD"


@pytest.mark.parametrize(
    ("minor", "shown"), [(999_999, "9,999.99"), (1_234_500, "1.2\u00a0万"), (12_345_678_900, "1.2\u00a0亿"), (-2_000_000, "−2.0\u00a0万")]
)
def test_short_money_counts_in_ten_thousands_in_chinese(minor, shown):
    with translation.override("zh-hans"):
        assert formats.short_money(minor, "CNY") == f"{shown}\u00a0CNY"


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [(1234567, 0, "1,234,567"), (Decimal("0.5"), 0, "1"), (Decimal("-0.4"), 0, "0"), (Decimal("-1.25"), 1, "−1.3"), (None, 0, "–")],
)
def test_number_rounds_half_up(value, places, shown):
    assert formats.number(value, places) == shown


def test_percent_is_of_a_fraction():
    assert formats.percent(Decimal("0.035")) == "3.5\u00a0%"
    assert formats.percent(None) == "–"


def test_delta_says_its_direction_without_colour():
    assert "+5.2\u00a0%" in delta(Decimal("0.052")) and ">up<" in delta(Decimal("0.052"))
    assert "−3.1\u00a0%" in delta(Decimal("-0.031")) and ">down<" in delta(Decimal("-0.031"))
    assert delta(Decimal(0)) == '<span class="delta delta-same">0.0\u00a0%</span>'
    assert delta(None) == "–"


def test_days_are_the_same_in_both_languages():
    assert formats.day(dt.date(2026, 3, 31)) == "2026-03-31"
    assert formats.day(None) == "–"
    assert formats.instant(dt.datetime(2026, 3, 31, 8, 30, tzinfo=dt.UTC)) == "2026-03-31 08:30"


@pytest.mark.parametrize(
    ("size", "shown"), [(1, "1 byte"), (999, "999 bytes"), (12_345, "12.3\u00a0kB"), (345_678, "346\u00a0kB"), (2_500_000, "2.5\u00a0MB")]
)
def test_file_size(size, shown):
    assert file_size(size) == shown


@pytest.mark.parametrize(("done", "total", "share"), [(1, 3, 33), (0, 3, 0), (5, 3, 100), (1, 0, 0), (None, 3, 0)])
def test_share_of(done, total, share):
    assert share_of(done, total) == share


@pytest.mark.parametrize(("name", "letters"), [("Ana Lopez", "AL"), ("王小明", "王"), ("ana", "A"), ("", "?"), ("Ana Maria Ruiz", "AR")])
def test_initials(name, letters):
    assert initials(name) == letters
