"""Small tables of figures as data: templates/reports/dashboards/_table.html draws them, on a phone each row as a card."""

from dataclasses import dataclass, field

from ka_crm import formats

NUMERIC = frozenset({"count", "money", "percent", "points", "delta", "score", "text_right"})


@dataclass(frozen=True)
class Column:
    """``kind``: text, day, count, money (minor units), percent and delta (fractions), points (a difference of fractions), score (0–100)."""

    label: str
    kind: str = "text"

    @property
    def numeric(self):
        return self.kind in NUMERIC


@dataclass(frozen=True)
class Cell:
    """One shown value; ``why`` says why there is none, ``tone`` colours what needs eyes, ``url`` leads to the rows behind it."""

    column: Column
    value: object
    text: str
    why: str = ""
    tone: str = ""
    url: str = ""


@dataclass
class FigureTable:
    """``rows`` are lists of Cell, the first of which heads its row; ``more`` counts rows that are not shown."""

    title: str
    columns: list
    currency: str = ""
    empty: str = ""
    note: str = ""
    rows: list = field(default_factory=list)
    more: int = 0

    def add(self, *values, url="", tones=None, whys=None, urls=None):
        """Add a row of values, one per column; ``url`` opens the row, ``tones``, ``whys`` and ``urls`` go by the column's place."""
        cells = []
        for place, (column, value) in enumerate(zip(self.columns, values, strict=True)):
            cells.append(
                Cell(
                    column,
                    value,
                    shown(value, column.kind, self.currency),
                    why=str((whys or {}).get(place, "")),
                    tone=(tones or {}).get(place, ""),
                    url=url if place == 0 else (urls or {}).get(place, ""),
                )
            )
        self.rows.append(cells)


def shown(value, kind, currency):
    """One value as people read it."""
    if value is None or value == "":
        return formats.MISSING
    if kind == "count":
        return formats.number(value)
    if kind == "money":
        return formats.short_money(value, currency)
    if kind in ("percent", "delta"):
        return formats.percent(value)
    if kind == "points":
        text = formats.number(value * 100, 1)
        return f"+{text}" if value > 0 else text
    if kind == "score":
        return formats.number(value, 1)
    if kind == "day":
        return formats.day(value)
    return str(value)
