"""Pages of import profiles: a new retailer's file is described here, not programmed."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import KeyAccount
from ka_crm import policy
from ka_crm.forms import form_page
from ka_crm.imports.profile import Profile
from ka_crm.listpage import Action, ListPage
from team.changes import change_record, create_record

from ..importing.trial import try_profile
from ..models import ImportProfile
from ..profile_form import ProfileForm, in_words
from ..tables import ImportProfileTable


class ImportProfileList(ListPage):
    title = gettext_lazy("Import profiles")
    lead = gettext_lazy("How each retailer writes its files. An account names its profile; without one the content decides.")
    table_class = ImportProfileTable
    action = Action(gettext_lazy("New profile"), "sales:profile_create", capability="profiles.manage")
    empty = gettext_lazy("No profile yet.")

    def get_queryset(self, request):
        return ImportProfile.objects.visible_to(request.user).order_by("code", "pk")


@policy.requires("imports.view")
def profile_detail(request, pk):
    profile = get_object_or_404(ImportProfile.objects.visible_to(request.user), pk=pk)
    context = {
        "profile": profile,
        "columns": sorted(profile.definition.get("columns", {}).items()),
        "settings": list(in_words(profile)),
        "accounts": KeyAccount.objects.visible_to(request.user).filter(sellout_format=profile.code).order_by("sort_key", "pk")[:50],
        "may_change": request.user.has_capability("profiles.manage"),
    }
    return render(request, "sales/profile_detail.html", context)


def _profile_page(request, *, form, title, back_url, **page):
    """The form; its second button reads a sample by what the form says and saves nothing."""
    template = "sales/profile_form.html"
    if request.method != "POST" or "try" not in request.POST:
        return form_page(request, form=form, title=title, back_url=back_url, template=template, context={"is_upload": True}, **page)
    sample = request.FILES.get("sample")
    if sample is None:
        form.add_error("sample", _("Choose a file to try the profile with."))
    context = {"form": form, "page_title": title, "back_url": back_url, "submit_label": _("Save"), "is_upload": True}
    if not form.is_valid():
        return render(request, template, context, status=422)
    return render(request, template, {**context, "trial": try_profile(form.profile, sample, today=localdate())})


@policy.requires("profiles.manage")
def profile_create(request):
    """An empty profile, or a copy of the one in ``?from=CODE``: most retailers differ from a known one in little."""
    source = ImportProfile.objects.filter(code=request.GET.get("from", "")[:30].replace("\x00", "")).first()
    definition = source.definition if source else Profile(code="NEW").to_dict()  # what is usual, so that only the rest is to be said
    start = ImportProfile(definition=definition, kind=source.kind if source else "sellout")
    form = ProfileForm(request.POST or None, request.FILES or None, instance=start)

    def save(form):
        profile = ImportProfile(**form.values)
        return create_record(profile, actor=request.user, verb="profile.created")

    return _profile_page(
        request,
        form=form,
        save=save,
        title=_("New profile from %(code)s") % {"code": source.code} if source else _("New profile"),
        back_url=reverse("sales:profile_list"),
        success=_("“%(record)s” is created. Give it to an account on the account's page, or choose it when uploading."),
    )


@policy.requires("profiles.manage")
def profile_edit(request, pk):
    profile = get_object_or_404(ImportProfile.objects.visible_to(request.user), pk=pk)
    form = ProfileForm(request.POST or None, request.FILES or None, instance=profile)
    return _profile_page(
        request,
        form=form,
        save=lambda form: change_record(
            profile, values=form.values, actor=request.user, verb="profile.changed", expected_version=form.expected_version
        ),
        title=_("Edit %(record)s") % {"record": profile},
        back_url=profile.get_absolute_url(),
        success=_("“%(record)s” is saved. Files imported before keep their figures."),
    )
