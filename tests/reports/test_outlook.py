"""The proposed figure of a plan, by its formula."""

from decimal import Decimal

from reports.outlook import propose


def test_same_month_last_year_times_trend():
    found = propose(year_ago=1_000_000, recent=[(110_000, 100_000), (120_000, 100_000), (100_000, 100_000)])
    assert (found.how, found.trend, found.minor) == ("trend", Decimal("1.100000"), 1_100_000)


def test_only_months_that_both_years_have_make_the_trend():
    found = propose(year_ago=1_000_000, recent=[(900_000, None), (None, 100_000), (120_000, 100_000)])
    assert (found.trend, found.minor) == (Decimal("1.200000"), 1_200_000)


def test_half_a_cent_is_rounded_up():
    assert propose(year_ago=5, recent=[(11, 10)]).minor == 6  # 5.5


def test_a_wild_trend_is_cut_and_says_so():
    found = propose(year_ago=1_000, recent=[(500, 100)])
    assert (found.trend, found.minor, found.is_capped) == (Decimal("2"), 2_000, True)
    assert propose(year_ago=1_000, recent=[(10, 100)]).minor == 500


def test_without_a_trend_last_year_itself():
    assert (propose(year_ago=1_000, recent=[(None, None)]).how, propose(year_ago=1_000, recent=[]).minor) == ("last_year", 1_000)
    assert propose(year_ago=1_000, recent=[(100, 0)]).how == "last_year"


def test_without_last_year_the_mean_of_the_last_months():
    found = propose(year_ago=None, recent=[(100, None), (None, None), (201, None)])
    assert (found.how, found.minor) == ("recent", 151)  # 150.5
    assert propose(year_ago=0, recent=[(100, 90)]).how == "recent"


def test_nothing_known_gives_no_figure():
    assert propose(year_ago=None, recent=[]) == propose(year_ago=-5, recent=[(None, None)])
    assert propose(year_ago=None, recent=[]).minor is None
