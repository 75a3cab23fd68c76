"""Must-stock rules in the file of settings; accounts and products are named by their codes and have to be there."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import KeyAccount
from ka_crm import company, settings_file
from ka_crm.errors import DomainError
from ka_crm.settings_file import take
from sales.models import Product

from .models import MustStockRule
from .services import MUST_STOCK


def _key(account, store_format, product, starts_on):
    return " / ".join((account or "*", store_format or "*", product, str(starts_on)))


def dump_rules():
    found = {}
    for rule in MustStockRule.objects.select_related("account", "product").order_by("pk"):
        account = rule.account.code if rule.account else ""
        found[_key(account, rule.store_format, rule.product.sku, rule.starts_on)] = {
            "account": account,
            "store_format": rule.store_format,
            "product": rule.product.sku,
            "starts_on": str(rule.starts_on),
            "ends_on": str(rule.ends_on) if rule.ends_on else None,
        }
    return found


def write_rule(key, value, actor):
    """A rule that is there gets its end; another is made. Overlapping rules are refused as on the page."""
    given = take(value, account=str, store_format=str, product=str, starts_on=str, ends_on=(str, None))
    about = {
        "account": _account(given["account"]),
        "store_format": given["store_format"],
        "product": _product(given["product"]),
        "starts_on": parse_day("starts_on", given["starts_on"]),
    }
    if key != _key(given["account"], given["store_format"], given["product"], given["starts_on"]):
        raise DomainError(_("its name has to be made of account, store format, product and first day."))
    MUST_STOCK.write(about, {"ends_on": given["ends_on"] and parse_day("ends_on", given["ends_on"])}, actor=actor)


def _account(code):
    if not code:
        return None
    account = KeyAccount.objects.filter(code=code).first()
    if account is None:
        raise DomainError(_("account: there is no key account “%(value)s” here.") % {"value": code[:60]})
    return account


def _product(sku):
    product = Product.objects.filter(sku=sku).first()
    if product is None:
        raise DomainError(_("product: there is no product “%(value)s” here.") % {"value": sku[:60]})
    return product


def parse_day(name, text):
    """An ISO day of a settings file. Raises DomainError naming the field."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DomainError(_("%(path)s: “%(value)s” is not a day; write 2026-03-31.") % {"path": name, "value": text[:40]}) from error


def register():
    """Add must-stock rules to the file of settings, and their page to the page “Settings”."""
    label = gettext_lazy("Must-stock lists")
    settings_file.register("must_stock", label=label, dump=dump_rules, write=write_rule, order=30)
    text = gettext_lazy("What has to be on the shelf, per account and store format.")
    company.place("contracts:must_stock_list", label=label, text=text, icon="checklist", capability="must_stock.manage", order=30)
