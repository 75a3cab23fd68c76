"""A retailer's dialect is described on a page and checked before it is saved."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ka_crm.models import StoredFile
from sales.models import ImportBatch, ImportProfile
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ENTRY = {
    "code": "NEW1",
    "name": "Corner shops",
    "kind": "sellout",
    "is_active": "on",
    "container": "delimited",
    "encoding": "cp1252",
    "delimiter": ";",
    "header_rows": "1",
    "columns": "retailer_store_no: Filiale | Markt\ndate: Datum\ngtin: EAN\nunits: Menge\ngross_value: Brutto\n"
    "discount_value: Rabatt\nnet_value: Netto",
    "decimal_mark": ",",
    "thousands_mark": ".",
    "date_formats": "DD.MM.YYYY",
    "grain": "day",
    "totals_rows": "grand: Summe",
}


@pytest.fixture
def administrator(client):
    administrator = UserFactory(administrator=True)
    client.force_login(administrator)
    return administrator


def test_a_profile_is_saved_as_data(client, administrator):
    answer = client.post(reverse("sales:profile_create"), ENTRY)

    profile = ImportProfile.objects.get(code="NEW1")
    assert answer.headers["Location"] == profile.get_absolute_url()
    assert profile.definition["columns"]["retailer_store_no"] == ["Filiale", "Markt"]
    assert profile.definition["decimal_mark"] == ","
    assert profile.definition["totals_rows"] == [{"pattern": "Summe", "scope": "grand"}]


def test_what_the_page_shows_saves_back_unchanged(client, administrator):
    client.post(reverse("sales:profile_create"), ENTRY)
    profile = ImportProfile.objects.get(code="NEW1")
    form = client.get(reverse("sales:profile_edit", args=[profile.pk])).context["form"]
    shown = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}

    client.post(reverse("sales:profile_edit", args=[profile.pk]), shown)

    again = ImportProfile.objects.get(pk=profile.pk)
    assert (again.definition, again.version) == (profile.definition, profile.version)


def test_its_page_names_settings_as_the_form_does(client, administrator):
    client.post(reverse("sales:profile_create"), ENTRY)

    settings = client.get(ImportProfile.objects.get(code="NEW1").get_absolute_url()).context["settings"]

    assert {str(label): str(text) for label, text in settings if "JSON" not in label} == {
        "Form of the file": "text with columns (CSV)",
        "Encoding": "cp1252",
        "Delimiter": "semicolon",
        "Header lines": "1",
        "One row is": "a day",
        "Store number": r"0*(?P<code>\d+)(\.0+)?",
        "Decimal mark": ",",
        "Thousands mark": ".",
        "Date formats": "DD.MM.YYYY",
        "Totals rows": "grand: Summe",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("columns", "net_value Netto"),
        ("totals_rows", "Summe"),
        ("store_pattern", "(unclosed"),
        ("more", "{not json"),
        ("more", '{"sheetz": {}}'),
        ("more", "[]"),
        ("header_rows", "99"),
        ("container", "doc"),
        ("code", ""),
    ],
)
def test_a_setting_that_makes_no_sense_is_told_at_its_field(client, administrator, field, value):
    answer = client.post(reverse("sales:profile_create"), {**ENTRY, field: value})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not ImportProfile.objects.filter(code=ENTRY["code"]).exists()


SAMPLE = (
    "Umsatzbericht\n\nFiliale;Datum;EAN;Artikel;Menge;Brutto;Rabatt;Netto\n"
    "7;05.03.2026;9520009657667;Käse;1.000;2.190,00;0,00;2.190,00\n8;31.02.2026;9520009657667;Käse;1;2,19;0,00;2,19\n"
    "Summe;;;;1.001;2.192,19;0,00;2.192,19\n"
)


def sample(text=SAMPLE, name="sample.csv"):
    return SimpleUploadedFile(name, text.encode("cp1252"))


def test_a_sample_shows_what_the_settings_make_of_it_before_anything_is_saved(client, administrator):
    answer = client.post(reverse("sales:profile_create"), {**ENTRY, "try": "1", "sample": sample()})

    trial = answer.context["trial"]
    assert answer.status_code == 200
    assert dict(trial.columns)["retailer_store_no"] == "Filiale"
    assert trial.unread == ["Artikel"]
    assert trial.rows[0]["cells"] == ["7", "2026-03-05", "9520009657667", "1000", "2190.00", "0.00", "2190.00"]
    assert (trial.rows_read, trial.rows_bad, trial.refusals) == (2, 1, [])
    assert trial.errors == ["Row 2, “Datum”: “31.02.2026” is a date that the calendar does not have. Write the day of the sale."]
    assert "31.02.2026" in answer.content.decode()
    assert not ImportProfile.objects.filter(code="NEW1").exists()
    assert ImportBatch.objects.count() == StoredFile.objects.count() == 0


def test_a_sample_without_the_columns_shows_those_it_has(client, administrator):
    answer = client.post(reverse("sales:profile_create"), {**ENTRY, "try": "1", "sample": sample("Laden;Datum\n1;05.03.2026\n")})

    trial = answer.context["trial"]
    assert [text[:11] for text in trial.refusals] == ["The columns"]
    assert dict(trial.columns)["date"] == "Datum"
    assert (dict(trial.columns)["units"], trial.unread, trial.rows) == ("", ["Laden"], [])


@pytest.mark.parametrize(("entry", "field"), [({}, "sample"), ({"columns": "net_value Netto", "sample": True}, "columns")])
def test_nothing_can_be_tried_without_a_sample_or_with_settings_that_make_no_sense(client, administrator, entry, field):
    entry = {**entry, "sample": sample()} if "sample" in entry else entry
    answer = client.post(reverse("sales:profile_create"), {**ENTRY, "try": "1", **entry})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


def test_a_sample_is_tried_on_a_profile_that_exists_without_changing_it(client, administrator):
    client.post(reverse("sales:profile_create"), ENTRY)
    profile = ImportProfile.objects.get(code="NEW1")
    entry = {**ENTRY, "try": "1", "decimal_mark": ".", "thousands_mark": ","}
    address = reverse("sales:profile_edit", args=[profile.pk])

    assert client.post(address, {**entry, "date_formats": "YYYY", "sample": sample()}).status_code == 422
    answer = client.post(address, {**entry, "sample": sample()})

    assert answer.context["trial"].rows_bad == 2
    assert ImportProfile.objects.get(pk=profile.pk).definition == profile.definition


def test_an_empty_profile_begins_with_what_is_usual(client, administrator):
    form = client.get(reverse("sales:profile_create")).context["form"]

    assert (form["header_rows"].value(), form["date_formats"].value()) == (1, "YYYY-MM-DD")
    assert form["totals_rows"].value().splitlines()[0] == "grand: (grand |sub)?totals?"


def test_only_an_administrator_changes_profiles(client, administrator):
    client.post(reverse("sales:profile_create"), ENTRY)
    profile = ImportProfile.objects.get(code="NEW1")
    client.force_login(UserFactory(ka_manager=True))

    assert client.get(profile.get_absolute_url()).status_code == 200
    assert client.get(reverse("sales:profile_edit", args=[profile.pk])).status_code == 403
    assert client.get(reverse("sales:profile_create")).status_code == 403


def test_the_page_says_in_words_what_can_be_chosen_and_shows_patterns_as_text(client, administrator):
    page = client.get(reverse("sales:profile_create")).content.decode()

    assert '<option value="day">a day</option>' in page or '<option value="day" selected>a day</option>' in page
    assert "(?P&lt;code&gt;…)" in page
    assert "(?P<code>" not in page
