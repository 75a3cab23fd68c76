"""Text from outside: cleaned once at the door, folded for searching, keyed for sorting."""

import re
import unicodedata

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def has_forbidden(text):
    """Whether ``text`` holds NUL, other control characters or lone surrogates, which no field may store."""
    return bool(_FORBIDDEN.search(text))


def clean_text(text):
    """NFC, outer blanks off, forbidden characters removed; line breaks and tabs stay."""
    return _FORBIDDEN.sub("", unicodedata.normalize("NFC", text)).strip()


def fold(text):
    """How search compares: full-width becomes half-width, case and accents fall away, blanks are single."""
    if text.isascii():  # nothing to take apart
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


def sort_key(text, *, length=120):
    """Order of names in both languages: Chinese by pinyin, Latin folded; databases here have no such collation."""
    if not text.isascii():
        from pypinyin import Style, lazy_pinyin  # its tables take half a second to load, which every process would pay

        text = " ".join(lazy_pinyin(text, style=Style.TONE3))
    return fold(text)[:length]


def is_id(text):
    """Whether ``text`` from outside can be a primary key at all."""
    return text.isascii() and text.isdigit() and len(text) < 19
