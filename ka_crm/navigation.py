"""The navigation as data: each app registers its items in ``AppConfig.ready()``, the shell shows what the person may open.

    navigation.register("sales", _("Sell-out"), "sales:sellout", icon="chart-bar", capability="sales.view", order=20)

``phone=True`` offers the item for the bottom bar of a phone; the first four by order get a place, the rest is under “More”.
``key="s"`` opens the page by the keys g s.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from .text import fold

# Key → label, in the order of the screen; an empty label draws the items without a heading.
GROUPS = {
    "work": "",
    "field": _("Store visits"),
    "accounts": _("Customers"),
    "sales": _("Sales"),
    "terms": _("Agreements"),
    "money": _("Money"),
    "insight": _("Insight"),
    "data": _("Data"),
    "admin": _("Administration"),
}
PHONE_PLACES = 4

_ITEMS = {}


@dataclass(frozen=True)
class Item:
    """One link of the navigation; ``capability`` None shows it to everybody who is signed in."""

    group: str
    label: str
    url_name: str
    icon: str
    capability: str | None
    order: int
    phone: bool
    key: str


def register(group, label, url_name, icon, capability=None, order=50, phone=False, key=""):
    """Add a link; registering the same ``url_name`` again replaces it. Raises ValueError for an unknown group or a key that is taken."""
    if group not in GROUPS:
        raise ValueError(f"There is no navigation group “{group}”; there are {', '.join(GROUPS)}.")
    taken = next((item for item in _ITEMS.values() if key and item.key == key and item.url_name != url_name), None)
    if taken:
        raise ValueError(f"The keys g {key} open {taken.url_name} already: choose another letter for {url_name}.")
    _ITEMS[url_name] = Item(group, label, url_name, icon, capability, order, phone, key)
    _allowed_with.cache_clear()


def registered():
    """Every item, whoever may see it."""
    return list(_ITEMS.values())


def _link(item, url, current):
    return {"label": item.label, "url": url, "icon": item.icon, "current": item.url_name == current, "key": item.key}


@cache
def address_of(url_name):
    """The page's address; None where this installation has no such page. A test finds wrong names."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def _allowed(user):
    """Items that ``user`` may open, with their addresses, in order."""
    return _allowed_with(user.capabilities if user.is_active else frozenset())


@lru_cache(maxsize=64)
def _allowed_with(capabilities):
    """The same of whoever holds ``capabilities``, put in order once: every page of theirs asks."""
    allowed = [item for item in _ITEMS.values() if item.capability is None or item.capability in capabilities]
    return [(item, url) for item in sorted(allowed, key=lambda item: (item.order, item.url_name)) if (url := address_of(item.url_name))]


def _current(linked, path):
    leading = [(len(url), item.url_name) for item, url in linked if path == url or (url != "/" and path.startswith(url))]
    return max(leading)[1] if leading else None


def pages_called(user, text):
    """Links of the pages that ``user`` may open and whose name, or whose group's, holds all the words of ``text``; the best first."""
    words = fold(text).split()
    if not words:
        return []
    links = [_link(item, url, None) | {"group": str(GROUPS[item.group])} for item, url in _allowed(user)]
    fitting = [link for link in links if all(word in fold(f"{link['label']} {link['group']}") for word in words)]
    wanted = " ".join(words)
    return sorted(fitting, key=lambda link: (fold(str(link["label"])) != wanted, words[0] not in fold(str(link["label"]))))


def navigation_key(user, path):
    """Equal for two requests that see the same navigation."""
    linked = _allowed(user)
    return tuple(item.url_name for item, _url in linked), _current(linked, path)


def navigation_for(user, path):
    """What the shell draws: ``groups`` (label, links) and ``phone`` links; the link whose address leads to ``path`` is current.

    ``elsewhere`` says that the current page has no place in the bottom bar, so that “More” is marked.
    """
    linked = _allowed(user)
    current = _current(linked, path)
    groups = []
    for key, label in GROUPS.items():
        links = [_link(item, url, current) for item, url in linked if item.group == key]
        if links:
            groups.append({"key": key, "label": label, "links": links, "open": not label or any(link["current"] for link in links)})
    places = [item for item, _url in linked if item.phone][:PHONE_PLACES]
    return {
        "groups": groups,
        "phone": [_link(item, url, current) for item, url in linked if item in places],
        "elsewhere": current is None or all(item.url_name != current for item in places),
    }
