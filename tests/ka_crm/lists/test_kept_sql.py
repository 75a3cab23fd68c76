"""Rows of a list come by SQL that is kept: it gives what Django gives, and another question is another key."""

from datetime import date

import pytest
from django.db.models import Count, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import TruncDate
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import KeyAccount, Store
from ka_crm import listrows
from ka_crm.listrows import NoShape, counted, fetched, shape_of
from tests.factories import AccountAssignmentFactory, KeyAccountFactory, StoreFactory, UserFactory
from visits.models import Visit

from .every_list import all_lists

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(listrows, "_kept", type(listrows._kept)())


@pytest.fixture
def stores():
    chain = KeyAccountFactory(name="Northgate", parent=KeyAccountFactory(name="Head"))
    return [StoreFactory(account=chain, name=name) for name in ("Harbor", "Quay", "Pier")]


def insides(row):
    """All that an instance holds, joined rows too."""
    kept = {name: value for name, value in vars(row).items() if name != "_state"}
    joined = {name: other and insides(other) for name, other in row._state.fields_cache.items()}
    return type(row), kept, joined, row._state.db, row._state.adding


def same(queryset):
    """The rows by kept SQL, which were just found equal to Django's, when first asked and when asked again."""
    expected = [insides(row) for row in queryset.all()]
    assert [insides(row) for row in fetched(queryset.all())] == expected
    assert [insides(row) for row in fetched(queryset.all())] == expected
    return len(expected)


def queries_of_every_list(person):
    for _name, page_class in all_lists():
        request = RequestFactory().get("/")
        request.user = person
        yield page_class(request=request).get_queryset(request)


def shapes(*querysets):
    return len({shape_of(queryset.query) for queryset in querysets})


def test_every_list_can_be_kept_for_whoever_sees_all_and_for_whoever_does_not(stores):
    manager = UserFactory(ka_manager=True)
    AccountAssignmentFactory(account=stores[0].account, user=manager)
    asked = [*queries_of_every_list(UserFactory(administrator=True)), *queries_of_every_list(manager)]

    assert len(asked) > 20
    for queryset in asked:
        assert same(queryset) == len(queryset)
        shape_of(queryset.query)  # raises where a list is left to Django


def test_rows_their_joined_rows_and_their_counts_are_those_of_django(stores):
    assert same(Store.objects.for_list()) == 3
    assert same(Store.objects.for_list().with_names_of_accounts()) == 3
    assert same(KeyAccount.objects.for_list().with_names_of_parents()) == 2  # one of them has none above
    assert counted(Store.objects.for_list(), 100) == 3
    assert counted(Store.objects.for_list(), 2) == 2
    assert counted(Store.objects.none(), 2) == 0 and fetched(Store.objects.none()) == []


def test_a_field_that_was_not_asked_for_is_read_when_it_is_needed(stores, django_assert_num_queries):
    (row,) = fetched(Store.objects.filter(name="Quay").for_list().with_names_of_accounts())

    with django_assert_num_queries(1):
        assert row.account.code == stores[0].account.code


def test_a_kept_question_sees_what_was_written_since(stores):
    asked = Store.objects.for_list()
    assert [row.name for row in fetched(asked.all())] == ["Harbor", "Pier", "Quay"]

    Store.objects.filter(name="Pier").delete()
    assert ([row.name for row in fetched(asked.all())], counted(asked, 100)) == (["Harbor", "Quay"], 2)


def test_another_value_filter_order_page_or_scope_is_another_question(stores):
    one, other = UserFactory(ka_manager=True), UserFactory(ka_manager=True)
    rows = Store.objects.order_by("pk")
    assert 15 == shapes(
        rows, rows.filter(name="Quay"), rows.filter(name="Pier"), rows.filter(name__contains="Pier"), rows.exclude(name="Pier"),
        rows.filter(opened_on=None), rows.filter(opened_on=date(2026, 1, 1)), rows.filter(Q(name="Pier") | Q(city="x")),
        rows.filter(Q(name="Pier") & Q(city="x")), rows.order_by("-pk"), rows.order_by(F("pk").desc(nulls_last=True)), rows[:5],
        rows[1:5], rows.visible_to(one), rows.visible_to(other),
    )  # fmt: skip
    assert 8 == shapes(
        rows.select_related("account"), rows.only("name"), rows.defer("name"), rows.distinct(), rows.annotate(one=Value(1)),
        rows.annotate(one=Value(2)), rows.annotate(one=Value(True)), rows.annotate(one=F("account__name")),
    )  # fmt: skip


def test_the_same_question_put_together_twice_is_one(stores):
    person = UserFactory(ka_manager=True)
    assert shapes(*(Store.objects.visible_to(person).for_list()[:50] for _time in range(2))) == 1
    assert shapes(*(KeyAccount.objects.visible_to(person).for_list()[:50] for _time in range(2))) == 1


def test_a_subquery_with_another_value_is_another_question():
    def with_count(name):
        inner = Store.objects.filter(account=OuterRef("pk"), name=name).values("account").annotate(count=Count("pk")).values("count")
        return KeyAccount.objects.annotate(count=Subquery(inner)).order_by("pk")

    assert shapes(with_count("Quay"), with_count("Pier")) == 2


def test_days_of_instants_are_those_of_the_persons_time_zone():
    visit = Visit.objects.annotate(day=TruncDate("created_at")).order_by("pk")
    fetched(visit.all())
    with timezone.override("Asia/Shanghai"):
        fetched(visit.all())
    assert len(listrows._kept) == 2


def test_what_no_key_can_be_made_of_is_left_to_django(stores):
    foreign = Store.objects.extra(select={"one": "1"}).order_by("pk")
    with pytest.raises(NoShape):
        shape_of({"x": object()})
    assert [row.one for row in fetched(foreign)] == [1, 1, 1]
    assert fetched(Store.objects.order_by("pk").values_list("name")) == [("Harbor",), ("Quay",), ("Pier",)]


def test_no_more_is_kept_than_there_is_room_for(stores, monkeypatch):
    monkeypatch.setattr(listrows, "MOST_KEPT", 3)
    for name in "abcde":
        fetched(Store.objects.filter(name=name))
    assert len(listrows._kept) == 3
