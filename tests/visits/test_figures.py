"""Scores and sums of visits."""

from datetime import date
from decimal import Decimal

import pytest

from ka_crm.periods import month
from tests.factories import PhotoFactory, ProductFactory, ShelfFactFactory, StoreFactory, VisitFactory
from visits import figures, scores
from visits.models import CategoryAsk, CompetitorFact
from visits.places import distance_m

MARCH = month(2026, 3)


# -- scores ------------------------------------------------------------------------------------------------------------------
def test_must_stock_compliance_leaves_out_what_nobody_looked_for():
    assert scores.must_stock_compliance(found=3, checked=4, required=10) == scores.Score(Decimal("0.750000"), 3, 4)
    assert scores.must_stock_compliance(found=0, checked=4, required=4).value == Decimal("0.000000")


@pytest.mark.parametrize(("required", "reason"), [(0, "No must-stock list for this store."), (5, "No must-stock product was checked.")])
def test_compliance_without_a_check_is_none_with_a_reason(required, reason):
    score = scores.must_stock_compliance(found=0, checked=0, required=required)
    assert (score.value, str(score.reason)) == (None, reason)


def test_on_shelf_availability():
    assert scores.on_shelf_availability(on_shelf=2, checked=3).value == Decimal("0.666667")
    assert (scores.on_shelf_availability(on_shelf=0, checked=0).value, str(scores.on_shelf_availability(on_shelf=0, checked=0).reason)) == (
        None,
        "No product was checked.",
    )


@pytest.mark.parametrize(
    ("own", "every", "value"), [(4, 40, Decimal("0.100000")), (0, 40, Decimal("0.000000")), (40, 40, Decimal("1.000000"))]
)
def test_share_of_shelf(own, every, value):
    assert scores.share_of_shelf(own_facings=own, all_facings=every).value == value


@pytest.mark.parametrize(("own", "every"), [(4, None), (4, 0), (None, 40), (41, 40)])
def test_share_of_shelf_that_cannot_be_is_none_with_a_reason(own, every):
    score = scores.share_of_shelf(own_facings=own, all_facings=every)
    assert (score.value, bool(str(score.reason))) == (None, True)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: scores.must_stock_compliance(found=5, checked=4, required=9),
        lambda: scores.must_stock_compliance(found=1, checked=4, required=3),
        lambda: scores.on_shelf_availability(on_shelf=4, checked=3),
        lambda: scores.share_of_shelf(own_facings=-1, all_facings=3),
    ],
)
def test_counts_that_contradict_each_other_are_a_value_error(wrong):
    with pytest.raises(ValueError):
        wrong()


# -- places ------------------------------------------------------------------------------------------------------------------
def test_distance_along_the_great_circle():
    assert distance_m((Decimal("0"), Decimal("0")), (Decimal("0"), Decimal("1"))) == 111195
    assert distance_m((48.8566, 2.3522), (51.5074, -0.1278)) == 343557  # Paris – London
    assert distance_m((0, 179.9999), (0, -179.9999)) == 22
    assert distance_m((90, 0), (-90, 0)) == 20015114
    assert distance_m((1, 1), (1, 1)) == 0


@pytest.mark.parametrize(("here", "there"), [(None, (1, 1)), ((1, None), (1, 1)), ((1, 1), (None, None))])
def test_distance_without_a_place_is_none(here, there):
    assert distance_m(here, there) is None


# -- sums --------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def month_of_visits(rep, store):
    """March of one account: two plans done, one missed, one open, one cancelled, one ad hoc; and one visit in April."""
    day = date(2026, 3, 2)
    done = [VisitFactory(store=store, visitor=rep, completed=True, planned_on=day) for _number in range(2)]
    VisitFactory(store=store, visitor=rep, missed=True, planned_on=day)
    VisitFactory(store=store, visitor=rep, planned_on=date(2026, 3, 31))
    VisitFactory(store=store, visitor=rep, cancelled=True, planned_on=day)
    VisitFactory(store=StoreFactory(account=store.account), visitor=rep, in_progress=True, origin="ad_hoc", planned_on=date(2026, 3, 1))
    VisitFactory(store=store, visitor=rep, completed=True, planned_on=date(2026, 4, 1))
    tea, water = ProductFactory(name="Tea"), ProductFactory(name="Water")
    ShelfFactFactory(visit=done[0], product=tea, is_must_stock=True)
    ShelfFactFactory(visit=done[0], product=water, is_must_stock=True, is_present=False, is_out_of_stock=True)
    ShelfFactFactory(visit=done[1], product=tea, is_must_stock=True, is_present=None)
    ShelfFactFactory(visit=done[1], product=water, is_present=False, is_out_of_stock=True)
    CompetitorFact.objects.create(visit=done[0], brand="Rival", price_minor=950)
    CompetitorFact.objects.create(visit=done[0], brand="Taken back", is_removed=True)
    CategoryAsk.objects.create(visit=done[0], category=tea.category, all_facings=40)
    PhotoFactory(visit=done[0])
    return store.account


EXPECTED = figures.VisitFigures(
    planned=4, planned_done=2, ad_hoc=1, missed=1, cancelled=1, open=1, stores_seen=2, products_checked=3, products_on_shelf=1,
    out_of_stock=2,
    must_stock_checked=2, must_stock_found=1, competitor_facts=1, category_asks=1, photos=1,
)  # fmt: skip


def test_visits_by_account(month_of_visits, rep):
    VisitFactory(visitor=rep, completed=True)  # of another account
    found = figures.visits_by_account([month_of_visits.pk], MARCH)
    assert found == {month_of_visits.pk: EXPECTED}
    assert (found[month_of_visits.pk].done, found[month_of_visits.pk].compliance.value) == (3, Decimal("0.500000"))
    assert found[month_of_visits.pk].availability.value == Decimal("0.333333")


def test_visits_by_person(month_of_visits, rep):
    assert figures.visits_by_person([rep.pk], MARCH) == {rep.pk: EXPECTED}


def test_figures_add(month_of_visits):
    assert sum([EXPECTED, EXPECTED], figures.VisitFigures()).planned == 8
    assert figures.VisitFigures().compliance.value is None


def test_the_sums_take_five_statements_for_any_number_of_accounts(month_of_visits, rep, django_assert_num_queries):
    others = [VisitFactory(visitor=rep, completed=True).account_id for _number in range(3)]
    with django_assert_num_queries(5):
        figures.visits_by_account([month_of_visits.pk], MARCH)
    with django_assert_num_queries(5):
        figures.visits_by_account([month_of_visits.pk, *others], MARCH)


def test_lines_for_reports(month_of_visits, store, django_assert_num_queries):
    with django_assert_num_queries(4):
        out = figures.out_of_stock_lines([month_of_visits.pk], MARCH)
        gaps = figures.must_stock_gap_lines([month_of_visits.pk], MARCH)
        rivals = figures.competitor_lines([month_of_visits.pk], MARCH)
        figures.visit_notes([month_of_visits.pk], MARCH)
    assert [(line["product_name"], line["store_name"], line["times"], line["last_on"]) for line in out] == [
        ("Water", store.name, 2, date(2026, 3, 2))
    ]
    assert [(line["product_name"], line["times"]) for line in gaps] == [("Water", 1)]
    assert [(line["brand"], line["price_minor"], line["currency"], line["store_name"]) for line in rivals] == [
        ("Rival", 950, "USD", store.name)
    ]


def test_notes_of_chosen_people(month_of_visits, rep, stranger):
    VisitFactory(store=StoreFactory(account=month_of_visits), visitor=rep, completed=True, note="Buyer is on leave.")
    assert [line["note"] for line in figures.visit_notes([month_of_visits.pk], MARCH, visitors=[rep.pk])] == ["Buyer is on leave."]
    assert figures.visit_notes([month_of_visits.pk], MARCH, visitors=[stranger.pk]) == []
