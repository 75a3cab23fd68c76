"""A report's document made ready for the screen: charts that the browser draws, and links where the pages exist."""

from decimal import Decimal

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
        section["edit_version"] = rows[section["key"]].edit_version
        section["may_comment"] = may_comment
        section["blocks"] = [_for_page(block) for block in section["blocks"]]
    chart = document["lead"]["chart"]
    document["lead"] = {**document["lead"], "chart": drawn(chart) if chart else None}
    for section in document["sections"]:
        section["blocks"] = [block for block in section["blocks"] if not _is_in_lead(section["key"], block)]
    return document


def _is_in_lead(key, block):
    """The first screen shows these already."""
    return (key == "headline" and block["type"] == "kpis") or (key == "trend" and block["type"] == "chart")


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


def _for_page(block):
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
