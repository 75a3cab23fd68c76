"""A report as a document in one language: titles, blocks and words, ready for a page or for any kind of file.

Plain dictionaries of text, numbers as text and lists: what goes into PDF, XLSX and HTML is decided here once.
"""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from ka_crm.formats import MINUS

from .. import blocks
from ..models import ReportKind
from ..sections import SECTION_OF
from ..sections.base import Reading
from ..states import ReportStatus
from ..versions import KEY as CHANGES
from ..versions import changed_values, changes_section

LEAD_FINDINGS = 3
LEAD_KPIS = 4
# What people call the datasets that figures come from.
SOURCES = {
    "competitor_facts": gettext_lazy("competitors seen at visits"),
    "distribution_month": gettext_lazy("distribution by month"),
    "report_sections": gettext_lazy("this report"),
    "sellout_month_account": gettext_lazy("sell-out by account and month"),
    "sellout_month_account_sku": gettext_lazy("sell-out by account, product and month"),
    "sellout_month_category": gettext_lazy("sell-out by category and month"),
    "sellout_month_store": gettext_lazy("sell-out by store and month"),
    "share_account_month": gettext_lazy("share of wallet by account and month"),
    "share_store_category_month": gettext_lazy("share of wallet by store, category and month"),
    "shelf_facts": gettext_lazy("shelves checked at visits"),
    "category_asks": gettext_lazy("what stores said of a category"),
    "tasks": gettext_lazy("open tasks"),
    "visit_scores": gettext_lazy("scores of visits"),
    "visits": gettext_lazy("visits"),
}


def frozen(report):
    """The report's numbers as they were frozen, for programs: ``sections`` by key, decimals as text."""
    account = report.account
    return {
        "report": {
            "kind": report.kind,
            "subject_kind": report.subject_kind,
            "subject": report.subject_label,
            "account_code": account.code if account else None,
            "person": report.person.email if report.person else None,
            "team": report.team.name if report.team else None,
            "period": report.period_label,
            "starts_on": str(report.starts_on),
            "ends_on": str(report.ends_on),
            "currency": report.currency,
            "version": report.version,
            "status": report.status,
            "built_at": report.built_at.isoformat(timespec="seconds") if report.built_at else None,
        },
        "changes": changed_values(report),
        "sections": {section.key: section.data for section in report.sections.all()},
        "sources": {section.key: section.sources for section in report.sections.all()},
        "commentary": {section.key: section.commentary for section in report.sections.all() if section.commentary},
    }


def reading_of(report):
    return Reading(
        kind=report.kind,
        subject_kind=report.subject_kind,
        currency=report.currency,
        starts_on=report.starts_on,
        ends_on=report.ends_on,
        period_label=report.period_label,
        account_id=report.account_id,
        person_id=report.person_id,
        team_id=report.team_id,
    )


def document_of(report, language):
    """The whole report in ``language``; instants in the company's time zone."""
    with translation.override(language), timezone.override(ZoneInfo(settings.TIME_ZONE)):
        rows = report.sections.select_related("commented_by")
        sections = [section_of(report, section) for section in rows if section.key in SECTION_OF and (section.sources or section.data)]
        if changes := changes_section(report, sections, reading_of):
            sections.insert(0, _drawn_from_versions(changes, report))
        return {
            **head_of(report),
            "language": language,
            "lead": lead_of(sections),
            "sections": sections,
            "words": words(),
        }


def head_of(report):
    """What stands above the sections."""
    return {
        "kind": report.get_kind_display(),
        "title": f"{report.get_kind_display()} – {report.subject_label}",
        "subject": report.subject_label,
        "subject_kind": report.get_subject_kind_display(),
        "subject_code": report.account.code if report.account else "",
        "company": settings.KA_COMPANY_NAME,
        "period": report.period_label,
        "period_words": period_words(report),
        "starts_on": str(report.starts_on),
        "ends_on": str(report.ends_on),
        "currency": report.currency,
        "version": report.version,
        "status": report.status,
        "status_words": report.get_status_display(),
        "is_final": report.status in (ReportStatus.APPROVED, ReportStatus.ARCHIVED),
        "owner": str(report.owner) if report.owner else "",
        "built_at": _instant(report.built_at),
        "built_stamp": int(report.built_at.timestamp()) if report.built_at else 0,
        "submitted_by": str(report.submitted_by) if report.submitted_by else "",
        "submitted_at": _instant(report.submitted_at),
        "decided_by": str(report.decided_by) if report.decided_by else "",
        "decided_at": _instant(report.decided_at),
        "decision_note": report.decision_note,
    }


def period_words(report):
    """“March 2017”, “Quarter 1 of 2017”, “2017”, “Week 2017-W10, …”, else both days."""
    if report.kind in (ReportKind.MONTHLY, ReportKind.PLAN, ReportKind.SURVEY):
        return date_format(report.starts_on, "YEAR_MONTH_FORMAT")
    if report.kind == ReportKind.QUARTERLY:
        return _("Quarter %(number)s of %(year)s") % {"number": (report.starts_on.month + 2) // 3, "year": report.starts_on.year}
    if report.kind == ReportKind.ANNUAL:
        return str(report.starts_on.year)
    if report.kind == ReportKind.WEEKLY:
        week = {"week": report.period_label, "first": report.starts_on, "last": report.ends_on}
        return _("Week %(week)s, %(first)s – %(last)s") % week
    return f"{report.starts_on} – {report.ends_on}"


def section_of(report, section):
    """One section as a document part: title, blocks with shown cells, commentary, and where the numbers come from."""
    known = SECTION_OF[section.key]
    return {
        "key": section.key,
        "title": str(known.title),
        "blocks": [shown(block, report.currency) for block in known.layout(section.data, reading_of(report))],
        "commentary": section.commentary,
        "commented_by": str(section.commented_by) if section.commented_by else "",
        "why": why(known, section.sources),
    }


def _drawn_from_versions(changes, report):
    """What changed since the version before as a part of the document: nobody comments on it, and it has no sources of its own."""
    return {
        **changes,
        "key": CHANGES,
        "blocks": [shown(block, report.currency) for block in changes["blocks"]],
        "commentary": "",
        "commented_by": "",
        "why": {"lines": [], "built_at": _instant(report.built_at)},
    }


def shown(block, currency):
    """A block with what people read beside the frozen values."""
    currency = block.get("currency", currency)
    if block["type"] == "table":
        kinds = [column["kind"] for column in block["columns"]]
        cells = [
            [{**cell(value, column["kind"], currency), "wide": column["wide"]} for value, column in zip(row, block["columns"], strict=True)]
            for row in block["rows"]
        ]
        return {**block, "currency": currency, "cells": cells, "has_money": any(kind in ("money", "price") for kind in kinds)}
    if block["type"] == "kpis":
        return {**block, "currency": currency, "items": [_shown_kpi(item, currency) for item in block["items"]]}
    if block["type"] == "chart":
        return {
            **block,
            "currency": currency,
            "shown": [[_chart_text(value, block, currency) for value in one["values"]] for one in block["series"]],
        }
    return block


def cell(value, kind, currency):
    """A shown cell: its text, whether it stands right, and the tone of a change."""
    text = blocks.cell_text(value, kind, currency)
    tone = {MINUS: "down", "+": "up"}.get(text[0], "") if kind in ("delta", "points") else ""
    return {"text": text, "numeric": kind in blocks.NUMERIC, "tone": tone}


def _shown_kpi(item, currency):
    more = item.get("more")
    return {
        **item,
        "text": blocks.cell_text(item["value"], item["kind"], currency),
        "unit": currency if item["kind"] in ("money", "price") and item["value"] is not None else "",
        **_shown_change(item["change"], item["kind"], currency),
        "more": {**more, **_shown_change(more["change"], item["kind"], currency)} if more else None,
        "spark": sparkline(item.get("spark", ())),
    }


def _shown_change(change, kind, currency):
    """The text and the tone of a change: in points for rates and scores, in per cent for all else."""
    if change is None:
        return {"change_text": "", "tone": ""}
    if kind == "score":
        text = blocks.signed(blocks.cell_text(change, "score", currency), change)
        return {"change_text": text, "tone": {MINUS: "down", "+": "up"}.get(text[0], "")}
    shown_change = cell(change, "points" if kind == "percent" else "delta", currency)
    return {"change_text": shown_change["text"], "tone": shown_change["tone"]}


def sparkline(values):
    """Points of a small line, x and y between 0 and 1 with y downwards; empty with fewer than two figures. Gaps are left out."""
    known = [(number, Decimal(value)) for number, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return []
    low, high = min(value for _number, value in known), max(value for _number, value in known)
    first, width = known[0][0], known[-1][0] - known[0][0]
    height = (high - low) or Decimal(1)
    return [[round((number - first) / width, 4), round(1 - float((value - low) / height), 4)] for number, value in known]


def _chart_text(value, block, currency):
    return blocks.cell_text(value, "percent" if block["unit"] == "percent" else "money", currency)


def lead_of(sections):
    """The page that matters first, from the blocks that sections put there; these leave their sections.

    Reports of before there was such a page show the main figures, the trend and the three heaviest problems.
    """
    chosen = [block for section in sections for block in section["blocks"] if block.get("lead")]
    if not chosen:
        return _older_lead(sections)
    for section in sections:
        section["blocks"] = [block for block in section["blocks"] if not block.get("lead")]
    charts = [block for block in chosen if block["type"] == "chart"] or _take_chart(sections)
    return {
        "sentence": " ".join(block["text"] for block in chosen if block["type"] == "paragraph"),
        "kpis": [item for block in chosen if block["type"] == "kpis" for item in block["items"]],
        "more_kpis": [],
        "chart": charts[0] if charts else None,
        "findings": [block for block in chosen if block["type"] == "findings"],
    }


def _take_chart(sections):
    """The trend's chart, which stands on the first page where that has none of its own."""
    for section in sections:
        if section["key"] == "trend":
            charts = [block for block in section["blocks"] if block["type"] == "chart"]
            section["blocks"] = [block for block in section["blocks"] if block["type"] != "chart"]
            return charts
    return []


def _older_lead(sections):
    by_key = {section["key"]: section["blocks"] for section in sections}
    items = next((block["items"] for block in by_key.get("headline", ()) if block["type"] == "kpis"), [])
    found = next((block for block in by_key.get("problems", ()) if block["type"] == "findings"), None)
    for section in sections:
        if section["key"] == "headline":
            section["blocks"] = [block for block in section["blocks"] if block["type"] != "kpis"]
    charts = _take_chart(sections)
    return {
        "sentence": "",
        "kpis": items[:LEAD_KPIS],
        "more_kpis": items[LEAD_KPIS:],
        "chart": charts[0] if charts else None,
        "findings": [{**found, "title": _("What needs attention"), "items": found["items"][:LEAD_FINDINGS]}] if found else [],
    }


def why(section, sources):
    """“Why this number” of a section: per figure its formula and what it was summed from."""
    lines = []
    for line in sources.get("figures", ()):
        accounts = line["accounts"]
        lines.append(
            {
                "figure": line["figure"],
                "formula": str(section.formulas.get(line["figure"], "")),
                "dataset": line["dataset"],
                "source": str(SOURCES.get(line["dataset"], line["dataset"])),
                "starts_on": line["starts_on"],
                "ends_on": line["ends_on"],
                "accounts": len(accounts),
                "accounts_words": ngettext("%(counter)s account", "%(counter)s accounts", len(accounts)) % {"counter": len(accounts)},
                "account_codes": accounts,
                "rows": line["rows"],
                "total": line["total"],
            }
        )
    return {"lines": lines, "built_at": _instant(_parsed(sources.get("built_at")))}


def _parsed(text):
    return datetime.fromisoformat(text) if text else None


def _instant(value):
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value else ""


def words():
    """The fixed words of drawn files."""
    return {
        "colon": pgettext("after a label", ": "),
        "commentary": _("Commentary"),
        "contents": _("Contents"),
        "page": _("Page"),
        "of": _("of"),
        "built": _("Numbers of"),
        "version": _("Version"),
        "draft": _("Not approved"),
        "approved_by": _("Approved by"),
        "submitted_by": _("Submitted by"),
        "owner": _("Responsible"),
        "problems": _("What needs attention"),
        "why": _("Why these numbers"),
        "figure": _("Figure"),
        "formula": _("Formula"),
        "source": _("Source"),
        "rows": _("Rows"),
        "total": _("Total"),
        "accounts": _("Accounts"),
        "period": _("Period"),
        "currency": _("Amounts in %(currency)s, net of tax.") % {"currency": "{currency}"},
        "no_figure": _("no figure"),
        "suggestion": _("Suggestion"),
        "all": _("Whole report"),
    }
