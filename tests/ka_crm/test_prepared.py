"""Questions that are compiled once answer as the queryset does, on both databases."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ka_crm.models import Setting
from ka_crm.prepared import Prepared
from team.models import Delegation, User
from tests.factories import DelegationFactory, UserFactory

pytestmark = pytest.mark.django_db


def fields_of(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_row_has_the_fields_that_the_queryset_gives():
    person = UserFactory(name="Ana Lopez", language="zh-hans", last_login=datetime(2026, 3, 2, 8, 30, tzinfo=UTC))
    UserFactory()
    asked = Prepared(lambda pk: User.objects.filter(pk=pk), int)

    (found,) = asked(person.pk)

    assert type(found) is User and not found._state.adding
    assert fields_of(found) == fields_of(User.objects.get(pk=person.pk))


def test_the_second_call_asks_for_its_own_values_with_the_same_sql():
    one, two = UserFactory(), UserFactory()
    asked = Prepared(lambda pk: User.objects.filter(pk=pk).values_list("email"), int)

    with CaptureQueriesContext(connection) as statements:
        answers = [asked(one.pk), asked(two.pk), asked(0)]

    assert answers == [[(one.email,)], [(two.email,)], []]
    assert len(statements) == 3


def test_values_of_one_kind_keep_their_places():
    """A date and its neighbour are told apart, also where one value stands in the SQL twice."""
    delegation = DelegationFactory(starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 6))
    asked = Prepared(
        lambda first, last: Delegation.objects.filter(starts_on__lte=last, ends_on__gte=first, starts_on__gte=first).values_list("pk"),
        date,
        date,
    )

    assert asked(date(2026, 3, 2), date(2026, 3, 2)) == [(delegation.pk,)]
    assert asked(date(2026, 3, 1), date(2026, 3, 31)) == [(delegation.pk,)]
    assert asked(date(2026, 3, 3), date(2026, 3, 31)) == []
    assert asked(date(2026, 2, 1), date(2026, 3, 1)) == []


def test_instants_and_json_come_back_as_the_model_keeps_them():
    Setting.objects.create(key="visits.must_see", value={"weights": [1, 2]})
    person = UserFactory()
    User.objects.filter(pk=person.pk).update(created_at=datetime(2026, 3, 2, 8, 30, tzinfo=UTC))
    values = Prepared(lambda: Setting.objects.values_list("key", "value"))
    since = Prepared(lambda moment: User.objects.filter(created_at__gte=moment).values_list("created_at"), datetime)

    assert values() == [("visits.must_see", {"weights": [1, 2]})]
    assert since(datetime(2026, 3, 2, 8, 30, tzinfo=UTC)) == [(datetime(2026, 3, 2, 8, 30, tzinfo=UTC),)]


def test_a_value_that_the_question_does_not_use_is_refused():
    asked = Prepared(lambda pk, name: User.objects.filter(pk=pk), int, str)

    with pytest.raises(ImproperlyConfigured, match="does not use all of its 2 values"):
        asked(1, "Ana")
