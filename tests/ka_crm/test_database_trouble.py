"""What a request answers where the database could not: rows held by others, statements that take too long, a database that is away."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg2
import pytest
from django.db import DatabaseError, OperationalError, ProgrammingError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path, reverse

from accounts.models import KeyAccount
from ka_crm import databases, middleware, policy
from ka_crm.models import Setting
from ka_crm.urls import handler400, handler403, handler404, handler500, urlpatterns  # noqa: F401 – this module is a URLconf in some tests
from tests.factories import KeyAccountFactory, UserFactory

ROOT = Path(__file__).resolve().parent.parent.parent


# --- pages of the tests' own ----------------------------------------------------------------------------------------------------
@policy.public
def write_then_wait(request):
    """Something is written for good, and then a second verb has to wait: nobody may do the first once more."""
    Setting.objects.create(key=f"tried.{Setting.objects.count()}", value=1)
    with transaction.atomic():
        KeyAccount.objects.select_for_update().get(code="HELD")
    return HttpResponse("done")


@policy.public
def take_both(request):
    with transaction.atomic():
        for code in ("FREE", "HELD"):
            KeyAccount.objects.select_for_update().get(code=code)
            time.sleep(0.2)
    return HttpResponse("done")


@policy.public
def sleep_long(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(20)")


@policy.public
def fail(request):
    kinds = {"away": OperationalError, "bug": ProgrammingError, "table": OperationalError}
    words = {"away": "unable to open database file", "bug": "no such column", "table": "no such table: x"}
    raise kinds[request.GET["how"]](words[request.GET["how"]]) from DatabaseError()


urlpatterns = [
    *urlpatterns,
    *(path(f"{view.__name__}/", view, name=view.__name__) for view in (write_then_wait, take_both, sleep_long, fail)),
]
own_pages = pytest.mark.urls("tests.ka_crm.test_database_trouble")


# --- limits ---------------------------------------------------------------------------------------------------------------------
def limits_of(process, tmp_path, **environment):
    """(statement_timeout, lock_timeout) that PostgreSQL tells a process of that kind."""
    start = "import ka_crm.wsgi" if process == "web" else "import django; django.setup()"
    ask = (
        f"{start}\nfrom django.db import connection\nwith connection.cursor() as cursor:\n"
        "    cursor.execute('SHOW statement_timeout'); print(cursor.fetchone()[0])\n"
        "    cursor.execute('SHOW lock_timeout'); print(cursor.fetchone()[0])\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "ka_crm.settings", "KA_DATA_DIR": str(tmp_path), **environment}
    if process == "worker":
        environment["KA_PROCESS"] = "worker"  # as bin/worker says
    return tuple(subprocess.run([sys.executable, "-c", ask], cwd=ROOT, env=environment, capture_output=True, text=True).stdout.split())


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("process", "environment", "limits"),
    [
        ("web", {}, ("30s", "3s")),
        ("web", {"KA_DB_STATEMENT_SECONDS": "7.5", "KA_DB_LOCK_SECONDS": "0"}, ("7500ms", "0")),
        ("worker", {}, ("10min", "2min")),
        ("worker", {"KA_JOBS_HARD_LIMIT_SECONDS": "1200", "KA_JOBS_LOCK_SECONDS": "60"}, ("20min", "1min")),
        ("command", {}, ("0", "0")),
    ],
)
def test_each_kind_of_process_has_its_limits(process, environment, limits, tmp_path):
    assert limits_of(process, tmp_path, **environment) == limits


def test_the_worker_says_what_it_is():
    assert "\nexport KA_PROCESS=worker " in (ROOT / "bin" / "worker").read_text()


# --- rows that somebody else holds --------------------------------------------------------------------------------------------
@pytest.fixture
def held(transactional_db):
    """Two accounts; somebody else's transaction holds the row of the one called HELD until ``held.rollback()``."""
    KeyAccountFactory(code="FREE", name="Free")
    KeyAccountFactory(code="HELD", name="Before")
    at = connection.settings_dict
    other = psycopg2.connect(host=at["HOST"], port=at["PORT"], user=at["USER"], password=at["PASSWORD"], dbname=at["NAME"])
    other.cursor().execute("SELECT 1 FROM accounts_keyaccount WHERE code = 'HELD' FOR UPDATE")
    yield other
    other.close()
    connection.close()  # with what the test set on it


def set_limit(name, milliseconds):
    with connection.cursor() as cursor:
        cursor.execute(f"SET {name} = {milliseconds}")


def save_account(client):
    account = KeyAccount.objects.get(code="HELD")
    address = reverse("accounts:account_edit", args=[account.pk])
    form = client.get(address).context["form"]
    values = {name: form[name].value() for name in form.fields}
    values = {name: value for name, value in values.items() if value is not None} | {"name": "After"}
    began = time.monotonic()
    answer = client.post(address, values, headers={"Accept": "text/html"})
    return answer, time.monotonic() - began, KeyAccount.objects.get(code="HELD").name


@pytest.fixture
def boss(client, transactional_db):
    client.force_login(UserFactory(administrator=True))
    return client


@pytest.mark.postgres
def test_a_row_that_stays_held_is_a_409_after_two_tries(held, boss):
    set_limit("lock_timeout", 300)

    answer, seconds, name = save_account(boss)

    assert (answer.status_code, answer["Retry-After"], name) == (409, "2", "Before")
    assert "Somebody else is saving the same at this moment" in answer.content.decode()
    assert 0.6 <= seconds < 5

    held.rollback()
    answer, _seconds, name = save_account(boss)
    assert (answer.status_code, name) == (302, "After")


@pytest.mark.parametrize(("guarded", "outcome"), [(True, (302, "After")), (False, (409, "Before"))])
@pytest.mark.postgres
def test_a_row_that_is_let_go_meanwhile_is_saved_by_the_second_try(held, boss, monkeypatch, guarded, outcome):
    """And the control: without the second try the person is told to try again."""
    if not guarded:
        monkeypatch.setattr(middleware, "_may_try_again", lambda request: False)
    set_limit("lock_timeout", 500)
    threading.Timer(0.75, held.rollback).start()

    answer, _seconds, name = save_account(boss)

    assert (answer.status_code, name) == outcome


@own_pages
@pytest.mark.postgres
@pytest.mark.parametrize(("guarded", "written"), [(True, 1), (False, 2)])
def test_what_is_half_done_is_not_begun_again(held, monkeypatch, guarded, written):
    """And the control: who does not look what stands already does it twice."""
    if not guarded:
        monkeypatch.setattr(databases.Written, "before_the_failure", lambda self: False)
    set_limit("lock_timeout", 200)

    assert Client().post("/write_then_wait/", headers={"X-CSRFToken": "x"}).status_code == 409
    assert Setting.objects.count() == written


@own_pages
@pytest.mark.postgres
def test_a_deadlock_reaches_nobody(held):
    """The other one wants what the page holds while the page wants what it holds: PostgreSQL ends the page's try."""

    def cross():
        held.cursor().execute("UPDATE accounts_keyaccount SET name = name WHERE code = 'FREE'")
        held.commit()

    crossing = threading.Timer(0.1, cross)
    crossing.start()
    with connection.cursor() as cursor:
        cursor.execute("SHOW deadlock_timeout")
        assert cursor.fetchone() == ("1s",)
        cursor.execute("SET deadlock_timeout = '300ms'")  # so that it is the page's try that ends

    answer = Client().get("/take_both/")

    crossing.join()
    assert (answer.status_code, answer.content) == (200, b"done")


@own_pages
@pytest.mark.postgres
def test_a_statement_that_takes_too_long_is_a_503_that_says_so(held):
    set_limit("statement_timeout", 200)
    began = time.monotonic()

    answer = Client().get("/sleep_long/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "took longer than anybody should wait" in answer.content.decode()
    assert time.monotonic() - began < 2


@own_pages
@pytest.mark.postgres
def test_a_script_is_told_in_json(held):
    set_limit("lock_timeout", 100)
    answer = Client().get("/write_then_wait/", headers={"Accept": "*/*"})

    assert (answer.status_code, answer["Content-Type"], answer["Retry-After"]) == (409, "application/json", "2")
    message = "Somebody else is saving the same at this moment, so nothing was changed. Try again."
    assert answer.json() == {"code": "busy", "retry": True, "message": message}


# --- a database that is away --------------------------------------------------------------------------------------------------
@own_pages
@pytest.mark.parametrize(("how", "status"), [("away", 503), ("bug", 500), ("table", None)])
def test_away_is_a_503_and_a_bug_stays_a_500(db, how, status):
    if status is None:  # on PostgreSQL a missing table is a ProgrammingError; what is left there without a code is a lost connection
        status = 500 if connection.vendor == "sqlite" else 503

    answer = Client(raise_request_exception=False).get("/fail/", {"how": how})

    assert answer.status_code == status
    assert answer.get("Retry-After") == ("2" if status == 503 else None)
    assert answer["X-Request-Id"] in answer.content.decode()


def test_a_database_that_falls_before_any_view_is_a_503_too(client, monkeypatch):
    """The session is read by a middleware, outside of every view."""

    def refuse(*_arguments):
        raise OperationalError("unable to open database file")

    monkeypatch.setattr("ka_crm.middleware.timezone.override", refuse)
    client.raise_request_exception = False

    answer = client.get("/no/such/page")

    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "its database does not answer" in answer.content.decode()
