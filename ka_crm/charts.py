"""A chart as data: the page shows it with ``components/chart.html``, static/js/charts.js draws it, a table says the same in words.

Chart("bar", _("Net sales by month"), ["2026-01", "2026-02"], [Series(_("This year"), [from_minor(…), …])], unit="USD")
"""

import uuid
from dataclasses import dataclass, field

from . import formats

KINDS = ("line", "area", "bar", "stacked", "hbar", "donut", "scatter")


@dataclass(frozen=True)
class Series:
    """One line, or one colour of bars; ``values`` go with the chart's categories, None is a gap. ``dashed`` marks plan or last year."""

    name: str
    values: list
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """``unit`` is “USD”, “%” (values are then fractions) or a word; ``links`` are addresses that a click on a category opens.

    ``most`` ends the axis of figures that cannot be more, such as points of 100.

    ``description`` is the sentence a person hears who cannot see the drawing: say what it shows, with the figure that matters.
    A scatter has pairs (x, y) as values and its categories name the points. Raises ValueError for an unknown kind.
    """

    kind: str
    title: str
    categories: list
    series: list
    unit: str = ""
    places: int = 0
    description: str = ""
    links: list = field(default_factory=list)
    most: int | None = None
    id: str = field(default_factory=lambda: f"chart-{uuid.uuid4().hex[:8]}")

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"There is no chart “{self.kind}”; there are {', '.join(KINDS)}.")

    @property
    def is_empty(self):
        return all(value is None for one in self.series for value in one.values)

    def shown(self, value):
        if isinstance(value, list | tuple):
            return " / ".join(self.shown(part) for part in value)
        if self.unit == "%":
            return formats.percent(value, self.places)
        return formats.number(value, self.places) if value is not None else formats.MISSING

    def table(self):
        """Rows of the table beside the drawing: the category and each series' value as text."""
        numbered = enumerate(self.categories)
        return [{"label": label, "values": [self.shown(one.values[place]) for one in self.series]} for place, label in numbered]

    def spec(self):
        """What the script reads; Decimals travel as text and are numbers again there."""
        return {
            "kind": self.kind,
            "categories": [str(label) for label in self.categories],
            "series": [{"name": str(one.name), "values": list(one.values), "dashed": one.dashed} for one in self.series],
            "unit": self.unit,
            "places": self.places,
            "links": list(self.links),
            "most": self.most,
        }
