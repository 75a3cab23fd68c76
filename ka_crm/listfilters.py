"""What a list's filter bar asks and how: the FilterSet of every list, its words on screen, and the bar as one piece of HTML."""

from copy import copy
from datetime import date
from html import escape

import django_filters
from django import forms
from django.http import JsonResponse, QueryDict
from django.utils.translation import gettext_lazy as _
from django_filters.fields import DateRangeField, RangeField

from . import rowchoice
from .formats import day
from .forms import DayInput
from .rowchoice import RowField, RowFilter, search_words

__all__ = ["ListFilter", "RowFilter", "search_words"]


def _dress(field):
    """What is left open is called “All”; days, also both ends of a span of days, are chosen with the device's own picker."""
    if getattr(field, "empty_label", None) == "---------":
        field.empty_label = _("All")
    if type(field) is forms.CharField:
        field.widget.attrs.setdefault("placeholder", _("All"))
    if isinstance(field, forms.DateField):
        field.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    if isinstance(field, RangeField):
        for end, label in zip(field.widget.widgets, (_("from"), _("to")), strict=True):
            end.input_type = "date" if isinstance(field, DateRangeField) else end.input_type
            end.attrs = {**end.attrs, "aria-label": f"{field.label or ''} {label}".strip()}


class ListFilter(django_filters.FilterSet):
    """A FilterSet with the search box ``q`` over ``search_columns``, folded text columns such as ``SearchedModel.search``.

    Give choice lists of rows their scope: ``RowFilter(queryset=lambda request: KeyAccount.objects.visible_to(request.user))`` for
    rows that may be many, ``ModelChoiceFilter`` with the same for a handful.
    """

    search_columns = ("search",)

    def __init__(self, data=None, queryset=None, *, request=None, prefix=None):
        """As django-filter does it, but for the copies of the filters: their own and what they are made with, not all that hangs on it."""
        queryset = self._meta.model._default_manager.all() if queryset is None else queryset
        self.is_bound, self.data, self.form_prefix = data is not None, data or QueryDict(), prefix
        self.queryset, self.request = queryset, request
        self.filters = {name: copy(narrowing) for name, narrowing in self.base_filters.items()}
        for narrowing in self.filters.values():
            narrowing.extra, narrowing.model, narrowing.parent = dict(narrowing.extra), queryset.model, self
            narrowing.method = narrowing.method  # bound to the copy

    q = django_filters.CharFilter(label=_("Search"), method="filter_search", max_length=200)

    def filter_search(self, queryset, name, value):
        return search_words(queryset, value, self.search_columns)

    @property
    def form(self):
        """The form as the filter bar wants it: “All” for an open choice, the device's own picker for days.

        The fields are this request's own already, so they need no form class of their own and no copies of themselves.
        """
        if not hasattr(self, "_form"):
            form = self._meta.form(self.data if self.is_bound else None, prefix=self.form_prefix)
            form.fields |= {name: narrowing.field for name, narrowing in self.filters.items()}
            for field in form.fields.values():
                _dress(field)
            self._form = form
        return self._form


def is_given(value):
    """Whether a cleaned filter value narrows anything; a range is a slice of which one end may be open."""
    if value is None or value == "" or value == []:
        return False
    if isinstance(value, slice):
        return value.start is not None or value.stop is not None
    return not hasattr(value, "exists") or bool(value)


def words_of(field, value):
    """A cleaned filter value as people read it."""
    if isinstance(value, slice):
        return " – ".join("…" if end is None else day(end) if isinstance(end, date) else str(end) for end in (value.start, value.stop))
    if isinstance(value, date):
        return day(value)
    choices = dict(getattr(field, "choices", ()) or ()) if not hasattr(field, "queryset") else {}
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    values = value if isinstance(value, list | tuple) or hasattr(value, "exists") else [value]
    return ", ".join(str(choices.get(one, choices.get(str(one), one))) for one in values)


def offers(filterset, name, words):
    """What the box of the RowFilter ``name`` offers for ``words``, as JSON; nothing for any other name."""
    field = filterset.form.fields.get(name)
    found = field.offers(words[:200].replace("\x00", "")) if isinstance(field, RowField) else []
    return JsonResponse({"choices": [{"id": pk, "label": label} for pk, label in found]})


_PLAIN_INPUTS = (forms.TextInput, forms.NumberInput, forms.DateInput, DayInput)


def _draw_input(bound):
    """One box, with the same attributes as Django's own template gives it."""
    attributes = bound.build_widget_attrs({"id": bound.auto_id} if bound.auto_id else {}, bound.field.widget)
    widget = bound.field.widget.get_context(bound.html_name, bound.value(), attributes)["widget"]
    value = {} if widget["value"] is None else {"value": widget["value"]}
    parts = {"type": widget["type"], "name": widget["name"], **value, **widget["attrs"]}
    shown = (f" {name}" if part is True else f' {name}="{escape(str(part))}"' for name, part in parts.items() if part is not False)
    return f"<input{''.join(shown)}>"


def draw_field(bound):
    """A filter's widget; boxes and plain drop-downs are put together here, because Django draws each by two templates or more."""
    if isinstance(bound.field, RowField):
        form = bound.form
        cleaned = form.cleaned_data.get(bound.name) if form.is_bound and form.is_valid() else None
        return rowchoice.draw(bound, cleaned)
    if type(bound.field.widget) in _PLAIN_INPUTS and not bound.field.localize:
        return _draw_input(bound)
    if type(bound.field.widget) is not forms.Select:
        return str(bound)
    choices = list(bound.field.choices)  # once: choices that are rows ask the database each time they are gone through
    if any(isinstance(label, list | tuple) for _value, label in choices):
        return str(bound)
    value = bound.value()
    chosen = "" if value is None else str(value)
    options = "".join(
        f'<option value="{escape(str(value))}"{" selected" if str(value) == chosen else ""}>{escape(str(label))}</option>'
        for value, label in choices
    )
    return f'<select name="{escape(bound.html_name)}" id="{escape(bound.id_for_label)}">{options}</select>'
