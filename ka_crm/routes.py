"""Every route of the program as data: name, pattern, methods, declared policy. Read from the resolver, so none is forgotten."""

from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from . import policy

ALL_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Route:
    """One address pattern; ``policy`` is "" where nobody declared one, ``keywords`` are what its address needs."""

    name: str
    pattern: str
    methods: tuple
    policy: str
    keywords: tuple


def all_routes():
    """All routes that an address can reach, in the order in which the resolver tries them."""
    reachable = {}
    for route in _walk(get_resolver(), "", ()):
        reachable.setdefault(route.pattern, route)  # of two with one pattern the first answers: so packages' pages are closed
    return list(reachable.values())


def _walk(resolver, before, namespaces):
    for entry in resolver.url_patterns:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, pattern, (*namespaces, entry.namespace) if entry.namespace else namespaces)
        elif isinstance(entry, URLPattern):
            name = ":".join((*namespaces, entry.name or ""))
            yield Route(
                name=name,
                pattern="/" + pattern,
                methods=_methods(entry.callback),
                policy=getattr(entry.callback, "policy", "") or policy.OF_PACKAGES.get(name, ""),
                keywords=tuple(entry.pattern.regex.groupindex),
            )


def _unwrapped(view):
    """A view and everything that decorators wrapped, outermost first."""
    while view is not None:
        yield view
        view = getattr(view, "__wrapped__", None)


def _methods(view):
    """What the view answers: ``require_http_methods`` where it stands, else the methods that its class has."""
    for layer in _unwrapped(view):
        named = _closed_over(layer).get("request_method_list")
        if named:
            return tuple(method for method in ALL_METHODS if method in named)
        if view_class := getattr(layer, "view_class", None) or getattr(layer, "cls", None):
            has = {method for method in ALL_METHODS if hasattr(view_class, method.lower())} - {"OPTIONS"}
            return tuple(method for method in ALL_METHODS if method in has or (method == "HEAD" and "GET" in has))
    return policy.PAGE_METHODS


def _closed_over(function):
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    if code is None or not cells:
        return {}
    return {name: cell.cell_contents for name, cell in zip(code.co_freevars, cells, strict=True) if _is_filled(cell)}


def _is_filled(cell):
    try:
        cell.cell_contents  # noqa: B018 – reading it is the question
    except ValueError:
        return False
    return True
