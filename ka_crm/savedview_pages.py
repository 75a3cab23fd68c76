"""Pages of saved views: keep the list as it is, change a view, delete it."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from . import policy, savedviews
from .errors import DomainError
from .forms import RecordForm, form_page
from .models import SavedView


class ViewForm(RecordForm):
    class Meta:
        model = SavedView
        fields = ["name", "is_default", "is_shared"]
        help_texts = {
            "is_shared": gettext_lazy("Colleagues find it in their menu; each sees only the rows that are theirs to see."),
            "is_default": gettext_lazy("The list opens with it whenever the address asks for nothing else."),
        }


def _changeable(request, public_id):
    """A view of one's own; those who look after settings may also change what others share."""
    return get_object_or_404(SavedView.objects.changeable_by(request.user), public_id=public_id)


def _list_or_home(list_name):
    return reverse(list_name) if savedviews.list_page_of(list_name) else reverse("home")


@policy.signed_in
@require_POST
def view_save(request):
    """Keep the list as it is on the screen under a name; back to it with the view open."""
    posted = request.POST
    try:
        view = savedviews.save_view(
            list_name=posted.get("list", "")[:80],
            name=posted.get("name", ""),
            query=posted.get("query", "")[:20_000],
            actor=request.user,
            is_shared=bool(posted.get("is_shared")),
            is_default=bool(posted.get("is_default")),
        )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(_list_or_home(posted.get("list", "")[:80]))
    messages.success(request, _("The view “%(view)s” is kept.") % {"view": view})
    return HttpResponseRedirect(savedviews.address_of(view))


@policy.signed_in
@require_POST
def view_update(request, public_id):
    """Give an open view the search, filters, order and columns that are on the screen now."""
    view = _changeable(request, public_id)
    try:
        view = savedviews.change_view(view=view, actor=request.user, query=request.POST.get("query", view.query)[:20_000])
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The view “%(view)s” now opens the list as it is here.") % {"view": view})
    return HttpResponseRedirect(savedviews.address_of(view))


@policy.signed_in
def view_edit(request, public_id):
    view = _changeable(request, public_id)
    form = ViewForm(request.POST or None, instance=view)

    def save(form):
        changed = savedviews.change_view(view=view, actor=request.user, expected_version=form.expected_version, **form.values)
        return savedviews.address_of(changed)

    return form_page(
        request,
        form=form,
        save=save,
        title=_("View “%(view)s”") % {"view": view},
        back_url=savedviews.address_of(view),
        success=_("The view is saved."),
        template="components/saved_view.html",
        context={"view": view},
    )


@policy.signed_in
@require_POST
def view_delete(request, public_id):
    view = _changeable(request, public_id)
    savedviews.delete_view(view=view, actor=request.user)
    messages.success(request, _("The view “%(view)s” is deleted. The rows are untouched.") % {"view": view})
    return redirect(_list_or_home(view.list_name))
