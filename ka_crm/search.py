"""Search everywhere: each app says how its nouns are found, the page asks each of them once.

    search.register("store", label=_("Stores"), icon="map-pin", rows=lambda user: Store.objects.visible_to(user).for_list(),
                    hint=lambda store: store.account.name, capability="accounts.view", order=20)

``rows(user)`` is the scoped queryset of a ``SearchedModel``; a hit leads to the row's own page.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from .rowchoice import search_words
from .text import fold

HITS_SHOWN = 8
LEAST_LETTERS = 1

_NOUNS = {}


@dataclass(frozen=True)
class Noun:
    """One kind of row that can be found; ``list_url_name`` is the list that shows all hits."""

    key: str
    label: str
    icon: str
    rows: Callable
    hint: Callable
    list_url_name: str
    capability: str | None
    order: int


def register(key, *, label, icon, rows, hint, list_url_name, capability=None, order=50):
    """Make a noun findable; registering the same ``key`` again replaces it."""
    _NOUNS[key] = Noun(key, label, icon, rows, hint, list_url_name, capability, order)


def find(user, text):
    """Hits by noun, in the order of registration: label, icon, hits (title, hint, url), whether there are more, the list's address.

    One statement a noun that ``user`` may open; nothing for an empty text. Rows out of scope are never asked for.
    """
    if len(fold(text)) < LEAST_LETTERS:
        return []
    found = []
    for noun in sorted(_NOUNS.values(), key=lambda noun: (noun.order, noun.key)):
        if noun.capability and not user.has_capability(noun.capability):
            continue
        rows = list(search_words(noun.rows(user), text)[: HITS_SHOWN + 1])
        if rows:
            hits = [{"title": str(row), "hint": noun.hint(row), "url": row.get_absolute_url()} for row in rows[:HITS_SHOWN]]
            more = len(rows) > HITS_SHOWN
            found.append({"label": noun.label, "icon": noun.icon, "hits": hits, "more": more, "list_url": reverse(noun.list_url_name)})
    return found
