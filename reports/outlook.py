"""The proposed sales figure of a month to come: arithmetic on plain values, with the formula that people read beside it."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from ka_crm.money import ratio

RECENT_MONTHS = 3
LOWEST, HIGHEST = Decimal("0.5"), Decimal("2")  # a trend beyond that says that the shop changed, not that the season does


@dataclass(frozen=True)
class Proposal:
    """``minor`` is the proposed net sell-out in minor units, None where nothing is known; ``how`` names the formula that was used.

    how: "trend" – same month last year × trend; "last_year" – same month last year, no trend known; "recent" – mean of the last
    months, nothing known of last year; "" – nothing known. ``is_capped``: the trend was outside 0.5 … 2 and was cut to that.
    """

    minor: int | None
    how: str
    base_minor: int | None = None
    trend: Decimal | None = None
    is_capped: bool = False


def propose(*, year_ago, recent):
    """Propose the net sell-out of a month, in minor units.

    year_ago: net of the same month last year, None without data. recent: (net, net a year earlier) of the last complete months,
    None where a month has no data. Trend = Σ net ÷ Σ net a year earlier over the months that have both. Zero or negative sums
    give no trend, a zero or negative base counts as none.
    """
    both = [(now, then) for now, then in recent if now is not None and then is not None]
    now, then = sum(pair[0] for pair in both), sum(pair[1] for pair in both)
    raw = ratio(now, then) if now > 0 and then > 0 else None
    if year_ago is not None and year_ago > 0:
        if raw is None:
            return Proposal(year_ago, "last_year", base_minor=year_ago)
        trend = min(max(raw, LOWEST), HIGHEST)
        return Proposal(_whole(year_ago * trend), "trend", base_minor=year_ago, trend=trend, is_capped=trend != raw)
    known = [pair[0] for pair in recent if pair[0] is not None]
    if known and sum(known) > 0:
        return Proposal(_whole(Decimal(sum(known)) / len(known)), "recent", base_minor=sum(known))
    return Proposal(None, "")


def _whole(minor):
    return int(minor.quantize(Decimal(1), rounding=ROUND_HALF_UP))
