"""EDIFACT: service characters, the envelope, sales reports as rows."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data"
HEAD = "UNA:+.? '\nUNB+UNOC:3+9521000000100:14+9520000003173:14+170331:2300+REF1++SLSRPT'\n"
STORE, GTIN = "9525000002867", "9520011333122"
LINE = f"LIN+1++{GTIN}:EN'\nMOA+203:2.50'\nMOA+98:2.69'\nMOA+52:0.19'\nQTY+153:1:PCE'\n"
PLACE = f"LOC+162+{STORE}::9'\nDTM+356:20170304:102'\n"


def message(body, number=1, count=None, reference=None, kind="SLSRPT"):
    segments = [f"UNH+{number}+{kind}:D:96A:UN:EAN004'", "BGM+73E::9+1+9'", *body.split("\n")]
    segments = [segment for segment in segments if segment]
    return "\n".join([*segments, f"UNT+{count or len(segments) + 1}+{reference or number}'"]) + "\n"


def interchange(*messages, count=None, reference="REF1"):
    return HEAD + "".join(messages) + f"UNZ+{count or len(messages)}+{reference}'\n"


def figures(row):
    return row.values["units"], row.values["gross_value"], row.values["discount_value"], row.values["net_value"]


def test_a_line_of_a_sales_report(read):
    result = read(interchange(message(PLACE + LINE)), "D10")
    row = result.rows[0]
    assert (row.values["store_gln"], row.values["date"], row.values["gtin"]) == (STORE, date(2017, 3, 4), GTIN)
    assert figures(row) == (1, 269, 19, 250)
    assert (result.reading.hints.sender_gln, result.reading.hints.interchange) == ("9521000000100", "REF1")


def test_other_service_characters_and_no_line_breaks(read):
    content = interchange(message(PLACE + LINE)).replace("\n", "").replace("UNA:+.? '", "")
    table = str.maketrans({":": "^", "+": "|", "?": "!", "'": "~", ".": ","})
    result = read("UNA^|,! ~" + content.translate(table), "D10")
    assert figures(result.rows[0]) == (1, 269, 19, 250)


def test_without_una_the_usual_characters_hold(read):
    assert len(read(interchange(message(PLACE + LINE)).removeprefix("UNA:+.? '\n"), "D10").rows) == 1


def test_released_characters_are_text(read):
    body = PLACE + LINE.replace("MOA+203", "IMD+F++:::Dip ?+ ?'n?' chips?: 5???:'\nMOA+203", 1)
    assert read(interchange(message(body)), "D10").values("item_name") == ["Dip + 'n' chips: 5?:"]


def test_a_return_counts_against_the_line(read):
    body = PLACE + LINE.replace("QTY+153:1", "QTY+153:3:PCE'\nQTY+77E:1")
    assert figures(read(interchange(message(body)), "D10").rows[0]) == (2, 269, 19, 250)


def test_a_line_of_returns_only_is_negative_throughout(read):
    body = PLACE + LINE.replace("QTY+153:1", "QTY+61:1")
    assert figures(read(interchange(message(body)), "D10").rows[0]) == (-1, -269, -19, -250)


def test_without_a_day_at_the_place_the_headers_period_holds(read):
    body = "DTM+90:20170306:102'\nDTM+91:20170312:102'\n" + f"LOC+162+{STORE}::9'\n" + LINE
    row = read(interchange(message(body)), "D10").rows[0]
    assert (row.values["period_start"], row.values["date"]) == (date(2017, 3, 6), date(2017, 3, 12))


def test_an_unfinished_interchange_is_refused_whole(read):
    whole = interchange(message(PLACE + LINE), message(PLACE + LINE, 2))
    for cut in (whole[: whole.index("UNZ")], whole[: whole.index("UNT+10+2")], whole[:-20]):
        assert read(cut, "D10").code == "incomplete"


@pytest.mark.parametrize("options", [{"count": 3}, {"reference": "OTHER"}])
def test_an_envelope_that_contradicts_itself_is_refused_whole(read, options):
    assert read(interchange(message(PLACE + LINE), **options), "D10").code == "incomplete"


@pytest.mark.parametrize("options", [{"count": 99}, {"reference": "7"}])
def test_one_bad_message_is_refused_and_the_others_stand(read, options):
    result = read(interchange(message(PLACE + LINE), message(PLACE + LINE + LINE, 2, **options), message(PLACE + LINE, 3)), "D10")
    assert [(row.number, row.errors != []) for row in result.rows] == [(1, False), (2, True), (3, True), (4, False)]
    assert {error.code for error in result.errors} == {"incomplete"}


def test_another_kind_of_message_is_left_out_and_told(read):
    result = read(interchange(message(PLACE + LINE), message(LINE, 2, kind="INVRPT")), "D10")
    assert len(result.rows) == 1
    assert [note.message for note in result.reading.warnings] == [
        "EDI message 2 is a INVRPT, not a sales report (SLSRPT); it was left out."
    ]


def test_an_interchange_without_any_sales_report_has_no_rows(read):
    assert read(interchange(message(LINE, kind="INVOIC")), "D10").code == "no_rows"


def test_a_test_interchange_is_never_booked(read):
    content = interchange(message(PLACE + LINE)).replace("++SLSRPT'", "++SLSRPT++++1'")
    assert read(content, "D10").code == "test"


def test_wrong_codes_and_numbers_are_row_errors_at_their_line(read):
    body = PLACE + LINE + LINE.replace(GTIN, GTIN[:-1] + "0") + LINE.replace("2.50", "2,50") + LINE.replace("QTY+153:1", "QTY+153:x")
    result = read(interchange(message(body)), "D10")
    assert result.found == [(2, "gtin", "check_digit"), (3, "net_value", "decimal"), (4, "units", "number")]


@pytest.mark.parametrize("name", ["slsrpt_daily", "slsrpt_other_separators", "slsrpt_weekly_with_return"])
def test_messages_against_what_must_be_read_out_of_them(read_path, name):
    expected = json.loads((DATA / "edi" / "expected_edi.json").read_text())
    wanted = expected[f"{name}.edi"] if isinstance(expected[f"{name}.edi"], list) else expected["slsrpt_daily.edi"]
    rows = read_path(DATA / "edi" / f"{name}.edi", "D10").rows
    assert [row.errors for row in rows] == [[]] * len(wanted)
    assert [(row.values["gtin"], row.values["units"], row.values["net_value"]) for row in rows] == [
        (line["gtin"], int(line["units"]), Decimal(line["net_value"]) * 100) for line in wanted
    ]
    days = [(row.values["period_start"].isoformat(), row.values["date"].isoformat()) for row in rows]
    assert days == [(line.get("week_start") or line["date"], line.get("week_end") or line["date"]) for line in wanted]
