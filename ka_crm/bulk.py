"""One verb for many rows of a list: chosen rows or all that match the filter, confirmed with the exact count, told row by row.

    class StoreList(ListPage):
        bulk_actions = (
            BulkAction("archive", _("Archive"), lambda store, actor: services.archive_store(store=store, actor=actor),
                       capability="stores.change", text=_("They leave lists and choices and keep their history.")),
        )

``apply(row, actor, **values)`` is the app's own service verb, so each row has its own checks and its own line in the trail;
``values`` are the cleaned fields of ``form_class(data, user=…)``, asked for on the confirmation page. Rows come from the list's
own scoped and filtered queryset: what is foreign, gone or no longer matches cannot be named.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Count, Max, Min, Sum
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .errors import DomainError
from .text import is_id

MOST_ROWS = 1_000  # of one action; what takes longer than people wait for belongs into a job
CHUNK = 100  # rows of one transaction
REFUSALS_TOLD = 5
SHOWN = 10  # names on the confirmation page


@dataclass(frozen=True)
class BulkAction:
    """A verb that a list offers for many rows; ``offered(query)`` may hide it where the filter makes it pointless."""

    name: str
    label: str
    apply: Callable
    capability: str | None = None
    text: str = ""
    form_class: Any = None
    icon: str = "check"
    danger: bool = False
    offered: Callable = field(default=lambda query: True)

    def may(self, user):
        return self.capability is None or user.has_capability(self.capability)


def offered_actions(page):
    """What this person may do with many rows of the list as it is filtered now."""
    request = page.request
    return [action for action in page.bulk_actions if action.may(request.user) and action.offered(request.GET)]


class Selection:
    """The rows that a POST names: ``row`` ids, or with ``_all`` everything that the filter in the address holds."""

    def __init__(self, page):
        posted = page.request.POST
        self.everything = bool(posted.get("_all"))
        ids = [int(one) for one in posted.getlist("row")[: MOST_ROWS + 1] if is_id(one)]
        self.asked = len(set(ids))
        rows = page.rows.order_by()
        self.rows = rows if self.everything else rows.filter(pk__in=ids)
        facts = self.rows.aggregate(count=Count("pk", distinct=True), first=Min("pk"), last=Max("pk"), total=Sum("pk"))
        self.count = facts["count"]
        self.missing = 0 if self.everything else self.asked - self.count
        self._facts = [str(facts[name]) for name in ("count", "first", "last", "total")]

    def seal(self, action, user):
        """A mark of exactly these rows for this action and person: a list that changed since gives another."""
        return Signer(salt="ka_crm.bulk").sign(":".join([action.name, str(user.pk), *self._facts]))

    def is_as_confirmed(self, action, user, given):
        try:
            Signer(salt="ka_crm.bulk").unsign(given)
        except BadSignature:
            return False
        return given == self.seal(action, user)

    def ids(self):
        """The rows' ids in order, as the rows stand at this moment: the same order everywhere keeps two runs from locking crosswise."""
        return sorted(set(self.rows.values_list("pk", flat=True)))


def answer(page):
    """The answer to a POST on a list: the question first, and after “yes” the deed and back to the list."""
    request = page.request
    action = next((one for one in page.bulk_actions if one.name == request.POST.get("_bulk")), None)
    if action is None:
        messages.warning(request, _("Choose what to do with the rows."))
        return HttpResponseRedirect(page.here)
    if not action.may(request.user):
        raise PermissionDenied
    chosen = Selection(page)
    if not chosen.count:
        messages.warning(request, _("No row is chosen. Tick the rows, or choose all that match."))
        return HttpResponseRedirect(page.here)
    if chosen.count > MOST_ROWS:
        text = _("%(count)d rows are too many for one step; at most %(most)d. Narrow the filter and do it in parts.")
        messages.error(request, text % {"count": chosen.count, "most": MOST_ROWS})
        return HttpResponseRedirect(page.here)
    confirmed = request.POST.get("_seal", "")
    form = action.form_class(request.POST if confirmed else None, user=request.user) if action.form_class else None
    changed = bool(confirmed) and not chosen.is_as_confirmed(action, request.user, confirmed)
    if not confirmed or changed or (form is not None and not form.is_valid()):
        return _ask(page, action, chosen, form, status=409 if changed else 422 if confirmed else 200)
    values = dict(form.cleaned_data) if form is not None else {}
    done, refusals = run(page.rows, chosen.ids(), action, actor=request.user, values=values)
    _tell(request, action, done, refusals, missing=chosen.missing)
    return HttpResponseRedirect(page.here)


def _ask(page, action, chosen, form, *, status):
    """The confirmation page: the exact count, the first names, what will happen, and what the action still has to know."""
    request = page.request
    hidden = [("_bulk", action.name), ("_seal", chosen.seal(action, request.user))]
    hidden += [("_all", "1")] if chosen.everything else [("row", pk) for pk in chosen.ids()]
    named = page.rows.filter(pk__in=chosen.ids()[:SHOWN]) if not chosen.everything else page.rows[:SHOWN]
    context = {
        "page_title": ngettext("%(action)s: %(count)d row", "%(action)s: %(count)d rows", chosen.count)
        % {"action": action.label, "count": chosen.count},
        "action": action,
        "list_title": page.title,
        "count": chosen.count,
        "everything": chosen.everything,
        "missing": chosen.missing,
        "changed": status == 409,
        "names": [str(row) for row in named],
        "more": max(0, chosen.count - SHOWN),
        "filters": page.active_filters() if chosen.everything else [],
        "form": form,
        "hidden": hidden,
        "post_url": page.here,
        "back_url": page.here,
    }
    return render(request, "components/bulk_confirm.html", context, status=status)


def run(rows, ids, action, *, actor, values):
    """Apply ``action`` to the rows ``ids`` of ``rows``, ``CHUNK`` to a transaction, each in a savepoint of its own.

    Returns (how many were done, refusals as (row's name, reason)). A row that a rule refuses leaves the others as they are.
    """
    done, refusals = 0, []
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        with transaction.atomic():
            found = {row.pk: row for row in rows.filter(pk__in=part)}
            for pk in part:
                row = found.get(pk)
                if row is None:
                    refusals.append(("", _("It is no longer in the list.")))
                    continue
                try:
                    with transaction.atomic():
                        action.apply(row, actor, **values)
                except DomainError as error:
                    refusals.append((str(row), str(error)))
                except ValidationError as error:
                    refusals.append((str(row), " ".join(error.messages)))
                else:
                    done += 1
    return done, refusals


def _tell(request, action, done, refusals, *, missing):
    words = {"action": action.label, "count": done}
    if done:
        messages.success(request, ngettext("%(action)s: %(count)d row is done.", "%(action)s: %(count)d rows are done.", done) % words)
    if missing:
        text = ngettext("%(count)d chosen row is no longer in this list.", "%(count)d chosen rows are no longer in this list.", missing)
        messages.warning(request, text % {"count": missing})
    if refusals:
        count = len(refusals)
        text = ngettext("%(action)s: %(count)d row was refused.", "%(action)s: %(count)d rows were refused.", count)
        told = [text % {"action": action.label, "count": count}]
        told += [f"“{name}”: {reason}" if name else reason for name, reason in refusals[:REFUSALS_TOLD]]
        if count > REFUSALS_TOLD:
            told.append(_("And %(count)d more.") % {"count": count - REFUSALS_TOLD})
        messages.warning(request, " ".join(told))


def archive_actions(*, noun, archive, restore, capability):
    """“Archive” and “Bring back” for a list with the filter ``archive``; the verbs are called with ``noun`` and ``actor`` by keyword."""
    return (
        BulkAction(
            "archive",
            gettext_lazy("Archive"),
            lambda row, actor: archive(**{noun: row}, actor=actor),
            capability=capability,
            text=gettext_lazy("They leave lists and choices and keep their history. They can be brought back from the archive."),
            icon="archive",
            offered=lambda query: query.get("archive") != "only",
        ),
        BulkAction(
            "restore",
            gettext_lazy("Bring back"),
            lambda row, actor: restore(**{noun: row}, actor=actor),
            capability=capability,
            text=gettext_lazy("They stand in lists and choices again."),
            icon="undo",
            offered=lambda query: query.get("archive") in ("only", "all"),
        ),
    )
