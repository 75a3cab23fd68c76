"""Visit cadences in the file of settings; accounts and stores are named by their codes and have to be there."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import KeyAccount, Store
from contracts.settings_parts import parse_day
from ka_crm import company, settings_file
from ka_crm.errors import DomainError
from ka_crm.settings_file import take

from .models import Cadence
from .planning.rules import CADENCES


def _key(account, store, store_format, starts_on):
    return " / ".join((account or "*", store or "*", store_format or "*", starts_on))


def dump_cadences():
    found = {}
    for rule in Cadence.objects.select_related("account", "store").order_by("pk"):
        account, store = rule.account.code if rule.account else "", rule.store.code if rule.store else ""
        found[_key(account, store, rule.store_format, str(rule.starts_on))] = {
            "account": account,
            "store": store,
            "store_format": rule.store_format,
            "starts_on": str(rule.starts_on),
            "ends_on": str(rule.ends_on) if rule.ends_on else None,
            "every_days": rule.every_days,
        }
    return found


def write_cadence(key, value, actor):
    """A rule that is there gets its end and its days; another is made. Overlapping rules are refused as on the page."""
    given = take(value, account=str, store=str, store_format=str, starts_on=str, ends_on=(str, None), every_days=int)
    if key != _key(given["account"], given["store"], given["store_format"], given["starts_on"]):
        raise DomainError(_("its name has to be made of account, store, store format and first day."))
    about = {
        "account": _found(KeyAccount, "account", given["account"]),
        "store": _found(Store, "store", given["store"]),
        "store_format": given["store_format"],
        "starts_on": parse_day("starts_on", given["starts_on"]),
    }
    values = {"ends_on": given["ends_on"] and parse_day("ends_on", given["ends_on"]), "every_days": given["every_days"]}
    CADENCES.write(about, values, actor=actor)


def _found(model, name, code):
    if not code:
        return None
    row = model.objects.filter(code=code).first()
    if row is None:
        raise DomainError(_("%(path)s: there is no “%(value)s” here.") % {"path": name, "value": code[:60]})
    return row


def register():
    """Add visit cadences to the file of settings, and their page to the page “Settings”."""
    label = gettext_lazy("Visit cadences")
    settings_file.register("cadences", label=label, dump=dump_cadences, write=write_cadence, order=40)
    text = gettext_lazy("How often each store is due.")
    company.place("visits:cadence_list", label=label, text=text, icon="route", capability="visits.view", order=40)
