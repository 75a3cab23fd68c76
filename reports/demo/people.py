"""Who works at Qinglan Foods."""

from datetime import timedelta

from ka_crm.demo import PASSWORD, email_of
from team import services
from team.roles import Role

# key, address, name, role, team, language, time zone. Of each role the first is the login that ``demo_logins`` prints.
PEOPLE = [
    ("administrator", "priya.nair", "Priya Nair", Role.ADMINISTRATOR, "Qinglan Foods", "en", "America/New_York"),
    ("china", "mei.chen", "Mei Chen 陈梅", Role.KA_MANAGER, "China chains", "en", "Asia/Shanghai"),
    ("east", "james.carter", "James Carter", Role.KA_MANAGER, "US chains", "en", "America/New_York"),
    ("value", "tom.becker", "Tom Becker", Role.KA_MANAGER, "US chains", "en", "America/Chicago"),
    ("rep_china", "lei.wang", "王磊", Role.FIELD_REP, "China field", "zh-hans", "Asia/Shanghai"),
    ("rep_us", "diego.alvarez", "Diego Álvarez", Role.FIELD_REP, "US field", "en", "America/Chicago"),
    ("supervisor", "hang.zhou", "周航", Role.SUPERVISOR, "China chains", "zh-hans", "Asia/Shanghai"),
    ("supervisor_us", "sofia.lindqvist", "Sofia Lindqvist", Role.SUPERVISOR, "US chains", "en", "America/New_York"),
    ("finance", "robert.hayes", "Robert Hayes", Role.FINANCE, "Qinglan Foods", "en", "America/New_York"),
    ("viewer", "jing.lin", "林静", Role.VIEWER, "Qinglan Foods", "zh-hans", "Asia/Shanghai"),
]
# The whole company has twice the chains, and people for them.
MORE_PEOPLE = [
    ("china_south", "yan.liu", "刘燕", Role.KA_MANAGER, "China chains", "zh-hans", "Asia/Shanghai"),
    ("west", "nora.kim", "Nora Kim", Role.KA_MANAGER, "US chains", "en", "America/Los_Angeles"),
    ("rep_south", "bo.huang", "黄波", Role.FIELD_REP, "China field", "zh-hans", "Asia/Shanghai"),
    ("rep_west", "maya.ortiz", "Maya Ortiz", Role.FIELD_REP, "US field", "en", "America/Los_Angeles"),
]
TEAMS = [
    ("Qinglan Foods", None),
    ("China chains", "Qinglan Foods"),
    ("US chains", "Qinglan Foods"),
    ("China field", "China chains"),
    ("US field", "US chains"),
]


def make_people(*, more=False):
    """{key: User}, with one known password; no invitations are mailed."""
    teams = {}
    for name, parent in TEAMS:
        teams[name] = services.create_team(name=name, parent=teams.get(parent), actor=None)
    people = {}
    for key, address, name, role, team, language, zone in [*PEOPLE, *(MORE_PEOPLE if more else [])]:
        people[key] = services.create_person(
            email=email_of(address),
            name=name,
            role=role,
            team=teams[team],
            language=language,
            time_zone=zone,
            password=PASSWORD,
            actor=people.get("administrator"),
        )
    return people


def make_deputy(people, *, today):
    """Tom Becker is on leave for two weeks and James Carter stands in; Mei Chen has named her deputy for a week to come."""
    services.delegate(
        absent_id=people["value"].pk,
        deputy_id=people["east"].pk,
        starts_on=today,
        ends_on=today + timedelta(days=13),
        actor=people["value"],
        today=today,
        reason="Annual leave",
        handover="Valu Depot waits for our answer on the floor stack in Indianapolis by Friday.\n"
        "The leaflet prices for next month are agreed with Karen Oduya; only the art work is missing.",
    )
    services.delegate(
        absent_id=people["china"].pk,
        deputy_id=people["supervisor"].pk,
        starts_on=today + timedelta(days=24),
        ends_on=today + timedelta(days=30),
        actor=people["china"],
        today=today,
        reason="家事 Family",
    )
