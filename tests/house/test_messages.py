"""bin/messages finds every marked string and notices a catalogue that is stale."""

import importlib.machinery
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def messages(tmp_path, monkeypatch):
    """The script as a module, at work on a small program of its own."""
    loader = importlib.machinery.SourceFileLoader("bin_messages", str(ROOT / "bin" / "messages"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bin_messages", loader))
    loader.exec_module(module)
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales" / "views.py").write_text('from x import gettext as _, pgettext\nA = _("Sold")\nB = pgettext("month", "May")\n')
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        '{% load i18n %}<h1>{% translate "It\'s (almost) done" %}</h1>\n'
        "{% blocktranslate trimmed count n=stores|length %}\n  One store\n{% plural %}\n  {{ n }} stores\n{% endblocktranslate %}\n"
        '{{ _("in a variable")|upper }}'
    )
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "APPS", ["sales"])
    return module


@pytest.fixture
def catalogue(messages, tmp_path):
    return tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po", tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.mo"


def test_strings_of_modules_and_templates_are_found(messages):
    found = {(message.id, message.context) for message in messages.collect("django") if message.id}

    assert found == {
        ("Sold", None),
        ("May", "month"),
        ("It's (almost) done", None),
        (("One store", "%(n)s stores"), None),
        ("in a variable", None),
    }


def translate(po, translations):
    text = po.read_text()
    for source, target in translations.items():
        assert source in text
        text = text.replace(source, target)
    po.write_text(text)


def test_a_new_catalogue_is_refused_until_it_is_translated_and_compiled(messages, catalogue, capsys):
    po, mo = catalogue
    messages.update("django", po, mo)

    assert "not translated: “Sold”" in messages.findings("django", po, mo)

    translate(po, {'msgid "Sold"\nmsgstr ""': 'msgid "Sold"\nmsgstr "已售"', 'msgid "May"\nmsgstr ""': 'msgid "May"\nmsgstr "五月"'})
    translate(po, {'msgid "It\'s (almost) done"\nmsgstr ""': 'msgid "It\'s (almost) done"\nmsgstr "快好了"'})
    translate(po, {'msgid "in a variable"\nmsgstr ""': 'msgid "in a variable"\nmsgstr "变量"', 'msgstr[0] ""': 'msgstr[0] "%(n)s 家门店"'})
    assert messages.findings("django", po, mo) == ["django.mo is not compiled from django.po: run .venv/bin/python bin/messages"]

    messages.update("django", po, mo)
    assert messages.findings("django", po, mo) == []


def test_a_string_that_came_and_one_that_went_are_noticed(messages, catalogue, tmp_path):
    po, mo = catalogue
    messages.update("django", po, mo)
    (tmp_path / "sales" / "views.py").write_text('from x import gettext as _\nA = _("Returned")\n')

    said = messages.findings("django", po, mo)

    assert "not in django.po: “Returned” (sales/views.py)" in said
    assert "no longer used: “Sold”" in said
