"""Totals, footers and titles are no sales; what totals state is held against the rows."""

from ka_crm.imports.totals import ControlTotal

from .conftest import GOOD, lines

TOTAL = "Total,,,,,{units},,,{net},"


def test_a_total_that_differs_is_a_warning_with_both_figures(read):
    result = read(lines(GOOD, GOOD, TOTAL.format(units=2, net="999.99")))
    assert len(result.rows) == 2
    assert [warning.message for warning in result.reading.warnings] == [
        "The control total “Total” states 999.99 for “net_value”; the rows come to 4.38. Ask the sender which is right."
    ]
    assert result.reading.control_totals == [
        ControlTotal("Total", "grand", "units", 2, 2),
        ControlTotal("Total", "grand", "net_value", 99999, 438),
    ]


def test_a_total_that_agrees_is_on_record_without_a_warning(read):
    result = read(lines(GOOD, TOTAL.format(units=1, net="2.19")))
    assert result.reading.warnings == []
    assert len(result.reading.control_totals) == 2


def test_a_row_with_a_date_is_a_sale_whatever_it_is_called(read):
    assert len(read(lines(GOOD.replace("A01", "Total"))).rows) == 1


def test_rows_behind_a_total_go_on_counting(read):
    result = read(lines(GOOD, TOTAL.format(units=1, net="2.19"), GOOD))
    assert [row.number for row in result.rows] == [1, 2]


D08 = """"Vendor: M317","","","","","","",""
"Store #","Sale Date","UPC/GTIN","Item Description","Units","Retail $","Markdown $","POS $"
"293","03/03/2017","9520009021727","A","2","$1,002.99","$0.00","$1,002.99"
"293","03/04/2017","9520009021727","A","-1","($2.99)","$0.00","($2.99)"
"Store 293 Total","","","","1","$1,000.00","$0.00","$1,000.00"
"442","03/30/2017","9520009456116","B","1","$3.99","$0.00","$3.99"
"Store 442 Total","","","","2","$3.99","$0.00","$3.99"
"Report generated 02/01/2018 06:12 AM","","","","","","",""
"""


def test_subtotals_sum_the_rows_since_the_one_before(read):
    result = read(D08, "D08")
    assert [row.number for row in result.rows] == [1, 2, 3]
    assert result.values("net_value") == [100299, -299, 399]
    assert [(w.column, w.value) for w in result.reading.warnings] == [("Units", "2")]
    assert [(t.label, t.stated, t.found) for t in result.reading.control_totals if t.field == "units"] == [
        ("Store 293 Total", 1, 1),
        ("Store 442 Total", 2, 1),
    ]


def test_titles_are_kept_for_the_preview(read):
    assert read(D08, "D08").reading.titles == ("Vendor: M317",)


def test_signs_that_contradict_each_other(read):
    returned = GOOD.replace(",1,2.19,0.00,2.19", ",-1,-2.19,0.00,-2.19")
    result = read(lines(returned, GOOD.replace(",1,2.19", ",-1,2.19"), GOOD.replace("2.19,0.00", "-2.19,0.00")))
    assert result.found == [(2, "units", "sign"), (3, "units", "sign")]
    assert result.values("units")[0] == -1


def test_days_outside_the_period_of_the_file_name(read):
    result = read(lines(GOOD, GOOD.replace("2017-03-01", "2017-04-02")), name="sellout_A01_201703.csv")
    assert result.found == [(2, "date", "period")]
    assert "2017-04" in result.errors[0].message


def test_mixed_decimal_marks_refuse_the_file(read):
    content = lines(GOOD, GOOD.replace("2.19", "2#19")).replace(",", ";").replace("#", ",")
    assert read(content).code == "decimal"
