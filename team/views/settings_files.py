"""All settings as one file: download, upload with a preview, apply all or nothing."""

import hashlib

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ka_crm import exports, policy, settings_file
from ka_crm.settings_file import CHANGED, NEW, SAME, WRONG, FileRefused, UnreadableFile

from ..settings_forms import LARGEST_FILE_BYTES, SettingsFileForm

MOST_SHOWN = 300  # differences of one preview; what is more is counted


@policy.requires("settings.manage")
@require_safe
def settings_page(request):
    return _page(request, SettingsFileForm())


def _page(request, form, status=200):
    context = {"form": form, "parts": [(part.label, len(part.dump())) for part in settings_file.parts()]}
    return render(request, "team/settings/file.html", context, status=status)


@policy.requires("settings.manage")
@require_safe
def settings_download(request):
    document = settings_file.export()
    name = f"ka-crm-settings-{timezone.localdate():%Y-%m-%d}"
    rows = sum(len(items) for items in document.values() if isinstance(items, dict))
    exports.exported.send(settings_download, request=request, name=name, file_format="json", row_count=rows)
    answer = HttpResponse(settings_file.as_text(document), content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return answer


@policy.requires("settings.manage")
@require_POST
def settings_preview(request):
    """What the file would change; nothing is written yet."""
    form = SettingsFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    content = form.cleaned_data["file"].read()
    try:
        document = settings_file.read(content)
    except UnreadableFile as error:
        form.add_error("file", str(error))
        return _page(request, form, status=422)
    return _preview(request, settings_file.as_text(document), settings_file.compare(document, actor=request.user))


def _preview(request, text, differences, *, status=200):
    counts = {state: sum(one.state == state for one in differences) for state in (NEW, CHANGED, SAME, WRONG)}
    shown = [one for one in differences if one.state == WRONG] + [one for one in differences if one.state in (NEW, CHANGED)]
    context = {
        "text": text,
        "seen": _fingerprint(differences),
        "counts": counts,
        "shown": shown[:MOST_SHOWN],
        "left_out": max(len(shown) - MOST_SHOWN, 0),
        "can_apply": not counts[WRONG] and counts[NEW] + counts[CHANGED] > 0,
    }
    return render(request, "team/settings/file_preview.html", context, status=status)


def _fingerprint(differences):
    """What the person saw, so that applying does exactly that."""
    told = repr([(one.part.name, one.key, one.state, one.lines, one.problem) for one in differences])
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


@policy.requires("settings.manage")
@require_POST
def settings_apply(request):
    return _apply(request)


@reauthentication_required
def _apply(request):
    text = request.POST.get("text", "")
    try:
        if len(text) > LARGEST_FILE_BYTES:
            raise UnreadableFile(_("The file is too large."))
        document = settings_file.read(text)
    except UnreadableFile as error:
        messages.error(request, str(error))
        return redirect("company:settings_file")
    differences = settings_file.compare(document, actor=request.user)
    if _fingerprint(differences) != request.POST.get("seen", ""):
        messages.warning(request, _("Something changed since you looked at the differences. Look at them again."))
        return _preview(request, text, differences, status=409)
    try:
        settings_file.apply(document, actor=request.user)
    except FileRefused as error:
        messages.error(request, str(error))
        return _preview(request, text, error.differences, status=422)
    messages.success(request, _("The settings of the file hold from the next click on."))
    return redirect("company:settings")
