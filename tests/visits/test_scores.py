"""The perfect-store score: golden examples worked by hand, from plain parts and from the facts of a visit."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from ka_crm.jobs.models import Job
from ka_crm.models import Setting
from ka_crm.periods import month
from tests.factories import (
    KeyAccountFactory,
    MustStockRuleFactory,
    ProductFactory,
    ShelfFactFactory,
    StoreFactory,
    UserFactory,
    VisitFactory,
)
from visits import figures, scores, services
from visits.models import CategoryAsk, Observation, Visit, VisitScore
from visits.scores import EXCLUDED, NOT_APPLICABLE, SCORED, UNANSWERED, ZERO, Part, perfect_store_score, reached, share_reached
from visits.scoring import Rules, rescore, rules_now, scores_of

from .conftest import NOW, at, document, shelf_fact

MARCH = month(2026, 3)


# -- arithmetic ----------------------------------------------------------------------------------------------------------------
def parts(*extra):
    """30 × 3/4 + 20 × 1 + 15 × (10 of 50 against 30 %): 22.5 + 20 + 10 = 52.5 of 65."""
    return [reached("must_stock", 30, 3, 4), reached("availability", 20, 5, 5), share_reached("share", 15, 10, 50, Decimal("0.3")), *extra]


def test_what_does_not_apply_is_in_neither_sum():
    """52.5 ÷ 65 = 80.769…; with the part left in the weights it would be 52.5 ÷ 75 = 70.00."""
    price = Part("price", 10, NOT_APPLICABLE)
    assert perfect_store_score(parts(price), unanswered=EXCLUDED) == perfect_store_score(parts(price), unanswered=ZERO) == 8077


def test_what_nobody_answered_is_nothing_or_left_out_as_the_setting_says():
    display = Part("display", 10, UNANSWERED)
    assert perfect_store_score(parts(display), unanswered=EXCLUDED) == 8077
    assert perfect_store_score(parts(display), unanswered=ZERO) == 7000  # 52.5 ÷ 75


def test_a_score_is_rounded_half_up_once():
    """1 of 8 is 12.5 % exactly; 1/3 and 2/3 of equal weights are 50 % although neither third is a decimal."""
    assert perfect_store_score([reached("one", 7, 1, 8)], unanswered=ZERO) == 1250
    assert perfect_store_score([reached("one", 1, 1, 3), reached("two", 1, 2, 3)], unanswered=ZERO) == 5000
    half = [Part("one", 1, SCORED, value=Fraction(1, 20_000))]  # half a hundredth of a point
    assert perfect_store_score(half, unanswered=ZERO) == 1


@pytest.mark.parametrize("unanswered", [ZERO, EXCLUDED])
def test_without_a_part_that_counts_there_is_no_score(unanswered):
    assert perfect_store_score([], unanswered=unanswered) is None
    assert perfect_store_score([Part("price", 10, NOT_APPLICABLE)], unanswered=unanswered) is None


def test_a_share_above_the_target_is_all_of_it_and_no_more():
    assert share_reached("share", 15, 30, 50, Decimal("0.3")).value == 1
    assert share_reached("share", 15, 0, 50, Decimal("0.3")).value == 0


def test_price_compliance():
    assert scores.price_compliance(in_corridor=3, checked=4) == scores.Score(Decimal("0.750000"), 3, 4)
    missing = scores.price_compliance(in_corridor=0, checked=0)
    assert (missing.value, str(missing.reason)) == (None, "No price corridor is in force here.")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: reached("one", 1, 1, 0),
        lambda: reached("one", 1, -1, 3),
        lambda: share_reached("share", 1, 4, 3, Decimal("0.3")),
        lambda: share_reached("share", 1, 1, 3, Decimal(0)),
        lambda: perfect_store_score([], unanswered="maybe"),
        lambda: scores.price_compliance(in_corridor=2, checked=1),
    ],
)
def test_what_cannot_be_is_a_value_error(wrong):
    with pytest.raises(ValueError):
        wrong()


@pytest.mark.parametrize(("score_e2", "shown"), [(8125, "81.3"), (8124, "81.2"), (10_000, "100.0"), (0, "0.0")])
def test_points_have_one_digit_rounded_half_up(score_e2, shown):
    assert str(scores.points(score_e2)) == shown


# -- from facts ------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def seen(rep, store):
    """Four required products: two there, one out of stock, one not checked; 6 of 40 facings; display as agreed, promoters not."""
    teas = [MustStockRuleFactory(account=store.account).product for _number in range(4)]
    visit = VisitFactory(store=store, visitor=rep, completed=True)
    for product, present in zip(teas, (True, True, False), strict=False):
        ShelfFactFactory(
            visit=visit,
            product=product,
            is_present=present,
            is_out_of_stock=not present,
            is_must_stock=True,
            facings=3 if present else None,
        )
    category = teas[0].category
    type(teas[1]).objects.filter(pk=teas[1].pk).update(category=category)
    CategoryAsk.objects.create(visit=visit, category=category, all_facings=40)
    Observation.objects.create(visit=visit, topic="display", is_as_agreed=True)
    Observation.objects.create(visit=visit, topic="promoters", is_as_agreed=False)
    return visit


def by_key(score):
    return {part["key"]: part for part in score.parts}


def test_a_visit_is_scored_from_its_facts(seen):
    """must-stock 2/3 × 30 = 20, availability 2/3 × 20 = 13.33, share 15 % of 30 % × 15 = 7.5, display 10, promoters 0: 50.83 of 80."""
    services.score_visit(seen)

    score = VisitScore.objects.get()
    assert score.score_e2 == 6354
    assert (score.must_stock_present, score.must_stock_checked, score.available, score.checked) == (2, 3, 2, 3)
    assert (score.own_facings, score.category_facings, score.prices_checked) == (6, 40, 0)
    assert {key: part["points_e2"] for key, part in by_key(score).items()} == {
        "must_stock": 6667,
        "availability": 6667,
        "share_of_shelf": 5000,
        "price": None,
        "promotion": None,
        "display": 10_000,
        "promoters": 0,
    }
    assert (by_key(score)["price"]["reason"], by_key(score)["promotion"]["state"]) == ("no_corridor", "unanswered")


def test_with_unanswered_as_nothing_a_product_nobody_looked_for_costs_points(seen):
    """must-stock 2 of 4 × 30 = 15, promotion 0 of 10: 45.83 of 90."""
    rules = Rules({"must_stock": 30, "availability": 20, "share_of_shelf": 15, "price": 10, "promotion": 10, "display": 10, "promoters": 5},
                  ZERO, Decimal("0.30"))  # fmt: skip
    (score,) = scores_of([seen], rules)
    assert (score.score_e2, by_key(score)["must_stock"]["points_e2"], by_key(score)["promotion"]["points_e2"]) == (5093, 5000, 0)


def test_what_was_marked_as_not_applying_and_what_the_purpose_does_not_ask_for_cost_nothing(seen):
    Observation.objects.create(visit=seen, topic="promotion", does_not_apply=True)
    rules = Rules({"promotion": 50, "promoters": 50}, ZERO, Decimal("0.30"))
    (score,) = scores_of([seen], rules)
    assert (score.score_e2, by_key(score)["promotion"]["reason"]) == (0, "said_not")

    Observation.objects.filter(visit=seen).delete()
    seen.purpose = Visit.Purpose.COMPLAINT
    (score,) = scores_of([seen], rules)
    assert (score.score_e2, by_key(score)["promoters"]["reason"]) == (None, "not_asked")


def test_more_facings_of_ours_than_of_the_whole_category_are_told_and_left_out(seen):
    CategoryAsk.objects.update(all_facings=5)
    (score,) = scores_of([seen])
    assert (score.category_facings, by_key(score)["share_of_shelf"]["reason"]) == (0, "contradiction")


def test_a_visit_at_headquarters_has_no_score(rep, store):
    visit = VisitFactory(store=None, account=store.account, visitor=rep, completed=True)
    assert services.score_visit(visit) is None


# -- when it is written ----------------------------------------------------------------------------------------------------------
def test_the_score_comes_with_the_check_out_and_follows_what_is_said_later(rep, visit, product):
    fact = shelf_fact(product)
    services.record_visit(document=document(visit.client_id, check_in={"at": at(9)}, shelf=[fact]), actor=rep, now=NOW)
    assert not VisitScore.objects.exists()

    services.record_visit(document=document(visit.client_id, check_out={"at": at(9, 40)}), actor=rep, now=NOW)
    assert VisitScore.objects.get().score_e2 == 10_000

    late = fact | {"is_present": False, "is_out_of_stock": True, "changed_at": at(9, 30)}
    services.record_visit(document=document(visit.client_id, shelf=[late]), actor=rep, now=NOW)
    assert VisitScore.objects.get().score_e2 == 0


def test_a_changed_setting_scores_the_history_anew_once(seen, django_capture_on_commit_callbacks):
    services.score_visit(seen)
    Setting.objects.create(key="visits.share_target", value="0.15")
    Setting.objects.create(key="visits.score_unanswered", value="zero")
    Setting.objects.create(key="visits.day_starts_at", value="09:00")
    assert Job.objects.filter(kind="visits.rescore").count() == 1

    assert (rescore(Visit.objects.all()), rescore(Visit.objects.all())) == (1, 0)
    assert by_key(VisitScore.objects.get())["share_of_shelf"]["points_e2"] == 10_000


def test_history_is_scored_in_a_fixed_number_of_statements(rep, store, django_assert_num_queries):
    rules_now()  # the settings are remembered
    for count in (1, 3):
        for _number in range(count):
            ShelfFactFactory(visit=VisitFactory(store=StoreFactory(account=store.account), visitor=rep, completed=True))
        VisitScore.objects.all().delete()
        with django_assert_num_queries(10):
            rescore(Visit.objects.all())
    assert VisitScore.objects.count() == 4


def test_scoring_many_gives_what_scoring_one_gives(seen, rep):
    """Rules of the account above, of a format and of a day that has passed, over several visits at once."""
    above = KeyAccountFactory()
    banner = KeyAccountFactory(parent=above)
    for values in ({"account": above}, {"account": None}, {"account": banner, "store_format": "mini"}):
        MustStockRuleFactory(**values)
    MustStockRuleFactory(account=above, ends_on=date(2026, 2, 1))
    others = [
        VisitFactory(store=StoreFactory(account=banner, store_format=store_format), visitor=rep, completed=True)
        for store_format in ("mini", "hyper")
    ]
    rules = Rules({"must_stock": 100}, ZERO, Decimal("0.3"))
    together = [one.parts for one in scores_of([seen, *others], rules)]
    assert together == [scores_of([visit], rules)[0].parts for visit in (seen, *others)]
    assert [parts[0]["base"] for parts in together] == [5, 3, 2]


# -- sums for reports and dashboards -----------------------------------------------------------------------------------------------
@pytest.fixture
def two_months(rep, store):
    """Three scored visits in March (80.00, 70.01, none) and one in April."""
    other = StoreFactory(account=store.account)
    for where, day, score, counts in (
        (store, date(2026, 3, 2), 8000, {"checked": 4, "available": 3, "own_facings": 10, "category_facings": 40}),
        (other, date(2026, 3, 9), 7001, {"checked": 6, "available": 6, "must_stock_checked": 5, "must_stock_present": 4}),
        (other, date(2026, 3, 10), None, {}),
        (store, date(2026, 4, 1), 1000, {}),
    ):
        visit = VisitFactory(store=where, visitor=rep, planned_on=day, completed=True)
        VisitScore.objects.create(visit=visit, score_e2=score, **counts)
    return store.account


def test_scores_of_an_account_are_the_mean_of_its_scored_visits(two_months, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = figures.scores_by_account([two_months.pk], MARCH)[two_months.pk]
    assert (found.visits, found.scored, found.score) == (3, 2, Decimal("75.0"))  # 75.005 would be 75.01 if it were rounded twice
    assert (found.availability.value, found.compliance.value, found.share.value) == (
        Decimal("0.900000"),
        Decimal("0.800000"),
        Decimal("0.250000"),
    )
    assert (found.price.value, str(found.price.reason)) == (None, "No price corridor is in force here.")


def test_scores_by_store_person_and_month(two_months, rep, store):
    by_store = figures.scores_by_store([two_months.pk], MARCH)
    assert (by_store[store.pk].score, len(by_store)) == (Decimal("80.0"), 2)
    assert figures.scores_by_person([rep.pk], MARCH)[rep.pk].scored == 2
    spring = month(2026, 3).__class__(date(2026, 3, 1), date(2026, 4, 30), "span", "spring")
    assert {day: one.score for day, one in figures.scores_by_month([two_months.pk], spring).items()} == {
        date(2026, 3, 1): Decimal("75.0"),
        date(2026, 4, 1): Decimal("10.0"),
    }
    assert [(line["store_id"] == store.pk, line["score"]) for line in figures.worst_stores([two_months.pk], MARCH)] == [
        (False, Decimal("70.0")),
        (True, Decimal("80.0")),
    ]
    assert figures.scores_by_account([two_months.pk], MARCH, visitors=[UserFactory().pk]) == {}


def test_no_score_has_a_reason():
    nothing = figures.ShelfScores()
    assert (nothing.score, str(nothing.score_reason)) == (None, "No visit was completed.")
    assert (figures.ShelfScores(visits=1).score, str(figures.ShelfScores(visits=1).score_reason)) == (
        None,
        "No part of the score applied at these visits.",
    )
    assert str(nothing.share.reason) == "No category was counted whole."


def test_sums_of_products_without_a_category(seen):
    """A product of no category counts for availability, never for a share."""
    ShelfFactFactory(visit=seen, product=ProductFactory(category=None))
    (score,) = scores_of([seen])
    assert (score.checked, score.own_facings) == (4, 6)
