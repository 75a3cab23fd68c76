"""The page of league tables: who leads, who climbed, and the rows behind each figure."""

from decimal import Decimal

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import KeyAccount
from ka_crm import exports, policy
from ka_crm.forms import PlainForm
from ka_crm.money import from_minor
from ka_crm.periods import month_of
from sales.models import AccountProductMonth
from team.models import Team

from .blocks import cell_text
from .filters import PeriodField
from .league import COLUMNS, FIGURES, SUBJECTS, league, rank
from .services import teams_of

PAGE_ROWS = 50
LINKS = {"accounts": "accounts:account_detail", "stores": "accounts:store_detail", "people": "team:person_detail"}


class LeagueForm(PlainForm):
    """What the table is about; anything that makes no sense is told at its field and the usual table shown."""

    what = forms.ChoiceField(choices=list(SUBJECTS.items()), required=False, widget=forms.HiddenInput)
    by = forms.ChoiceField(
        label=gettext_lazy("Ordered by"), choices=[(name, label) for name, (label, _kind) in FIGURES.items()], required=False
    )
    period = PeriodField(label=gettext_lazy("Period"), max_length=30, required=False, help_text=gettext_lazy("2026-03, 2026Q1 or 2026"))
    account = forms.ModelChoiceField(
        label=gettext_lazy("Account"), queryset=KeyAccount.objects.none(), required=False, empty_label=gettext_lazy("All")
    )
    team = forms.ModelChoiceField(label=gettext_lazy("Team"), queryset=Team.objects.none(), required=False, empty_label=gettext_lazy("All"))

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = KeyAccount.objects.visible_to(user).active().order_by("sort_key", "pk")
        self.fields["team"].queryset = teams_of(user).order_by("path")
        if not self.fields["team"].queryset.exists():
            del self.fields["team"]

    def clean_period(self):
        period = self.cleaned_data["period"]
        if period is not None and not period.is_whole_months:
            raise forms.ValidationError(_("League tables are about whole months, quarters or years."))
        return period


def usual_period(user, today):
    """The newest month with sell-out that is over; the month before where there is none."""
    running = month_of(today)
    rows = AccountProductMonth.objects.visible_to(user).filter(month__lt=running.starts_on)
    newest = rows.order_by("-month").values_list("month", flat=True).first()
    return month_of(newest) if newest else running.previous()


@require_safe
@policy.requires("reports.view")
def league_page(request):
    today = timezone.localdate()
    form = LeagueForm(request.GET or None, user=request.user)
    asked = form.cleaned_data if form.is_valid() else {}
    what = asked.get("what") or "accounts"
    by = asked.get("by") if asked.get("by") in COLUMNS[what] else COLUMNS[what][0]
    period = asked.get("period") or usual_period(request.user, today)
    rows = league(what, by=by, period=period, user=request.user, today=today, account=asked.get("account"), team=asked.get("team"))
    currencies = sorted({row.currency for row in rows if row.currency})
    rows, currency = _of_one_currency(rows, currencies, by, request.GET.get("currency", ""))
    if request.GET.get("_export") in ("csv", "xlsx"):
        return _export(request, what, by, period, rows)
    page = Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))
    columns = _columns(request, what, by)
    context = {
        "form": _form_with(form, request, what=what, by=by, period=period.label),
        "what": SUBJECTS[what],
        "period": period,
        "columns": columns,
        "rows": [_line(row, what, by) for row in page.object_list],
        "page": page,
        "tabs": [
            {"url": _address(request, what=name, by=None, page=None), "label": label, "current": name == what}
            for name, label in SUBJECTS.items()
        ],
        "currencies": [
            {"code": code, "url": _address(request, currency=code, page=None), "current": code == currency} for code in currencies
        ],
        "previous_url": _address(request, page=page.number - 1) if page.has_previous() else None,
        "next_url": _address(request, page=page.number + 1) if page.has_next() else None,
        "exports": [{"label": kind.upper(), "url": _address(request, _export=kind)} for kind in ("xlsx", "csv")]
        if request.user.has_capability("data.export")
        else [],
        "count": len(rows),
    }
    return render(request, "reports/league.html", context)


def _form_with(form, request, **usual):
    """The form with what the table shows where nothing was chosen; errors stay at their fields."""
    if form.errors:
        return form
    return LeagueForm({**usual, **{name: value for name, value in request.GET.items() if value}}, user=request.user)


def _of_one_currency(rows, currencies, by, asked):
    """Rows that can be compared: money of two currencies never stands in one order. (rows, the currency shown or "")."""
    if by != "net" or len(currencies) < 2:
        return rows, currencies[0] if len(currencies) == 1 else ""
    usual = max(currencies, key=lambda code: (sum(row.currency == code for row in rows), code))
    currency = asked if asked in currencies else usual
    return rank([row for row in rows if row.currency == currency], by), currency


def _address(request, **changes):
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"{reverse('reports:league')}?{query.urlencode()}"


def _columns(request, what, by):
    return [
        {"name": name, "label": FIGURES[name][0], "url": _address(request, what=what, by=name, page=None), "current": name == by}
        for name in COLUMNS[what]
    ]


def _shown(value, name, currency):
    if value is None:
        return cell_text(None, "text", "")
    kind = FIGURES[name][1]
    return cell_text(str(from_minor(value, currency or "USD")) if kind == "money" else str(value), kind, currency or "USD")


def _line(row, what, by):
    """One row of the page: figures as text, the bar's length and the address of the record."""
    return {
        "rank": row.rank,
        "climbed": row.climbed,
        "climbed_by": abs(row.climbed or 0),
        "is_new": row.rank is not None and row.rank_before is None,
        "name": row.name,
        "code": row.code if what != "people" else "",
        "currency": row.currency,
        "url": reverse(LINKS[what], args=[row.pk]),
        "bar": int((row.part or Decimal(0)) * 100),
        "cells": [
            {"label": FIGURES[name][0], "text": _shown(row.values.get(name), name, row.currency), "current": name == by}
            for name in COLUMNS[what]
        ],
    }


def _export(request, what, by, period, rows):
    if not request.user.has_capability("data.export"):
        raise PermissionDenied
    name = f"league-{what}-{by}-{period.label}"
    exports.exported.send(league_page, request=request, name=name, file_format=request.GET["_export"], row_count=len(rows))
    header = [_("Place"), _("Place before"), _("Name"), _("Code"), _("Currency"), *(str(FIGURES[column][0]) for column in COLUMNS[what])]

    def value(row, column):
        figure = row.values.get(column)
        return from_minor(figure, row.currency or "USD") if FIGURES[column][1] == "money" and figure is not None else figure

    lines = (
        [row.rank, row.rank_before, row.name, row.code, row.currency, *(value(row, column) for column in COLUMNS[what])] for row in rows
    )
    if request.GET["_export"] == "csv":
        return exports.csv_response(name, header, lines)
    return exports.xlsx_response(name, header, lines, title=str(SUBJECTS[what]))
