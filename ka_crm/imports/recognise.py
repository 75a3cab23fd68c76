"""Which profile a file was written by, judged by what it holds and not by its name."""

from dataclasses import dataclass

from .profile import Profile


@dataclass(frozen=True)
class Candidate:
    """A profile that could have written the file; ``score`` 0 to 1, ``reason`` for the page that asks."""

    profile: Profile
    score: float
    reason: str


def recognise(path, profiles, schema, *, file_name="") -> list[Candidate]:
    """The profiles that fit, best first; empty when none does. Two with the same top score are a question for the user."""
    raise NotImplementedError
