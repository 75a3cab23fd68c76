"""Import profiles in the file of settings."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm import company, settings_file
from ka_crm.errors import DomainError
from ka_crm.imports.profile import Profile, ProfileError
from ka_crm.settings_file import take
from team.changes import change_record, create_record

from .models import ImportProfile


def dump_profiles():
    return {
        profile.code: {"name": profile.name, "kind": profile.kind, "definition": profile.definition, "is_active": profile.is_active}
        for profile in ImportProfile.objects.order_by("code")
    }


def write_profile(key, value, actor):
    given = take(value, name=str, kind=str, definition=dict, is_active=bool)
    try:
        Profile.from_dict({"code": key, "name": given["name"], **given["definition"]})
    except ProfileError as error:
        raise DomainError(_("definition: %(problem)s") % {"problem": error}) from error
    profile = ImportProfile.objects.filter(code=key).first()
    if profile is None:
        create_record(ImportProfile(code=key, **given), actor=actor, verb="profile.created", reason=_("From a file of settings"))
    else:
        change_record(profile, values=given, actor=actor, verb="profile.changed", reason=_("From a file of settings"))


def register():
    """Add import profiles to the file of settings, and their page to the page “Settings”."""
    label = gettext_lazy("Import profiles")
    settings_file.register("import_profiles", label=label, dump=dump_profiles, write=write_profile, order=20)
    text = gettext_lazy("How each retailer writes its files.")
    company.place("sales:profile_list", label=label, text=text, icon="adjustments", capability="imports.view", order=20)
