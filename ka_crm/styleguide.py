"""Every component on one page, with made-up figures: where an administrator or a designer looks before building a page."""

import datetime as dt
from decimal import Decimal

from django import forms
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from . import policy, tables
from .charts import Chart, Series

_MONTHS = [f"2026-{month:02}" for month in range(1, 11)]
_SALES = [Decimal(value) for value in (412_300, 388_120, 431_900, 455_010, 448_700, 470_250, 512_800, 498_400, 530_100, 541_900)]
_LAST_YEAR = [value * Decimal("0.94") for value in _SALES]
_ACCOUNTS = ["Northgate Markets", "华联超市", "Bellmart", "Harbor Foods", "Kestrel Cash & Carry"]


class SampleTable(tables.Table):
    name = tables.Column(_("Account"), hint="code")
    state = tables.Column(_("State"))
    on = tables.DayColumn(_("Signed on"))
    units = tables.NumberColumn(_("Units"))
    net_minor = tables.MoneyColumn(_("Net sales"), currency="currency")
    growth = tables.PercentColumn(_("To last year"), delta=True)


class SampleForm(forms.Form):
    name = forms.CharField(label=_("Name"), help_text=_("As it stands on the contract."))
    kind = forms.ChoiceField(label=_("Kind"), choices=[("chain", _("Chain")), ("banner", _("Banner"))])
    on = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    amount = forms.DecimalField(label=_("Amount"))
    note = forms.CharField(label=_("Note"), widget=forms.Textarea, required=False)
    agreed = forms.BooleanField(label=_("Agreed by the buyer"), required=False)
    file = forms.FileField(label=_("File"), required=False)


def _rows():
    growths = [Decimal("0.052"), Decimal("-0.031"), Decimal(0), None, Decimal("0.184")]
    rows = enumerate(zip(_ACCOUNTS, growths, strict=True))
    return [
        {
            "name": name,
            "code": f"A{place + 1:02}",
            "state": "active",
            "on": dt.date(2026, 1, 9 + place),
            "units": 18_250 * (place + 1),
            "net_minor": 4_123_450 * (place + 1) * (-1 if place == 3 else 1),
            "currency": "USD",
            "growth": growth,
        }
        for place, (name, growth) in rows
    ]


def _charts():
    both = [Series(_("This year"), _SALES), Series(_("Last year"), _LAST_YEAR, dashed=True)]
    shares = [Decimal(41), Decimal(27), Decimal(15), Decimal(11), Decimal(6)]
    shelf = [Decimal("0.22") + Decimal(place) / 100 for place in range(10)]
    return [
        Chart("bar", _("Net sales by month"), _MONTHS, both, unit="USD", description=_("Sales rose to 541,900 in October.")),
        Chart("area", _("Share of shelf"), _MONTHS, [Series(_("Share"), shelf)], unit="%"),
        Chart("hbar", _("Accounts by sales"), _ACCOUNTS, [Series(_("Net sales"), _SALES[:5])], unit="USD"),
        Chart("donut", _("Sales by category"), _ACCOUNTS, [Series(_("Share"), shares)]),
    ]


@policy.requires("settings.manage")
def styleguide(request):
    wrong = SampleForm({"name": "", "kind": "chain", "on": "2026-13-01", "amount": "12.3万"})
    now = dt.datetime(2026, 10, 3, 8, 30, tzinfo=dt.UTC)
    context = {
        "table": SampleTable(_rows(), totals={"units": 273_750, "net_minor": 61_851_750, "currency": "USD"}),
        "charts": _charts(),
        "form": SampleForm(),
        "wrong_form": wrong,
        "fields": [(_("Code"), "A01"), (_("Legal name"), "Northgate Markets Holding LLC"), (_("Country"), "US"), (_("GLN"), "")],
        "events": [
            {"at": now, "title": _("Report approved"), "actor": "Ana Lopez", "icon": "check", "tone": "ok"},
            {
                "at": now,
                "title": _("Report returned"),
                "icon": "undo",
                "tone": "warn",
                "text": _("The price section is empty."),
            },
            {"at": now, "title": _("Report submitted"), "actor": "王小明", "icon": "send"},
        ],
        "steps": [
            {"label": _("Upload"), "state": "done"},
            {"label": _("Check"), "state": "current"},
            {"label": _("Import"), "state": "next"},
        ],
        "tabs": [
            {"url": "#", "label": _("Overview"), "current": True},
            {"url": "#stores", "label": _("Stores"), "current": False, "count": 12},
            {"url": "#contacts", "label": _("Contacts"), "current": False, "count": 3},
        ],
        "growth": Decimal("0.052"),
        "fall": Decimal("-0.031"),
        "tones": [
            ("neutral", _("Draft")),
            ("info", _("Submitted")),
            ("ok", _("Approved")),
            ("warn", _("Overdue")),
            ("danger", _("Rejected")),
        ],
    }
    return render(request, "styleguide.html", context)
