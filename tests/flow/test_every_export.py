"""Every list's file: no cell of it runs as a formula (W5), and each is one row of the audit trail (U1)."""

import csv
import io
import re
import zipfile

import pytest
from django.test import Client
from django.urls import reverse

from ka_crm import exports, policy
from team.models import AuditEvent
from team.roles import Role
from tests.access.matrix import routes
from tests.access.world import World
from tests.factories import KeyAccountFactory, UserFactory

pytestmark = pytest.mark.django_db
FORMULA = "=1+1"
LISTS = [route for route in routes() if not route.keywords and "GET" in route.methods and route.policy not in ("", policy.PUBLIC)]
CONTENT_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
FEWEST = 12  # lists that give a file; a change that quietly takes files away is seen


@pytest.fixture
def hostile(db):
    """An administrator's client in a company in which every text begins like a formula."""
    world = World()
    person = UserFactory(role=Role.ADMINISTRATOR, name=f"{FORMULA} person")
    world.fill(KeyAccountFactory(name=f"{FORMULA} account", legal_name=FORMULA), person, word=FORMULA)
    client = Client()
    client.force_login(person)
    return client


def files_of(client, file_format):
    """(route name, content) of every list that gives a file."""
    for route in LISTS:
        answer = client.get(reverse(route.name), {"_export": file_format})
        if answer["Content-Type"].startswith(CONTENT_TYPES[file_format]):
            yield route.name, b"".join(answer.streaming_content) if answer.streaming else answer.content


def live_cells(client):
    found, texts = [], 0
    for name, content in files_of(client, "csv"):
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
            texts += sum(FORMULA in cell for cell in row)
            found += [f"{name}: {cell}" for cell in row if exports.runs_as_formula(cell) and not re.fullmatch(r"[-+]?[\d.]+", cell)]
    return found, texts


def test_no_cell_of_any_list_runs_as_a_formula(hostile):
    found, texts = live_cells(hostile)
    assert (found, texts >= FEWEST) == ([], True)


def test_control_without_the_apostrophe_they_would(hostile, monkeypatch):
    monkeypatch.setattr(exports, "safe_text", lambda text: text)
    assert len(live_cells(hostile)[0]) >= FEWEST


def test_no_workbook_of_any_list_holds_a_formula(hostile):
    seen = 0
    for name, content in files_of(hostile, "xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            sheets = [book.read(member) for member in book.namelist() if member.startswith("xl/worksheets/")]
        assert [name for sheet in sheets if b"<f>" in sheet or b"<f " in sheet] == []
        seen += 1
    assert seen >= FEWEST


def test_every_file_is_one_row_of_the_trail(hostile):
    taken = [name for name, _content in files_of(hostile, "csv")]
    entries = [entry for entry in AuditEvent.objects.filter(verb="data.exported") if entry.changes["file"][1].endswith(".csv")]
    assert len(entries) == len(taken) >= FEWEST
    assert all(entry.changes["rows"][1] is not None and "_export=csv" in entry.reason for entry in entries)


def test_a_right_that_is_taken_away_closes_the_file_with_the_next_click(hostile):
    from team.roles import capabilities_of
    from team.services.settings import change_capabilities

    rep = Client()
    rep.force_login(UserFactory(role=Role.KA_MANAGER))
    assert rep.get(reverse("accounts:account_list"), {"_export": "csv"}).status_code == 200  # control
    change_capabilities(role=Role.KA_MANAGER, held=capabilities_of(Role.KA_MANAGER) - {"data.export"}, actor=None)
    assert rep.get(reverse("accounts:account_list"), {"_export": "csv"}).status_code == 403
