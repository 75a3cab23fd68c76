"""Sell-out files: whose rows they are, which store and product each names, and the staged form in which they are committed."""

from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import KeyAccount, Store
from ka_crm.imports import RowError
from ka_crm.imports.errors import refuse_file, row_error
from ka_crm.money import digits_of
from ka_crm.periods import week_start

from ..models import (
    AccountProductMonth,
    AccountProductWeek,
    ImportBatch,
    Product,
    RetailerArticle,
    SellOut,
    SellOutHistory,
    StoreProductMonth,
)
from ..profiles import SELLOUT, shipped
from ..states import BatchStatus
from . import facts as store
from .facts import FactTable, Rollup
from .registry import register
from .spool import Intake
from .staging import ask

FACTS = FactTable(
    table=SellOut._meta.db_table,
    history=SellOutHistory._meta.db_table,
    key=("sold_on", "store_id", "product_id", "grain"),
    measures=("units", "gross_minor", "discount_minor", "net_minor"),
    sticky=("coupon_minor",),
    day="sold_on",
    grained=True,
    rollups=(
        Rollup(StoreProductMonth._meta.db_table, ("month", "store_id", "product_id"), ("account_id",)),
        Rollup(AccountProductMonth._meta.db_table, ("month", "account_id", "product_id")),
        Rollup(AccountProductWeek._meta.db_table, ("week_start", "account_id", "product_id")),
    ),
    columns={
        "row_no": "int",
        "sold_on": "day",
        "month": "day",
        "week_start": "day",
        "store_id": "big",
        "product_id": "big",
        "grain": "small",
        "account_id": "big",
        "units": "int",
        "gross_minor": "big",
        "discount_minor": "big",
        "net_minor": "big",
        "coupon_minor": "big",
    },
)
AMOUNTS = {"units": "units", "gross_value": "gross_minor", "discount_value": "discount_minor", "net_value": "net_minor"}
MOST_UNITS = 2_000_000_000
UNKNOWN = -1
PREVIEW_ROWS = 20


class SellOutImport:
    """The kind ``sellout``."""

    name = "sellout"
    schema = SELLOUT
    dialects = True

    def plain_profile(self):
        return shipped()["CANONICAL"]

    @contextmanager
    def loading(self, batch, outcome, findings):
        with FACTS.room():
            store.create_staging(FACTS)
            yield SellOutLoad(batch, outcome, findings)

    def undo(self, batch):
        store.lock_facts()
        return store.undo_batch(FACTS, batch)


class Known:
    """Stores, products and accounts by their codes, loaded once per file."""

    def __init__(self, account):
        self.accounts = {a.code: a for a in KeyAccount.objects.only("pk", "code", "name", "path", "currency", "gln", "parent_id")}
        self.account_by_id = {a.pk: a for a in self.accounts.values()}
        self.account = self.account_by_id.get(account.pk) if account else None
        self.stores, self.gtins, self.articles = {}, {}, {}
        self.account_of_store = {}
        self.store_codes, self.store_glns, self.store_numbers = {}, {}, {}
        for pk, code, gln, number, account_id in Store.objects.values_list("pk", "code", "gln", "retailer_store_no", "account_id"):
            self.account_of_store[pk] = account_id
            self.store_codes[code] = pk
            if gln:
                self.store_glns[gln] = pk
            if number and self.account and self.within(account_id, self.account):
                # The same number in two banners of one chain names neither store.
                self.store_numbers[_number(number)] = UNKNOWN if _number(number) in self.store_numbers else pk
        self.skus = {}
        self.gtin_of = {}
        for pk, sku, gtin in Product.objects.values_list("pk", "sku", "gtin"):
            self.skus[sku] = pk
            if gtin:
                self.gtins[gtin.zfill(14)] = pk
                self.gtin_of[pk] = gtin.zfill(14)
        if self.account:
            self._load_articles()

    def _load_articles(self):
        """Article numbers of the account; what it does not list itself, it has from the account above."""
        above = [int(part) for part in self.account.path.split("/") if part] or [self.account.pk]
        lists = {}
        for account_id, number, product_id in RetailerArticle.objects.filter(
            Q(account__in=above) | Q(account__path__startswith=self.account.path or "-")
        ).values_list("account_id", "article_no", "product_id"):
            lists.setdefault(account_id, {})[number] = product_id
        for account_id in [*above, *(pk for pk in lists if pk not in above)]:
            self.articles |= lists.get(account_id, {})

    def within(self, account_id, account):
        """Whether the account with this id is ``account`` or lies below it."""
        return account_id == account.pk or bool(account.path) and self.account_by_id[account_id].path.startswith(account.path)

    def by_gln(self, gln):
        return next((account for account in self.accounts.values() if account.gln == gln), None) if gln else None


def _number(text):
    """A retailer's store number without leading zeros, as the profiles' store pattern gives it."""
    return text.lstrip("0") or "0"


class SellOutLoad:
    """One sell-out file on its way in."""

    facts = FACTS
    duplicate_reason = "store, product and day"

    def __init__(self, batch, outcome, findings):
        self.batch, self.outcome, self.findings = batch, outcome, findings
        self.known = Known(batch.account)
        self.counts = store.Counts()
        self.accounts_seen, self.grains = set(), set()
        self.order = KeyOrder()

    @property
    def currency_digits(self):
        """Decimals of the amounts in the file: those of its account's currency."""
        return digits_of(self.known.account.currency) if self.known.account else None

    # --- reading --------------------------------------------------------------------------------------------------------------
    def read(self, reading, *, digits, today, step):
        """Take in every row of ``reading``; ``step(rows)`` reports progress. Raises FileRefused."""
        with Intake(self.facts, repetition=self._latest_said_alike() is not None) as self.intake:
            for chunk in reading.chunks():
                self._take(chunk, reading, digits, today)
                step(reading.rows_read)
        sender = self.known.by_gln(reading.hints.sender_gln)
        if sender is not None:
            self._check_sender(sender)
        if len(self.grains) > 1:
            raise refuse_file("date", _("The file mixes days and weeks. Ask for one file per kind of period."))
        if self.order.may_repeat:
            self.intake.stage()
            if reading.profile.container == "edifact":
                store.net_returns(self.facts)
            self._note_duplicates(reading)
        self.outcome.account_ids = self.accounts_seen
        self.outcome.fingerprint = f"{self.intake.fingerprint:016x}"

    def _check_sender(self, sender):
        if self.known.account and not (
            self.known.within(self.known.account.pk, sender) or self.known.within(sender.pk, self.known.account)
        ):
            raise refuse_file(
                "account",
                _("The file was sent by %(sender)s (%(gln)s), not by %(account)s. Choose the right account.")
                % {"sender": sender.name, "gln": sender.gln, "account": self.known.account.name},
                value=sender.gln,
            )
        foreign = [pk for pk in self.accounts_seen if not self.known.within(pk, sender)]
        if foreign:
            raise refuse_file(
                "foreign_store",
                _("The file was sent by %(sender)s, but holds stores of %(other)s. Check the master data of the stores.")
                % {"sender": sender.name, "other": self.known.account_by_id[foreign[0]].name},
            )

    def _take(self, chunk, reading, digits, today):
        columns = chunk.columns
        errors, bad = list(chunk.errors), chunk.bad.copy()
        refuse = _Refusals(chunk, reading, errors, bad)
        stores = self._stores(columns, reading.profile, refuse)
        products = self._products(columns, refuse)
        accounts = self._accounts(columns, stores, refuse)
        amounts = self._amounts(columns, refuse)
        days, month, monday, grain = self._days(columns, reading.profile, refuse)
        good = ~bad
        self._check_currencies(accounts[good], digits)
        staged = {
            "row_no": chunk.numbers,
            "sold_on": days,
            "month": month,
            "week_start": monday,
            "store_id": stores,
            "product_id": products,
        }
        staged |= {"grain": grain, "account_id": accounts, **amounts}
        self.order.add(days[good], stores[good], products[good])
        coupon = columns.get("supplier_coupon_value")
        stated = _stated(coupon) if coupon is not None else np.zeros(len(chunk), dtype=bool)
        for rows, names in ((good & stated, True), (good & ~stated, False)):
            if rows.any():
                part = {name: values[rows] for name, values in staged.items()}
                if names:
                    part["coupon_minor"] = coupon.array(np.int64, missing=0)[rows]
                self.intake(part)
        self._note(chunk, reading, errors, bad, digits)
        self._note_good(good, accounts, days, grain)

    def _note_good(self, good, accounts, days, grain):
        """What the file is about: accounts, first and last day, grain."""
        if not good.any():
            return
        if grain is not None:
            self.grains |= set(np.flatnonzero(np.bincount(grain[good])).tolist())
        self.accounts_seen |= set(np.flatnonzero(np.bincount(accounts[good])).tolist())
        first, last = days[good].min().astype(object), days[good].max().astype(object)
        outcome = self.outcome
        outcome.starts_on = min(outcome.starts_on or first, first)
        outcome.ends_on = max(outcome.ends_on or last, last)

    def _note(self, chunk, reading, errors, bad, digits):
        outcome = self.outcome
        outcome.rows_rejected += int(bad.sum())
        names = list(chunk.columns)
        if len(outcome.first_rows) < PREVIEW_ROWS:
            outcome.columns = [reading.header.name_of(name) for name in names]
            for index in range(min(PREVIEW_ROWS - len(outcome.first_rows), len(chunk))):
                outcome.first_rows.append([shown_cell(chunk.columns[name], index, reading.schema[name].kind, digits) for name in names])
        if errors:
            position = {int(number): index for index, number in enumerate(chunk.numbers)}
            errors.sort(key=lambda error: error.row)
            self.findings.add(
                errors, lambda row: {name: chunk.columns[name].text_at(position[row]) for name in names} if row in position else {}
            )

    def _stores(self, columns, profile, refuse):
        """Store ids; a store is named by our code, its GLN, or the retailer's number within the account."""
        for name, known in (("store_code", self.known.store_codes), ("store_gln", self.known.store_glns), ("retailer_store_no", None)):
            if name not in columns:
                continue
            column = columns[name]
            if known is None:
                if self.known.account is None:
                    raise refuse_file(
                        "account",
                        _("The file names stores by the retailer's own numbers and does not say whose they are. It needs --account CODE."),
                        column=name,
                    )
                ids = [UNKNOWN if value is None else self.known.store_numbers.get(_number(value), UNKNOWN) for value in column.values]
            else:
                ids = [UNKNOWN if value is None else known.get(value, UNKNOWN) for value in column.values]
            refuse.unknown(name, ids, "unknown_store", _("is not a store in the master data. Add the store, or correct the number."))
            return np.array(ids, dtype=np.int64)[column.codes]
        raise refuse_file("missing_column", _("The file has no column for the store."))

    def _products(self, columns, refuse):
        """Product ids by SKU, else GTIN, else the account's article number; two codes of one row have to agree."""
        found = None
        for name, look_up in (("sku", self.known.skus.get), ("gtin", self._by_gtin), ("article_no", self.known.articles.get)):
            column = columns.get(name)
            if column is None:
                continue
            ids = [UNKNOWN if value is None else look_up(value) or UNKNOWN for value in column.values]
            if name == "article_no" and self.known.account is None:
                raise refuse_file(
                    "account", _("The file names products by the retailer's article numbers. It needs --account CODE."), column=name
                )
            here = np.array(ids, dtype=np.int64)[column.codes]
            given = _stated(column)
            if found is None:
                found, named = here, given
                refuse.where(name, given & (here == UNKNOWN), "unknown_sku", _unknown_product(name))
            else:
                refuse.where(name, ~named & given & (here == UNKNOWN), "unknown_sku", _unknown_product(name))
                clash = named & given & (found != UNKNOWN) & (here != found)
                refuse.where(name, clash, "unknown_sku", _("belongs to another product than the row's product code. Check which is right."))
                found = np.where(named, found, here)
                named = named | given
        return found

    def _by_gtin(self, gtin):
        return self.known.gtins.get(gtin.zfill(14))

    def _accounts(self, columns, stores, refuse):
        """Account ids of the stores, held against the account that the row, the file or the sender names."""
        known = self.known
        store_column = next(name for name in ("store_code", "store_gln", "retailer_store_no") if name in columns)
        codes = columns[store_column].codes
        store_ids = np.full(len(columns[store_column].values), UNKNOWN, dtype=np.int64)
        store_ids[codes] = stores
        of_store = np.array([known.account_of_store.get(pk, UNKNOWN) for pk in store_ids.tolist()], dtype=np.int64)
        accounts = of_store[codes]
        named = columns.get("account_code")
        if named is not None:
            ids = [known.accounts[value].pk if value in known.accounts else UNKNOWN for value in named.values]
            refuse.unknown("account_code", ids, "account", _("is not an account. Add the account, or correct the code."))
            if known.account:
                other = [pk != UNKNOWN and not known.within(pk, known.account) for pk in ids]
                reason = _("is not %(account)s, for which the file was given.") % {"account": known.account.code}
                refuse.where("account_code", np.array(other, dtype=bool)[named.codes], "account", reason)
            pairs = named.codes.astype(np.int64) * len(of_store) + codes
            foreign = [
                pair
                for pair in np.flatnonzero(np.bincount(pairs, minlength=1)).tolist()
                if self._is_foreign(ids[pair // len(of_store)], int(of_store[pair % len(of_store)]))
            ]
            foreign = np.isin(pairs, foreign) if foreign else np.zeros(len(pairs), dtype=bool)
            refuse.where(store_column, foreign, "foreign_store", _("is a store of another account than the row's."))
        elif known.account:
            foreign = [pk for pk in set(of_store.tolist()) if self._is_foreign(known.account.pk, pk)]
            reason = _("is a store of another account than %(account)s.") % {"account": known.account.name}
            if foreign:
                refuse.where(store_column, np.isin(accounts, foreign), "foreign_store", reason)
        return accounts

    def _is_foreign(self, named, account_of_store):
        """Whether a store of the one account cannot stand in a row of the other; unknown ones are refused elsewhere."""
        known = self.known
        return UNKNOWN not in (named, account_of_store) and not known.within(account_of_store, known.account_by_id[named])

    def _amounts(self, columns, refuse):
        """Pieces and money; a message that states only what was taken in has no discount."""
        amounts = {target: columns[name].array(np.int64, missing=0) for name, target in AMOUNTS.items()}
        gross, discount, net = amounts["gross_minor"], amounts["discount_minor"], amounts["net_minor"]
        amounts["gross_minor"] = gross = np.where(_stated(columns["gross_value"]), gross, net + discount)
        amounts["discount_minor"] = np.where(_stated(columns["discount_value"]), discount, gross - net)
        refuse.where("units", np.abs(amounts["units"]) > MOST_UNITS, "number", _("is out of range for a number of pieces."))
        off = amounts["gross_minor"] - amounts["discount_minor"] != amounts["net_minor"]
        refuse.where(
            "net_value", off, "total", _("is not gross less discount. Correct the row, or ask the retailer which figure is right.")
        )
        return amounts

    def _days(self, columns, profile, refuse):
        """(day, first of month, Monday, grain) per row; weekly rows stand on their Sunday."""
        column = columns["date"]
        values = [value or SOME_DAY for value in column.values]
        days = np.array(values, dtype="datetime64[D]")[column.codes]
        month = np.array([value.replace(day=1) for value in values], dtype="datetime64[D]")[column.codes]
        monday = np.array([week_start(value) for value in values], dtype="datetime64[D]")[column.codes]
        weekly = np.full(len(days), profile.grain == "week_ending")
        begins = columns.get("period_start")
        if begins is not None:
            starts = np.array([value or SOME_DAY for value in begins.values], dtype="datetime64[D]")[begins.codes]
            lasts = np.where(_stated(begins), (days - starts).astype(np.int64), 0)
            weekly |= lasts == 6
            odd = (lasts != 0) & (lasts != 6)
            refuse.where("date", odd, "date", _("ends a period that is neither a day nor a week."))
        not_sunday = weekly & ((days - monday).astype(np.int64) != 6)
        refuse.where("date", not_sunday, "date", _("is not a Sunday; weeks run from Monday to Sunday."))
        return days, month, monday, np.where(weekly, 7, 1)

    def _check_currencies(self, accounts, digits):
        new = set(np.flatnonzero(np.bincount(accounts)).tolist()) - self.accounts_seen
        for pk in new:
            account = self.known.account_by_id[pk]
            if digits_of(account.currency) != digits:
                raise refuse_file(
                    "account",
                    _("Amounts of %(account)s are in %(currency)s. Import the file with --account %(code)s, so that they are read so.")
                    % {"account": account.name, "currency": account.currency, "code": account.code},
                )

    def _note_duplicates(self, reading):
        found = store.duplicates(self.facts)
        column = reading.header.name_of(self.facts.day if self.facts.day in reading.header.columns else "date")
        for row, first in found:
            reason = _("duplicate: it speaks of the same %(key)s as row %(first)d. Keep one of the two.") % {
                "key": self.duplicate_reason,
                "first": first,
            }
            self.findings.add([row_error(row, column, "", "duplicate", reason)])
        self.outcome.rows_rejected += len(found)

    # --- holding against what is known, and writing ------------------------------------------------------------------------------
    def classify(self):
        self.root = self._root_by_fingerprint()
        if self.root is not None:
            self.counts = store.Counts(unchanged=self.intake.spool.rows, met=True)
        else:
            if self.intake.repetition:
                self.intake.stage()
            self.counts = store.classify(self.facts, self.intake)
        outcome = self.outcome
        outcome.new, outcome.changed, outcome.rows_unchanged = self.counts.new, self.counts.changed, self.counts.unchanged
        outcome.superseded = self.counts.superseded
        outcome.warnings = [warning for warning in outcome.warnings if warning.code != "period"]
        if self.counts.superseded:
            kind = _("daily") if 7 in self.grains else _("weekly")
            message = _(
                "%(rows)d %(kind)s rows of the same weeks are superseded by this file; they stay on record and come back if it is undone."
            )
            outcome.warnings.append(RowError(0, "", "", "period", message % {"rows": self.counts.superseded, "kind": kind}))

    def apply(self, batch):
        """Write the staged rows; the counts of ``classify`` are those of this transaction."""
        root = self.root or self._repeated(batch)
        if root is not None:
            type(batch).objects.filter(pk=batch.pk).update(repeats=root)
            batch.repeats = root
        store.apply(self.facts, batch, self.counts, repeats=root is not None, intake=self.intake, ordered=self.order.by_day)
        return self.counts.new + self.counts.changed

    def _alike(self):
        """Imports in effect whose file is this one byte for byte, the latest first."""
        kind, sha256 = self.batch.kind, self.batch.file.sha256
        same = ImportBatch.objects.filter(kind=kind, status=BatchStatus.IMPORTED, file__sha256=sha256, repeats=None, rows_rejected=0)
        return same.exclude(pk=self.batch.pk).order_by("-sequence")

    def _latest_said_alike(self):
        """The import of the same file after which none has spoken of its period, or None: then all that it said holds."""
        root = self._alike().first()
        if root is None or not root.preview.get("fingerprint") or root.period_starts_on is None:
            return None
        first, last = root.period_starts_on - timedelta(days=6), root.period_ends_on + timedelta(days=6)
        near = Q(period_starts_on=None) | Q(period_starts_on__lte=last, period_ends_on__gte=first)
        later = ImportBatch.objects.filter(near, kind=root.kind, status=BatchStatus.IMPORTED, repeats=None, sequence__gt=root.sequence)
        return None if later.exists() else root

    def _root_by_fingerprint(self):
        """The import that this one repeats, found without comparing: its rows, as they are understood today, say what it said."""
        if not self.intake.repetition or self.intake.spool is None or self.outcome.rows_rejected:
            return None
        root = self._latest_said_alike()
        said = root is not None and (root.rows_read, root.preview["fingerprint"]) == (self.outcome.rows_read, self.outcome.fingerprint)
        return root if said else None

    def _repeated(self, batch):
        """The import whose file this one repeats byte for byte with nothing changed, or None."""
        if self.counts.new or self.counts.changed or self.counts.superseded or not self.counts.unchanged:
            return None
        return next((root for root in self._alike()[:3] if root.rows_read == self.outcome.rows_read and self._said_by(root)), None)

    def _said_by(self, root):
        """Whether ``root`` said every staged row, all of which hold: codes may have got another meaning since."""
        facts = self.facts
        # “+ 0” hides the batch from the planner: it has no statistics of an import of a minute ago, guesses that one row of it exists
        # and then reads the table once per staged row.
        said = f"SELECT 1 FROM {facts.history} h WHERE {facts.on('h', 'm')} AND h.batch_id + 0 = %s"
        return not ask(f"SELECT 1 FROM {facts.matched} m WHERE m.batch_id <> %s AND NOT EXISTS ({said}) LIMIT 1", [root.pk, root.pk])


class KeyOrder:
    """Whether a key can stand twice in a file, found out while it goes by; files sorted by day never need to be asked again."""

    BITS = 22

    def __init__(self):
        self.may_repeat, self.by_day = False, True
        self.last_day, self.last_keys = None, np.empty(0, dtype=np.int64)

    def add(self, days, stores, products):
        """Take in the keys of a chunk; those of the last day are held for the chunk after."""
        if not len(days):
            return
        ordinals = days.astype(np.int64)
        self.by_day &= bool((ordinals[1:] >= ordinals[:-1]).all()) and (self.last_day is None or int(ordinals[0]) >= self.last_day)
        if self.may_repeat:
            return
        most = 1 << self.BITS
        if stores.max() >= most or products.max() >= most or (self.last_day is not None and ordinals.min() < self.last_day):
            self.may_repeat = True  # not to be said from here: the database is asked
            return
        keys = (ordinals << (2 * self.BITS)) | (stores << self.BITS) | products
        if self.last_day is not None and ordinals.min() == self.last_day:
            keys = np.concatenate([self.last_keys, keys])
        self.last_day = int(ordinals.max())
        keys.sort()
        self.may_repeat = bool((keys[1:] == keys[:-1]).any())
        self.last_keys = keys[keys >= self.last_day << (2 * self.BITS)]


class _Refusals:
    """Findings on the rows of one chunk, set-wise."""

    def __init__(self, chunk, reading, errors, bad):
        self.chunk, self.reading, self.errors, self.bad = chunk, reading, errors, bad

    def unknown(self, name, ids, code, reason):
        """Refuse the rows whose cell stands for no id, where the cell could be read."""
        column = self.chunk.columns[name]
        wrong = np.array([pk == UNKNOWN and value is not None for pk, value in zip(ids, column.values, strict=True)], dtype=bool)
        if wrong.any():
            self.where(name, wrong[column.codes], code, reason)

    def where(self, name, rows, code, reason):
        """Refuse ``rows`` (a mask); a row that is already refused keeps its first findings."""
        rows = rows & ~self.chunk.bad
        if not rows.any():
            return
        column = self.chunk.columns[name]
        for index in np.flatnonzero(rows).tolist():
            number = int(self.chunk.numbers[index])
            error = row_error(number, self.reading.header.name_of(name), column.text_at(index), code, reason)
            self.errors.append(self.reading.placed(error))
        self.bad |= rows


def _stated(column):
    """Mask of the rows whose cell holds a value."""
    return np.array([value is not None for value in column.values], dtype=bool)[column.codes]


def shown_cell(column, index, kind, digits):
    """A cell as it was understood: money as decimals again, what could not be read as it stood there."""
    value = column.value_at(index)
    if value is None:
        return column.text_at(index)
    return str(Decimal(value).scaleb(-digits)) if kind == "money" else str(value)


def _unknown_product(name):
    if name == "article_no":
        return _("is not in the account's list of article numbers. Add it to the list, or correct the number.")
    return _("is not a product in the master data. Add the product, or correct the code.")


SOME_DAY = date(2000, 1, 9)  # stands in for a day that could not be read; such rows are refused
register(SellOutImport())
