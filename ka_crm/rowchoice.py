"""Choosing one row of many in a filter: ten thousand accounts are searched as one types, not sent as a drop-down.

    account = RowFilter(label=_("Account"), queryset=lambda request: KeyAccount.objects.visible_to(request.user))

The field is a text box that takes a row's id, its “Name · CODE” or words that only one row has, so it works without scripts;
with them, ``?_choices=account&_q=wal`` of the list's own address offers what fits. Only rows of ``queryset`` are ever named.
"""

import django_filters
from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Q
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .text import clean_text, fold, is_id

OFFERED = 12
MOST_WORDS = 8
BETWEEN = " · "


def search_words(queryset, text, columns=("search",)):
    """Rows in which every word of ``text`` stands in one of the folded ``columns``: any case, width and accent."""
    for word in fold(text[:200]).split()[:MOST_WORDS]:
        condition = Q()
        for column in columns:
            condition |= _holds(queryset.model, column, word)
        queryset = queryset.filter(condition)
    return queryset


def _holds(model, column, word):
    """``word`` in ``column``. One of a joined row is looked up among those rows first: they are fewer, and each is read once.

    Of 100,000 visits to 10,000 stores the join reads a text three times for each visit, which took five times as long.
    """
    relation, _joined, name = column.rpartition("__")
    if not relation:
        return Q(**{f"{column}__contains": word})
    for step in relation.split("__"):
        model = model._meta.get_field(step).related_model
    found = model._base_manager.filter(**{f"{name}__contains": word}).order_by().values("pk")
    return Q(**{f"{relation}__in": found})


def _has_code(model):
    try:
        model._meta.get_field("code")
    except FieldDoesNotExist:
        return False
    return True


def label_of(row):
    """How a row is named in the box and among the choices: “Name · CODE”, so that two of one name can be told apart."""
    code = getattr(row, "code", "")
    return f"{row}{BETWEEN}{code}" if code else str(row)


class RowField(forms.ModelChoiceField):
    """One row of ``queryset`` by its id, its label or its words; the rows are never listed."""

    default_error_messages = {
        "invalid_choice": gettext_lazy("Nothing here has this name. Write a part of it, or clear the field."),
    }

    def __init__(self, *args, null_label=None, null_value=None, **kwargs):
        """``null_label`` and ``null_value`` are what every filter by a choice is given; a text box has no use for them."""
        super().__init__(*args, **{**kwargs, "widget": forms.TextInput})

    def to_python(self, value):
        if value in self.empty_values or isinstance(value, self.queryset.model):
            return value or None
        text = clean_text(str(value))[:200]
        row = self.queryset.filter(pk=int(text)).first() if is_id(text) else None
        row = row or self._by_words(text)
        if row is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return row

    def _by_words(self, text):
        rows = self.queryset
        if _has_code(rows.model) and text:
            code = text.rpartition(BETWEEN)[2]
            if exact := rows.filter(code=code).first():
                return exact
        found = list(search_words(rows, text).order_by("pk")[:2]) if text else []
        if len(found) > 1:
            whole = [row for row in search_words(rows, text).order_by("pk")[:OFFERED] if fold(str(row)) == fold(text)]
            if len(whole) != 1:
                raise ValidationError(_("Several have “%(words)s” in their names. Write more of it.") % {"words": text}, code="several")
            return whole[0]
        return found[0] if found else None

    def validate(self, value):
        forms.Field.validate(self, value)

    def prepare_value(self, value):
        return value

    def offers(self, words):
        """(id, label) of the first rows that hold all the words, in the order of their names."""
        rows = search_words(self.queryset, words).order_by("sort_key", "pk")[:OFFERED]
        return [(row.pk, label_of(row)) for row in rows]


class RowFilter(django_filters.ModelChoiceFilter):
    """A filter by one row that is searched for; its queryset's model is a ``SearchedModel``."""

    field_class = RowField


def draw(bound, chosen):
    """The text box of a RowField in the filter bar. ``chosen`` is the row that narrows now, or None; the script knows it by its data."""
    typed = label_of(chosen) if chosen is not None else bound.value() or ""
    return format_html(
        '<input type="text" name="{}" id="{}" value="{}" maxlength="200" autocomplete="off" placeholder="{}" data-row-choice="{}"{}>',
        bound.html_name,
        bound.id_for_label,
        typed,
        _("All"),
        "" if chosen is None else chosen.pk,
        mark_safe(' aria-invalid="true"') if bound.errors else "",
    )
