"""The words of a comment: cleaned when they come in, safe HTML when they are shown, and whom they call by “@name”."""

import re

from django.utils.html import escape
from django.utils.safestring import mark_safe

from ka_crm.text import clean_text, fold

# Marks that turn the direction of what follows: text after them could pass itself off as something else.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`\u3000-\u303f\uff00-\uff0f]+", re.IGNORECASE)
_CLOSING = ".,;:!?)]}"
LONGEST_SHOWN_ADDRESS = 80


def clean_comment(text):
    """``text`` as it is kept: no forbidden characters, no marks that turn its direction."""
    return clean_text(_TURNING.sub("", text))


def called(text, people):
    """Those of ``people`` whom ``text`` calls by “@” and their name, any case and width; of two names that begin alike the longer."""
    folded, found = fold(text), []
    by_name = {}
    for person in people:
        by_name.setdefault(fold(person.name), []).append(person)
    names = sorted(filter(None, by_name), key=len, reverse=True)
    if not names or "@" not in folded:
        return []
    pattern = re.compile("@(" + "|".join(map(_whole, names)) + ")")
    for match in pattern.finditer(folded):
        found += [person for person in by_name[match[1]] if person not in found]
    return found


def _whole(name):
    """A name as a pattern; after a Latin one no letter may follow, after a Chinese one the sentence just goes on."""
    return re.escape(name) + (r"(?!\w)" if name[-1].isascii() else "")


def as_html(text, names=()):
    """``text`` escaped, in paragraphs of their own direction, with links that give nothing away; ``names`` after “@” stand out."""
    pieces = [_ADDRESS.pattern]
    if names:
        pieces.append("@(?:" + "|".join(map(_whole, sorted(names, key=len, reverse=True))) + ")")
    pattern = re.compile("|".join(f"({piece})" for piece in pieces), re.IGNORECASE)
    paragraphs = [part for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]
    html = "".join(f'<p dir="auto">{_lines(part, pattern)}</p>' for part in paragraphs)
    return mark_safe(html)  # noqa: S308 – every piece was escaped


def _lines(text, pattern):
    done, at = "", 0
    for match in pattern.finditer(text):
        done += escape(text[at : match.start()])
        done += _link(match[0]) if match[1] else f'<span class="mention">{escape(match[0])}</span>'
        at = match.end()
    return (done + escape(text[at:])).replace("\n", "<br>")


def _link(address):
    """An address as a link that opens beside this page and learns nothing of it; the full stop behind it is none of it."""
    bare = address.rstrip(_CLOSING)
    behind = address[len(bare) :]
    shown = bare if len(bare) <= LONGEST_SHOWN_ADDRESS else f"{bare[:LONGEST_SHOWN_ADDRESS]}…"
    return f'<a href="{escape(bare)}" target="_blank" rel="noopener noreferrer nofollow ugc">{escape(shown)}</a>{escape(behind)}'
