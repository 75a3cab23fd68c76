"""Every factory makes a row that the model's own checks accept."""

import inspect

import factory
import pytest
from django.core.exceptions import ValidationError

from tests import factories

ALL = [value for _name, value in inspect.getmembers(factories) if inspect.isclass(value) and issubclass(value, factory.Factory)]
SITUATIONS = [(one, trait) for one in ALL for trait in one._meta.parameters if isinstance(one._meta.parameters[trait], factory.Trait)]


def faults(row):
    """What the model's checks say, field by field, but for the columns that only the program fills in and that are still empty."""
    empty = {
        field.name for field in row._meta.fields if getattr(row, field.attname) in (None, [], {}) and (field.null or field.has_default())
    }
    try:
        row.full_clean(exclude=empty)
    except ValidationError as error:
        return error.message_dict
    return {}


@pytest.mark.django_db
@pytest.mark.parametrize("one", ALL, ids=lambda one: one.__name__)
def test_a_row_of_each_factory_is_valid(one):
    assert (faults(one()), faults(one())) == ({}, {})


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "trait"), SITUATIONS, ids=lambda value: getattr(value, "__name__", value))
def test_each_trait_makes_a_valid_row(one, trait):
    assert faults(one(**{trait: True})) == {}


@pytest.mark.django_db
def test_a_tree_has_paths():
    root = factories.KeyAccountFactory()
    leaf = factories.KeyAccountFactory(parent=root)
    assert leaf.path == f"/{root.pk}/{leaf.pk}/"


@pytest.mark.django_db
def test_reports_about_each_kind_of_subject():
    team, person = factories.TeamFactory(), factories.UserFactory(ka_manager=True)
    about_team, about_person = factories.ReportFactory(about_team=team), factories.ReportFactory(about_person=person)
    company = factories.ReportFactory(company=True)
    assert [(report.subject_kind, report.account_id) for report in (about_team, about_person, company)] == [
        ("team", None),
        ("person", None),
        ("company", None),
    ]
    assert (about_team.team, about_person.person, company.subject_key) == (team, person, "company")
