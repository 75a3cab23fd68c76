"""Profiles ranked by what a file holds."""

import pytest

from ka_crm.imports import FileRefused, Profile, recognise
from ka_crm.imports.recognise import best
from sales.profiles import SELLOUT, shipped

from .conftest import GOOD, lines


@pytest.fixture
def ranked(tmp_path):
    def rank(content, profiles=None):
        path = tmp_path / "file"
        path.write_bytes(content.encode())
        return recognise(path, profiles or shipped().values(), SELLOUT)

    return rank


def test_our_own_form_leads_alone(ranked):
    candidates = ranked(lines(GOOD))
    assert best(candidates).profile.code == "CANONICAL"
    assert candidates[0].score == 1.0


def test_two_profiles_of_the_same_header_are_a_question(ranked):
    twin = Profile.from_dict(shipped()["CANONICAL"].to_dict() | {"code": "TWIN"})
    candidates = ranked(lines(GOOD), [shipped()["CANONICAL"], twin])
    assert {candidate.profile.code for candidate in candidates} == {"CANONICAL", "TWIN"}
    assert best(candidates) is None


def test_a_file_that_lacks_a_column_is_still_known_and_the_reason_says_so(ranked):
    candidates = ranked(lines(GOOD).replace(",net_value", ",other"))
    assert [candidate.profile.code for candidate in candidates] == ["CANONICAL"]
    assert "net_value" in candidates[0].reason
    assert candidates[0].score < 0.5


def test_what_nobody_sends_is_nobodys(ranked):
    assert ranked("a,b\n1,2\n") == []
    assert best([]) is None


def test_an_empty_file_is_refused(ranked):
    with pytest.raises(FileRefused):
        ranked("")
