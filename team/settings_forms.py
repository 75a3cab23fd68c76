"""Forms of the settings pages: one field per kind of setting, calendars, what a role may do, a file of settings."""

from decimal import Decimal, InvalidOperation

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from ka_crm import company
from ka_crm.forms import DayInput, PlainForm, RecordForm

from .models import WorkCalendar
from .services.calendars import FIRST_YEAR, LAST_YEAR

A_HUNDRED = Decimal(100)
LARGEST_FILE_BYTES = 2 * 1024 * 1024


class SettingForm(PlainForm):
    """The value of one setting; weights have one field each. ``raw`` is what the service checks."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args, setting, current, version, **kwargs):
        super().__init__(*args, **kwargs)
        self.setting = setting
        self.fields["seen_version"].initial = version
        if setting.kind == "weights":
            labels = dict(setting.options)
            for name, weight in current.items():
                self.fields[f"weight_{name}"] = forms.IntegerField(
                    label=labels.get(name, name), initial=weight, min_value=0, max_value=10**6
                )
        else:
            self.fields["value"] = _FIELDS[setting.kind](setting)
            self.fields["value"].label = gettext_lazy("Value")
            self.fields["value"].initial = _initial(setting, current)

    @property
    def raw(self):
        if self.setting.kind == "weights":
            return {name: self.cleaned_data[f"weight_{name}"] for name in self.setting.default}
        given = self.cleaned_data["value"]
        return given / A_HUNDRED if self.setting.kind == "rate" else given

    @property
    def expected_version(self):
        return self.cleaned_data.get("seen_version")

    def clean(self):
        """What the service will ask, told at the field."""
        cleaned = super().clean()
        if not self.errors:
            try:
                company.checked(self.setting.key, self.raw)
            except company.WrongValue as error:
                raise ValidationError({"value": str(error)} if "value" in self.fields else str(error)) from error
        return cleaned


def _initial(setting, current):
    if setting.kind == "rate":
        return f"{(current * A_HUNDRED).normalize():f}"
    return ", ".join(map(str, current)) if setting.kind == "int_list" else current


class PercentField(forms.CharField):
    """A percentage as a Decimal, 3.5 for 3.5 %; written with a point or a comma, with or without the sign."""

    def to_python(self, value):
        text = str(super().to_python(value)).rstrip("%％ ").replace(",", ".")
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number.adjusted()) > 12 or len(text) > 20:
            raise ValidationError(_("“%(value)s” is not a percentage; write 3.5.") % {"value": str(value)[:40]})
        return number


class WholeNumberField(forms.CharField):
    """A whole number as typed: the setting's own check says what is wrong with it."""

    widget = forms.TextInput(attrs={"inputmode": "numeric"})


_FIELDS = {
    "int": lambda setting: WholeNumberField(max_length=20),
    "rate": lambda setting: PercentField(help_text=gettext_lazy("In percent."), widget=forms.TextInput(attrs={"inputmode": "decimal"})),
    "time": lambda setting: forms.CharField(max_length=10, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")),
    "text": lambda setting: forms.CharField(required=False, max_length=company.LONGEST_TEXT),
    "bool": lambda setting: forms.BooleanField(required=False),
    "choice": lambda setting: forms.ChoiceField(choices=lambda: setting.options),
    "int_list": lambda setting: forms.CharField(
        required=False, max_length=300, help_text=gettext_lazy("Whole numbers with commas between.")
    ),
}


class WeekField(forms.MultipleChoiceField):
    """Weekdays as the calendar's pattern, ``1111100``."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs):
        super().__init__(choices=[(str(number), name) for number, name in WEEKDAYS.items()], **kwargs)

    def prepare_value(self, value):
        return [str(number) for number, worked in enumerate(value) if worked == "1"] if isinstance(value, str) else value

    def clean(self, value):
        chosen = super().clean(value)
        return "".join("1" if str(number) in chosen else "0" for number in range(7))


class CalendarForm(RecordForm):
    working_weekdays = WeekField(
        label=gettext_lazy("Working days of a week"), initial=WorkCalendar._meta.get_field("working_weekdays").default
    )

    class Meta:
        model = WorkCalendar
        fields = ["code", "name", "country", "working_weekdays", "is_default"]
        help_texts = {
            "code": gettext_lazy("Short and for good, such as CN or HQ."),
            "country": gettext_lazy("Two letters, such as CN. People whose time zone lies there use this calendar."),
            "is_default": gettext_lazy("For everybody whose country has no calendar of its own, and for deadlines without one."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["code"].disabled = True
        if self.instance.is_default:
            self.fields["is_default"].disabled = True

    def clean_country(self):
        country = self.cleaned_data["country"].upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise ValidationError(_("“%(value)s” is not a country; write two letters such as CN.") % {"value": country})
        return country

    def _post_clean(self):
        """The service checks the row as a whole; here only the fields' own rules count."""


DAY_KINDS = [("", gettext_lazy("free: a holiday")), ("1", gettext_lazy("worked, whatever its weekday"))]


class CalendarDayForm(PlainForm):
    day = forms.DateField(label=gettext_lazy("Day"), widget=DayInput())
    is_working = forms.ChoiceField(
        label=gettext_lazy("This day is"),
        choices=DAY_KINDS,
        required=False,
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)


def country_choices():
    """Countries whose public holidays are known, by name in the reader's language."""
    import holidays  # a large package that one page needs

    territories = Locale.parse("zh_Hans" if (get_language() or "").startswith("zh") else "en").territories
    codes = [code for code in holidays.list_supported_countries(include_aliases=False) if len(code) == 2]
    return sorted(((code, f"{territories.get(code, code)} ({code})") for code in codes), key=lambda pair: pair[1])


class FillHolidaysForm(PlainForm):
    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=country_choices)
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=FIRST_YEAR, max_value=LAST_YEAR)


class CapabilitiesForm(PlainForm):
    """What a role may do; which boxes there are is the page's business, what may be ticked the service's."""

    held = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=250, help_text=gettext_lazy("Kept in the audit trail."))
    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args, choices, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["held"].choices = choices


class SettingsFileForm(PlainForm):
    file = forms.FileField(label=gettext_lazy("File of settings"))

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE_BYTES:
            raise ValidationError(_("“%(name)s” is larger than 2 MB; a file of settings is far smaller.") % {"name": file.name[:60]})
        return file
