"""Master data files: every row checked, then written in bulk, each change with what it replaced, so that it can be undone."""

import json
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from ka_crm.bulkwrite import insert_new, insert_rows, new_keys
from ka_crm.errors import DomainError
from ka_crm.exports import runs_as_formula
from ka_crm.imports.errors import row_error
from ka_crm.imports.row_rules import ParsedRow, RowProblem

from ..models import ImportChange

SLICE = 1_000
PREVIEW_ROWS = 20


class MasterImport:
    """An importer of one kind of master data, by its RowRules."""

    dialects = False

    def __init__(self, rules):
        self.rules = rules
        self.name, self.schema = rules.name, rules.schema

    def plain_profile(self):
        return self.rules().profile()

    @contextmanager
    def loading(self, batch, outcome, findings):
        yield MasterLoad(self.rules(), batch, outcome, findings)

    def undo(self, batch):
        return undo_changes(batch, self.rules.model)


class MasterLoad:
    """One file of master data on its way in; good rows wait in memory as plain values."""

    currency_digits = None

    def __init__(self, rules, batch, outcome, findings):
        self.rules, self.batch, self.outcome, self.findings = rules, batch, outcome, findings
        self.rows, self.known, self.fresh, self.changed = [], {}, [], []

    def read(self, reading, *, digits, today, step):
        rules, outcome = self.rules, self.outcome
        rules.begin(account=self.batch.account)
        outcome.columns = [reading.header.name_of(name) for name in reading.header.columns]
        first_row = {}
        for row in reading.rows():
            if len(outcome.first_rows) < PREVIEW_ROWS:
                outcome.first_rows.append([row.fields.get(name, "") for name in reading.header.columns])
            errors = list(row.errors)
            if not errors:
                try:
                    values = rules.values_of(row.values)
                    key = rules.key_of(values)
                except RowProblem as problem:
                    errors = [self._error(row.number, problem, reading.header)]
                else:
                    if key in first_row:
                        reason = _("duplicate: row %(first)d has the same %(key)s.") % {"first": first_row[key], "key": rules.label(key)}
                        errors = [
                            row_error(row.number, reading.header.name_of(next(iter(row.fields))), rules.label(key), "duplicate", reason)
                        ]
            if errors:
                outcome.rows_rejected += 1
                self.findings.add(errors, lambda _number, fields=row.fields: fields)
                continue
            first_row[key] = row.number
            if not outcome.holds_formulas:
                outcome.holds_formulas = any(type(value) is str and runs_as_formula(value) for value in values.values())
            self.rows.append(ParsedRow(row.number, key, values, rules.links_of(row.values)))
            if row.number % SLICE == 0:
                step(row.number)
        self._header = reading.header
        self._warn_of_unread(reading)

    def _error(self, number, problem, header):
        return row_error(number, header.name_of(problem.name), problem.value, problem.code, problem.reason)

    def _warn_of_unread(self, reading):
        used = set(reading.header.columns.values())
        unread = [name for position, name in enumerate(reading.header.names) if position not in used and name]
        if unread:
            named = ", ".join(unread[:12]) + (" …" if len(unread) > 12 else "")
            self.outcome.warn("columns", _("These columns are not read: %(columns)s.") % {"columns": named}, value=named)

    # --- holding against what is known ------------------------------------------------------------------------------------------
    def classify(self):
        rules, outcome = self.rules, self.outcome
        stated = sorted({name for row in self.rows for name in row.values})
        self.columns = [field.attname for field in rules.model._meta.concrete_fields if field.attname in stated]
        wanted = dict.fromkeys(["pk", *self.columns, *rules.key, *(name for group in rules.unique for name in group), *rules.compared])
        self.known = {rules.key_of(record): record for record in rules.model.objects.order_by().values(*wanted)}
        self._refuse_dead_links()
        self._refuse_taken()
        self.fresh, self.changed, unchanged = [], [], 0
        for row in self.rows:
            values = rules.resolved(row.values)
            record = self.known.get(row.key)
            if record is None:
                self.fresh.append(row)
            elif any(record[name] != value for name, value in values.items()) or self._links_differ(row, record):
                self.changed.append(row)
            else:
                unchanged += 1
        outcome.new, outcome.changed, outcome.rows_unchanged = len(self.fresh), len(self.changed), unchanged

    def _links_differ(self, row, record):
        return bool(row.links) and self.rules.links_differ(row, record, self.known)

    def _refuse(self, refused):
        """Take the rows of ``refused`` (row → problem) out."""
        for row, problem in refused.items():
            self.findings.add([self._error(row, problem, self._header)])
        self.outcome.rows_rejected += len(refused)
        self.rows = [row for row in self.rows if row.number not in refused]

    def _refuse_dead_links(self):
        known = set(self.known) | {row.key for row in self.rows}
        self._refuse({row.number: problem for row, problem in self.rules.check_links(self.rows, known)})

    def _refuse_taken(self):
        """Refuse rows that claim a number another record has, or an earlier row of the file."""
        refused = {}
        for group in self.rules.unique:
            owners = {}
            in_file = {row.key for row in self.rows}
            for key, record in self.known.items():
                value = tuple(self.rules.as_compared(name, record[name]) for name in group)
                if key not in in_file and value[-1]:
                    owners[value] = key
            last = group[-1]
            for row in self.rows:
                record = self.known.get(row.key)
                if not (row.values.get(last) if record is None or last in row.values else record[last]):
                    continue
                stated = tuple([row.values[name] if name in row.values else record and record[name] for name in group])
                value = tuple(map(self.rules.as_compared, group, stated))
                owner = owners.setdefault(value, row.key)
                if owner != row.key:
                    name = next((f for f, attribute in self.rules.attributes.items() if attribute == group[-1]), group[-1])
                    reason = _("duplicate: %(owner)s has it already. Correct one of the two.") % {"owner": self.rules.label(owner)}
                    refused.setdefault(row.number, RowProblem(name, stated[-1], "duplicate", reason))
        self._refuse(refused)

    # --- writing ------------------------------------------------------------------------------------------------------------------
    def apply(self, batch):
        rules = self.rules
        rules.before_write(self.rows)
        try:
            with transaction.atomic():
                records = self._create(batch)
                self._change(batch)
                self._note_moved(batch, rules.after_write(self.changed, records))
        except IntegrityError as error:
            raise DomainError(_("A record of this file clashes with one that somebody has just saved. Import the file again.")) from error
        return len(self.fresh) + len(self.changed)

    def _values(self, row):
        return self.rules.resolved(row.values)

    def _create(self, batch):
        """Insert the new records; returns key → primary key of all, known and new."""
        model, fresh = self.rules.model, self.fresh
        keys = new_keys(model, len(fresh))
        records = {key: record["pk"] for key, record in self.known.items()}
        records |= {row.key: pk for row, pk in zip(fresh, keys, strict=True)}
        places = self.rules.place(fresh, records, self.known) or [{}] * len(fresh)
        for start in range(0, len(fresh), SLICE):
            part = slice(start, start + SLICE)
            stated = [self._values(row) for row in fresh[part]]
            made = [{**values, **place, "id": pk} for values, place, pk in zip(stated, places[part], keys[part], strict=True)]
            if hasattr(model, "search_of"):
                for record in made:
                    record["search"], record["sort_key"] = model.search_of(record)
            insert_new(model, made)
            self._note_changes(batch, [(pk, None, values) for pk, values in zip(keys[part], stated, strict=True)])
        return records

    def _note_changes(self, batch, changes):
        """Put (key, values before or None, values after) on record."""
        label = self.rules.model._meta.label_lower
        names = ["batch_id", "object_type", "object_id", "before", "after"]
        rows = [(batch.pk, label, pk, None if before is None else _spelled(before), _spelled(after)) for pk, before, after in changes]
        insert_rows(ImportChange, names, rows)

    def _change(self, batch):
        model = self.rules.model
        names = [name for name in self.columns if name not in (self.rules.fixed or self.rules.key)]
        fields = [model._meta.get_field(name.removesuffix("_id")).name if name.endswith("_id") else name for name in names]
        fields += [name for name in ("search", "sort_key", "updated_at", "version") if _has(model, name)]
        for start in range(0, len(self.changed), SLICE):
            rows = self.changed[start : start + SLICE]
            held = model.objects.in_bulk([self.known[row.key]["pk"] for row in rows])
            changes = []
            for row in rows:
                record, values = held[self.known[row.key]["pk"]], self._values(row)
                before = {name: getattr(record, name) for name, value in values.items() if getattr(record, name) != value}
                for name, value in values.items():
                    setattr(record, name, value)
                if before:
                    after = {name: values[name] for name in before}
                    changes.append((record.pk, before, after))
                _filled(record, again=True)
            model.objects.bulk_create(list(held.values()), update_conflicts=True, unique_fields=["id"], update_fields=fields)
            self._note_changes(batch, changes)

    def _note_moved(self, batch, moved):
        """Add key → (before, after) to what the batch changed of these records."""
        label = self.rules.model._meta.label_lower
        noted = {c.object_id: c for c in ImportChange.objects.filter(batch=batch, object_type=label, object_id__in=list(moved))}
        for pk, change in noted.items():
            before, after = moved[pk]
            change.before, change.after = {**change.before, **_json(before)}, {**change.after, **_json(after)}
        ImportChange.objects.bulk_update(noted.values(), ["before", "after"], batch_size=200)
        self._note_changes(batch, [(pk, before, after) for pk, (before, after) in moved.items() if pk not in noted])


def _filled(record, *, again=False):
    """``record`` ready for a bulk write: search words, and one version on where it is changed."""
    if hasattr(record, "fill_search"):
        record.fill_search()
    if again and hasattr(record, "version"):
        record.version += 1
        record.updated_at = timezone.now()
    return record


def _has(model, name):
    return any(field.name == name for field in model._meta.concrete_fields)


def _plain(value):
    if isinstance(value, date | Decimal):
        return str(value)
    raise TypeError(f"JSON has no {type(value).__name__}.")


_spelled = json.JSONEncoder(default=_plain).encode


def _json(values):
    """Values as JSON keeps them; undoing reads them back by the model's fields."""
    return {name: str(value) if isinstance(value, date | Decimal) else value for name, value in values.items()}


def undo_changes(batch, model):
    """Give records back the values they had before ``batch`` and delete those it made. Raises DomainError naming what is in the way."""
    changes = list(batch.changes.filter(object_type=model._meta.label_lower).order_by("-pk"))
    held = model.objects.in_bulk([change.object_id for change in changes])
    made = [held[change.object_id] for change in changes if change.before is None and change.object_id in held]
    later = _changed_since(changes, held, model)
    if later:
        named = ", ".join(str(record) for record in later[:3])
        raise DomainError(
            _(
                "%(count)d records of this import were changed since, such as %(named)s."
                " Undo the later import first, or correct them by hand."
            )
            % {"count": len(later), "named": named}
        )
    _refuse_if_used(made, model)
    restored = []
    for change in changes:
        record = held.get(change.object_id)
        if record is None or change.before is None:
            continue
        for name, value in change.before.items():
            setattr(record, name, model._meta.get_field(name.removesuffix("_id") if name.endswith("_id") else name).to_python(value))
        restored.append(_filled(record, again=True))
    names = sorted({field.name for field in model._meta.concrete_fields if not field.primary_key})
    model.objects.bulk_update(restored, names, batch_size=200)
    try:
        model.objects.filter(pk__in=[record.pk for record in made]).delete()
    except (ProtectedError, IntegrityError) as error:
        raise DomainError(_("Records of this import are in use by now, so they cannot be taken back. Archive them instead.")) from error
    return len(restored) + len(made)


def _changed_since(changes, held, model):
    """Records that do not say any more what the import made them say."""
    found = []
    for change in changes:
        record = held.get(change.object_id)
        if record is not None and any(_json({name: getattr(record, name)})[name] != value for name, value in change.after.items()):
            found.append(record)
    return found


def _refuse_if_used(made, model):
    """Facts name stores and products without a constraint in the database, so they are asked for here."""
    if not made:
        return
    keys = [record.pk for record in made]
    for field in model._meta.get_fields(include_hidden=True):
        if not (field.auto_created and field.is_relation and getattr(field, "field", None) is not None) or field.concrete:
            continue
        reference = field.field
        if not isinstance(reference, models.ForeignKey) or reference.remote_field.on_delete not in (models.DO_NOTHING, models.PROTECT):
            continue
        for start in range(0, len(keys), SLICE):
            used = reference.model._base_manager.filter(**{f"{reference.attname}__in": keys[start : start + SLICE]}).values_list(
                reference.attname, flat=True
            )
            first = used.first() if not _composite(reference.model) else next(iter(used[:1]), None)
            if first is not None:
                record = next(record for record in made if record.pk == first)
                raise DomainError(
                    _("“%(record)s” came with this import and is used by now (%(what)s). Undo that first, or archive it instead.")
                    % {"record": record, "what": reference.model._meta.verbose_name_plural}
                )


def _composite(model):
    return len(model._meta.pk_fields) > 1
