"""What holds for every list there is: as many statements at three thousand rows as at three, and no address breaks it.

Foreign rows and what searches, orders and files tell of them: tests/access/test_matrix.py walks every list for every role.
"""

from datetime import date
from urllib.parse import quote

import pytest
from django.urls import reverse

from reports.models import Deadline
from tests.access.world import World

from .every_list import all_lists, copy_rows, rows_of

pytestmark = pytest.mark.django_db
LISTS = all_lists()
MOST_STATEMENTS = 12
MANY = 3_000
# Lists whose rows cost more than a copy, or are few by their nature: fewer are as good a proof.
FEWER = {"company:calendar_list": 300, "visits:cadence_list": 300}
# A rule for each kind of report and of subject: there are no more than the program knows, so nothing can grow.
OF_FIXED_LENGTH = {"reports:rule_list"}
# Lists under figures of their own, which take statements too: stores due for a visit, the board of a day.
WITH_FIGURES = {"visits:due_list": 18, "visits:attendance_list": 14}
# Where somebody else than the administrator has rows of their own to see.
SEEN_BY = {"team:task_list": "ka_manager", "team:approval_list": "supervisor"}


@pytest.fixture(scope="module")
def world(made_once):
    with made_once():
        made = World()
        person = made.people["ka_manager"]
        days = {"starts_on": date(2026, 3, 1), "ends_on": date(2026, 3, 31), "due_on": date(2026, 4, 5)}
        Deadline.objects.create(
            kind="monthly", subject_kind="person", subject_key=f"person:{person.pk}", subject_label="Ana", owner=person, **days
        )
        yield made


@pytest.fixture
def reader(client, world):
    """``reader(url name)`` is the client, signed in as somebody who has rows in that list."""

    def sign_in(name):
        client.force_login(world.people[SEEN_BY.get(name, "administrator")])
        return client

    return sign_in


def by_name(lists):
    return [pytest.param(*one, id=one[0]) for one in lists]


def test_there_are_lists():
    assert {"accounts:account_list", "accounts:store_list", "visits:visit_list", "reports:report_list"} <= {name for name, _page in LISTS}


@pytest.mark.parametrize(("name", "page"), by_name([pair for pair in LISTS if pair[0] not in OF_FIXED_LENGTH]))
def test_thousands_of_rows_take_no_more_statements(name, page, reader, assert_same_statements):
    client, address = reader(name), f"{reverse(name)}?size=200"
    rows = rows_of(client.get(address))
    if not rows:
        pytest.fail(f"{name}: the world of the access tests has no row of this list; make one there")

    def grow():
        for row in rows[:3]:
            copy_rows(row, FEWER.get(name, MANY) // len(rows[:3]))

    assert_same_statements(lambda: client.get(address), grow, most=WITH_FIGURES.get(name, MOST_STATEMENTS))
    assert len(rows_of(client.get(address))) == 200


HOSTILE = {
    "empty": "",
    "words": "x' OR 1=1 --",
    "surrogate": "%ED%A0%80",
    "emoji": "%F0%9F%92%A9",
    "right to left": "%E2%80%AE%D7%90",
    "great number": "1" + "0" * 20,
    "greater number": "9" * 400,
    "negative": "-1",
    "not a number": "NaN",
    "infinite": "1e999",
    "year zero": "0000-01-01",
    "last year": "9999-12-31",
    "no day": "2026-02-30",
    "long": "x" * 3000,
    "list": "a,b,,c," * 50,
    "markup": "<script>alert(1)</script>",
    "format": "%25s%25(x)s{0}{x}",
}
COMMON = ("q", "sort", "cols", "page", "size", "density", "view", "count")


def parameters_of(page):
    """Every name that the list's address understands, a span of days with both its ends."""
    filters = page.filterset_class.base_filters if page.filterset_class else {}
    spans = [name for name, one in filters.items() if type(one).__name__.endswith("RangeFilter")]
    ends = [f"{name}{end}" for name in spans for end in ("_after", "_before", "_min", "_max")]
    return [*COMMON, *filters, *ends]


@pytest.mark.parametrize(("name", "page"), by_name(LISTS))
def test_no_parameter_breaks_the_list(name, page, reader):
    """Each value in all parameters at once: a filter that cannot use it is left aside and keeps no other from being asked."""
    client, broken = reader(name), []
    client.raise_request_exception = False
    names = parameters_of(page)
    for what, value in HOSTILE.items():
        given = value if "%" in value else quote(value)
        everywhere = "&".join(f"{parameter}={given}" for parameter in names)
        choices = [f"_choices={parameter}&_q={given}" for parameter in (*names[len(COMMON) :], given)]
        for query in (everywhere, f"{everywhere}&_export=csv", f"_export={given}", *choices):
            status = client.get(f"{reverse(name)}?{query}").status_code
            if status >= 500:
                broken.append(f"{what}: {query[:100]} answered {status}")
    assert broken == []


@pytest.mark.parametrize(("name", "page"), by_name(LISTS))
def test_a_nul_anywhere_is_refused_and_not_asked(name, page, reader):
    client = reader(name)

    assert {client.get(f"{reverse(name)}?{parameter}=%00a").status_code for parameter in parameters_of(page)} == {400}


@pytest.mark.parametrize(("name", "page"), by_name([pair for pair in LISTS if pair[1].bulk_actions]))
def test_no_post_breaks_a_list_with_verbs(name, page, reader):
    client = reader(name)
    client.raise_request_exception = False
    statuses = {
        client.post(reverse(name), {"_bulk": verb, **rows}).status_code
        for verb in ("", "no-such-verb", *(action.name for action in page.bulk_actions))
        for rows in (
            {},
            {"row": "x"},
            {"row": "9" * 30},
            {"row": ["1", "1", "-1", "\x00"]},
            {"_all": "1", "_seal": "made up:1:2"},
            {"_all": "x"},
        )
    }

    assert statuses <= {200, 302, 403, 409, 422}
