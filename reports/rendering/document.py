"""A report as a document in one language: titles, blocks and words, ready for a page or for any kind of file.

Plain dictionaries of text, numbers as text and lists: what goes into PDF, XLSX and HTML is decided here once.
"""

from datetime import datetime
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
    )


def document_of(report, language):
    """The whole report in ``language``; instants in the company's time zone."""
    with translation.override(language), timezone.override(ZoneInfo(settings.TIME_ZONE)):
        sections = [section_of(report, section) for section in report.sections.select_related("commented_by") if section.key in SECTION_OF]
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
    """“March 2017”, “1st quarter 2017”, “2017”, else both days."""
    if report.kind == ReportKind.MONTHLY:
        return date_format(report.starts_on, "YEAR_MONTH_FORMAT")
    if report.kind == ReportKind.QUARTERLY:
        return _("Quarter %(number)s of %(year)s") % {"number": (report.starts_on.month + 2) // 3, "year": report.starts_on.year}
    if report.kind == ReportKind.ANNUAL:
        return str(report.starts_on.year)
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
    change = item["change"]
    is_points = item["kind"] == "percent"
    shown_change = cell(change, "points" if is_points else "delta", currency)
    return {
        **item,
        "text": blocks.cell_text(item["value"], item["kind"], currency),
        "unit": currency if item["kind"] in ("money", "price") and item["value"] is not None else "",
        "change_text": "" if change is None else shown_change["text"],
        "tone": "" if change is None else shown_change["tone"],
    }


def _chart_text(value, block, currency):
    return blocks.cell_text(value, "percent" if block["unit"] == "percent" else "money", currency)


def lead_of(sections):
    """The page that matters first: the main figures, the trend and the three heaviest problems."""
    by_key = {section["key"]: section["blocks"] for section in sections}
    items = next((block["items"] for block in by_key.get("headline", ()) if block["type"] == "kpis"), [])
    found = next((block["items"] for block in by_key.get("problems", ()) if block["type"] == "findings"), [])
    return {
        "kpis": items[:LEAD_KPIS],
        "more_kpis": items[LEAD_KPIS:],
        "chart": next((block for block in by_key.get("trend", ()) if block["type"] == "chart"), None),
        "findings": found[:LEAD_FINDINGS],
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
