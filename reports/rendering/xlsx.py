"""A document as a workbook: an overview sheet and one sheet per section, numbers as numbers, charts that Excel draws itself.

Rows are streamed (``constant_memory``): each is written once, top down. Text never becomes a formula or a link.
"""

import io
import re
from datetime import UTC, datetime
from decimal import Decimal

import xlsxwriter

from ka_crm.exports import XLSX_MOST_CHARACTERS
from ka_crm.money import digits_of

INK, QUIET, LINE, BAND = "#10262E", "#5B6B72", "#C9D2D6", "#EAF0F2"
UP, DOWN = "#1B7F4B", "#B3261E"
WIDTH = {"text": 16, "count": 11, "money": 14, "price": 12, "percent": 11, "delta": 11, "points": 11, "score": 10, "day": 12}
WIDE = 34
CHART_ROWS = 16


def _text(value):
    """Any value as text of a length that a cell holds; ``write_string`` keeps it text, ``=1+1`` is shown and never run."""
    return str(value)[:XLSX_MOST_CHARACTERS]


def draw(document):
    """The bytes of the workbook."""
    output = io.BytesIO()
    book = xlsxwriter.Workbook(
        output,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": False},
    )
    built_at = datetime.fromtimestamp(document["built_stamp"], UTC).replace(tzinfo=None)
    book.set_properties({"title": document["title"], "company": document["company"], "created": built_at})
    _Book(book, document).write()
    book.close()
    return output.getvalue()


class _Book:
    """The sheets of one document."""

    def __init__(self, book, document):
        self.book, self.document = book, document
        self.names = set()
        font = {"font_name": "Microsoft YaHei" if document["language"].startswith("zh") else "Calibri", "font_size": 11, "font_color": INK}
        self.formats = {}
        self.base = font

    def style(self, **options):
        """One format per look, however often it is asked for."""
        key = tuple(sorted(options.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({**self.base, **options})
        return self.formats[key]

    def sheet(self, title):
        """A sheet under a name that Excel accepts."""
        plain = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:28] or "-"
        name, number = plain, 1
        while name.lower() in self.names:
            number += 1
            name = f"{plain} {number}"
        self.names.add(name.lower())
        sheet = self.book.add_worksheet(name)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&P / &N")
        sheet.hide_gridlines(2)
        return sheet

    def write(self):
        self.write_overview()
        chart = self.document["lead"]["chart"]
        for section in self.document["sections"]:
            if section["key"] == "trend" and chart:  # a workbook's overview has no charts: it stands with its figures
                section = {**section, "blocks": [chart, *section["blocks"]]}
            _Sheet(self, section).write()

    def write_overview(self):
        document, words = self.document, self.document["words"]
        sheet = self.sheet(words["contents"])
        sheet.set_column(0, 0, 36)
        sheet.set_column(1, 5, 22)
        text = self.style()
        sheet.set_row(0, 26)
        sheet.write_string(0, 0, _text(document["title"]), self.style(font_size=18))
        sheet.write_string(1, 0, f"{document['period_words']} · {document['currency']}", self.style(font_color=QUIET))
        facts = [
            (words["version"], f"{document['version']} · {document['status_words']}"),
            (words["built"], document["built_at"]),
            (words["owner"], document["owner"]),
            (words["submitted_by"], f"{document['submitted_by']} {document['submitted_at']}".strip()),
            (words["approved_by"], f"{document['decided_by']} {document['decided_at']}".strip() if document["is_final"] else ""),
        ]
        row = 3
        for label, value in facts:
            if value:
                sheet.write_string(row, 0, label, self.style(font_color=QUIET))
                sheet.write_string(row, 1, _text(value), text)
                row += 1
        if document["lead"]["sentence"]:
            row += 1
            sheet.merge_range(row, 0, row, 5, _text(document["lead"]["sentence"]), self.style(text_wrap=True, valign="top", font_size=12))
            sheet.set_row(row, 48)
            row += 1
        row += 1
        for item in [*document["lead"]["kpis"], *document["lead"]["more_kpis"]]:
            sheet.write_string(row, 0, item["label"], text)
            self.write_value(sheet, row, 1, item["value"], item["kind"])
            self.write_change(sheet, row, 2, item, item["kind"], item["hint"])
            if item["more"]:
                self.write_change(sheet, row, 4, item["more"], item["kind"], "")
            row += 1
        for block in document["lead"]["findings"]:
            row += 1
            sheet.write_string(row, 0, _text(block["title"]), self.style(font_size=12))
            row += 1
            for found in block["items"]:
                sheet.write_string(row, 0, _text(found["title"]), self.style(text_wrap=True, valign="top"))
                sheet.merge_range(row, 1, row, 5, _text(found["text"]), self.style(text_wrap=True, valign="top"))
                sheet.set_row(row, 34)
                row += 1
            if not block["items"]:
                sheet.write_string(row, 0, _text(block["empty"]), self.style(font_color=QUIET))
                row += 1

    def write_change(self, sheet, row, column, item, kind, hint):
        """A comparison and what it compares with; else why there is none, else a hint."""
        quiet = self.style(font_color=QUIET)
        if item["change"] is not None:
            self.write_value(sheet, row, column, item["change"], {"percent": "points", "score": "score_change"}.get(kind, "delta"))
            sheet.write_string(row, column + 1, item["change_label"], quiet)
        elif item["reason"]:
            sheet.write_string(row, column, f"{self.document['words']['no_figure']}: {item['reason']}", quiet)
        elif hint:
            sheet.write_string(row, column, hint, quiet)

    def write_value(self, sheet, row, column, value, kind, *, currency="", **look):
        """One cell: a number with its format where it is one, else safe text. ``currency``: of a block that is not in the report's."""
        number_format = self.number_format(kind, currency or self.document["currency"])
        if value is None or value == "":
            sheet.write_blank(row, column, None, self.style(**look))
        elif number_format:
            if kind in ("delta", "points", "score_change"):
                look["font_color"] = DOWN if str(value).startswith("-") else UP if Decimal(value) else INK
            number = Decimal(value) * 100 if kind == "points" else Decimal(value)
            sheet.write_number(row, column, float(number), self.style(num_format=number_format, **look))
        else:
            sheet.write_string(row, column, _text(str(value)), self.style(**look))

    def number_format(self, kind, currency):
        digits = digits_of(currency)
        money = f"#,##0{'.' + '0' * digits if digits else ''}"
        return {
            "count": "#,##0",
            "money": money,
            "price": money,
            "percent": "0.0%",
            "delta": "+0.0%;-0.0%;0.0%",
            "points": "+0.0;-0.0;0.0",
            "score": "0.0",
            "score_change": "+0.0;-0.0;0.0",
            "factor": "0.000",
        }.get(kind)


class _Sheet:
    """One section's sheet, written from the top down."""

    def __init__(self, book, section):
        self.book, self.section = book, section
        self.sheet = book.sheet(section["title"])
        self.row = 0
        self.words = book.document["words"]

    def write(self):
        style = self.book.style
        self.set_widths()
        self.sheet.set_row(0, 24)
        self.line(self.section["title"], style(font_size=16))
        self.line(f"{self.book.document['subject']} · {self.book.document['period_words']}", style(font_color=QUIET))
        self.row += 1
        if self.section["commentary"]:
            self.line(self.words["commentary"], style(font_color=QUIET))
            for part in self.section["commentary"].split("\n"):
                self.line(part, style())
            self.row += 1
        tables = [block for block in self.section["blocks"] if block["type"] == "table"]
        for block in self.section["blocks"]:
            getattr(self, f"write_{block['type']}")(block)
        if len(tables) == 1 and tables[0]["rows"]:
            self.sheet.freeze_panes(self.head_row + 1, 1)
        self.write_why()

    def set_widths(self):
        widths = {}
        for block in self.section["blocks"]:
            if block["type"] == "table":
                for place, column in enumerate(block["columns"]):
                    widths[place] = max(widths.get(place, 0), WIDE if column["wide"] else WIDTH[column["kind"]])
        widths.setdefault(0, WIDE)
        for place, width in sorted(widths.items()):
            self.sheet.set_column(place, place, width)

    def line(self, text, look):
        self.sheet.write_string(self.row, 0, _text(text), look)
        self.row += 1

    def write_paragraph(self, block):
        self.line(block["text"], self.book.style(font_color=QUIET))
        self.row += 1

    def write_kpis(self, block):
        for item in block["items"]:
            self.sheet.write_string(self.row, 0, item["label"], self.book.style())
            self.book.write_value(self.sheet, self.row, 1, item["value"], item["kind"])
            if item["hint"]:
                self.sheet.write_string(self.row, 2, item["hint"], self.book.style(font_color=QUIET))
            self.row += 1
        self.row += 1

    def write_findings(self, block):
        if block["title"]:
            self.line(block["title"], self.book.style(font_size=12))
        wrap = self.book.style(text_wrap=True, valign="top")
        self.sheet.set_column(1, 2, 60)
        for item in block["items"]:
            self.sheet.set_row(self.row, 48)
            for place, name in enumerate(("title", "text", "suggestion")):
                self.sheet.write_string(self.row, place, _text(item[name]), wrap)
            self.row += 1
        self.row += 1

    def write_table(self, block):
        head = self.book.style(bg_color=BAND, bottom=1, bottom_color=LINE, text_wrap=True, valign="bottom")
        head_number = self.book.style(bg_color=BAND, bottom=1, bottom_color=LINE, text_wrap=True, valign="bottom", align="right")
        title = f"{block['title']} ({block['currency']})" if block["has_money"] else block["title"]
        self.line(title, self.book.style(font_size=12))
        if not block["rows"]:
            self.line(block["empty"], self.book.style(font_color=QUIET))
            self.row += 1
            return
        self.head_row = self.row
        for place, column in enumerate(block["columns"]):
            self.sheet.write_string(self.row, place, column["label"], head_number if column["numeric"] else head)
        self.row += 1
        for values in block["rows"]:
            for place, (value, column) in enumerate(zip(values, block["columns"], strict=True)):
                look = {"currency": block["currency"], "bottom": 4, "bottom_color": LINE}
                self.book.write_value(self.sheet, self.row, place, value, column["kind"], **look)
            self.row += 1
        if block["note"]:
            self.line(block["note"], self.book.style(font_color=QUIET))
        self.row += 1

    def write_chart(self, block):
        """The chart's figures as cells, and over the free rows below them a chart that reads these cells."""
        quiet, head = self.book.style(font_color=QUIET), self.row
        self.sheet.write_string(head, 0, block["title"], quiet)
        for place, one in enumerate(block["series"], 1):
            self.sheet.write_string(head, place, _text(one["name"]), self.book.style(font_color=QUIET, align="right"))
        self.row += 1
        kind = "percent" if block["unit"] == "percent" else "money"
        for number, label in enumerate(block["labels"]):
            self.sheet.write_string(self.row, 0, _text(label), self.book.style())
            for place, one in enumerate(block["series"], 1):
                self.book.write_value(self.sheet, self.row, place, one["values"][number], kind)
            self.row += 1
        last = self.row - 1
        chart = self.book.book.add_chart({"type": "line" if block["kind"] == "line" else "bar"})
        for place in range(1, len(block["series"]) + 1):
            colour = ("#0B7285", "#A9B8BE")[(place - 1) % 2]
            fill = {"line": {"color": colour, "width": 2.25}} if block["kind"] == "line" else {"fill": {"color": colour}}
            name = self.sheet.get_name()
            chart.add_series(
                {
                    "name": [name, head, place],
                    "categories": [name, head + 1, 0, last, 0],
                    "values": [name, head + 1, place, last, place],
                    **fill,
                }
            )
        chart.set_title({"name": block["title"], "name_font": {"size": 12, "bold": False}})
        chart.set_legend({"none": True} if len(block["series"]) == 1 else {"position": "bottom"})
        grid = {
            "major_gridlines": {"visible": True, "line": {"color": LINE, "width": 0.5}},
            "num_format": "0%" if kind == "percent" else "#,##0",
        }
        if block["kind"] == "line":
            chart.set_y_axis({**grid, "min": 0})
        else:
            chart.set_x_axis(grid)
            chart.set_y_axis({"reverse": True})
        chart.set_size({"width": 760, "height": CHART_ROWS * 19})
        self.sheet.insert_chart(self.row + 1, 0, chart)
        self.row += CHART_ROWS + 3

    def write_why(self):
        """Where the numbers come from, below them."""
        quiet = self.book.style(font_color=QUIET)
        self.row += 1
        self.line(f"{self.words['why']} · {self.words['built']} {self.section['why']['built_at']}", quiet)
        for line in self.section["why"]["lines"]:
            source = f"{line['source']} ({line['dataset']})"
            parts = [line["formula"], source, f"{line['starts_on']} – {line['ends_on']}", line["accounts_words"]]
            if line["rows"] is not None:
                parts.append(f"{self.words['rows']}{self.words['colon']}{line['rows']}")
            if line["total"] is not None:
                parts.append(f"{self.words['total']}{self.words['colon']}{line['total']}")
            self.line(" · ".join(part for part in parts if part), quiet)
