"""Shipped profiles arrive with the program; an administrator's edits stay."""

import pytest

from sales.models import ImportProfile
from sales.services.shipped_profiles import load_shipped_profiles

pytestmark = pytest.mark.django_db


def test_a_shipped_profile_that_nobody_touched_is_refreshed_and_an_edited_one_stays():
    load_shipped_profiles()
    assert {row.code for row in ImportProfile.objects.filter(is_shipped=True)} == {"CANONICAL", *(f"D{n:02}" for n in range(1, 13))}
    assert load_shipped_profiles() == 0

    ImportProfile.objects.filter(code="D01").update(definition={"code": "D01"})
    ImportProfile.objects.filter(code="D02").update(definition={"code": "D02"}, version=2)
    assert load_shipped_profiles() == 1
    assert "columns" in ImportProfile.objects.get(code="D01").definition
    assert ImportProfile.objects.get(code="D02").definition == {"code": "D02"}
