"""Which profile a file was written by, judged by what it holds and not by its name."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from .containers import open_file
from .errors import FileRefused
from .profile import Profile
from .reader import open_table

LEAST_SHARE = 0.6  # of a profile's columns, for a file that lacks some to be called its own
LACKING = 0.5
ANY_MONTH = date(2000, 1, 1), date(2000, 1, 31)  # the header is looked at, not the days


@dataclass(frozen=True)
class Candidate:
    """A profile that could have written the file; ``score`` 0 to 1, ``reason`` for the page that asks."""

    profile: Profile
    score: float
    reason: str


def recognise(path, profiles, schema, *, file_name="") -> list[Candidate]:
    """The profiles that fit, best first; empty when none does. Several with the same top score are a question for the user.

    Raises FileRefused when the file could not be read by any profile: empty, incomplete, not a table.
    """
    opened, refusal = {}, None
    found = []
    for profile in profiles:
        try:
            if profile.encoding not in opened:
                opened[profile.encoding] = open_file(path, encoding=profile.encoding)
            found.append(_fitting(opened[profile.encoding], profile, schema))
        except FileRefused as error:
            if error.header is None:
                refusal = refusal or error
            elif len(error.header.columns) >= LEAST_SHARE * len(profile.columns):
                found.append(Candidate(profile, _score(error.header, profile, schema) * LACKING, str(error)))
    if not opened and refusal is not None:
        raise refusal
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.profile.code))


def best(candidates):
    """The one that leads alone, or None: then the content does not decide."""
    if not candidates or len(candidates) > 1 and candidates[0].score == candidates[1].score:
        return None
    return candidates[0]


def _fitting(opened, profile, schema):
    """The candidate for a file whose header is whole. Raises FileRefused when it is not."""
    table = open_table(opened, profile, schema, file_name="", period=ANY_MONTH)
    table.close()
    if opened.kind == "edifact":
        return Candidate(profile, 1.0, _("The file is an EDI interchange."))
    at_home = (opened.kind in ("xlsx", "xls")) == (profile.container != "delimited")
    named = sum(field in schema for field in profile.columns)
    reason = _("%(found)d of its %(named)d columns are in the file.") % {"found": _found(table.header, profile), "named": named}
    return Candidate(profile, _score(table.header, profile, schema) - (0 if at_home else 0.05), reason)


def _found(header, profile):
    return sum(field in header.columns for field in profile.columns)


def _score(header, profile, schema):
    """How much of the profile is in the header, and of the header in the profile."""
    found, named = _found(header, profile), sum(field in schema for field in profile.columns)
    filled = sum(1 for name in header.names if name.strip())
    if profile.container == "matrix_xlsx":
        filled -= len(profile.sheets) + 1
    return round(0.6 * found / max(named, 1) + 0.4 * found / max(filled, found, 1), 4)
