"""Text arrives intact or is refused by name; it is never mojibake."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ka_crm.imports import Field, FileRefused, Kind, Profile, Schema
from ka_crm.imports.encodings import decoded, detect

NAMES = Schema("names", (Field("name", Kind.TEXT),))
PLAIN = Profile.of_schema(NAMES)
WESTERN = ["Crème fraîche 200 g", "Käse gerieben", "Jalapeño salsa", "Brötchen", "Sauce à l'oignon"]
CHINESE = ["蓝田超市 第343店", "奶油奶酪 200克", "销售金额（原价）", "商品名称"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_western_names_in_every_encoding_without_a_word_from_the_profile(read, encoding):
    result = read("\n".join(["name", *WESTERN]).encode(encoding), PLAIN, NAMES)
    assert result.values("name") == WESTERN


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
def test_chinese_names_in_every_encoding_without_a_word_from_the_profile(read, encoding):
    result = read("\n".join(["name", *CHINESE]).encode(encoding), PLAIN, NAMES)
    assert result.values("name") == CHINESE


def test_a_guess_is_told(read):
    result = read("name\nKäse\n".encode("cp1252"), PLAIN, NAMES)
    assert [note.code for note in result.reading.warnings] == ["encoding"]


@pytest.mark.parametrize("declared", ["cp1252", "gb18030", "utf-16", "latin-1"])
def test_utf8_wins_over_a_profile_that_says_otherwise(read, declared):
    profile = Profile.of_schema(NAMES, encoding=declared)
    assert read("\n".join(["name", *CHINESE]), profile, NAMES).values("name") == CHINESE


def test_bytes_that_fit_nothing_are_refused_with_their_position(read):
    content = b"name\n" + "Żółć gęślą jaźń\nłąka\n".encode("cp1250")
    result = read(content, PLAIN, NAMES)
    assert result.code == "encoding"
    assert "byte 5 (0xAF)" in str(result.refusal)


def test_a_bad_byte_far_behind_is_refused_with_its_position_and_nothing_is_kept(read):
    content = b"name\n" + b"plain\n" * 500_000 + "Käse\n".encode("cp1252")
    result = read(content, PLAIN, NAMES)
    assert result.code == "encoding"
    assert f"byte {5 + 6 * 500_000 + 1} (0xE4)" in str(result.refusal)


def test_a_declared_encoding_that_does_not_fit_is_refused(read):
    result = read(b"name\n\x81\x8d\n", Profile.of_schema(NAMES, encoding="cp1252"), NAMES)
    assert result.code == "encoding"


def test_utf32_is_refused(read):
    assert read("name\nx\n".encode("utf-32"), PLAIN, NAMES).code == "encoding"


@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=50))
def test_utf8_is_always_utf8(text):
    assert detect(b"name\n" + text.encode()) == ("utf-8", False)


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_strictly_or_refused(content):
    try:
        encoding, _guessed = detect(content)
        text = "".join(decoded(io.BytesIO(content), encoding))
    except FileRefused as refusal:
        assert refusal.code == "encoding"
    else:
        assert "\ufffd" not in text or "\ufffd" in content.decode(encoding)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_kind(read, ending):
    assert read(ending.join(["name", "a", "b", ""]), PLAIN, NAMES).values("name") == ["a", "b"]
