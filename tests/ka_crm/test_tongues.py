"""Words kept in a row and read by people of different languages."""

from django.utils.translation import gettext_lazy, override

from ka_crm.tongues import heard, said


def test_what_languages_say_differently_is_kept_in_each():
    assert said(gettext_lazy("Company")) == {"en": "Company", "zh-hans": "公司"}


def test_a_sentence_is_put_together_in_each_language():
    assert said(lambda: f"{gettext_lazy('Company')} 12") == {"en": "Company 12", "zh-hans": "公司 12"}


def test_what_is_the_same_everywhere_is_plain_text():
    assert said("Hualian 华联") == "Hualian 华联"


def test_each_reader_hears_their_own_language_and_the_first_one_where_it_was_not_said():
    words = {"en": "Company", "zh-hans": "公司"}
    with override("zh-hans"):
        assert (heard(words), heard(words, "en"), heard({"en": "Company"}), heard("text"), heard({}), heard(None)) == (
            "公司",
            "Company",
            "Company",
            "text",
            "",
            None,
        )
