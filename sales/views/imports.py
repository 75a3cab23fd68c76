"""Pages of imports: upload → recognised profile → preview → progress → result, with the file of refused rows and undo."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.models import KeyAccount
from ka_crm import policy
from ka_crm.errors import DomainError
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage
from ka_crm.serving import attachment
from team.audit import record

from ..filters import ImportBatchFilter
from ..forms import ProfileChoiceForm, UploadForm
from ..importing.registry import kind_named
from ..models import ImportBatch, ImportKind, ImportProfile
from ..services import imports as services
from ..states import BatchStatus
from ..tables import ImportBatchTable

# Kinds that change what the whole company works with; the others change the uploader's own accounts.
MASTER_KINDS = frozenset({ImportKind.ACCOUNTS, ImportKind.PRODUCTS, ImportKind.STORES})
ROWS_SHOWN = 200


class ImportBatchList(ListPage):
    title = gettext_lazy("Imports")
    lead = gettext_lazy("Every file that came in, from whom, and what became of it.")
    table_class = ImportBatchTable
    filterset_class = ImportBatchFilter
    action = Action(gettext_lazy("Import a file"), "sales:import_create", capability="imports.run", icon="upload")
    empty = gettext_lazy("No file has come in yet. Import the first retailer file: it is recognised by its content.")

    def get_queryset(self, request):
        return ImportBatch.objects.visible_to(request.user).for_list()


def kinds_for(user):
    """The kinds of file that ``user`` may import, as choices; sell-out first, as it comes every month."""
    allowed = [kind for kind in ImportKind if kind not in MASTER_KINDS or user.has_capability("imports.master")]
    return [(kind.value, kind.label) for kind in sorted(allowed, key=lambda kind: kind != ImportKind.SELLOUT)]


def profile_choices():
    return [(profile.code, str(profile)) for profile in ImportProfile.objects.active().order_by("code")]


def may_handle(user, batch):
    """Whether ``user`` may run or undo ``batch``: the own one or one's people's, of a kind that the role covers."""
    own = user.sees_all or batch.uploaded_by_id in user.people_in_scope
    return own and user.has_capability("imports.run") and batch.kind in dict(kinds_for(user))


@policy.requires("imports.run")
def import_create(request):
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        kinds=kinds_for(request.user),
        accounts=KeyAccount.objects.visible_to(request.user).active(),
        profiles=profile_choices(),
        initial={name: request.GET.get(name) or None for name in ("account", "kind")},
    )

    def save(form):
        upload = form.cleaned_data["file"]
        batch = services.receive_file(
            kind=form.cleaned_data["kind"],
            file=upload,
            name=upload.name,
            actor=request.user,
            account=form.cleaned_data["account"],
            profile_code=form.cleaned_data["profile"],
            month=form.cleaned_data["month"],
        )
        services.order_check(batch=batch, actor=request.user)
        return batch

    return form_page(
        request,
        form=form,
        save=save,
        title=_("Import a file"),
        back_url="..",
        success=_("“%(record)s” has arrived and is being checked. Nothing is imported before you say so."),
        submit=_("Upload and check"),
        template="sales/import_form.html",
        context={"sheets": [(label, kind_named(kind).schema) for kind, label in kinds_for(request.user)]},
    )


@policy.requires("imports.view")
def import_detail(request, public_id):
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user).for_list(), public_id=public_id)
    handles = may_handle(request.user, batch)
    context = {
        "batch": batch,
        "steps": _steps(batch),
        "refused_rows": batch.row_errors.all()[:ROWS_SHOWN],
        "is_working": batch.job is not None and not batch.job.is_finished,
        "may_run": handles and batch.status == BatchStatus.CHECKED,
        "may_retry": handles and batch.status in (BatchStatus.REFUSED, BatchStatus.FAILED),
        "may_undo": handles and batch.status == BatchStatus.IMPORTED,
        "choice_form": ProfileChoiceForm(
            initial={"account": batch.account_id, "profile": batch.profile_code, "month": batch.month},
            accounts=KeyAccount.objects.visible_to(request.user).active(),
            profiles=profile_choices(),
        ),
    }
    return render(request, "sales/import_detail.html", context)


def _steps(batch):
    """Where the file is on its way: received, checked, imported."""
    reached = {BatchStatus.RECEIVED: 0, BatchStatus.CHECKED: 1, BatchStatus.QUEUED: 2, BatchStatus.RUNNING: 2}.get(batch.status, 3)
    labels = [_("Received"), _("Checked"), _("Imported")]
    return [
        {"label": label, "state": "done" if position < reached else "current" if position == reached else "next"}
        for position, label in enumerate(labels)
    ]


def _handled_batch(request, public_id):
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user).for_list(), public_id=public_id)
    if not may_handle(request.user, batch):
        raise PermissionDenied
    return batch


@require_POST
@policy.requires("imports.run")
def import_check(request, public_id):
    """Check again, with another profile or account."""
    batch = _handled_batch(request, public_id)
    form = ProfileChoiceForm(request.POST, accounts=KeyAccount.objects.visible_to(request.user).active(), profiles=profile_choices())
    if not form.is_valid():
        messages.error(request, _("Choose a profile and an account from the lists, and write the month as 2026-03."))
        return redirect(batch)
    return _answer(
        request,
        batch,
        lambda: services.order_check(
            batch=batch,
            actor=request.user,
            account=form.cleaned_data["account"],
            profile_code=form.cleaned_data["profile"],
            month=form.cleaned_data["month"],
            choose=True,
        ),
        _("The file is being checked again."),
    )


@require_POST
@policy.requires("imports.run")
def import_run(request, public_id):
    batch = _handled_batch(request, public_id)
    skip_invalid = request.POST.get("skip_invalid") == "1"
    return _answer(
        request,
        batch,
        lambda: services.order_import(batch=batch, skip_invalid=skip_invalid, actor=request.user),
        _("The import has been ordered."),
    )


@require_POST
@policy.requires("imports.run")
def import_undo(request, public_id):
    batch = _handled_batch(request, public_id)
    return _answer(
        request,
        batch,
        lambda: services.undo_import(batch=batch, actor=request.user),
        _("The import is undone: all figures are as if the file had never come. The file stays on record."),
    )


def _answer(request, batch, verb, said):
    try:
        verb()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect(batch)


@policy.requires("imports.view")
def import_file(request, public_id):
    """The file as it was received."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user).select_related("file"), public_id=public_id)
    record(batch, "import.exported", actor=request.user, changes={"file": [None, batch.file.original_name]})
    return attachment(batch.file)


@policy.requires("imports.view")
def import_errors(request, public_id):
    """The refused rows as a file that can be corrected and sent again; 404 while there are none."""
    batch = get_object_or_404(
        ImportBatch.objects.visible_to(request.user).exclude(error_file=None).select_related("error_file"), public_id=public_id
    )
    record(batch, "import.exported", actor=request.user, changes={"file": [None, batch.error_file.original_name]})
    return attachment(batch.error_file)
