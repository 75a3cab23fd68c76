"""What no test may do unnoticed: print an undefined template variable, or talk to the network."""

import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.template.base import FilterExpression, Node

PROJECT_TEMPLATES = str(settings.BASE_DIR / "templates")
FILTERS_THAT_EXPECT_NOTHING = {"default", "default_if_none", "yesno"}


class UndefinedTemplateVariable(AssertionError):
    """A template of ours asked for something that its view or include did not give it."""


class NetworkCall(AssertionError):
    """A test tried to reach another machine."""


class UndefinedVariableGuard(str):
    """Stands in for Django's ``string_if_invalid`` and raises where one of our own templates would have printed nothing.

    ``{% if x %}`` and ``{% for … in x %}`` may ask for what is not there (Django resolves them without this string), and so may
    ``{{ x|default:"…" }}``. Templates of installed packages are their authors' business.
    """

    __slots__ = ()

    def __bool__(self):
        expression, origin, line = _asking_expression(sys._getframe(1))
        if expression is None or not origin.startswith(PROJECT_TEMPLATES):
            return False
        if any(getattr(function, "__name__", "") in FILTERS_THAT_EXPECT_NOTHING for function, _arguments in expression.filters):
            return False
        where = Path(origin).relative_to(PROJECT_TEMPLATES)
        raise UndefinedTemplateVariable(f"templates/{where}, line {line}: “{expression.token}” is not defined here.")


def _asking_expression(frame):
    """(expression, template file, line) that made Django look at ``string_if_invalid``; (None, "", 0) elsewhere."""
    expression = frame.f_locals.get("self")
    if not isinstance(expression, FilterExpression):
        return None, "", 0
    while frame := frame.f_back:
        node = frame.f_locals.get("self")
        if isinstance(node, Node) and getattr(node, "origin", None):
            return expression, str(node.origin.name), getattr(getattr(node, "token", None), "lineno", 0)
    return expression, "", 0


def guard_templates():
    """Let the project's template engine refuse undefined variables from now on."""
    from django.template import engines  # built from settings at first use, so not before they are final

    engines["django"].engine.string_if_invalid = UndefinedVariableGuard()


def allowed_hosts():
    """This machine, and the servers that DATABASE_URL and REDIS_URL name."""
    named = {settings.DATABASES["default"].get("HOST"), urlsplit(settings.REDIS_URL).hostname}
    return {"localhost", "127.0.0.1", "::1", ""} | {host for host in named if host}


def guard_network(monkeypatch):
    """Refuse connections to any other machine, before a name is even looked up."""
    allowed, connect, connect_ex, getaddrinfo = allowed_hosts(), socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
    numeric = {result[4][0] for host in allowed - {""} for result in _lookup(getaddrinfo, host)}

    def check(address):
        host = address[0] if isinstance(address, tuple) else None  # a path is a socket of this machine
        if host is not None and host not in allowed | numeric:
            raise NetworkCall(f"A test tried to connect to {host}:{address[1]}; tests and pages reach no other machine.")

    def guarded_connect(self, address):
        check(address)
        return connect(self, address)

    def guarded_connect_ex(self, address):
        check(address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host, *arguments, **options):
        check((host.decode() if isinstance(host, bytes) else host or "", arguments[0] if arguments else ""))
        return getaddrinfo(host, *arguments, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)


def _lookup(getaddrinfo, host):
    try:
        return getaddrinfo(host, None)
    except OSError:
        return []
