"""In which order to drive to a day's stores: arithmetic on places, tested without a database.

The best of all orders is not looked for: nearest neighbour (or cheapest insertion between fixed times), then 2-opt and moves of
single stops until none makes the way shorter. For the eight to twenty stops of a day that is within a few per cent of the best.
"""

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from visits.places import distance_m

MOST_ROUNDS = 60  # of improvement; each makes the way shorter, so this only bounds the work
MOST_IMPROVED = 60  # stops; nobody drives to more in a day, and the work grows with their cube


@dataclass(frozen=True)
class Stop:
    """One stop: ``key`` names it, ``place`` is (latitude, longitude) in degrees or None, ``at`` a fixed time of the day or None."""

    key: Hashable
    place: tuple[Any, Any] | None = None
    at: dt.time | None = None


@dataclass(frozen=True)
class Route:
    """``keys`` in their new order, ``length_m`` along it in metres, ``unplaced`` the keys of stops whose position nobody knows."""

    keys: tuple
    length_m: int
    unplaced: tuple


def length_m(places, start=None):
    """Metres along ``places`` in their order, from ``start`` if one is given; a place that is None is driven past."""
    known = [place for place in (start, *places) if place is not None and None not in place]
    return sum(distance_m(here, there) for here, there in zip(known, known[1:], strict=False))


def order_by_distance(stops, *, start=None):
    """A short way through ``stops`` (an iterable of Stop) from ``start``, a (latitude, longitude), as a Route; the way home does not count.

    Without ``start`` the first stop with a position stays first, unless a fixed time forbids it. Stops with a fixed time keep the
    order of their times. Stops without a position come last; those of them that have a time stand before the next later time.
    Equal input gives equal output. Metres are great-circle metres.
    """
    stops = list(stops)
    placed = [stop for stop in stops if stop.place is not None and None not in stop.place]
    lost = [stop for stop in stops if stop not in placed]
    first = [] if start is not None or not placed else [_starting_stop(placed)]
    way = _Way([stop for stop in placed if stop not in first], start or (first[0].place if first else None))
    ordered = first + way.shortest()
    for stop in sorted((stop for stop in lost if stop.at is not None), key=lambda stop: stop.at):
        ordered.insert(_place_of_time(ordered, stop.at), stop)
    ordered += [stop for stop in lost if stop.at is None]
    return Route(
        keys=tuple(stop.key for stop in ordered),
        length_m=length_m([stop.place for stop in ordered], start),
        unplaced=tuple(stop.key for stop in lost),
    )


def _starting_stop(placed):
    """The first stop as it stands now; where it has a time, the earliest time of all."""
    timed = [stop for stop in placed if stop.at is not None]
    return placed[0] if placed[0].at is None or not timed else min(timed, key=lambda stop: stop.at)


def _place_of_time(ordered, at):
    """Where a stop with the time ``at`` belongs: before the first one that has a later time."""
    return next((number for number, stop in enumerate(ordered) if stop.at is not None and stop.at > at), len(ordered))


class _Way:
    """An open way from ``origin`` through stops that all have positions; positions of the way are indices into ``stops``."""

    def __init__(self, stops, origin):
        self.stops = stops
        places = [stop.place for stop in stops]
        self.metres = [[distance_m(here, there) for there in places] for here in places]
        self.from_origin = [distance_m(origin, place) or 0 for place in places]

    def shortest(self):
        timed = sorted((number for number, stop in enumerate(self.stops) if stop.at is not None), key=lambda n: self.stops[n].at)
        free = [number for number, stop in enumerate(self.stops) if stop.at is None]
        order = self._between_times(timed, free) if timed else self._nearest_first(free)
        for _round in range(MOST_ROUNDS if len(order) <= MOST_IMPROVED else 0):
            better = self._turned(order) or self._moved(order)
            if better is None:
                break
            order = better
        return [self.stops[number] for number in order]

    def _length(self, order):
        if not order:
            return 0
        return self.from_origin[order[0]] + sum(self.metres[here][there] for here, there in zip(order, order[1:], strict=False))

    def _nearest_first(self, free):
        order, left = [], list(free)
        while left:
            away = self.metres[order[-1]] if order else self.from_origin
            nearest = min(left, key=lambda number: (away[number], number))
            order.append(nearest)
            left.remove(nearest)
        return order

    def _between_times(self, timed, free):
        """Each free stop where it lengthens the way least, the fixed times in their order around it."""
        order = list(timed)
        for number in free:
            candidates = ([*order[:place], number, *order[place:]] for place in range(len(order) + 1))
            order = min(candidates, key=self._length)
        return order

    def _turned(self, order):
        """2-opt: the best way with one stretch driven the other way round, None where none is shorter."""
        turned = (
            [*order[:begin], *reversed(order[begin:end]), *order[end:]]
            for begin in range(len(order) - 1)
            for end in range(begin + 2, len(order) + 1)
            if sum(self.stops[number].at is not None for number in order[begin:end]) < 2
        )
        return self._best_of(turned, order)

    def _moved(self, order):
        """The best way with one free stop elsewhere, None where none is shorter."""
        moved = (
            [*rest[:place], number, *rest[place:]]
            for number in order
            if self.stops[number].at is None
            for rest in [[other for other in order if other != number]]
            for place in range(len(rest) + 1)
        )
        return self._best_of(moved, order)

    def _best_of(self, candidates, order):
        best = min(candidates, key=self._length, default=None)
        return best if best is not None and self._length(best) < self._length(order) else None
