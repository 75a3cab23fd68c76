"""Words that are kept in a row and read by people of different languages: said once in each, chosen at every reading.

approval.titles = said(report)            # {"en": "Monthly summary 2026-03 – Hualian", "zh-hans": "月度总结 2026-03 – Hualian"}
heard(approval.titles)                    # in the language of whoever reads
"""

from django.conf import settings
from django.utils import translation


def said(thing):
    """``thing`` (or what it gives, if it can be called) as text in every language: language code → text, or the text alone if all agree."""
    texts = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            texts[code] = str(thing() if callable(thing) else thing)
    return texts if len(set(texts.values())) > 1 else next(iter(texts.values()))


def heard(words, language=None):
    """What ``said`` kept, in ``language`` or the active one; the first there is where that one was not said. Anything else as it is."""
    if not isinstance(words, dict):
        return words
    return words.get(language or translation.get_language()) or next(iter(words.values()), "")
