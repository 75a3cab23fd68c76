"""The shell around every page: navigation, preferences, icons, static files."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import reverse

from ka_crm import navigation, panels, statuses
from ka_crm.charts import Chart, Series
from ka_crm.icons import icon, icon_names
from tests.factories import PASSWORD, ReportFactory, UserFactory

ROOT = Path(settings.BASE_DIR)
# What `{% icon "name" %}` and `icon="name"` in templates and Python ask for.
_ASKING = [
    (r'{% icon "([a-z-]+)"', "templates/**/*.html"),
    (r'\bicon="([a-z-]+)"', "templates/**/*.html"),
    (r'\bicon="([a-z-]+)"', "*/*.py"),
]
_FILES = [(pattern, path.read_text("utf-8")) for pattern, files in _ASKING for path in ROOT.glob(files)]
ASKED_ICONS = sorted({name for pattern, text in _FILES for name in re.findall(pattern, text)})


def draw(text, **context):
    return Template("{% load ka %}" + text).render(Context(context))


def request_of(user, path="/"):
    request = RequestFactory().get(path)
    request.user = user
    return request


# --- navigation -----------------------------------------------------------------------------------------------------------
def test_every_item_leads_to_a_page():
    assert [item.url_name for item in navigation.registered() if navigation.address_of(item.url_name) is None] == []


def test_two_pages_cannot_have_the_same_key():
    with pytest.raises(ValueError, match="The keys g s open accounts:store_list already: choose another letter for somewhere:else."):
        navigation.register("work", "Elsewhere", "somewhere:else", "home", key="s")


def test_a_number_is_never_torn_from_its_unit_by_its_own_length():
    drawn = Template("{% load figures %}{{ text|with_unit }}")

    assert drawn.render(Context({"text": "753.2\u00a0k\u00a0USD"})) == '753.2\u00a0k <span class="unit">USD</span>'
    assert [drawn.render(Context({"text": text})) for text in ("56.5\u00a0%", "–", "75 of 81", "1 <b>")] == [
        "56.5\u00a0%",
        "–",
        "75 of 81",
        "1 &lt;b&gt;",
    ]


def test_every_item_has_its_picture():
    assert [item.icon for item in navigation.registered() if item.icon not in icon_names()] == []


def test_an_unknown_group_is_refused():
    with pytest.raises(ValueError, match="no navigation group “sails”"):
        navigation.register("sails", "X", "home", icon="home")


@pytest.mark.django_db
def test_navigation_shows_what_the_person_may_open():
    def urls(user):
        return {link["url"] for group in navigation.navigation_for(user, "/")["groups"] for link in group["links"]}

    assert "/styleguide/" in urls(UserFactory(administrator=True))
    assert "/styleguide/" not in urls(UserFactory(ka_manager=True))


@pytest.mark.django_db
def test_the_page_that_one_is_on_is_marked_also_below_it():
    nav = navigation.navigation_for(UserFactory(administrator=True), reverse("accounts:account_list") + "17/")

    assert [link["url"] for group in nav["groups"] for link in group["links"] if link["current"]] == [reverse("accounts:account_list")]


@pytest.mark.django_db
def test_a_drawn_navigation_is_not_another_persons(client):
    client.force_login(UserFactory(administrator=True))
    assert "/styleguide/" in client.get("/no/such/page/").content.decode()
    client.force_login(UserFactory(viewer=True))
    assert "/styleguide/" not in client.get("/no/such/page/").content.decode()


# --- language and appearance ----------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_theme_is_kept_with_the_person_and_drawn_at_once(client):
    user = UserFactory()
    client.force_login(user)

    response = client.post(reverse("set_theme"), {"theme": "dark", "next": "/no/such/page/"})

    assert response["Location"] == "/no/such/page/"
    user.refresh_from_db()
    assert user.theme == "dark"
    assert 'data-theme="dark" data-bs-theme="dark"' in client.get("/no/such/page/").content.decode()


@pytest.mark.django_db
def test_language_is_kept_with_the_person(client):
    user = UserFactory()
    client.force_login(user)

    client.post(reverse("set_language"), {"language": "zh-hans"})

    user.refresh_from_db()
    assert user.language == "zh-hans"
    assert '<html lang="zh-hans"' in client.get("/no/such/page/").content.decode()


WRONG_CHOICES = [("set_theme", "theme", "pink"), ("set_language", "language", "xx"), ("set_theme", "theme", "")]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "field", "value"), WRONG_CHOICES)
def test_a_choice_that_does_not_exist_changes_nothing(client, name, field, value):
    user = UserFactory()
    before = getattr(user, field)
    client.force_login(user)

    assert client.post(reverse(name), {field: value}).status_code == 302
    user.refresh_from_db()
    assert getattr(user, field) == before


@pytest.mark.django_db
@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:alert(1)", ""])
def test_a_choice_leads_nowhere_else(client, elsewhere):
    assert client.post(reverse("set_theme"), {"theme": "dark", "next": elsewhere})["Location"] == reverse("home")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["set_theme", "set_language"])
def test_looking_changes_nothing(client, name):
    assert client.get(reverse(name)).status_code == 405


# --- pages ----------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_style_guide_shows_every_component(client):
    client.force_login(UserFactory(administrator=True))

    text = client.get(reverse("styleguide")).content.decode()

    parts = ["kpi-value", "chart-canvas", "table-data", "badge-status tone-warn", "notice tone-danger", "timeline", "stepper", "file-drop"]
    assert [part for part in parts if part not in text] == []


@pytest.mark.django_db
def test_the_style_guide_is_for_administrators(client):
    client.force_login(UserFactory(ka_manager=True))
    assert client.get(reverse("styleguide")).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["account_login", "account_reset_password"])
def test_pages_before_signing_in(client, name):
    text = client.get(reverse(name)).content.decode()

    assert 'class="bare-card"' in text and 'class="sidebar"' not in text


@pytest.mark.django_db
def test_a_wrong_password_is_told_on_the_page(client):
    user = UserFactory()

    text = client.post(reverse("account_login"), {"login": user.email, "password": "wrong"}).content.decode()

    assert 'class="notice tone-danger" role="alert"' in text and PASSWORD not in text


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["mfa_index", "account_change_password", "usersessions_list", "account_logout"])
def test_pages_about_ones_own_sign_in(client, name):
    client.post(reverse("account_login"), {"login": UserFactory().email, "password": PASSWORD})

    assert 'class="sidebar"' in client.get(reverse(name)).content.decode()


@pytest.mark.django_db
def test_turning_on_the_second_factor_shows_picture_and_key(client):
    client.post(reverse("account_login"), {"login": UserFactory().email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    text = client.get(reverse("mfa_activate_totp")).content.decode()

    assert 'class="qr" src="data:image/svg+xml' in text
    assert "data-copy=" in text


# --- tags -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ASKED_ICONS)
def test_icons_that_pages_ask_for_are_in_the_sprite(name):
    assert name in icon_names()


def test_icons_are_silent_beside_words_and_speak_alone():
    assert 'aria-hidden="true"' in icon("check")
    assert 'role="img" aria-label="do &lt;it&gt;"' in icon("check", "do <it>")
    assert icon("no-such-icon") == ""


@pytest.mark.django_db
def test_status_draws_the_row_s_label_in_its_colour():
    report = ReportFactory.build()

    drawn = draw("{% status report %}", report=report)

    assert drawn == f'<span class="badge-status tone-{statuses.tone_of(report.status)}">{report.get_status_display()}</span>'


def test_a_noun_may_give_its_words_other_colours():
    statuses.register("shell.test", planned="warn")

    assert statuses.tone_of("planned") == "neutral"
    assert statuses.tone_of("PLANNED", "shell.test") == "warn"
    assert statuses.tone_of("never heard of") == "neutral"
    with pytest.raises(ValueError, match="no tone “pink”"):
        statuses.register("shell.test", planned="pink")


def test_badge_escapes_and_knows_its_tones():
    assert draw('{% badge "pink" label %}', label="<b>") == '<span class="badge-status tone-neutral">&lt;b&gt;</span>'


def test_query_string_changes_one_name_and_keeps_the_others():
    request = RequestFactory().get("/?q=a%26b&page=2")

    assert draw("{% query_string page=3 %}", request=request) == "?q=a%26b&amp;page=3"
    assert draw('{% query_string page="" %}', request=request) == "?q=a%26b"


@pytest.mark.django_db
def test_panels_ask_for_what_the_person_may_see(monkeypatch):
    monkeypatch.setattr(panels, "_PANELS", {})
    panels.register("shell_noun", title="Open <one>", url_name="accounts:account_detail", order=1)
    panels.register("shell_noun", title="Closed", url_name="accounts:account_update", capability="settings.manage")
    user = UserFactory(viewer=True)

    drawn = draw('{% panels "shell_noun" row %}', request=request_of(user), row=user)

    assert f'hx-get="{reverse("accounts:account_detail", args=[user.pk])}"' in drawn
    assert "Open &lt;one&gt;" in drawn and "Closed" not in drawn


# --- charts ---------------------------------------------------------------------------------------------------------------
def test_a_chart_says_the_same_as_a_table():
    chart = Chart("bar", "Sales", ["Jan", "Feb"], [Series("This year", [1234, None])], unit="USD")

    assert chart.table() == [{"label": "Jan", "values": ["1,234"]}, {"label": "Feb", "values": ["–"]}]
    assert chart.spec()["series"] == [{"name": "This year", "values": [1234, None], "dashed": False}]
    assert not chart.is_empty and Chart("bar", "Sales", ["Jan"], [Series("This year", [None])]).is_empty


def test_an_unknown_chart_is_refused():
    with pytest.raises(ValueError, match="no chart “pie”"):
        Chart("pie", "Sales", [], [])


# --- files ----------------------------------------------------------------------------------------------------------------
def test_static_files_can_be_served_with_hashed_names(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}

    call_command("collectstatic", interactive=False, verbosity=0)

    assert list(tmp_path.glob("css/tokens.*.css")) and (tmp_path / "staticfiles.json").exists()


def test_our_files_name_no_other_place():
    ours = [path for files in ("static/css/**/*.css", "static/js/**/*.js", "templates/**/*.html") for path in ROOT.glob(files)]
    other_place = re.compile(r"//[a-z0-9.-]+\.(com|org|net|io|cn)\b")

    assert [str(path) for path in ours if other_place.search(path.read_text("utf-8").replace("http://www.w3.org", ""))] == []


@pytest.mark.parametrize("folder", ["bootstrap", "htmx", "echarts", "icons"])
def test_third_party_files_come_with_their_licence(folder):
    assert finders.find(f"vendor/{folder}/LICENSE")


def test_third_party_files_point_to_no_map():
    assert [str(path) for path in ROOT.glob("static/vendor/**/*.*s") if "sourceMappingURL" in path.read_text(encoding="utf-8")] == []
