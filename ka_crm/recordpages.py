"""The three pages that every record has beside its own: new, edit, to the archive and back.

``rows`` is the scoped queryset (``visible_to(user)``): a foreign or missing pk is a 404. ``service`` is the app's verb, called
with keywords only.
"""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from . import undo_offer
from .errors import DomainError
from .forms import form_page


def create_page(request, *, form, save, title, back_url):
    """A form over a new record; ``save(form)`` is the service call and returns the record."""
    return form_page(request, form=form, save=save, title=title, back_url=back_url, success=_("“%(record)s” is created."))


def edit_page(request, *, rows, pk, form_class, service, noun):
    """A form over the record ``pk`` of ``rows``; ``service(<noun>=…, values=…, actor=…, expected_version=…)`` saves it."""
    record = get_object_or_404(rows, pk=pk)
    form = form_class(request.POST or None, instance=record, user=request.user)

    def save(form):
        return service(**{noun: record}, values=form.values, actor=request.user, expected_version=form.expected_version)

    title = _("Edit %(record)s") % {"record": record}
    return form_page(request, form=form, save=save, title=title, back_url=record.get_absolute_url(), success=_("“%(record)s” is saved."))


def archive_or_restore(request, *, rows, pk, archive, restore, noun):
    """One button, two directions: what is in use goes to the archive, what is archived comes back.

    The button posts the direction that it showed (``to``), so that a double click does not take back what it did.
    """
    record = get_object_or_404(rows, pk=pk)
    if request.POST.get("to") == ("archive" if record.archived_at else "restore"):
        return redirect(record)
    service = restore if record.archived_at else archive
    try:
        service(**{noun: record}, actor=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        came_back = _("“%(record)s” is back from the archive.")
        went = _("“%(record)s” is in the archive. It can be brought back there.")
        messages.success(request, (came_back if service is restore else went) % {"record": record}, extra_tags=undo_offer.tags())
    return redirect(record)
