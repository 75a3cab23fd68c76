"""What the first administrator of an empty company does, in order, until its first report is there.

A step is done by what the database holds, not by a click: whoever imports by command or by hand sees the same list.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import AccountAssignment, Store
from ka_crm.models import Setting
from sales.models import AccountProductMonth, ImportKind, Product
from team.models import User, WorkCalendar

from .models import Report


@dataclass(frozen=True)
class Step:
    """One thing to do: ``links`` are (label, address), the first the usual way."""

    title: str
    text: str
    is_done: bool
    links: list[tuple[str, Any]]


def first_steps(user):
    """The steps for ``user``; empty for people who do not set the company up, and for everybody once a report exists.

    One statement for an administrator of a company at work, one more while it is being set up.
    """
    if not {"settings.manage", "people.manage", "imports.master"} <= user.capabilities or Report.objects.exists():
        return []
    there = _what_there_is(user)
    return [
        Step(
            _("Look at the settings"),
            _("Working days and holidays of your country, the fiscal year, deadlines. Everything has a default, so this can wait."),
            there["calendars"] or there["settings"],
            [(_("Working-day calendars"), reverse("company:calendar_list")), (_("All settings"), reverse("company:settings"))],
        ),
        Step(
            _("Let your colleagues in"),
            _("KA managers, field reps and their supervisors. Each gets a link by e-mail; a team decides whose work a supervisor sees."),
            there["colleagues"],
            [(_("New person"), reverse("team:person_create")), (_("Teams"), reverse("team:team_tree"))],
        ),
        Step(
            _("Bring in the key accounts and their stores"),
            _("From two Excel or CSV files, or by hand: first the chains, then their stores."),
            there["stores"],
            [
                (_("Import key accounts"), _import_of(ImportKind.ACCOUNTS)),
                (_("Import stores"), _import_of(ImportKind.STORES)),
                (_("Enter by hand"), reverse("accounts:account_create")),
            ],
        ),
        Step(
            _("Say who looks after which account"),
            _("On the page of each account, under “Account team”. People see the accounts they are assigned to and nothing else."),
            there["assigned"],
            [(_("Key accounts"), reverse("accounts:account_list"))],
        ),
        Step(
            _("Bring in the products"),
            _("With SKU and GTIN, so that retailers' files find them."),
            there["products"],
            [(_("Import products"), _import_of(ImportKind.PRODUCTS)), (_("Enter by hand"), reverse("sales:product_create"))],
        ),
        Step(
            _("Import the first sell-out file"),
            _("As the retailer sends it: the program recognises its form, shows what it understood and asks before anything counts."),
            there["sellout"],
            [(_("Import a file"), _import_of(ImportKind.SELLOUT))],
        ),
        Step(
            _("Order the first report"),
            _("The workers write it in the background; its owner adds a few words and hands it in."),
            False,
            [(_("Order reports"), reverse("reports:report_order"))],
        ),
    ]


def _what_there_is(user):
    """Noun → whether the company has any, asked at once."""
    rows = {
        "calendars": WorkCalendar.objects.all(),
        "settings": Setting.objects.exclude(value=None),
        "colleagues": User.objects.active().exclude(pk=user.pk),
        "stores": Store.objects.all(),
        "assigned": AccountAssignment.objects.all(),
        "products": Product.objects.all(),
        "sellout": AccountProductMonth.objects.all(),
    }
    return User.objects.filter(pk=user.pk).values(**{noun: Exists(found) for noun, found in rows.items()}).get()


def _import_of(kind):
    return f"{reverse('sales:import_create')}?kind={kind.value}"
