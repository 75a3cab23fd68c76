"""Which kinds of file can be imported; a new kind is one object, registered by its app.

    # promotions/imports.py, called from the app's ready()
    register(PromotionImport())

A kind has ``name``, ``schema`` (ka_crm.imports.Schema), ``dialects`` (whether retailers send it in shapes of their own, by
profile and account), ``plain_profile()`` (how our own files of this kind look) and ``loading(batch, outcome, findings)``,
a context manager that gives an object with

    read(reading)       take in every row, note what is wrong with each
    classify()          hold them against what is known: the counts of the preview
    apply(batch)        write them; called in one transaction, after ``classify``
and ``undo(batch)``, which takes out what ``apply`` wrote, in the caller's transaction; it raises DomainError if it cannot.
"""

from ka_crm.errors import DomainError

_KINDS = {}
# Kinds that the command line knows by name; those without an importer are refused by name and not as unknown.
ALL_KINDS = (
    "accounts products stores contacts article_map fee_type_map sellout stock category_totals prices orders invoices payments"
    " targets forecast promotions promo_execution accruals contracts claims visits"
).split()


class UnknownKind(DomainError):
    """There is no importer of this name; the message lists those there are."""


def register(kind):
    """Make ``kind`` importable under its name. Raises ValueError if another one has the name."""
    if _KINDS.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"Two importers are called “{kind.name}”.")
    return kind


def built_kinds():
    """Names of the kinds that can be imported, in the order of the command line."""
    return [name for name in ALL_KINDS if name in _KINDS] + sorted(set(_KINDS) - set(ALL_KINDS))


def kind_named(name):
    """The importer called ``name``. Raises UnknownKind."""
    if name in _KINDS:
        return _KINDS[name]
    known = ", ".join(built_kinds())
    if name in ALL_KINDS:
        raise UnknownKind(f"Files of kind “{name}” cannot be imported yet. These can: {known}.")
    raise UnknownKind(f"There is no kind “{name}” of file. These can be imported: {known}.")
