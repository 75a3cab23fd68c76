"""Files of accounts, stores and contacts: what a row means and what is wrong with it."""

from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from ka_crm.bulkwrite import update_columns
from ka_crm.imports import Field, Kind, Schema
from ka_crm.imports.row_rules import RowProblem, RowRules

from .models import Contact, KeyAccount, Store
from .services import rebuild_paths, tree_paths


def _optional(name, kind=Kind.TEXT, **options):
    return Field(name, kind, required=False, **options)


@lru_cache(maxsize=1_000)
def _chosen(name, value, choices):
    """``value`` as one of ``choices``, by its value or its English name. Raises RowProblem listing them."""
    wanted = str(value).strip().casefold()
    for choice in choices:
        if wanted in (choice.value.casefold(), choice.name.casefold()):
            return choice.value
    allowed = ", ".join(choices.values)
    raise RowProblem(name, value, "choice", _("is not one of %(allowed)s.") % {"allowed": allowed})


def _currency(name, value):
    if value is not None and not (len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()):
        raise RowProblem(name, value, "choice", _("is not a currency code such as USD."))
    return value


class AccountRows(RowRules):
    """One row per account; ``parent_code`` names the account above it, in the file or in the program."""

    name = "accounts"
    model = KeyAccount
    key = ("code",)
    schema = Schema(
        name="accounts",
        fields=(
            Field("account_code", Kind.CODE, max_length=30),
            Field("account_name", max_length=200, kind=Kind.TEXT),
            _optional("account_gln", Kind.GLN),
            _optional("parent_code", Kind.CODE, max_length=30),
            _optional("account_kind", Kind.CODE),
            _optional("trade_route", Kind.CODE),
            _optional("country", Kind.CODE, max_length=2),
            _optional("currency", Kind.CODE, max_length=3),
            _optional("claim_currency", Kind.CODE, max_length=3),
            _optional("sellout_format", Kind.CODE, max_length=30),
            _optional("valid_from", Kind.DATE, may_be_future=True),
            _optional("valid_to", Kind.DATE, may_be_future=True),
            _optional("legal_name"),
            _optional("tax_id", max_length=40),
            _optional("address", max_length=1000),
        ),
    )
    headers = {
        "account_code": ("code",),
        "account_name": ("name",),
        "account_gln": ("gln",),
        "account_kind": ("kind",),
        "parent_code": ("parent", "parent_account_code"),
    }
    attributes = {"account_code": "code", "account_name": "name", "account_gln": "gln", "account_kind": "kind"}
    unique = (("gln",),)
    compared = ("parent_id",)

    def values_of(self, row):
        values = super().values_of({name: value for name, value in row.items() if name != "parent_code"})
        for name, choices in (("kind", KeyAccount.Kind), ("trade_route", KeyAccount.TradeRoute)):
            if name in values:
                if values[name]:
                    values[name] = _chosen(name, values[name], choices)
                else:
                    del values[name]
        for name in ("currency", "claim_currency"):
            if name in values and not _currency(name, values[name] or None):
                del values[name]
        starts, ends = values.get("valid_from"), values.get("valid_to")
        if starts and ends and ends < starts:
            raise RowProblem("valid_to", ends, "date", _("is before valid_from."))
        return values

    def links_of(self, row):
        return {"parent_code": row["parent_code"] or ""} if "parent_code" in row else {}

    def links_differ(self, row, record, known):
        parent = row.links["parent_code"]
        return record["parent_id"] != (known[(parent,)]["pk"] if (parent,) in known else -1 if parent else None)

    def check_links(self, rows, known):
        for row in rows:
            parent = row.links.get("parent_code")
            if parent and ((parent,) not in known or (parent,) == row.key):
                yield row, RowProblem("parent_code", parent, "account", _("is not another account of the file or the program."))

    def place(self, rows, records, known):
        above = [records[(parent,)] if (parent := row.links.get("parent_code")) else None for row in rows]
        parents = {record["pk"]: record["parent_id"] for record in known.values()}
        paths = tree_paths(parents | {records[row.key]: parent for row, parent in zip(rows, above, strict=True)})
        return [{"parent_id": parent, "path": paths[records[row.key]]} for row, parent in zip(rows, above, strict=True)]

    def after_write(self, rows, records):
        changed = {}
        wanted = {records[row.key]: row.links["parent_code"] for row in rows if "parent_code" in row.links}
        for pk, held in KeyAccount.objects.filter(pk__in=wanted).order_by().values_list("pk", "parent_id"):
            parent = records[(wanted[pk],)] if wanted[pk] else None
            if held != parent:
                changed[pk] = ({"parent_id": held}, {"parent_id": parent})
        if changed:
            update_columns(KeyAccount, ["parent_id"], [(pk, after["parent_id"]) for pk, (_before, after) in changed.items()])
            rebuild_paths()
        return changed


class StoreRows(RowRules):
    """One row per store, known by our own code; its account has to exist."""

    name = "stores"
    model = Store
    key = ("code",)
    schema = Schema(
        name="stores",
        fields=(
            Field("store_code", Kind.CODE, max_length=30),
            Field("account_code", Kind.CODE, max_length=30),
            Field("store_name", Kind.TEXT),
            _optional("retailer_store_no", Kind.CODE, max_length=30),
            _optional("store_gln", Kind.GLN),
            _optional("region", max_length=60),
            _optional("format", max_length=40),
            _optional("country", Kind.CODE, max_length=2),
            _optional("city", max_length=80),
            _optional("address", max_length=250),
            _optional("latitude", Kind.DECIMAL),
            _optional("longitude", Kind.DECIMAL),
            _optional("opened_on", Kind.DATE, may_be_future=True),
            _optional("closed_on", Kind.DATE, may_be_future=True),
        ),
    )
    headers = {"store_code": ("code",), "store_name": ("name",), "store_gln": ("gln",), "format": ("store_format",)}
    attributes = {"store_code": "code", "store_name": "name", "store_gln": "gln", "format": "store_format", "account_code": "account_id"}
    unique = (("gln",), ("account_id", "retailer_store_no"))

    def begin(self, *, account=None):
        self.accounts = dict(KeyAccount.objects.order_by().values_list("code", "pk"))

    def values_of(self, row):
        values = super().values_of({name: value for name, value in row.items() if name != "account_code"})
        values["account_id"] = known_account(self.accounts, row["account_code"])
        for name, most in (("latitude", 90), ("longitude", 180)):
            if values.get(name) is not None:
                if abs(values[name]) > most:
                    raise RowProblem(
                        name, values[name], "number", _("is out of range: degrees run from -%(most)d to %(most)d.") % {"most": most}
                    )
                values[name] = round(values[name], 5)
        opened, closed = values.get("opened_on"), values.get("closed_on")
        if opened and closed and closed < opened:
            raise RowProblem("closed_on", closed, "date", _("is before opened_on."))
        return values


class ContactRows(RowRules):
    """One row per person at a retailer, known by the account and a code of ours, or by the account and the name."""

    name = "contacts"
    model = Contact
    key = ("account_id", "code", "name")
    fixed = ("account_id", "code")
    schema = Schema(
        name="contacts",
        fields=(
            Field("account_code", Kind.CODE, max_length=30),
            Field("name", Kind.TEXT, max_length=120),
            _optional("contact_code", Kind.CODE, max_length=30),
            _optional("store_code", Kind.CODE, max_length=30),
            _optional("function", max_length=40),
            _optional("title", max_length=120),
            _optional("subjects", max_length=250),
            _optional("email", max_length=254),
            _optional("phone", max_length=40),
            _optional("notes", max_length=4000),
        ),
    )
    headers = {"name": ("contact_name",), "contact_code": ("code",), "email": ("e_mail", "e-mail")}
    attributes = {"contact_code": "code", "store_code": "store_id", "account_code": "account_id"}

    def begin(self, *, account=None):
        self.accounts = dict(KeyAccount.objects.order_by().values_list("code", "pk"))
        self.stores = dict(Store.objects.order_by().values_list("code", "pk"))

    def key_of(self, values):
        code = values.get("code", "")
        return (values["account_id"], code, "" if code else values["name"])

    def values_of(self, row):
        values = super().values_of({name: value for name, value in row.items() if name not in ("account_code", "store_code")})
        values["account_id"] = known_account(self.accounts, row["account_code"])
        if "store_code" in row:
            values["store_id"] = self.stores.get(row["store_code"])
            if row["store_code"] and values["store_id"] is None:
                raise RowProblem("store_code", row["store_code"], "unknown_store", _("is not a store in the master data."))
        if values.get("function"):
            values["function"] = _chosen("function", values["function"], Contact.Function)
        else:
            values.pop("function", None)
        if values.get("email"):
            try:
                validate_email(values["email"])
            except ValidationError:
                raise RowProblem("email", values["email"], "email", _("is not an e-mail address.")) from None
        return values


def known_account(accounts, code):
    """The account with this code. Raises RowProblem."""
    if code not in accounts:
        raise RowProblem("account_code", code, "account", _("is not an account. Add the account, or correct the code."))
    return accounts[code]
