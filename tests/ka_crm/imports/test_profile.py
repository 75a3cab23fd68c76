"""Profiles are data: checked when they are made, with a clear word per field."""

import pytest

from ka_crm.imports import Profile, ProfileError
from sales.profiles import shipped

GOOD = {"code": "D99", "columns": {"units": ["Qty"]}}


@pytest.mark.parametrize("profile", shipped().values(), ids=lambda profile: profile.code)
def test_shipped_profiles_survive_the_way_to_json_and_back(profile):
    assert Profile.from_dict(profile.to_dict()) == profile


def test_twelve_dialects_and_our_own_form_are_shipped():
    assert list(shipped()) == ["CANONICAL", *(f"D{number:02d}" for number in range(1, 13))]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("code", ""),
        ("code", "two words"),
        ("container", "pdf"),
        ("grain", "hour"),
        ("delimiter", "#"),
        ("encoding", "klingon"),
        ("columns", {}),
        ("columns", {"units": "Qty"}),
        ("columns", {"units": ["Qty"], "net_value": ["qty "]}),
        ("decimal_mark", "x"),
        ("thousands_mark", "x"),
        ("store_pattern", "("),
        ("store_pattern", "[0-9]+"),
        ("store_pattern", "(?P<code>(a+)+)"),
        ("totals_rows", [{"pattern": "", "scope": "grand"}]),
        ("totals_rows", [{"pattern": "Sum", "scope": "sometimes"}]),
        ("footers", ["("]),
        ("date_formats", ["DD.MM"]),
        ("date_formats", []),
        ("header_rows", 9),
        ("fill_down", ["store_name"]),
        ("derived", {"discount_value": ["gross_value"]}),
        ("colour", "red"),
    ],
)
def test_a_wrong_setting_is_named(setting, value):
    with pytest.raises(ProfileError) as refusal:
        Profile.from_dict(GOOD | {setting: value})
    assert list(refusal.value.problems) == [setting]
    assert refusal.value.problems[setting]


def test_one_mark_cannot_be_both():
    with pytest.raises(ProfileError) as refusal:
        Profile.from_dict(GOOD | {"decimal_mark": ",", "thousands_mark": ","})
    assert list(refusal.value.problems) == ["thousands_mark"]


def test_a_retailer_that_nobody_has_seen_needs_data_and_no_code(read):
    profile = Profile.from_dict(
        {
            "code": "NEW",
            "encoding": "cp1252",
            "header_rows": 1,
            "columns": {
                "retailer_store_no": ["Butik"],
                "date": ["Dag"],
                "gtin": ["EAN-kode"],
                "units": ["Antal"],
                "net_value": ["Omsætning"],
            },
            "decimal_mark": ",",
            "thousands_mark": ".",
            "date_formats": ["DD/MM YYYY"],
            "store_pattern": "B(?P<code>[0-9]+)",
            "totals_rows": [{"pattern": "I alt", "scope": "grand"}],
        }
    )
    content = "Ugens salg\n\nButik;Dag;EAN-kode;Antal;Omsætning\nB12;05/03 2017;9520009657667;2;1.234,50\nI alt;;;2;1.234,50\n"
    result = read(content.encode("cp1252"), profile)
    assert (result.found, result.reading.warnings) == ([], [])
    assert (result.values("retailer_store_no"), result.values("net_value")) == (["12"], [123450])
