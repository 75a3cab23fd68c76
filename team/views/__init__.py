"""Pages of people, teams, deputies, one's own profile and the audit trail."""

from .people import (
    PersonList,
    person_create,
    person_deactivate,
    person_detail,
    person_edit,
    person_invite,
    person_reactivate,
    person_reset_second_factor,
    person_role,
    person_unlock,
)

__all__ = [
    "PersonList",
    "person_create",
    "person_deactivate",
    "person_detail",
    "person_edit",
    "person_invite",
    "person_reactivate",
    "person_reset_second_factor",
    "person_role",
    "person_unlock",
]
