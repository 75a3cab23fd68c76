"""The icons of every page: one sprite, of which a place shows one drawing."""

import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import mark_safe


@lru_cache
def icon_names():
    """The names in static/vendor/icons/icons.svg; frontend/icons.mjs decides what is in it."""
    sprite = Path(settings.BASE_DIR, "static/vendor/icons/icons.svg").read_text(encoding="utf-8")
    return frozenset(re.findall(r'<symbol id="([^"]+)"', sprite))


@lru_cache(maxsize=512)
def _icon(name, label):
    """Drawn once per process: a page has some sixty, and the sprite's address does not change under a running program."""
    if name not in icon_names():
        return ""
    words = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="icon" {}><use href="{}#{}"></use></svg>', words, static("vendor/icons/icons.svg"), name)


def icon(name, label=""):
    """``{% icon "check" %}`` beside words, ``{% icon "check" _("done") %}`` where it stands alone. An unknown name draws nothing."""
    return _icon(name, str(label))
