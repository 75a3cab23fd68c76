"""What changes people, teams and deputies: one transaction and one audit entry each."""

from .delegations import delegate, end_delegation
from .people import (
    change_own_profile,
    change_person,
    change_role,
    create_person,
    deactivate_person,
    invite,
    note_unlocked,
    reactivate_person,
    reset_second_factor,
    set_password,
)
from .sessions import end_sessions
from .teams import create_team, delete_team, move_team, rename_team

__all__ = [
    "change_own_profile",
    "change_person",
    "change_role",
    "create_person",
    "create_team",
    "deactivate_person",
    "delegate",
    "delete_team",
    "end_delegation",
    "end_sessions",
    "invite",
    "move_team",
    "note_unlocked",
    "reactivate_person",
    "rename_team",
    "reset_second_factor",
    "set_password",
]
