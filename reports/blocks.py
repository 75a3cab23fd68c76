"""The few shapes that every section is laid out in, so that each kind of file draws four things and not forty.

Blocks are plain dictionaries. Cells hold frozen values (text, ints, None); ``kind`` says what they are:

    text, count (whole number), money (currency units), price, percent (a fraction), delta (a change as a fraction),
    points (a difference of two fractions, shown in percentage points), score (0 to 100 with one digit), factor, day
"""

from decimal import Decimal

from django.utils.translation import gettext as _

from ka_crm import formats
from ka_crm.money import digits_of

NUMERIC = frozenset({"count", "money", "price", "percent", "delta", "points", "score"})


def kpi(label, value, *, kind="text", change=None, change_label="", reason="", hint="", more=None, spark=(), link=None):
    """One headline figure; ``change`` is a fraction, and where it is missing ``reason`` says why.

    ``more`` is a second comparison (change, change_label, reason); ``spark`` the figure's last months, None where there is none;
    ``link`` (url name, arguments, query) opens the rows behind the figure.
    """
    return {
        "label": label,
        "value": value,
        "kind": kind,
        "change": change,
        "change_label": change_label,
        "reason": reason,
        "hint": hint,
        "more": more,
        "spark": list(spark),
        "link": link,
    }


def comparison(change, label, reason=""):
    return {"change": change, "change_label": label, "reason": reason}


def lead(block):
    """The same block, shown on the report's first page instead of in its section."""
    return {**block, "lead": True}


def kpis(*items):
    return {"type": "kpis", "items": list(items)}


def column(label, kind="text", *, wide=False):
    return {"label": label, "kind": kind, "wide": wide, "numeric": kind in NUMERIC}


def table(title, columns, rows, *, total=None, note="", empty="", links=()):
    """``rows`` hold one value per column; ``links`` one (url name, key) per row or nothing, used on screen only."""
    return {
        "type": "table",
        "title": title,
        "columns": columns,
        "rows": [list(row) for row in rows],
        "total": total,
        "note": note,
        "empty": empty,
        "links": list(links),
    }


def more_note(count, shown):
    """The note below a table that shows ``shown`` of ``count`` lines; empty where it shows them all."""
    return _("%(count)s more lines are not shown.") % {"count": count - shown} if count > shown else ""


def chart(title, labels, series, *, kind="line", unit="money"):
    """``series`` are (name, values) pairs; values are frozen numbers or None where there is none."""
    return {
        "type": "chart",
        "kind": kind,
        "title": title,
        "labels": list(labels),
        "series": [{"name": name, "values": list(values)} for name, values in series],
        "unit": unit,
    }


def findings(items, *, title="", empty=""):
    """``items``: dictionaries with tone, title, text, suggestion and link; ``title`` stands above them where they are not alone."""
    return {"type": "findings", "title": title, "items": list(items), "empty": empty}


def paragraph(text, *, tone="neutral"):
    return {"type": "paragraph", "text": text, "tone": tone}


def cell_text(value, kind, currency):
    """One cell as people read it."""
    if value is None or value == "":
        return formats.MISSING
    if kind == "count":
        return formats.number(value)
    if kind in ("money", "price"):
        return formats.number(value, digits_of(currency))
    if kind == "percent":
        return formats.percent(value)
    if kind == "delta":
        return signed(formats.percent(value), value)
    if kind == "factor":
        return formats.number(Decimal(value), 3)
    if kind == "score":
        return formats.number(Decimal(value), 1)
    if kind == "points":
        return signed(formats.number(Decimal(value) * 100, 1), value)
    return str(value)


def signed(shown, value):
    """A change with its plus; one that rounds to nothing has no sign, minus signs come with the number."""
    return f"+{shown}" if Decimal(value) > 0 and any(digit in shown for digit in "123456789") else shown
