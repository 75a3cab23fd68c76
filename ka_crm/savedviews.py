"""Saved views of lists: the verbs. What a view may show is decided by the list's own scope, for whoever opens it.

A view is the address after the question mark, in a fixed order and without what belongs to the moment (page, file, view).
"""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.dispatch import Signal
from django.http import QueryDict
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import gettext as _

from .errors import DomainError, StaleRecord
from .models import SavedView
from .text import clean_text

# Sent inside the transaction of each change: view, verb (“view.created”), actor, changes. The audit trail listens.
view_changed = Signal()

OF_THE_MOMENT = ("page", "view", "_export", "_choices", "_q", "count")
MOST_VIEWS = 30  # of one person for one list
MOST_QUERY = 4_000  # characters


@dataclass(frozen=True)
class ListedView:
    """A view as the menu of its list shows it."""

    list_name: str
    public_id: UUID
    name: str
    query: str
    owner_id: int
    is_shared: bool
    is_default: bool
    owner_name: str
    is_own: bool

    def __post_init__(self):
        if not isinstance(self.public_id, UUID):  # SQLite keeps it as text
            object.__setattr__(self, "public_id", UUID(self.public_id))


def normal_query(query):
    """A QueryDict or its text as a view keeps it: without empty values and what belongs to the moment, names in order."""
    given = query if isinstance(query, QueryDict) else QueryDict(query.removeprefix("?"), mutable=False)
    kept = QueryDict(mutable=True)
    for name in sorted(given):
        values = [value for value in given.getlist(name) if value]
        if values and name not in OF_THE_MOMENT:
            kept.setlist(name, values)
    return kept.urlencode()


def list_page_of(list_name):
    """The ListPage class behind a url name, or None where the name is none of a list's."""
    from .listpage import ListPage  # the list page draws its views, so it imports this module

    try:
        view = resolve(reverse(list_name)).func
    except NoReverseMatch:
        return None
    page_class = getattr(getattr(view, "__wrapped__", view), "view_class", None)
    return page_class if isinstance(page_class, type) and issubclass(page_class, ListPage) else None


def may_open(list_name, user):
    """Whether ``user`` may open the list at all, by the policy that its route declares."""
    if list_page_of(list_name) is None:
        return False
    declared = getattr(resolve(reverse(list_name)).func, "policy", "")
    return declared in ("signed_in", "public") or any(user.has_capability(one) for one in declared.split(" | "))


def address_of(view):
    """The list with the view's search, filters, order and columns; ``view`` in the address says which view it is."""
    return f"{reverse(view.list_name)}?{view.query}{'&' if view.query else ''}view={view.public_id}"


@transaction.atomic
def save_view(*, list_name, name, query, actor, is_shared=False, is_default=False):
    """Keep ``query`` under ``name`` for ``actor``; the same name again takes the new query.

    Raises DomainError for an empty name, an unknown list, too long an address or too many views.
    """
    name = _checked_name(name)
    if not may_open(list_name, actor):
        raise DomainError(_("This list cannot be kept as a view. Open the list and try again."))
    query = normal_query(query)
    if len(query) > MOST_QUERY:
        raise DomainError(_("The filter is too long to be kept. Take some of it away."))
    mine = SavedView.objects.filter(owner=actor, list_name=list_name)
    view = mine.select_for_update().filter(name=name).first()
    if view is None and mine.count() >= MOST_VIEWS:
        raise DomainError(_("You keep %(most)d views of this list already. Delete one that you no longer use.") % {"most": MOST_VIEWS})
    view = view or SavedView(owner=actor, list_name=list_name, name=name, version=0)
    return _write(view, actor, "view.changed" if view.pk else "view.created", query=query, is_shared=is_shared, is_default=is_default)


@transaction.atomic
def change_view(*, view, actor, expected_version=None, **values):
    """Rename, share, make default or give another query; ``values`` are fields of the view.

    Raises DomainError for an empty name or one that another view of the list has, StaleRecord if it changed since it was read.
    """
    view = SavedView.objects.changeable_by(actor).select_for_update(of=("self",)).get(pk=view.pk)
    if expected_version is not None and view.version != expected_version:
        raise StaleRecord(_("Somebody else changed “%(record)s” while you were editing it.") % {"record": view})
    if "name" in values:
        values["name"] = _checked_name(values["name"])
        rivals = SavedView.objects.filter(owner=view.owner_id, list_name=view.list_name, name=values["name"]).exclude(pk=view.pk)
        if rivals.exists():
            raise DomainError(_("You have a view named “%(name)s” of this list already. Choose another name.") % {"name": values["name"]})
    if "query" in values:
        values["query"] = normal_query(values["query"])[:MOST_QUERY]
    return _write(view, actor, "view.changed", **values)


@transaction.atomic
def delete_view(*, view, actor):
    """Delete a view; the rows that it showed stay as they are."""
    view = SavedView.objects.changeable_by(actor).select_for_update(of=("self",)).get(pk=view.pk)
    view_changed.send(SavedView, view=view, verb="view.deleted", actor=actor, changes={"query": [view.query, None]})
    view.delete()


def _write(view, actor, verb, **values):
    changes = {name: [getattr(view, name) if view.pk else None, value] for name, value in values.items() if getattr(view, name) != value}
    if not changes and view.pk:
        return view
    if values.get("is_default"):
        SavedView.objects.filter(owner=view.owner_id, list_name=view.list_name, is_default=True).exclude(pk=view.pk).update(
            is_default=False
        )
    for name, value in values.items():
        setattr(view, name, value)
    view.version += 1
    view.save()
    view_changed.send(SavedView, view=view, verb=verb, actor=actor, changes=changes)
    return view


def _checked_name(name):
    name = " ".join(clean_text(name).split())[:60]
    if not name:
        raise DomainError(_("Give the view a name."))
    return name


def views_for(list_name, user):
    """The views of a list for its menu, in one statement: one's own first, then those of colleagues, each with ``is_own``.

    Written out, because every list page asks it and Django takes longer to work out the same SQL than the database to answer.
    """
    own, people = connection.ops.quote_name, get_user_model()._meta
    statement = (
        f"SELECT v.public_id, v.name, v.query, v.owner_id, v.is_shared, v.is_default, u.name FROM {own(SavedView._meta.db_table)} v"
        f" JOIN {own(people.db_table)} u ON u.id = v.owner_id WHERE v.list_name = %s AND (v.owner_id = %s OR v.is_shared = %s)"
        " ORDER BY CASE WHEN v.owner_id = %s THEN 0 ELSE 1 END, v.name, v.id LIMIT 200"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list_name, user.pk, True, user.pk])
        return [ListedView(list_name, *row, is_own=row[3] == user.pk) for row in cursor.fetchall()]
