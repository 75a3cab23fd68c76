"""Numbers with a check digit: only plain digits hold, however people write them."""

import pytest

from ka_crm.identifiers import check_digit_holds, digits_as_written, is_gln, is_gtin, spellings_of_gtin


@pytest.mark.parametrize("number", ["96385074", "036000291452", "4006381333931", "10012345000017", "0036000291452", "00036000291452"])
def test_a_gtin_of_each_length_holds(number):
    assert is_gtin(number)


@pytest.mark.parametrize(
    "number",
    [
        "4006381333932",  # another check digit
        "400638133393O",  # a letter
        "400638133393",  # a digit short
        "40063813339 31",  # a blank makes it fourteen
        "0360-00291452",  # a hyphen makes it thirteen
        "9638-5074----",
        "96385074     ",
        "４００６３８１３３３９３１",
        "٤٠٠٦٣٨١٣٣٣٩٣١",
        "²006381333931",
        "",
    ],
)
def test_what_is_not_plain_digits_with_their_check_digit_is_no_number(number):
    assert (is_gtin(number), is_gln(number)) == (False, False)


@pytest.mark.parametrize("number", ["96385074", "036000291452", "10012345000017"])
def test_a_gln_has_thirteen_digits(number):
    assert check_digit_holds(number)
    assert not is_gln(number)


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("4006381 333931", "4006381333931"),
        ("400-6381-33393-1", "4006381333931"),
        ("４００６３８１３３３９３１", "4006381333931"),
        ("4006381\u00a0333\u2011931", "4006381333931"),
        ("0036000291452", "0036000291452"),
        ("400638133393O", "400638133393O"),
        ("", ""),
    ],
)
def test_blanks_hyphens_and_wide_digits_are_ways_of_writing(written, digits):
    assert digits_as_written(written) == digits


def test_leading_zeros_are_another_spelling_only_where_there_is_room():
    assert spellings_of_gtin("036000291452") == {"036000291452", "0036000291452", "00036000291452"}
    assert spellings_of_gtin("00000096385074") == {"96385074", "000096385074", "0000096385074", "00000096385074"}
    assert spellings_of_gtin("10012345000017") == {"10012345000017"}
