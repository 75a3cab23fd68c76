"""The page “Settings”, the page of each setting, and what each role may do."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from ka_crm import company, policy
from ka_crm.backups.status import backup_status
from ka_crm.errors import DomainError, StaleRecord
from ka_crm.models import Setting
from ka_crm.navigation import address_of
from ka_crm.text import clean_text, fold

from .. import roles
from ..models import AuditEvent, User
from ..services import settings as services
from ..settings_forms import CapabilitiesForm, SettingForm
from ..trail import TRAIL_LENGTH, entries_of


@policy.requires("settings.manage")
def settings_hub(request):
    """Every setting by group and every page where something is set up, narrowed by ``?q=``."""
    text = clean_text(request.GET.get("q", ""))[:200]
    wanted = fold(text).split()[:8]

    def fits(*texts):
        words = fold(" ".join(map(str, texts)))
        return all(word in words for word in wanted)

    rows = {row.key: row for row in Setting.objects.select_related("changed_by")}
    groups = {}
    for setting in company.declared():
        if fits(setting.key, setting.label, setting.help_text, _group_label(setting.group)):
            groups.setdefault(setting.group, []).append(_line(setting, rows.get(setting.key)))
    places = [
        {"label": place.label, "text": place.text, "icon": place.icon, "url": url}
        for place in company.places()
        if request.user.has_capability(place.capability) and fits(place.label, place.text) and (url := address_of(place.url_name))
    ]
    context = {
        "text": text,
        "groups": [{"key": group, "label": _group_label(group), "lines": lines} for group, lines in groups.items()],
        "places": places,
        "backup": backup_status(),
    }
    return render(request, "team/settings/hub.html", context)


def _group_label(group):
    return company.GROUPS.get(group, group)


def _line(setting, row):
    """One setting as the hub lists it."""
    now = company.value(setting.key)
    return {
        "key": setting.key,
        "label": setting.label,
        "text": setting.help_text,
        "now": company.words(setting, now),
        "is_default": now == setting.default,
        "default": company.words(setting, setting.default),
        "changed_by": row.changed_by if row else None,
        "changed_at": row.changed_at if row else None,
    }


@policy.requires("settings.manage")
def setting_edit(request, key):
    """Change one setting, or with ``reset`` put it back to the default; a change by somebody else in between is a 409."""
    if not company.is_declared(key):
        raise Http404
    setting = company.find(key)
    row = Setting.objects.filter(key=key).select_related("changed_by").first()
    form = SettingForm(request.POST or None, setting=setting, current=company.value(key), version=row.version if row else 0)
    status = 200
    if request.method == "POST":
        try:
            if done := _save_setting(form, key, request):
                messages.success(request, done)
                return redirect("company:settings")
            status = 422
        except StaleRecord as error:
            status = 409
            row = Setting.objects.select_related("changed_by").get(key=key)
            form = _again(form, error, row.version, company.words(setting, company.value(key)))
        except DomainError as error:
            status = 422
            form.add_error(None, str(error))
    return render(request, "team/settings/setting.html", _setting_context(setting, row, form), status=status)


def _save_setting(form, key, request):
    """Do what the button says; the words for the person, or None where the form is wrong."""
    if "reset" in request.POST:
        seen = request.POST.get("seen_version", "")
        version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None
        services.reset_setting(key=key, actor=request.user, expected_version=version)
        return _("“%(setting)s” is back at its default.") % {"setting": form.setting.label}
    if not form.is_valid():
        return None
    services.change_setting(key=key, raw=form.raw, actor=request.user, expected_version=form.expected_version)
    return _("“%(setting)s” is changed and holds from the next click on.") % {"setting": form.setting.label}


def _again(form, error, version, now):
    """The form after somebody else was quicker: what they chose is told, what this person typed stays, a second “Save” decides."""
    form.is_valid()
    form.add_error(None, str(error))
    form.add_error(None, _("Now saved here: “%(theirs)s”.") % {"theirs": now})
    form.data = form.data.copy()
    form.data["seen_version"] = version
    return form


def _setting_context(setting, row, form):
    events = AuditEvent.objects.filter(object_type="ka_crm.setting", object_label=setting.key).for_list()[:TRAIL_LENGTH]
    return {
        "form": form,
        "page_title": setting.label,
        "back_url": reverse("company:settings"),
        "submit_label": _("Save"),
        "setting": setting,
        "group": _group_label(setting.group),
        "default": company.words(setting, setting.default),
        "bounds": _bounds(setting),
        "row": row,
        "is_default": company.value(setting.key) == setting.default,
        "trail": entries_of(list(events)),
    }


def _bounds(setting):
    low, high = (None if bound is None else company.words(setting, bound) for bound in (setting.minimum, setting.maximum))
    if setting.kind in ("weights", "int_list"):
        low, high = setting.minimum, setting.maximum
    if low is not None and high is not None:
        return _("%(minimum)s to %(maximum)s") % {"minimum": low, "maximum": high}
    if low is not None:
        return _("%(minimum)s at least") % {"minimum": low}
    return _("%(maximum)s at most") % {"maximum": high} if high is not None else ""


# --- roles ------------------------------------------------------------------------------------------------------------------
@policy.requires("settings.manage")
def role_list(request):
    """Each role: how many people have it, how much it may do, and how it differs from the role as shipped."""
    people = {}
    for role in User.objects.active().values_list("role", flat=True):
        people[role] = people.get(role, 0) + 1
    lines = []
    for role in roles.Role:
        held, shipped = roles.capabilities_of(role), roles.CAPABILITIES[role]
        lines.append(
            {
                "role": role,
                "people": people.get(role, 0),
                "count": len(held),
                "granted": _labels(held - shipped),
                "taken": _labels(shipped - held),
                "sees_all": role in roles.SEES_ALL,
            }
        )
    return render(request, "team/settings/role_list.html", {"lines": lines})


def _labels(capabilities):
    return [roles.CAPABILITY_LABELS.get(one, one) for one in sorted(capabilities)]


@policy.requires("settings.manage")
def role_edit(request, role):
    if role not in roles.Role.values:
        raise Http404
    return _role_edit(request, roles.Role(role))


@reauthentication_required
def _role_edit(request, role):
    row = Setting.objects.filter(key=roles.setting_of(role)).first()
    held = roles.capabilities_of(role)
    choices = [(one, roles.CAPABILITY_LABELS.get(one, one)) for one in sorted(roles.ALL_CAPABILITIES)]
    form = CapabilitiesForm(
        request.POST or None, choices=choices, initial={"held": sorted(held), "seen_version": row.version if row else 0}
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            entered = form.cleaned_data
            try:
                services.change_capabilities(
                    role=role, held=entered["held"], actor=request.user, expected_version=entered["seen_version"], reason=entered["reason"]
                )
            except StaleRecord as error:
                status = 409
                now = Setting.objects.get(key=roles.setting_of(role))
                form = _again(form, error, now.version, ", ".join(str(label) for label in _labels(roles.capabilities_of(role))))
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("“%(role)s” may do this from the next click on.") % {"role": role.label})
                return redirect("company:role_list")
    ticked = set(form.data.getlist("held")) if form.is_bound else held
    context = {"role": role, "form": form, "boxes": _boxes(role, ticked), "back_url": reverse("company:role_list")}
    return render(request, "team/settings/role_edit.html", context, status=status)


def _boxes(role, ticked):
    """Capabilities by their noun; ``fixed`` says why a box cannot be changed."""
    groups = {}
    for one in sorted(roles.ALL_CAPABILITIES):
        fixed = ""
        if role == roles.Role.ADMINISTRATOR and one in roles.ONLY_ADMINISTRATOR:
            fixed = _("An administrator always has this.")
        elif not roles.may_hold(role, one):
            fixed = _("Only administrators.") if one in roles.ONLY_ADMINISTRATOR else _("Only roles that see all accounts.")
        groups.setdefault(one.split(".")[0], []).append(
            {
                "name": one,
                "label": roles.CAPABILITY_LABELS.get(one, one),
                "ticked": one in ticked,
                "shipped": one in roles.CAPABILITIES[role],
                "fixed": fixed,
            }
        )
    return list(groups.values())
