"""Where a chart's values lie between 0 and 1, with round numbers at its axis: shared by the drawings in HTML and PDF."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ka_crm.formats import great_units

from .. import blocks

STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
WANTED = 4


def plotted(chart):
    """Positions of a chart block: ``ticks`` as (position, shown text), ``points`` per series (None where there is no figure), ``zero``."""
    series = [[None if value is None else Decimal(value) for value in one["values"]] for one in chart["series"]]
    known = [value for values in series for value in values if value is not None]
    low, high = min([*known, Decimal(0)]), max([*known, Decimal(0)])
    step = _step((high - low) or Decimal(1))
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = max((high / step).to_integral_value(ROUND_CEILING), first + 1)
    span = (last - first) * step
    ticks = [step * number for number in range(int(first), int(last) + 1)]

    def position(value):
        return None if value is None else round(float((value - first * step) / span), 5)

    return {
        "ticks": [{"at": position(tick), "text": _tick_text(tick, chart)} for tick in ticks],
        "points": [[position(value) for value in values] for values in series],
        "zero": position(Decimal(0)),
    }


def _step(width):
    """The round step that cuts ``width`` into about ``WANTED`` parts."""
    raw = width / WANTED
    power = Decimal(1).scaleb(raw.adjusted())
    return next(power * step for step in STEPS if power * step >= raw)


def _tick_text(value, chart):
    if chart["unit"] == "percent":
        return blocks.cell_text(str(value), "percent", chart["currency"]).replace(".0", "")
    for unit, size in great_units():
        if abs(value) >= max(size, 10_000):
            return f"{(value / size).normalize():f} {unit}"
    return f"{value.normalize():f}"
