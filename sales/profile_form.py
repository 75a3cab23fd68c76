"""The form over one import profile: the common settings as fields, lists one per line, the rest as JSON."""

import json

from django import forms
from django.utils.html import escape
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.forms import RecordForm
from ka_crm.imports.profile import Profile, ProfileError
from ka_crm.imports.profile_choices import CONTAINERS, DELIMITERS, ENCODINGS, GRAINS

from .models import ImportProfile
from .profiles import SELLOUT

ITSELF = gettext_lazy("The file itself shows it")
# Settings that have a field of their own; everything else of the definition is edited as JSON.
PLAIN = ("container", "encoding", "delimiter", "header_rows", "decimal_mark", "thousands_mark", "store_pattern", "grain")
LISTS = ("date_formats", "footers", "fill_down", "negative_fields")


def _choices(values):
    return [("", ITSELF), *((value, value) for value in values)]


CONTAINER_WORDS = {
    "delimited": gettext_lazy("text with columns (CSV)"),
    "xlsx": gettext_lazy("Excel, one table"),
    "matrix_xlsx": gettext_lazy("Excel, one column per day"),
    "edifact": gettext_lazy("EDIFACT (SLSRPT)"),
}
GRAIN_WORDS = {"day": gettext_lazy("a day"), "week_ending": gettext_lazy("a week, named by its last day")}
DELIMITER_WORDS = {
    "comma": gettext_lazy("comma"),
    "semicolon": gettext_lazy("semicolon"),
    "tab": gettext_lazy("tab"),
    "pipe": gettext_lazy("pipe"),
}


class ProfileForm(RecordForm):
    """Edits ``ImportProfile.definition`` and checks it by ``Profile.from_dict``; complaints land at the field they name."""

    sections = (
        (gettext_lazy("The file"), ["container", "encoding", "delimiter", "header_rows", "grain"]),
        (gettext_lazy("Columns"), ["columns", "fill_down", "store_pattern"]),
        (gettext_lazy("Numbers and dates"), ["decimal_mark", "thousands_mark", "date_formats", "negative_fields"]),
        (gettext_lazy("Lines that are not sales"), ["totals_rows", "footers"]),
        (gettext_lazy("More"), ["more"]),
        (gettext_lazy("Try it"), ["sample"]),
    )

    container = forms.ChoiceField(label=gettext_lazy("Form of the file"), choices=[(name, CONTAINER_WORDS[name]) for name in CONTAINERS])
    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=_choices(ENCODINGS), required=False)
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Delimiter"),
        choices=[("", ITSELF), *((mark, DELIMITER_WORDS[name]) for name, mark in DELIMITERS.items())],
        required=False,
    )
    header_rows = forms.IntegerField(label=gettext_lazy("Header lines"), min_value=1, max_value=5)
    columns = forms.CharField(
        label=gettext_lazy("Columns"),
        widget=forms.Textarea(attrs={"rows": 9, "class": "font-monospace", "spellcheck": "false"}),
        help_text=format_lazy(
            gettext_lazy("One field per line, then the headers it may have: net_value: Net Sales | POS $. The fields are: {fields}."),
            fields=", ".join(field.name for field in SELLOUT.fields),
        ),
    )
    decimal_mark = forms.ChoiceField(label=gettext_lazy("Decimal mark"), choices=_choices((".", ",")), required=False)
    thousands_mark = forms.ChoiceField(
        label=gettext_lazy("Thousands mark"),
        choices=[("", ITSELF), (",", ","), (".", "."), (" ", gettext_lazy("blank")), ("'", "'")],
        required=False,
    )
    date_formats = forms.CharField(
        label=gettext_lazy("Date formats"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One per line, such as DD.MM.YYYY."),
    )
    store_pattern = forms.CharField(
        label=gettext_lazy("Store number"),
        max_length=200,
        required=False,
        help_text=escape(gettext_lazy("A pattern with the part (?P<code>…) that is the number.")),  # help texts are HTML
    )
    grain = forms.ChoiceField(label=gettext_lazy("One row is"), choices=[(name, GRAIN_WORDS[name]) for name in GRAINS])
    totals_rows = forms.CharField(
        label=gettext_lazy("Totals rows"),
        widget=forms.Textarea(attrs={"rows": 3, "class": "font-monospace"}),
        required=False,
        help_text=gettext_lazy("One per line: grand or subtotal, a colon, then the pattern of its first cell: grand: Summe"),
    )
    footers = forms.CharField(label=gettext_lazy("Footer lines"), widget=forms.Textarea(attrs={"rows": 2}), required=False)
    fill_down = forms.CharField(
        label=gettext_lazy("Fields that repeat downwards"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        help_text=gettext_lazy("Merged cells."),
    )
    negative_fields = forms.CharField(
        label=gettext_lazy("Fields with the opposite sign"), widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
    more = forms.CharField(
        label=gettext_lazy("Further settings (JSON)"),
        widget=forms.Textarea(attrs={"rows": 6, "class": "font-monospace", "spellcheck": "false"}),
        required=False,
    )

    sample = forms.FileField(
        label=gettext_lazy("A file of this retailer"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("“Try it” reads it by the settings above and shows what became of its columns and rows. Nothing is stored."),
    )

    class Meta:
        model = ImportProfile
        fields = ["code", "name", "kind", "is_active"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        definition = dict(self.instance.definition or {})
        for name in PLAIN:
            self.fields[name].initial = definition.pop(name, "") or ""
        for name in LISTS:
            self.fields[name].initial = "\n".join(definition.pop(name, ()))
        self.fields["columns"].initial = "\n".join(
            f"{field}: {' | '.join(headers)}" for field, headers in definition.pop("columns", {}).items()
        )
        self.fields["totals_rows"].initial = "\n".join(
            f"{row.get('scope', 'grand')}: {row['pattern']}" for row in definition.pop("totals_rows", ())
        )
        for known in ("code", "name", "kind"):
            definition.pop(known, None)
        self.fields["more"].initial = json.dumps(definition, ensure_ascii=False, indent=1) if definition else ""

    def clean_columns(self):
        return self._pairs("columns", lambda headers: [part.strip() for part in headers.split("|") if part.strip()])

    def clean_totals_rows(self):
        rows = []
        for line in self._lines("totals_rows"):
            scope, colon, pattern = line.partition(":")
            if not colon or scope.strip() not in ("grand", "subtotal") or not pattern.strip():
                raise forms.ValidationError(_("“%(line)s”: write grand or subtotal, a colon and a pattern."), params={"line": line})
            rows.append({"scope": scope.strip(), "pattern": pattern.strip()})
        return rows

    def clean_more(self):
        text = self.cleaned_data["more"]
        try:
            settings = json.loads(text) if text else {}
        except ValueError as error:
            raise forms.ValidationError(_("This is not JSON: %(error)s."), params={"error": error}) from None
        if not isinstance(settings, dict):
            raise forms.ValidationError(_("Write an object: {…}."))
        return settings

    def _lines(self, name):
        return [line.strip() for line in (self.cleaned_data[name] or "").splitlines() if line.strip()]

    def _pairs(self, name, read):
        pairs = {}
        for line in self._lines(name):
            field, colon, rest = line.partition(":")
            if not colon or not rest.strip():
                raise forms.ValidationError(
                    _("“%(line)s”: write a field, a colon and what it is called in the file."), params={"line": line}
                )
            pairs[field.strip()] = read(rest)
        return pairs

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        definition = {**cleaned["more"], "columns": cleaned["columns"], "totals_rows": cleaned["totals_rows"]}
        definition |= {name: cleaned[name] or None for name in PLAIN if name not in ("header_rows", "store_pattern")}
        definition |= {
            "header_rows": cleaned["header_rows"],
            **({"store_pattern": cleaned["store_pattern"]} if cleaned["store_pattern"] else {}),
        }
        definition |= {name: self._lines(name) for name in LISTS}
        definition |= {"code": cleaned["code"], "name": cleaned["name"], "kind": cleaned["kind"]}
        try:
            cleaned["definition"] = Profile.from_dict(definition).to_dict()
        except ProfileError as error:
            for name, problem in error.problems.items():
                self.add_error(name if name in self.fields else "more", problem if name in self.fields else f"{name}: {problem}")
        except (TypeError, ValueError, KeyError, AttributeError) as error:  # a setting of the wrong shape inside the JSON
            self.add_error("more", _("These settings do not fit together: %(error)s.") % {"error": error})
        return cleaned

    @property
    def profile(self):
        """The profile that a valid form describes."""
        return Profile.from_dict(self.cleaned_data["definition"])

    @property
    def values(self):
        return {name: self.cleaned_data[name] for name in ("code", "name", "kind", "is_active", "definition")}


def in_words(profile):
    """(label, text) of what is set in ``profile``, as its form names it; the columns are left out, the page lists them apart."""
    form = ProfileForm(instance=profile)
    for name in (name for _title, names in ProfileForm.sections for name in names if name != "columns"):
        field = form.fields[name]
        if field.initial not in ("", None):
            yield field.label, dict(getattr(field, "choices", ())).get(field.initial, field.initial)
