"""People: list, page, and the verbs of an administrator."""

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ka_crm import policy
from ka_crm.errors import DomainError
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage

from .. import services
from ..filters import PersonFilter
from ..forms import NewPersonForm, PersonForm, ReasonForm, RoleForm
from ..models import Delegation, User
from ..second_factor import has_second_factor, needs_second_factor
from ..tables import PersonTable


class PersonList(ListPage):
    title = gettext_lazy("People")
    table_class = PersonTable
    filterset_class = PersonFilter
    action = Action(gettext_lazy("New person"), "team:person_create", capability="people.manage")
    empty = gettext_lazy("Nobody fits. Take a filter away, or let somebody in with “New person”.")

    def get_queryset(self, request):
        return User.objects.visible_to(request.user).for_list()


def visible_person(request, pk):
    return get_object_or_404(User.objects.visible_to(request.user).select_related("team"), pk=pk)


@policy.requires("people.view")
def person_detail(request, pk):
    person = visible_person(request, pk)
    user = request.user
    today = timezone.localdate()
    delegations = Delegation.objects.visible_to(user).for_list()
    context = {
        "person": person,
        "may_manage": user.has_capability("people.manage"),
        "absences": [(one, one.status_on(today)) for one in delegations.filter(absent=person)[:10]],
        "deputisings": [(one, one.status_on(today)) for one in delegations.filter(deputy=person)[:10]],
        "second_factor": {"on": has_second_factor(person), "needed": needs_second_factor(person)},
    }
    return render(request, "team/person_detail.html", context)


@policy.requires("people.manage")
@reauthentication_required
def person_create(request):
    form = NewPersonForm(request.POST or None, user=request.user)
    return form_page(
        request,
        form=form,
        save=lambda form: services.create_person(**form.values, actor=request.user),
        title=_("New person"),
        back_url=reverse("team:person_list"),
        success=_("%(record)s can come in: a mail with a link to choose a password is on its way."),
        submit=_("Let in and send the link"),
    )


@policy.requires("people.manage")
def person_edit(request, pk):
    person = visible_person(request, pk)
    form = PersonForm(request.POST or None, instance=person, user=request.user)
    return form_page(
        request,
        form=form,
        save=lambda form: services.change_person(person_id=pk, actor=request.user, expected_version=form.expected_version, **form.values),
        title=_("Edit %(record)s") % {"record": person},
        back_url=person.get_absolute_url(),
        success=_("%(record)s is saved."),
    )


@policy.requires("people.manage")
def person_role(request, pk):
    return _change_role(request, visible_person(request, pk))  # a row that is not there is a 404 before any password is asked for


@reauthentication_required
def _change_role(request, person):
    form = RoleForm(request.POST or None, initial={"role": person.role})
    return form_page(
        request,
        form=form,
        save=lambda form: services.change_role(person_id=person.pk, actor=request.user, **form.cleaned_data),
        title=_("Role of %(record)s") % {"record": person},
        back_url=person.get_absolute_url(),
        success=_("%(record)s has the new role from the next click on."),
        submit=_("Change the role"),
    )


@policy.requires("people.manage")
def person_deactivate(request, pk):
    person = visible_person(request, pk)
    return form_page(
        request,
        form=ReasonForm(request.POST or None),
        save=lambda form: services.deactivate_person(person_id=pk, actor=request.user, **form.cleaned_data),
        title=_("Take away access of %(record)s") % {"record": person},
        back_url=person.get_absolute_url(),
        success=_("%(record)s is signed out everywhere and may not sign in."),
        submit=_("Take away access"),
        context={"intro": _("All sessions end at once. What this person did stays on record, and you can let them in again.")},
    )


def _do(request, person, verb, done):
    """Run ``verb()`` for a button of the person's page and go back there."""
    try:
        verb()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done % {"record": person})
    return redirect(person)


@policy.requires("people.manage")
@require_POST
def person_reactivate(request, pk):
    person = visible_person(request, pk)
    return _do(request, person, lambda: services.reactivate_person(person_id=pk, actor=request.user), _("%(record)s may sign in again."))


@policy.requires("people.manage")
@require_POST
def person_invite(request, pk):
    person = visible_person(request, pk)
    return _do(
        request, person, lambda: services.invite(person_id=pk, actor=request.user), _("A link to choose a password goes to %(record)s.")
    )


@policy.requires("people.manage")
@require_POST
def person_unlock(request, pk):
    """Forget wrong passwords, so that somebody who was slowed down may try again at once."""
    person = visible_person(request, pk)

    def unlock():
        get_adapter(request).unlock(request, person.email)
        services.note_unlocked(person_id=pk, actor=request.user)

    return _do(request, person, unlock, _("%(record)s may try to sign in again at once."))


@policy.requires("people.manage")
def person_reset_second_factor(request, pk):
    return _reset_second_factor(request, visible_person(request, pk))


@reauthentication_required
def _reset_second_factor(request, person):
    return form_page(
        request,
        form=ReasonForm(request.POST or None),
        save=lambda form: services.reset_second_factor(person_id=person.pk, actor=request.user, **form.cleaned_data),
        title=_("Take away the second factor of %(record)s") % {"record": person},
        back_url=person.get_absolute_url(),
        success=_("%(record)s signs in with the password alone, once, and turns a new second factor on."),
        submit=_("Take it away"),
        context={"intro": _("For a lost phone. Make sure that it is really this person who asks. All their sessions end.")},
    )
