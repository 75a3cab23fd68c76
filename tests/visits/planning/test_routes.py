"""The order of a day's stops: worked examples on a street map one can draw."""

import itertools
import random
from datetime import time
from decimal import Decimal

from visits.planning.routes import Stop, length_m, order_by_distance

# A street along the equator: a hundredth of a degree is 1,112 m.
A, B, C, D = (0, 0), (0, 0.01), (0, 0.02), (0, 0.03)


def keys(stops, **options):
    return "".join(order_by_distance(stops, **options).keys)


def test_a_street_is_driven_from_one_end_to_the_other():
    route = order_by_distance([Stop("a", A), Stop("c", C), Stop("b", B), Stop("d", D)])
    assert (route.keys, route.length_m, route.unplaced) == (("a", "b", "c", "d"), 3336, ())


def test_the_way_before_is_longer():
    assert length_m([A, C, B, D]) == 2224 + 1112 + 2224


def test_the_first_stop_stays_first_without_a_start():
    assert keys([Stop("b", B), Stop("d", D), Stop("a", A), Stop("c", C)])[0] == "b"


def test_a_start_decides_where_to_begin():
    assert keys([Stop("b", B), Stop("c", C), Stop("d", D)], start=(0, 0.04)) == "dcb"


def test_fixed_times_keep_their_order():
    stops = [Stop("a", A, time(15)), Stop("b", B, time(9)), Stop("c", C), Stop("d", D, time(12))]
    assert keys(stops) == "bcda"


def test_fixed_times_keep_their_order_even_where_that_is_long():
    stops = [Stop("a", A, time(9)), Stop("d", D, time(10)), Stop("b", B, time(11))]
    assert order_by_distance(stops).length_m == 3336 + 2224


def test_a_stop_without_a_position_goes_last_and_is_named():
    route = order_by_distance([Stop("x"), Stop("a", A), Stop("y", (None, 3)), Stop("b", B)])
    assert (route.keys, route.unplaced) == (("a", "b", "x", "y"), ("x", "y"))


def test_a_stop_without_a_position_but_with_a_time_stands_before_the_next_later_time():
    stops = [Stop("x", None, time(10)), Stop("a", A, time(9)), Stop("b", B, time(11))]
    assert keys(stops) == "axb"


def test_no_stop_and_one_stop():
    assert order_by_distance([]).keys == ()
    assert order_by_distance([Stop("a", A)]).length_m == 0
    assert order_by_distance([Stop("x")]).keys == ("x",)


def test_two_stops_at_one_place_are_both_driven_to():
    assert sorted(keys([Stop("a", A), Stop("b", A), Stop("c", B)])) == ["a", "b", "c"]


def test_small_days_come_within_five_per_cent_of_the_best_way():
    dice = random.Random(7)
    for _day in range(12):
        places = [(dice.uniform(41.5, 42), dice.uniform(-88, -87.5)) for _stop in range(7)]
        found = order_by_distance([Stop(number, place) for number, place in enumerate(places)]).length_m
        best = min(length_m([places[0], *others]) for others in itertools.permutations(places[1:]))
        assert best <= found <= best * 1.05


def test_nothing_crosses_after_ordering_a_ring():
    ring = [(0, 0), (0.01, 0.01), (0, 0.01), (0.01, 0)]
    route = order_by_distance([Stop(number, place) for number, place in enumerate(ring)])
    assert route.length_m == 3 * 1112


def test_decimals_from_the_database_and_a_hundred_stops_are_ordered_too():
    stops = [Stop(number, (Decimal(number % 10) / 100, Decimal(number // 10) / 100)) for number in range(100)]
    route = order_by_distance(stops)
    assert sorted(route.keys) == list(range(100))
