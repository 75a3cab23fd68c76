"""The month that a file's name or titles state, and the days in them that are no month."""

import pytest

from ka_crm.imports.headers import month_in


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("sellout_A01_201703.csv", (2017, 3)),
        ("201703_2.csv", (2017, 3)),
        ("sales 2024-02 v2.csv.gz", (2024, 2)),
        ("2024-02_12.xlsx", (2024, 2)),
        ("HYP7 Feb 2024 v24.xlsx", (2024, 2)),
        ("US_8 Jan 2025 v44.csv", (2025, 1)),
        ("Period: Mar 2017   Currency: USD", (2017, 3)),
        ("Umsatz März 2024", (2024, 3)),
        ("销售2024年2月.xlsx", (2024, 2)),
    ],
)
def test_a_name_states_its_month(text, month):
    assert month_in(text) == month


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-03 export.csv",
        "export_2024_03_03.csv",
        "export.2024.03.03.csv",
        "export_20240303.csv",
        "3 Mar 2024 export.csv",
        "export 03-Mar-2024.csv",
        "2024年3月3日.csv",
    ],
)
def test_the_day_on_which_a_file_was_made_is_not_the_month_of_its_rows(text):
    assert month_in(text) is None


@pytest.mark.parametrize("text", ["sales 2024-01 to 2024-02.csv", "sales Jan 2024 Feb 2024.csv", "sales.csv", "sales 202413.csv"])
def test_none_or_several_months_state_none(text):
    assert month_in(text) is None
