"""A report's document made ready for the screen: charts that the browser draws, and links where the pages exist."""

from decimal import Decimal
from urllib.parse import urlencode

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language

from ka_crm.charts import Chart, Series

from .rendering.document import document_of
from .sections import SECTION_OF


def document_for_page(report, *, may_comment):
    """The document in the reader's language, with the section rows that the commentary forms need."""
    language = get_language() if get_language() in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    document = document_of(report, language)
    rows = {section.key: section for section in report.sections.all()}
    for section in document["sections"]:
        row = rows.get(section["key"])  # what changed since the version before has none
        section["edit_version"] = row.edit_version if row else None
        section["may_comment"] = may_comment and row is not None
        section["blocks"] = [_for_page(block) for block in section["blocks"]]
    chart = document["lead"]["chart"]
    document["lead"] = {
        **document["lead"],
        "chart": drawn(chart) if chart else None,
        "kpis": [_kpi_for_page(item) for item in document["lead"]["kpis"]],
        "findings": [_for_page(block) for block in document["lead"]["findings"]],
    }
    return document


def section_for_page(row):
    """One section's words and title, for its commentary form."""
    known = SECTION_OF.get(row.key)
    return {
        "key": row.key,
        "title": str(known.title) if known else row.key,
        "commentary": row.commentary,
        "commented_by": str(row.commented_by) if row.commented_by else "",
        "edit_version": row.edit_version,
    }


def _kpi_for_page(item):
    """A headline figure with the address of its rows and the points of its small line."""
    spark = " ".join(f"{x * 100:.1f},{1 + y * 22:.1f}" for x, y in item["spark"])
    return {**item, "url": _address_of(item["link"]) if item.get("link") else None, "spark": spark}


def _address_of(link):
    """The list behind a figure, with its filter; None where an installation does not have it."""
    url_name, args, query = link
    try:
        return f"{reverse(url_name, args=args)}?{urlencode(query)}"
    except NoReverseMatch:
        return None


def _for_page(block):
    if block["type"] == "kpis":
        return {**block, "items": [_kpi_for_page(item) for item in block["items"]]}
    if block["type"] == "findings":
        return {**block, "items": [{**item, "url": _address(item["link"]) if item.get("link") else None} for item in block["items"]]}
    if block["type"] == "chart":
        return {**block, "chart": drawn(block)}
    if block["type"] == "table":
        links = [_address(link) for link in block["links"]] or [None] * len(block["cells"])
        return {**block, "linked": [{"url": url, "cells": cells} for url, cells in zip(links, block["cells"], strict=True)]}
    return block


def _address(link):
    """The row's page; None where an installation does not have it."""
    url_name, key = link
    try:
        return reverse(url_name, args=[key])
    except NoReverseMatch:
        return None


def drawn(block):
    """A chart block as the shell's chart."""
    percent = block["unit"] == "percent"
    last = next((text for text in reversed(block["shown"][0]) if text), "") if block["shown"] else ""
    return Chart(
        "area" if block["kind"] == "line" else "hbar",
        block["title"],
        block["labels"],
        [
            Series(one["name"], [None if value is None else Decimal(value) for value in one["values"]], dashed=place > 0)
            for place, one in enumerate(block["series"])
        ],
        unit="%" if percent else block["currency"],
        places=1 if percent else 2,
        description=f"{block['labels'][-1] if block['labels'] else ''} {last}".strip(),
    )
