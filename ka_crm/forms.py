"""What all forms share: clean text, the version the person saw, and the page that edits one record."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models.fields import BLANK_CHOICE_DASH
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from . import conflicts, undo_offer
from .errors import DomainError, StaleRecord
from .identifiers import digits_as_written
from .once import once
from .text import clean_text

DJANGOS_DASHES = BLANK_CHOICE_DASH[0][1]


class DayInput(forms.DateInput):
    """The device's own date picker; its value is always ISO."""

    input_type = "date"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%d", **kwargs)


class ManyRowsField(forms.ModelMultipleChoiceField):
    """Several rows by their ids. An id longer than the database's is as wrong as a missing row's; Django would ask for it and fail."""

    longest_id = 18  # digits; the column holds 19 in part

    def clean(self, value):
        for chosen in value if isinstance(value, (list, tuple)) else ():
            if len(str(chosen)) > self.longest_id:
                raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": chosen})
        return super().clean(value)


class DigitsField(forms.CharField):
    """A number with a check digit as people write it: with blanks or hyphens, in full-width digits. The record's own check follows."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"required": False, "max_length": 40, **kwargs})
        self.widget.attrs.setdefault("inputmode", "numeric")

    def to_python(self, value):
        return digits_as_written(super().to_python(value))


def _say_what_is_open(field):
    """A choice that is still to be made reads “Choose…”, one that may stay open “–”, instead of Django's nine hyphens."""
    words = _("Choose…") if field.required else "–"
    if getattr(field, "empty_label", None) == DJANGOS_DASHES:
        field.empty_label = words
    elif isinstance(field, forms.ChoiceField) and not hasattr(field, "queryset"):
        choices = list(field.choices)
        if choices and choices[0] == ("", DJANGOS_DASHES):
            field.choices = [("", words), *choices[1:]]


class CleanFormMixin:
    """Text without forbidden characters, native date pickers, no <form> tag of crispy's own.

    ``sections`` groups a long form: (heading, field names); fields that no section names come first, without heading.
    """

    sections = ()

    @property
    def helper(self):
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.include_media = False
        grouped = [(heading, [name for name in names if name in self.fields]) for heading, names in self.sections]
        placed = {name for _heading, names in grouped for name in names}
        blocks = [Div(*(name for name in self.fields if name not in placed), css_class="form-grid")]
        blocks += [Fieldset(heading, Div(*names, css_class="form-grid")) for heading, names in grouped if names]
        helper.layout = Layout(*blocks)
        return helper

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.DateField) and not isinstance(field.widget, DayInput):
                field.widget = DayInput()
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs.setdefault("rows", 3)
            _say_what_is_open(field)

    def _clean_fields(self):
        super()._clean_fields()
        for name, value in self.cleaned_data.items():
            if isinstance(value, str):
                self.cleaned_data[name] = clean_text(value)


class PlainForm(CleanFormMixin, forms.Form):
    """A form that is not one record."""


class RecordForm(CleanFormMixin, forms.ModelForm):
    """A form over one record that remembers which version the person saw."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and hasattr(self.instance, "version"):
            self.fields["seen_version"].initial = self.instance.version
        else:
            del self.fields["seen_version"]

    @property
    def values(self):
        """What the person entered, field → value, without the form's own bookkeeping."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen_version"}

    @property
    def expected_version(self):
        return self.cleaned_data.get("seen_version")


def form_page(request, *, form, save, title, back_url, success, submit=None, template="components/form_page.html", context=None):
    """The page around one form: on a valid POST calls ``save(form)`` and goes to what it returns (a record or a url).

    A form that is sent twice is saved once (once.py).

    A DomainError or ValidationError of the service lands at its field or on top of the form; a StaleRecord answers 409 and
    shows what the other person saved, keeping what this one typed.
    """
    status, theirs = 200, []
    if request.method == "POST" and form.is_valid():
        try:
            target, is_first = once(request, lambda: save(form))
        except StaleRecord as error:
            status = 409
            theirs = _show_other_version(form, error)
        except DomainError as error:
            form.add_error(None, str(error))
        except ValidationError as error:
            _attach(form, error)
        else:
            if is_first:
                said = success % {"record": target} if "%(record)s" in str(success) else success
                messages.success(request, said, extra_tags=undo_offer.tags())
            return HttpResponseRedirect(target if isinstance(target, str) else target.get_absolute_url())
    status = 422 if status == 200 and form.is_bound and form.errors else status
    page = {
        "form": form,
        "page_title": title,
        "back_url": back_url,
        "submit_label": submit or _("Save"),
        "theirs": theirs,
        **(context or {}),
    }
    return render(request, template, page, status=status)


def _attach(form, error):
    """A model's complaint at the field that it names, or on top."""
    details = getattr(error, "error_dict", None)
    if details is None:
        form.add_error(None, error)
        return
    for field, problems in details.items():
        form.add_error(field if field in form.fields else None, problems)


def _show_other_version(form, error):
    """Say what the record holds now where others changed it, and let a second “Save” overwrite knowingly; returns their changes."""
    current = type(form.instance)._base_manager.get(pk=form.instance.pk)
    theirs = conflicts.changes_since(current, form.cleaned_data.get("seen_version"))
    changed = {change["name"] for change in theirs}
    form.add_error(None, str(error))
    for name, typed in form.values.items():
        if name not in form.fields:
            continue  # put together from several fields
        now = getattr(current, name, typed)
        if now != typed and (not changed or changed & {name, name.removesuffix("_name"), f"{name}_e4"}):
            form.add_error(name, _("Now saved here: “%(theirs)s”.") % {"theirs": _in_words(current, name, now)})
    form.add_error(None, _("Your entries are still below. Save again to put them over the other person's."))
    form.data = form.data.copy()
    form.data["seen_version"] = current.version
    return theirs


def _in_words(record, name, value):
    """A field's value as the form shows it: a choice by its label, nothing as nothing."""
    if value is None:
        return ""
    shown = getattr(record, f"get_{name}_display", None)
    return shown() if shown else value
