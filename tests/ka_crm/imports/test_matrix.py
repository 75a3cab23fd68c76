"""Workbooks with a sheet per measure and a column per day."""

import io
from datetime import date

import xlsxwriter

PERIOD = date(2017, 2, 1), date(2017, 2, 28)
NAMES = ["Store", "GTIN", "Item", "01", "02", "28", "30", "Total"]
UNITS = ["295", "9520009657667", "Cheese", 1, "", 2, "", 3]
GROSS = ["295", "9520009657667", "Cheese", 2.19, "", 4.38, "", 6.57]
NET = ["295", "9520009657667", "Cheese", 2.00, "", 4.38, "", 6.38]


def book(**sheets):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate([NAMES, *rows]):
                sheet.write_row(number, 0, row)
    return buffer.getvalue()


def test_a_row_per_day_with_discount_as_gross_less_net(read):
    result = read(book(Units=[UNITS], Gross=[GROSS], Net=[NET]), "D09", name="sellout_201702.xlsx")
    assert [(row.number, row.values["date"], row.values["units"], row.values["discount_value"]) for row in result.rows] == [
        (1, date(2017, 2, 1), 1, 19),
        (2, date(2017, 2, 28), 2, 0),
    ]
    assert result.rows[0].fields["discount_value"] == "0.19"


def test_the_declared_period_says_the_month(read):
    result = read(book(Units=[UNITS], Gross=[GROSS], Net=[NET]), "D09", name="x.xlsx", declared_period=PERIOD)
    assert result.values("date") == [date(2017, 2, 1), date(2017, 2, 28)]


def test_without_a_month_the_file_is_refused(read):
    assert read(book(Units=[UNITS], Gross=[GROSS], Net=[NET]), "D09", name="x.xlsx").code == "period"


def test_a_day_that_the_month_does_not_have_is_a_row_error(read):
    units, gross, net = ([*row[:6], figure, row[7] + figure] for row, figure in ((UNITS, 1), (GROSS, 1.0), (NET, 1.0)))
    result = read(book(Units=[units], Gross=[gross], Net=[net]), "D09", name="sellout_201702.xlsx")
    assert result.found == [(3, "date", "date")]


def test_a_figure_on_one_sheet_only_is_a_row_error(read):
    result = read(book(Units=[UNITS], Gross=[[*GROSS[:4], 1.00, *GROSS[5:7], 7.57]], Net=[NET]), "D09", name="sellout_201702.xlsx")
    assert [error.row for error in result.errors] == [2, 2]


def test_a_total_that_its_days_do_not_come_to_is_a_warning(read):
    result = read(book(Units=[[*UNITS[:7], 9]], Gross=[GROSS], Net=[NET]), "D09", name="sellout_201702.xlsx")
    assert [warning.message for warning in result.reading.warnings] == [
        "The control total “Units: 295 / 9520009657667 / Cheese” states 9 for “Units”; the rows come to 3. Ask the sender which is right."
    ]


def test_a_missing_sheet_is_named(read):
    result = read(book(Units=[UNITS], Gross=[GROSS]), "D09", name="sellout_201702.xlsx")
    assert result.code == "missing_column"
    assert "Net" in str(result.refusal)
