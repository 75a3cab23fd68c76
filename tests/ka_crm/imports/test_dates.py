"""Dates by forms that an administrator writes."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ka_crm.imports.dates import DateFormatError, compile_format, parse_date


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("YYYY-MM-DD", "2017-03-05"),
        ("YYYY-MM-DD", "2017-03-05 00:00:00"),
        ("DD-Mon-YYYY", "05-Mar-2017"),
        ("DD. Mon YYYY", "05. März 2017"),
        ("YYYY年M月D日", "2017年3月5日"),
        ("YYYYMMDD", "20170305"),
        ("MM/DD/YYYY", "03/05/2017"),
        ("DD.MM.YYYY", "05.03.2017"),
        ("YYYY/M/D", "2017/3/5"),
        ("D.M.YY", "5.3.17"),
    ],
)
def test_forms(form, text):
    assert parse_date(text, (form,)) == date(2017, 3, 5)


@pytest.mark.parametrize("text", ["2017-02-30", "2017-13-01", "0000-00-00", "", "05.03.2017", "2017-3", "20170305", "2017-03-05x"])
def test_what_does_not_exist_or_has_another_form_is_none(text):
    assert parse_date(text, ("YYYY-MM-DD",)) is None


@pytest.mark.parametrize("form", ["YYYY-MM", "DD.DD.YYYY", "", "YYYY-MM-DD-DD"])
def test_a_form_without_year_month_and_day_is_refused(form):
    with pytest.raises(DateFormatError):
        compile_format(form)


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1)))
def test_every_day_comes_back(day):
    assert parse_date(f"{day.year}年{day.month}月{day.day}日", ("YYYY年M月D日",)) == day
    assert parse_date(day.strftime("%Y%m%d"), ("YYYYMMDD",)) == day
