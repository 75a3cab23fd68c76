"""The Chinese catalogue is complete, certain and compiled; what breaks that is found; and its signs are those of Chinese print."""

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext, ngettext

ROOT = Path(__file__).resolve().parent.parent.parent
DOMAINS = ["django", "djangojs"]
# Names, codes and signs that stand the same in both languages.
SAME_IN_BOTH = {"English", "GLN", "GTIN", "SKU"}


@pytest.fixture(scope="module")
def messages():
    """bin/messages as a module: it is a script without .py."""
    loader = SourceFileLoader("messages_script", str(ROOT / "bin" / "messages"))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def files_of(root, domain="django"):
    folder = root / "locale" / "zh_Hans" / "LC_MESSAGES"
    return folder / f"{domain}.po", folder / f"{domain}.mo"


@pytest.fixture
def translations(messages):
    """(English, Chinese) of every form in the catalogue."""
    catalogue = messages.read_catalogue(files_of(ROOT)[0])
    return [
        (message.id if isinstance(message.id, str) else message.id[1], form)
        for message in catalogue
        if message.id
        for form in ([message.string] if isinstance(message.string, str) else message.string)
    ]


# --- the catalogue of the program -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("domain", DOMAINS)
def test_every_marked_string_has_a_certain_and_compiled_translation(messages, domain):
    assert messages.findings(domain, *files_of(ROOT, domain)) == []


def test_chinese_has_one_plural_form(messages):
    catalogue = messages.read_catalogue(files_of(ROOT)[0])

    assert catalogue.num_plurals == 1
    assert {len(message.string) for message in catalogue if isinstance(message.id, tuple)} == {1}


def test_the_program_speaks_chinese():
    with translation.override("zh-hans"):
        assert gettext("Key accounts") == "重点客户"
        assert gettext("Net sell-out") == "终端净销售额"
        assert ngettext("%(count)d job runs again.", "%(count)d jobs run again.", 3) % {"count": 3} == "3 个任务重新运行。"


def test_a_translation_is_chinese(translations):
    english = [
        source
        for source, form in translations
        if not re.search(r"[\u4e00-\u9fff]", form)
        and re.search(r"[A-Za-z]{2}", re.sub(r"%\(\w+\)\w", "", form))
        and form not in SAME_IN_BOTH
    ]

    assert english == []


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a half-width sign beside a Chinese character", r"[\u4e00-\u9fff][,;:!?]|[,;!?][\u4e00-\u9fff]"),
        ("straight quotes", r"\"[^\"]*[\u4e00-\u9fff]|'[^']*[\u4e00-\u9fff]"),
        ("brackets of the other kind of quotation", r"[「」『』]"),
        ("full-width digits or letters", r"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"),
        ("a blank beside a full-width sign", r" [，。；：！？）]|[，。；：！？（] "),
        ("a number that touches its unit", r"%\((?!mark)\w+\)d[\u4e00-\u9fff]|[\u4e00-\u9fff]%\(\w+\)d"),
        ("the wrong first character of a pair of quotes", r"”[^“”]*”|“[^“”]*“"),
    ],
)
def test_chinese_is_set_as_in_print(translations, what, pattern):
    guilty = [form for _source, form in translations if re.search(pattern, form)]

    assert guilty == [], what


def test_a_sentence_ends_as_its_source_does(translations):
    """A message in whole sentences stays one, and a label gets no full stop."""
    guilty = [form for source, form in translations if source.endswith(".") != form.endswith("。")]

    assert guilty == []


def test_the_glossary_names_the_words_that_the_catalogue_uses(translations):
    lines = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| (?!English \|)", line)]
    chinese = {source.casefold(): form for source, form in translations}
    checked = [(english, meant, chinese[english.casefold()]) for english, meant, *_rest in rows if english.casefold() in chinese]

    assert len(rows) >= 60
    assert len(checked) >= 30
    assert [line for line in checked if line[2] not in re.split(r"[、,，（）() ]+", line[1])] == []


# --- what the check finds ---------------------------------------------------------------------------------------------------
@pytest.fixture
def small(messages, tmp_path, monkeypatch):
    """A program with one module and one template, translated and compiled; ``rewrite`` changes its catalogue."""
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    (tmp_path / "team").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "team" / "words.py").write_text(
        'from django.utils.translation import gettext as _, ngettext\n_("Hello %(name)s")\nngettext("%(count)d row", "%(count)d rows", 2)\n'
    )
    (tmp_path / "templates" / "page.html").write_text("{% load i18n %}{% blocktranslate trimmed %}<b>Off</b>{% endblocktranslate %}")
    po, mo = files_of(tmp_path)

    def rewrite(old, new, *, compile_it=True):
        po.write_text(po.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        if compile_it:
            messages.write_mo(mo.open("wb"), messages.read_catalogue(po))

    def said():
        return messages.findings("django", po, mo)

    messages.update("django", po, mo)
    text = po.read_text(encoding="utf-8")
    for source, chinese in {'"Hello %(name)s"': '"%(name)s，您好"', '"<b>Off</b>"': '"<b>关</b>"'}.items():
        text = text.replace(f'msgid {source}\nmsgstr ""', f"msgid {source}\nmsgstr {chinese}")
    po.write_text(text.replace('msgstr[0] ""', 'msgstr[0] "%(count)d 行"'), encoding="utf-8")
    messages.update("django", po, mo)
    return said, rewrite, tmp_path


def test_a_complete_catalogue_has_no_findings(small):
    said, _rewrite, _root = small

    assert said() == []


def test_words_inside_an_f_string_are_marked_too(small):
    said, _rewrite, root = small

    (root / "team" / "drawn.py").write_text("from django.utils.translation import gettext\nprint(f\"<b>{gettext('Keep it')}</b>\")\n")

    assert said() == ["not in django.po: “Keep it” (team/drawn.py)"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"%(name)s，您好"', '""', "not translated: “Hello %(name)s”"),
        ('msgstr[0] "%(count)d 行"', 'msgstr[0] ""', "not translated: “%(count)d row”"),
        ('#, python-format\nmsgid "Hello', '#, fuzzy, python-format\nmsgid "Hello', "uncertain (fuzzy): “Hello"),
        ("%(name)s，您好", "您好", "“Hello %(name)s”: not the same in English and Chinese: %(name)s"),
        ("%(name)s，您好", "%(nam)s，您好", "not the same in English and Chinese: %(nam)s, %(name)s"),
        ("%(count)d 行", "多行", "not the same in English and Chinese: %(count)d"),
        ("<b>关</b>", "关", "not the same in English and Chinese: </b>, <b>"),
        ('msgid "Hello %(name)s"', 'msgid "Hallo %(name)s"', "no longer used: “Hallo %(name)s”"),
        ('msgid "Hello %(name)s"', 'msgid "Hallo %(name)s"', "not in django.po: “Hello %(name)s” (team/words.py)"),
    ],
)
def test_a_broken_catalogue_is_found(small, old, new, words):
    said, rewrite, _root = small

    rewrite(old, new)

    assert any(words in line for line in said())


def test_a_catalogue_that_was_not_compiled_is_found(small):
    said, rewrite, _root = small

    rewrite("您好", "你好", compile_it=False)

    assert said() == ["django.mo is not compiled from django.po: run .venv/bin/python bin/messages"]


def test_a_missing_compiled_file_is_found(small):
    said, _rewrite, root = small

    files_of(root)[1].unlink()

    assert said() == ["django.mo is not compiled from django.po: run .venv/bin/python bin/messages"]


def test_bringing_up_to_date_keeps_translations_and_drops_what_is_gone(small, messages):
    said, _rewrite, root = small
    words = root / "team" / "words.py"
    words.write_text(words.read_text().replace('_("Hello %(name)s")', '_("A new one")'))

    messages.update("django", *files_of(root))

    assert said() == ["not translated: “A new one”"]
    text = files_of(root)[0].read_text(encoding="utf-8")
    assert "<b>关</b>" in text
    assert "Hello" not in text


def test_the_answer_of_the_command_is_its_exit_code(messages, small, monkeypatch, capsys):
    _said, rewrite, _root = small
    monkeypatch.setattr("sys.argv", ["messages", "--check"])
    assert messages.main() == 0

    rewrite('"<b>关</b>"', '""')

    assert messages.main() == 1
    assert "not translated: “<b>Off</b>”" in capsys.readouterr().out
