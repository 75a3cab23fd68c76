"""Pages of accounts, stores, contacts and assignments: scoped lookup → checked input → one service call → answer."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ka_crm import policy
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage
from ka_crm.recordpages import archive_or_restore, create_page, edit_page
from ka_crm.text import is_id

from . import list_actions, services
from .filters import ContactFilter, KeyAccountFilter, StoreFilter
from .forms import AssignmentForm, ContactForm, EndAssignmentForm, KeyAccountForm, StoreForm
from .models import AccountAssignment, Contact, KeyAccount, Store
from .querysets import KeyAccountQuerySet
from .tables import ContactTable, KeyAccountTable, StoreTable


class KeyAccountList(ListPage):
    title = gettext_lazy("Key accounts")
    table_class = KeyAccountTable
    filterset_class = KeyAccountFilter
    bulk_actions = list_actions.FOR_ACCOUNTS
    totals = {"store_count": KeyAccountQuerySet.count_of_stores}
    action = Action(gettext_lazy("New key account"), "accounts:account_create", capability="accounts.create")
    empty = gettext_lazy("No key account here yet. Import your chains from a file, or enter the first one by hand.")

    def get_queryset(self, request):
        return KeyAccount.objects.visible_to(request.user).for_list().with_names_of_parents()


class StoreList(ListPage):
    title = gettext_lazy("Stores")
    table_class = StoreTable
    filterset_class = StoreFilter
    bulk_actions = list_actions.FOR_STORES
    action = Action(gettext_lazy("New store"), "accounts:store_create", capability="stores.change")
    empty = gettext_lazy("No store here yet. Import them from a file, or enter the first one by hand.")

    def get_queryset(self, request):
        return Store.objects.visible_to(request.user).for_list().with_names_of_accounts()


class ContactList(ListPage):
    title = gettext_lazy("Contacts")
    table_class = ContactTable
    filterset_class = ContactFilter
    bulk_actions = list_actions.FOR_CONTACTS
    action = Action(gettext_lazy("New contact"), "accounts:contact_create", capability="contacts.change")
    empty = gettext_lazy("No contact here yet. Enter the buyers, the people in stores and those who handle invoices.")

    def get_queryset(self, request):
        return Contact.objects.visible_to(request.user).for_list()


def initial_account(request):
    """The account named in ``?account=`` if the person may see it: forms opened from an account's page start with it."""
    wanted = request.GET.get("account", "")
    if is_id(wanted):
        account = KeyAccount.objects.visible_to(request.user).active().filter(pk=wanted).first()
        return {"account": account.pk} if account else {}
    return {}


# -- key accounts ------------------------------------------------------------------------------------------------------------
@policy.requires("accounts.view")
def account_detail(request, pk):
    account = get_object_or_404(KeyAccount.objects.visible_to(request.user).select_related("parent"), pk=pk)
    user = request.user
    context = {
        "account": account,
        "children": KeyAccount.objects.visible_to(user).filter(parent=account).active().for_list()[:50],
        "assignments": AccountAssignment.objects.filter(account=account).for_list(),
        "contacts": Contact.objects.filter(account=account).active().for_list()[:12],
        "contact_count": account.contacts.active().count(),
        "stores": Store.objects.filter(account=account).active().for_list()[:12],
        "store_count": services.stores_of(account).count(),
        "today": timezone.localdate(),
        "may_change": user.has_capability("accounts.change"),
        "may_assign": user.has_capability("assignments.manage"),
        "may_add_store": user.has_capability("stores.change"),
        "may_add_contact": user.has_capability("contacts.change"),
    }
    return render(request, "accounts/account_detail.html", context)


@policy.requires("accounts.create")
def account_create(request):
    form = KeyAccountForm(request.POST or None, user=request.user, initial={"parent": initial_account(request).get("account")})
    return create_page(
        request,
        form=form,
        save=lambda form: services.create_account(account=form.instance, actor=request.user),
        title=_("New key account"),
        back_url=reverse("accounts:account_list"),
    )


@policy.requires("accounts.change")
def account_edit(request, pk):
    rows = KeyAccount.objects.visible_to(request.user)
    return edit_page(request, rows=rows, pk=pk, form_class=KeyAccountForm, service=services.change_account, noun="account")


@require_POST
@policy.requires("accounts.change")
def account_archive(request, pk):
    rows = KeyAccount.objects.visible_to(request.user)
    return archive_or_restore(request, rows=rows, pk=pk, archive=services.archive_account, restore=services.restore_account, noun="account")


@policy.requires("assignments.manage")
def assignment_create(request, pk):
    account = get_object_or_404(KeyAccount.objects.visible_to(request.user), pk=pk)
    form = AssignmentForm(request.POST or None, user=request.user, initial={"starts_on": timezone.localdate()})

    def save(form):
        services.assign(account=account, actor=request.user, **form.cleaned_data)
        return account.get_absolute_url()

    return form_page(
        request,
        form=form,
        save=save,
        title=_("Assign a person to %(account)s") % {"account": account},
        back_url=account.get_absolute_url(),
        success=_("The assignment is saved; it reaches all stores and accounts below."),
    )


@policy.requires("assignments.manage")
def assignment_end(request, pk):
    assignment = get_object_or_404(AccountAssignment.objects.visible_to(request.user).select_related("account", "user"), pk=pk)
    form = EndAssignmentForm(request.POST or None, initial={"ends_on": timezone.localdate()})

    def save(form):
        services.end_assignment(assignment=assignment, ends_on=form.cleaned_data["ends_on"], actor=request.user)
        return assignment.account.get_absolute_url()

    return form_page(
        request,
        form=form,
        save=save,
        title=_("End the assignment of %(person)s") % {"person": assignment.user},
        back_url=assignment.account.get_absolute_url(),
        success=_("The assignment has an end; history keeps it."),
    )


# -- stores ------------------------------------------------------------------------------------------------------------------
@policy.requires("accounts.view")
def store_detail(request, pk):
    store = get_object_or_404(Store.objects.visible_to(request.user).select_related("account"), pk=pk)
    context = {
        "store": store,
        "contacts": Contact.objects.filter(store=store).active().for_list()[:12],
        "may_change": request.user.has_capability("stores.change"),
        "may_add_contact": request.user.has_capability("contacts.change"),
    }
    return render(request, "accounts/store_detail.html", context)


@policy.requires("stores.change")
def store_create(request):
    return create_page(
        request,
        form=StoreForm(request.POST or None, user=request.user, initial=initial_account(request)),
        save=lambda form: services.create_store(store=form.instance, actor=request.user),
        title=_("New store"),
        back_url=reverse("accounts:store_list"),
    )


@policy.requires("stores.change")
def store_edit(request, pk):
    rows = Store.objects.visible_to(request.user)
    return edit_page(request, rows=rows, pk=pk, form_class=StoreForm, service=services.change_store, noun="store")


@require_POST
@policy.requires("stores.change")
def store_archive(request, pk):
    rows = Store.objects.visible_to(request.user)
    return archive_or_restore(request, rows=rows, pk=pk, archive=services.archive_store, restore=services.restore_store, noun="store")


# -- contacts ----------------------------------------------------------------------------------------------------------------
@policy.requires("accounts.view")
def contact_detail(request, pk):
    contact = get_object_or_404(Contact.objects.visible_to(request.user).select_related("account", "store"), pk=pk)
    context = {"contact": contact, "may_change": request.user.has_capability("contacts.change")}
    return render(request, "accounts/contact_detail.html", context)


@policy.requires("contacts.change")
def contact_create(request):
    return create_page(
        request,
        form=ContactForm(request.POST or None, user=request.user, initial=initial_account(request)),
        save=lambda form: services.create_contact(contact=form.instance, actor=request.user),
        title=_("New contact"),
        back_url=reverse("accounts:contact_list"),
    )


@policy.requires("contacts.change")
def contact_edit(request, pk):
    rows = Contact.objects.visible_to(request.user)
    return edit_page(request, rows=rows, pk=pk, form_class=ContactForm, service=services.change_contact, noun="contact")


@require_POST
@policy.requires("contacts.change")
def contact_archive(request, pk):
    rows = Contact.objects.visible_to(request.user)
    return archive_or_restore(request, rows=rows, pk=pk, archive=services.archive_contact, restore=services.restore_contact, noun="contact")
