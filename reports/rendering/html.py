"""A document as one HTML file: no script, no request to anywhere, its style inside; charts as drawings of lines and bars."""

from django.template.loader import render_to_string
from django.utils import translation

from .scale import plotted

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720, 230, 58, 26, 10, 28
BAR, GAP = 11, 12


def draw(document):
    """The bytes of the file."""
    document = {**document, "sections": [_with_drawings(section) for section in document["sections"]]}
    lead = document["lead"]
    document["lead"] = {
        **lead,
        "chart": _drawn(lead["chart"]) if lead["chart"] else None,
        "kpis": [_with_spark(item) for item in lead["kpis"]],
        "more_kpis": [_with_spark(item) for item in lead["more_kpis"]],
    }
    with translation.override(document["language"]):
        return render_to_string("reports/file.html", {"document": document}).encode()


def _with_drawings(section):
    return {**section, "blocks": [_ready(block) for block in section["blocks"]]}


def _ready(block):
    if block["type"] == "kpis":
        return {**block, "items": [_with_spark(item) for item in block["items"]]}
    return _drawn(block) if block["type"] == "chart" else block


def _with_spark(item):
    return {**item, "spark_points": " ".join(f"{x * 100:.1f},{1 + y * 22:.1f}" for x, y in item["spark"])}


def _drawn(block):
    return {**block, "drawing": _lines(block) if block["kind"] == "line" else _bars(block)}


def _lines(block):
    """Geometry of a line chart: coordinates that the template puts into SVG."""
    plot = plotted(block)
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    count = max(len(block["labels"]) - 1, 1)

    def x(number):
        return round(LEFT + inner_width * number / count, 2)

    def y(position):
        return round(TOP + inner_height * (1 - position), 2)

    series = []
    for points, shown in zip(plot["points"], block["shown"], strict=True):
        dots = [{"x": x(number), "y": y(point), "text": shown[number]} for number, point in enumerate(points) if point is not None]
        parts, path = [], []
        for number, point in enumerate(points):
            if point is None:
                parts.append(path)
                path = []
            else:
                path.append(f"{x(number)},{y(point)}")
        series.append({"dots": dots, "lines": [" ".join(part) for part in [*parts, path] if len(part) > 1]})
    return {
        "kind": "line",
        "width": WIDTH,
        "height": HEIGHT,
        "ticks": [{"y": y(tick["at"]), "text": tick["text"]} for tick in plot["ticks"]],
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "labels": [
            {"x": x(number), "text": label} for number, label in enumerate(block["labels"]) if number % 2 == 0 or len(block["labels"]) < 8
        ],
        "label_y": HEIGHT - 6,
        "series": series,
    }


def _bars(block):
    """Geometry of a bar chart with one group of bars per label, the label above its bars."""
    plot = plotted(block)
    count = len(block["series"])
    group = 18 + count * (BAR + 2) + GAP
    left, right = 4, 70

    def x(position):
        return round(left + (WIDTH - left - right) * position, 2)

    groups = []
    for number, label in enumerate(block["labels"]):
        top = number * group
        bars = []
        for place, points in enumerate(plot["points"]):
            if points[number] is not None:
                start, end = sorted((x(plot["zero"]), x(points[number])))
                bars.append(
                    {
                        "x": start,
                        "y": top + 18 + place * (BAR + 2),
                        "width": round(max(end - start, 1), 2),
                        "text": block["shown"][place][number],
                        "text_x": end + 6,
                        "text_y": top + 18 + place * (BAR + 2) + BAR - 1,
                        "series": place,
                    }
                )
        groups.append({"label": label, "y": top + 12, "bars": bars})
    return {"kind": "bar", "width": WIDTH, "height": len(groups) * group, "bar": BAR, "groups": groups, "left": left}
