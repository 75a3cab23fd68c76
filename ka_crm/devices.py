"""A browser's own long name in the words of a person: “Chrome on Android”."""

from django.utils.translation import gettext as _

# Sought in this order: Edge also calls itself Chrome, and every browser Safari.
_BROWSERS = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("MicroMessenger/", "WeChat"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
]
_SYSTEMS = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
]
_LONGEST = 60


def device_name(user_agent):
    """What the header ``User-Agent`` (hostile text, maybe empty) says; an unknown program keeps the beginning of its own name."""
    browser, system = (_first_in(user_agent, known) for known in (_BROWSERS, _SYSTEMS))
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent[:_LONGEST].strip() or _("unknown browser")


def _first_in(user_agent, known):
    return next((name for mark, name in known if mark in user_agent), "")
