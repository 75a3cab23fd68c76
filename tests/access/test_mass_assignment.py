"""No form takes what it does not offer: read-only fields stay, ids of foreign rows are refused (reliability A3, A4).

Every route × every role: the whole product, from the resolver.
"""

import pytest
from django.forms import modelform_factory
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path

from accounts.models import Contact, KeyAccount, Store
from ka_crm import policy, policy_examples
from team.models import User

from .intruder import Intruder, hostile_rows, intrusions
from .matrix import ONCE, routes
from .test_matrix import name_of, planted, told

pytestmark = [pytest.mark.django_db, pytest.mark.once(ONCE)]
OF_THE_SIGN_IN_PACKAGE = ("account_", "mfa_", "usersessions_")
POSTS = [route for route in routes() if "POST" in route.methods and route.policy not in ("", policy.PUBLIC)]
POSTS = [route for route in POSTS if not route.name.startswith(OF_THE_SIGN_IN_PACKAGE)]


@pytest.fixture(scope="module")
def intruders(visitors, django_db_blocker):
    with django_db_blocker.unblock():
        return {who: Intruder(visitors, who) for who in visitors.world.people}


@pytest.mark.parametrize("route", POSTS, ids=name_of)
def test_what_no_form_offers_is_not_taken(route, visitors, intruders):
    problems, _accepted = intrusions(route, visitors, intruders)

    assert told(problems) == ""


def test_the_attempts_are_such_as_would_be_accepted(visitors, intruders):
    """Control: were the posts refused for what is missing in them, nothing would be shown."""
    chosen = {
        "accounts:account_edit",
        "accounts:store_create",
        "team:profile",
        "team:person_edit",
        "sales:product_edit",
        "records:comment_create",
    }

    for route in POSTS:
        if route.name in chosen:
            assert intrusions(route, visitors, intruders)[1] > 0, route.name


def test_nothing_hostile_is_there_before(visitors):
    assert hostile_rows() == []


# -- controls: what is planted is found ------------------------------------------------------------------------------------------
def everything(request, pk):
    """A form that offers a few fields and takes whatever is posted."""
    contact = get_object_or_404(Contact.objects.visible_to(request.user), pk=pk)
    form = modelform_factory(Contact, fields=["name"])(request.POST or None, instance=contact)
    if request.method == "POST" and form.is_valid():
        for name, value in request.POST.items():
            if name in {"code", "notes", "title"}:
                setattr(contact, name, value)
        contact.save()
        return HttpResponseRedirect("/")
    return page_of(request, form)


def anybodys(request, pk):
    """A form whose choices know no scope on their way back."""
    contact = get_object_or_404(Contact.objects.visible_to(request.user), pk=pk)
    form = modelform_factory(Contact, fields=["name", "account"])(request.POST or None, instance=contact)
    if request.method == "POST":
        Contact.objects.filter(pk=contact.pk).update(account=request.POST.get("account") or contact.account_id)
        return HttpResponseRedirect("/")
    form.fields["account"].queryset = KeyAccount.objects.visible_to(request.user)
    return page_of(request, form)


def reaching(request, pk):
    """A button that renames whatever store it is told."""
    store = request.POST.get("store", "")
    Store.objects.filter(pk=store if store.isdigit() else None).update(name="Renamed")
    return HttpResponse()


def page_of(request, form):
    return render(request, "components/form_page.html", {"form": form, "page_title": "Planted", "back_url": "/", "submit_label": "Save"})


@pytest.fixture
def contact_example():
    policy_examples.register("planted", model="accounts.Contact")
    yield
    policy_examples._EXAMPLES.pop("planted")


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (everything, "writes a read-only field of accounts.Contact"),
        (anybodys, "with a foreign account: is accepted"),
        (reaching, "changes a foreign accounts.Store"),
    ],
)
def test_control_what_is_planted_is_found(visitors, intruders, contact_example, view, said):
    with planted(path("planted/<int:pk>/", policy.requires("accounts.view")(view), name="planted")) as route:
        problems, _accepted = intrusions(route, visitors, intruders)

    assert [line for line in problems if line.startswith("ka_manager") and said in line]


def test_everybody_has_foreign_rows_or_sees_all(visitors, intruders):
    for who, intruder in intruders.items():
        if not User.objects.get(pk=intruder.person.pk).sees_all:
            assert {KeyAccount, Store, Contact} <= {model for model, keys in intruder.foreign.items() if keys}, who
