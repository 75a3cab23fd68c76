"""By which profile a file is read: the one asked for, else the account's own, else the one its content shows."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ka_crm.imports import FileRefused, Profile, RowError, recognise
from ka_crm.imports.errors import refuse_file
from ka_crm.imports.profile import ProfileError

from ..models import ImportProfile

WHOLE = 0.5  # above it a candidate's header is complete
CLEARLY_BETTER = 0.15


@dataclass(frozen=True)
class Choice:
    """A profile and why it was chosen; ``warning`` where the content overruled the account's own."""

    profile: Profile
    reason: str
    warning: str = ""


def choose_profile(kind, path, *, code="", account=None, file_name=""):
    """The Choice for the file at ``path``. Raises FileRefused: unknown code, unreadable file, or a tie that somebody has to decide."""
    if code:
        return Choice(_named(kind, code), _("Chosen by hand."))
    if not kind.dialects:
        return Choice(kind.plain_profile(), _("Our own form."))
    profiles = _active(kind)
    found = recognise(path, profiles.values(), kind.schema, file_name=file_name)
    whole = [candidate for candidate in found if candidate.score > WHOLE]
    leader = whole[0] if whole and (len(whole) == 1 or whole[0].score > whole[1].score) else None
    own = profiles.get(_own_code(account))
    if own is not None:
        fitting = next((candidate for candidate in whole if candidate.profile.code == own.code), None)
        if fitting is None and leader or fitting and leader and leader.score > fitting.score + CLEARLY_BETTER:
            warning = _("The profile %(own)s of %(account)s does not fit this file; it was read as %(other)s.") % {
                "own": own.code,
                "account": account,
                "other": leader.profile.code,
            }
            return Choice(leader.profile, leader.reason, warning)
        if fitting or not found:
            return Choice(own, _("The profile of %(account)s.") % {"account": account})
    if leader:
        return Choice(leader.profile, leader.reason)
    if whole:
        raise _tie([candidate for candidate in whole if candidate.score == whole[0].score])
    if found:  # nothing fits whole: reading by the nearest says what is missing
        return Choice(found[0].profile, found[0].reason)
    return Choice(own or kind.plain_profile(), _("No profile fits; read as our own form."))


def _own_code(account):
    """The profile of the account, or of the nearest one above it that has one."""
    while account is not None:
        if account.sellout_format:
            return account.sellout_format
        account = account.parent
    return ""


def _active(kind):
    profiles = {}
    for row in ImportProfile.objects.active().filter(kind=kind.name).order_by("code"):
        try:
            profiles[row.code] = Profile.from_dict({**row.definition, "code": row.code, "kind": row.kind})
        except ProfileError:
            continue  # its page says what is wrong; it must not stop files that others can read
    if not profiles or kind.plain_profile().code not in profiles:
        profiles[kind.plain_profile().code] = kind.plain_profile()
    return profiles


def _named(kind, code):
    row = ImportProfile.objects.filter(code__iexact=code, kind=kind.name).first()
    if row is None:
        plain = kind.plain_profile()
        if code.upper() == plain.code:
            return plain
        known = (
            ", ".join(ImportProfile.objects.active().filter(kind=kind.name).order_by("code").values_list("code", flat=True)) or plain.code
        )
        raise refuse_file(
            "profile", _("There is no profile “%(code)s”. There are: %(known)s.") % {"code": code, "known": known}, value=code
        )
    try:
        return Profile.from_dict({**row.definition, "code": row.code, "kind": row.kind})
    except ProfileError as error:
        raise refuse_file(
            "profile", _("The profile %(code)s cannot be used: %(error)s") % {"code": code, "error": error}, value=code
        ) from None


def _tie(candidates):
    names = ", ".join(f"{candidate.profile.code} ({candidate.profile.name})" for candidate in candidates)
    message = _("The file could be %(names)s. Which one is it? Choose the profile, or set it on the account's page.") % {"names": names}
    return FileRefused(RowError(0, "", "", "profile", message))
