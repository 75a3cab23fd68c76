"""What every test gets: a data folder of its own, guards, real data where it is, and a browser where there is one."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import browser, servers

ROOT = Path(__file__).resolve().parent.parent
# What the terminal summary says and bin/test repeats; session-wide, filled while tests run.
REALDATA = Path(os.environ.get("KA_REALDATA") or ROOT.parent / "shared" / "realdata")


# --- which tests run, and what is said about it ---------------------------------------------------------------------------
def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", dest="ka_all", help="also the tests marked slow (minutes each)")


def on_postgres():
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


def pytest_collection_modifyitems(config, items):
    slow = [] if config.getoption("ka_all") else [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in set(slow)]
    config.stash[SLOW_LEFT_OUT] = len(slow)
    _long_ones_first(items)
    for item in items:
        if item.get_closest_marker("postgres") and not on_postgres():
            item.add_marker(pytest.mark.skip(reason="needs real row locks: runs in the PostgreSQL half"))
        if on_postgres() and (reason := _only_once(item, everything=config.getoption("ka_all"))):
            item.add_marker(pytest.mark.skip(reason=f"{reason}: runs in the SQLite half"))
        if item.get_closest_marker("browser") and not browser.chromium():
            item.add_marker(pytest.mark.skip(reason=browser.why_not()))


SLOW_LEFT_OUT = pytest.StashKey[int]()
# Folders in which what asks no database asks no broker either.
READS_ONLY_FILES = (ROOT / "tests" / "house", ROOT / "tests" / "ka_crm" / "imports")
STARTS_PROCESSES = {"laboratory", "start_worker", "start_process", "process_env"}


def _only_once(item, *, everything):
    """Why ``item`` is left out of the PostgreSQL half of a usual run, or None: what no database decides, one half shows."""
    if marker := item.get_closest_marker("once"):
        return marker.args[0] if not everything or marker.kwargs.get("even_in_all") else None
    if everything or item.get_closest_marker("both_halves"):
        return None
    if item.get_closest_marker("browser"):
        return "a browser's page is the same on both databases"
    if not _asks_the_database(item) and any(item.path.is_relative_to(folder) for folder in READS_ONLY_FILES):
        return "asks no database"
    return None


def _asks_the_database(item):
    return item.get_closest_marker("django_db") is not None or bool({"db", "transactional_db"} & set(item.fixturenames))


def _commits(item):
    marker = item.get_closest_marker("django_db")
    return "transactional_db" in item.fixturenames or bool(marker and marker.kwargs.get("transaction"))


def _long_ones_first(items):
    """Among the tests that commit, those that start processes go first: else one worker ends with them while the other has nothing left.

    Only their order among themselves changes: tests that commit stay behind those that roll back, since they empty the database.
    """
    commits = [place for place, item in enumerate(items) if _commits(item)]
    ordered = sorted((items[place] for place in commits), key=lambda item: not STARTS_PROCESSES & set(item.fixturenames))
    for place, item in zip(commits, ordered, strict=True):
        items[place] = item


def _chromium_version():
    said = subprocess.run([browser.chromium(), "--version"], capture_output=True, text=True, timeout=60).stdout
    return (re.search(r"Chromium [\d.]+", said) or ["Chromium"])[0]


def _where_it_ran(config):
    """The lines that say what ran where; the same facts go to KA_TEST_REPORT for bin/test."""
    if on_postgres():
        database = (
            os.environ.get(servers.KA_TEST_ORIGIN["DATABASE_URL"]) or f"PostgreSQL {servers.postgres_version(os.environ['DATABASE_URL'])}"
        )
    else:
        database = f"SQLite {sqlite3.sqlite_version}"
    redis_url = os.environ.get("KA_TEST_REDIS_URL") or os.environ.get("REDIS_URL")
    broker = os.environ.get(servers.KA_TEST_ORIGIN["REDIS_URL"]) or ("Redis at REDIS_URL" if redis_url else "file-system broker")
    return {
        "python": sys.version.split()[0],
        "database": database,
        "broker": broker,
        "browser": _chromium_version() if browser.chromium() else f"browser tests did not run: {browser.why_not()}",
        "realdata": f"found at {REALDATA}" if REALDATA.is_dir() else "not found: set KA_REALDATA to compare against the real year",
        "slow_left_out": config.stash.get(SLOW_LEFT_OUT, 0),
    }


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    facts = _where_it_ran(config)
    facts["counts"] = {
        outcome: len(terminalreporter.stats.get(outcome, [])) for outcome in ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
    }
    terminalreporter.section("what ran where")
    for name in ("python", "database", "broker", "browser", "realdata"):
        terminalreporter.line(f"{name}: {facts[name]}")
    if facts["slow_left_out"]:
        terminalreporter.line(f"{facts['slow_left_out']} slow tests left out: bin/test --all runs them")
    if report := os.environ.get("KA_TEST_REPORT"):
        Path(report).write_text(json.dumps(facts))


# --- guards ---------------------------------------------------------------------------------------------------------------
@pytest.fixture(autouse=True, scope="session")
def _guarded_templates(django_test_environment):
    from tests import guards  # reads settings, which are not there while options are parsed

    guards.guard_templates()


@pytest.fixture(autouse=True, scope="session")
def _lists_have_a_context(django_test_environment):
    """``answer.context`` of a list page, which is put together without templates: what it was drawn from."""
    from django.test import Client  # after settings
    from django.test.utils import ContextList

    ask = Client.request

    def request(client, **asked):
        answer = ask(client, **asked)
        if isinstance(drawn_from := getattr(answer, "context_data", None), dict):
            kept = answer.context if isinstance(answer.context, ContextList) else [answer.context]
            answer.context = ContextList([drawn_from, *filter(None, kept)])
        return answer

    Client.request = request
    yield
    Client.request = ask


@pytest.fixture(autouse=True, scope="session")
def _kinds_of_jobs_known(django_test_environment):
    """Every app's handlers are read before a test puts others in their place for a while."""
    from ka_crm.jobs.handlers import registered_jobs  # after settings

    registered_jobs()


@pytest.fixture(autouse=True, scope="session")
def _guarded_network():
    from tests import guards  # reads settings, which are not there while options are parsed

    with pytest.MonkeyPatch.context() as monkeypatch:
        guards.guard_network(monkeypatch)
        yield


@pytest.fixture(autouse=True, scope="session")
def _emptied_between_tests(django_test_environment):
    from tests import triggers  # reads settings, as above

    with pytest.MonkeyPatch.context() as monkeypatch:
        triggers.let_flush_through(monkeypatch)
        yield


@pytest.fixture(autouse=True)
def data_dir(tmp_path, settings):
    """This test's own KA_DATA_DIR: uploads, mail, queue. Nothing a test writes outlives it or meets another test's files."""
    folder = tmp_path / "data"
    (folder / "uploads").mkdir(parents=True)
    settings.KA_DATA_DIR = folder
    settings.FILE_UPLOAD_TEMP_DIR = str(folder / "uploads")
    settings.EMAIL_FILE_PATH = str(folder / "mail")
    storages = {name: {**options} for name, options in settings.STORAGES.items()}
    if storages["default"]["BACKEND"].endswith("FileSystemStorage"):
        storages["default"]["OPTIONS"] = {**storages["default"]["OPTIONS"], "location": str(folder / "files")}
    settings.STORAGES = storages
    return folder


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch):
    """Rate limits and cached figures of one test are not the next one's; what is kept for a second stays for the whole test."""
    from django.core.cache import caches  # after settings

    from ka_crm import remembered

    monkeypatch.setattr(remembered, "FRESH_SECONDS", 3600.0)
    remembered.forget()
    yield
    for cache in caches.all():
        cache.clear()


# --- data -----------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def made_once(django_db_setup, django_db_blocker, tmp_path_factory):
    """``with made_once() as storages: make(); yield`` in a fixture of a module or class: rows for several tests, taken back after the last.

    Each of those tests runs in a savepoint. Stored files are in a folder of their own, in which a test sees them by
    ``settings.STORAGES = storages``.
    """
    from django.conf import settings as program  # these imports: after settings
    from django.db import transaction
    from django.test import override_settings

    @contextmanager
    def make():
        folder = tmp_path_factory.mktemp("made-once")
        storages = {**program.STORAGES, "default": {**program.STORAGES["default"], "OPTIONS": {"location": str(folder), "base_url": None}}}
        with django_db_blocker.unblock(), override_settings(STORAGES=storages), transaction.atomic():
            yield storages
            transaction.set_rollback(True)

    return make


@pytest.fixture(scope="session")
def realdata():
    """Folder of the real year of sell-out with the figures that a correct system computes (KA_REALDATA)."""
    if not REALDATA.is_dir():
        pytest.skip(f"real data not found at {REALDATA}: set KA_REALDATA")
    return REALDATA


# --- statements -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def assert_same_statements():
    """``assert_same_statements(visit, grow, most=12)``: ``visit()`` asks as many statements after ``grow()`` as before it.

    Counted on a second call each, so that what is only asked once per process does not count.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count(visit):
        visit()
        with CaptureQueriesContext(connection) as captured:
            visit()
        return captured

    def check(visit, grow, *, most=12):
        before = count(visit)
        grow()
        after = count(visit)
        extra = "\n".join(query["sql"][:300] for query in after.captured_queries)
        assert len(after) == len(before), f"{len(before)} statements became {len(after)}:\n{extra}"
        assert len(after) <= most, f"{len(after)} statements, {most} allowed:\n{extra}"

    return check


# --- processes of our own -------------------------------------------------------------------------------------------------
@pytest.fixture
def process_env(transactional_db, data_dir):
    """Environment in which a process (a worker, manage.py) works on this test's database, queue and files."""
    from django.db import connection

    at = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{at['NAME']}"
    else:
        url = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "KA_DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "ka_crm.settings",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def start_process(process_env):
    """``start_process([...], **environment)`` starts a process in its own session; the test's end stops what is left of it."""
    running = []

    def start(command, *, pass_fds=(), **environment):
        process = subprocess.Popen(command, cwd=ROOT, env={**process_env, **environment}, start_new_session=True, pass_fds=pass_fds)
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()  # bin/run stops what it started
    for process in running:
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def start_worker(start_process):
    """``start_worker()`` starts a real Celery worker on this test's database and broker."""

    def start(**environment):
        return start_process([sys.executable, "-m", "celery", "-A", "ka_crm", "worker", "-l", "WARNING"], **environment)

    return start


@pytest.fixture
def own_redis():
    """A Redis for this test alone, which it may freeze, wipe or kill."""
    server = servers.start_redis()
    yield server
    server.stop()


@pytest.fixture
def wait_for():
    """``wait_for(claim, seconds=20)`` asks ``claim()`` until it is true and returns its answer; fails the test otherwise."""

    def wait(claim, *, seconds=20, every=0.05):
        give_up = time.monotonic() + seconds
        while not (answer := claim()):
            assert time.monotonic() < give_up, f"still not true after {seconds} s"
            time.sleep(every)
        return answer

    return wait


# --- browser --------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def chromium_browser():
    """Debian's Chromium, started once; tests take ``page`` or ``new_page``."""
    path = browser.chromium()
    if not path:
        pytest.skip(browser.why_not())
    from playwright.sync_api import sync_playwright  # only where there is a browser

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright keeps an event loop in this thread; our queries do not run inside it
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=browser.FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(chromium_browser, live_server):
    """``new_page(browser.PHONE)`` opens a page; every error in its console and every request to another host fails the test."""
    contexts, complaints = [], []

    def open_page(device=browser.DESK, **options):
        context = chromium_browser.new_context(base_url=live_server.url, **{**device, **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: complaints.append(f"asked for {request.url}") if _is_elsewhere(request.url, live_server.url) else None,
        )
        page.complaints = complaints
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _is_elsewhere(url, home):
    return not url.startswith((home, "data:", "blob:", "about:"))


@pytest.fixture
def sign_in(live_server, settings):
    """``sign_in(page, person)`` puts a session into the browser; signing in through the form has its own tests."""
    from django.test import Client  # after settings

    def into(page, person):
        client = Client()
        client.force_login(person)
        name = settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])

    return into


@pytest.fixture
def page(new_page):
    """A page at desk width on the running program."""
    return new_page()
