"""What a finding tells: where the row stands in the sender's file, and what to write instead."""

import io

import pytest
import xlsxwriter

from sales.profiles import shipped

from .conftest import lines

SOLD = "A01,S00298,{day},00965766,9520009657667,{units},{gross},0.00,2.00,0.00"


def row(day="2017-03-01", units="1", gross="2.00"):
    return SOLD.format(day=day, units=units, gross=gross)


def said(result):
    return [error.message for error in result.errors]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (row(day="2017-02-30"), "Row 1, “date”: “2017-02-30” is a date that the calendar does not have. Write the day of the sale."),
        (row(day="1.3.2017"), "Row 1, “date”: “1.3.2017” is not a date in the form YYYY-MM-DD. Write it as 2025-12-31."),
        (row(units="1e5"), "Row 1, “units”: “1e5” is not a number. Write it with digits only, such as 1234.50."),
    ],
)
def test_the_way_out_is_in_the_file_s_own_form(read, line, message):
    assert said(read(lines(line), "CANONICAL", name="x.csv")) == [message]


@pytest.mark.parametrize(
    ("units", "gross", "message"),
    [
        ("1", "-2.50", "Row 1, “Umsatz brutto”: “-2.50” does not fit the file's decimal mark “,”. Write -2,50."),
        ("1", "zwei", "Row 1, “Umsatz brutto”: “zwei” is not a number. Write it with digits only, such as 1234,50."),
        ("1.2万", "2,00", "Row 1, “Menge”: “1.2万” is not a number. Write 12000."),
    ],
)
def test_a_file_with_decimal_commas_is_told_to_write_commas(read, units, gross, message):
    header = "Filiale;Marktname;Datum;EAN;Artikelbezeichnung;Menge;Umsatz brutto;Rabatt;Umsatz netto"
    text = f"{header}\r\n367;M;01.03.2017;9520009657667;K;{units};{gross};0,00;2,00\r\n"
    assert message in said(read(text.encode("gb18030"), "D04" if units == "1" else _in_chinese(), name="x.csv"))


def _in_chinese():
    return type(shipped()["D04"]).from_dict({**shipped()["D04"].to_dict(), "encoding": "gb18030"})


def book(*rows):
    """A sheet with two titles, a header in its third line and these rows."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        header = ["account_code", "store_code", "date", "sku", "units", "gross_value", "discount_value", "net_value"]
        for number, cells in enumerate([["Report"], ["of March"], header, *rows]):
            sheet.write_row(number, 0, cells)
    return buffer.getvalue()


def test_a_row_of_a_sheet_is_found_by_the_line_of_the_sheet(read):
    good = ["A01", "S1", "2017-03-01", "00965766", 1, 2, 0, 2]
    bad = [*good[:4], "x", *good[5:]]
    result = read(book(good, ["Subtotal", "", "", "", 1, 2, 0, 2], [], bad), name="x.xlsx")
    assert said(result) == ["Row 2, “units”: “x” is not a number. Write it with digits only, such as 1234.50. (line 7 of the sheet)"]


def test_a_row_of_a_table_of_days_is_found_by_its_line_and_day(read):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        for name in ("Units", "Gross", "Net"):
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, ["Store", "GTIN", "Item", "01", "02"])
            sheet.write_row(1, 0, [295, "9520009657667", "Cheese", 1, 1])
            sheet.write_row(2, 0, [296, "9520009657667", "Cheese", "", "x"])
    result = read(buffer.getvalue(), "D09", name="sales_2017-02.xlsx")
    assert [(error.row, error.message.partition("(")[2]) for error in result.errors] == [(3, "line 3 of the sheet, day 02)")] * 3


def test_a_row_of_an_interchange_is_found_by_message_and_line(read):
    line = "LIN+1++9520011333122:EN'MOA+203:2.50'MOA+98:2.69'MOA+52:0.19'QTY+153:{}:PCE'"

    def message(number, *units):
        body = "".join(map(line.format, units))
        head = f"UNH+{number}+SLSRPT:D:96A:UN:EAN004'LOC+162+9525000002867::9'DTM+356:20170304:102'"
        return f"{head}{body}UNT+{4 + 5 * len(units)}+{number}'"

    text = f"UNA:+.? 'UNB+UNOC:3+1:14+2:14+170331:2300+R'{message(1, 1, 1)}{message(2, 1, 'x')}UNZ+2+R'"
    assert said(read(text, "D10")) == [
        "Row 4, “units”: “x” is not a number. Write it with digits only, such as 1234.50. (EDI message 2, line 2)"
    ]


def test_a_file_without_any_of_the_columns_asks_for_the_right_profile(read):
    assert str(read("a,b\n1,2\n", name="x.csv").refusal).endswith(
        "None of its columns stands in the first 30 lines: is it the right profile, or does the header stand further down?"
    )
