"""Places on the globe (WGS-84, as phones give them)."""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8  # mean radius; the sphere is off by 0.5 % at most, less than a phone's own error in a store


def distance_m(here, there):
    """Metres between two (latitude, longitude) pairs in degrees along the great circle (haversine); None where one is missing.

    Decimals, ints or floats; rounded to whole metres.
    """
    if here is None or there is None or None in here or None in there:
        return None
    lat1, lon1, lat2, lon2 = (radians(float(value)) for value in (*here, *there))
    half_chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return round(2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half_chord))))
