"""What the team adds to the file of settings: values, roles, working-day calendars, approval routes."""

from django.db import transaction
from django.utils.translation import gettext as _

from ka_crm import company
from ka_crm.errors import DomainError
from ka_crm.settings_file import take

from . import roles
from .audit import record
from .models import ApprovalRoute, ApprovalRouteStep, User, WorkCalendar
from .services import calendars, settings


def dump_values():
    return {setting.key: company.as_json(company.value(setting.key)) for setting in company.declared()}


def write_value(key, value, actor):
    if not company.is_declared(key):
        raise DomainError(_("there is no setting of this name."))
    settings.change_setting(key=key, raw=value, actor=actor)


def dump_roles():
    """What an administrator granted and took away, role by role."""
    differences = {}
    for role in roles.Role:
        held, shipped = roles.capabilities_of(role), roles.CAPABILITIES[role]
        differences[str(role)] = {"granted": sorted(held - shipped), "taken": sorted(shipped - held)}
    return differences


def write_role(key, value, actor):
    if key not in roles.Role.values:
        raise DomainError(_("there is no such role; there are %(known)s.") % {"known": ", ".join(roles.Role.values)})
    given = take(value, granted=list, taken=list)
    for name in (*given["granted"], *given["taken"]):
        if name not in roles.ALL_CAPABILITIES:
            raise DomainError(_("There is nothing called “%(name)s” that a role may do.") % {"name": str(name)[:60]})
    held = (roles.CAPABILITIES[key] - set(given["taken"])) | set(given["granted"])
    settings.change_capabilities(role=key, held=held, actor=actor, reason=_("From a file of settings"))


def dump_calendars():
    found = {}
    for calendar in WorkCalendar.objects.prefetch_related("days"):
        found[calendar.code] = {
            "name": calendar.name,
            "country": calendar.country,
            "working_weekdays": calendar.working_weekdays,
            "is_default": calendar.is_default,
            "days": {str(row.day): {"is_working": row.is_working, "name": row.name} for row in calendar.days.all()},
        }
    return found


@transaction.atomic
def write_calendar(key, value, actor):
    """The calendar with exactly the days of the file."""
    given = take(value, name=str, country=str, working_weekdays=str, is_default=bool, days=dict)
    days = {calendars.parse_day(text): take(day, is_working=bool, name=str) for text, day in given.pop("days").items()}
    calendar = WorkCalendar.objects.filter(code=key).first()
    if calendar is None:
        calendar = calendars.create_calendar(code=key, actor=actor, **given)
    else:
        calendars.change_calendar(calendar_id=calendar.pk, actor=actor, **given)
    there = {row.day: {"is_working": row.is_working, "name": row.name} for row in calendar.days.all()}
    for day in sorted(there.keys() - days.keys()):
        calendars.remove_day(calendar_id=calendar.pk, day=day, actor=actor)
    for day, one in sorted(days.items()):
        if there.get(day) != one:
            calendars.set_day(calendar_id=calendar.pk, day=day, actor=actor, **one)


STEP = {"name": str, "approvers": str, "role": str, "person": str, "quorum": int, "minimum_minor": (int, None)}


def dump_routes():
    """Kind → steps in order; a person is named by their address."""
    return {
        route.kind: [
            {
                "name": step.name,
                "approvers": step.approvers,
                "role": step.role,
                "person": step.person.email if step.person else "",
                "quorum": step.quorum,
                "minimum_minor": step.minimum_minor,
            }
            for step in route.steps.all()
        ]
        for route in ApprovalRoute.objects.prefetch_related("steps__person").order_by("kind")
    }


@transaction.atomic
def write_route(key, value, actor):
    if not isinstance(value, list) or not value:
        raise DomainError(_("a route is a list of steps."))
    before = dump_routes().get(key)
    route = ApprovalRoute.objects.select_for_update().filter(kind=key).first()
    if route is None:
        route = ApprovalRoute(kind=key, version=0)
    route.version += 1
    route.full_clean()
    route.save()
    route.steps.all().delete()
    for position, step in enumerate(value, start=1):
        given = take(step, **STEP)
        person = given.pop("person")
        found = User.objects.active().filter(email=person.lower()).first() if person else None
        if person and found is None:
            raise DomainError(_("nobody who may sign in has the address “%(value)s”.") % {"value": person[:80]})
        row = ApprovalRouteStep(route=route, position=position, person=found, **given)
        row.full_clean()
        row.save()
    names = [None if steps is None else " → ".join(step["name"] for step in steps) for steps in (before, value)]
    record(route, "approval_route.changed", actor=actor, changes={"steps": names})
