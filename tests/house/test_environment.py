"""Settings come from the environment, in one place: what cannot work is one line that says what to write, in every kind of process."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import ProgrammingError

from ka_crm import environment
from ka_crm.databases import why_away
from ka_crm.listening import address_of
from tests.servers import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
# Reads the settings anew for each set of variables that stdin lists, and answers with what each ended with.
READER = """
import json, os, runpy, sys
untouched = dict(os.environ)
def ends_with(variables):
    os.environ.clear()
    os.environ.update(untouched | variables)
    sys.modules.pop("ka_crm.celery_settings", None)
    try:
        found = runpy.run_module("ka_crm.settings")
    except SystemExit as end:
        return end.code
    return {name: found[name] for name in ("KA_MFA_ROLES", "KA_PORT", "DEBUG", "KA_SITE_URL", "KA_HTTPS", "REDIS_URL")}
answers = [ends_with(variables) for variables in json.load(sys.stdin)]
print(json.dumps(answers))
"""
WHOLE = "write a whole number from"
NAMES_ONLY = "write names only, without https:// and port, such as crm.example.com."
WHOLE_ADDRESS = "write the address with https:// and without a path, such as https://crm.example.com."
POSTGRES = "such as postgres://user@localhost/ka_crm."
REDIS = "such as redis://localhost:6379/0."
MAIL = "such as smtp+tls://user:password@host:587."
TOO_WEAK = "KA_SECRET_KEY is too weak: use 50 random characters or more, or leave it out and one is made."
# What the environment holds, and the line that the start ends with.
REFUSED = {
    "KA_DEBUG=maybe": "KA_DEBUG is “maybe”; write yes or no.",
    "KA_DEBUG=1 KA_ALLOWED_HOSTS=a.example": "KA_DEBUG=1 answers only to this machine: take it out, or set KA_ALLOWED_HOSTS=localhost.",
    "KA_ALLOWED_HOSTS=localhost,*": "KA_ALLOWED_HOSTS=* trusts any Host header: write the names people type, such as crm.example.com.",
    "KA_ALLOWED_HOSTS=https://a.example": f"KA_ALLOWED_HOSTS names “https://a.example”; {NAMES_ONLY}",
    "KA_ALLOWED_HOSTS=a.example:443": f"KA_ALLOWED_HOSTS names “a.example:443”; {NAMES_ONLY}",
    "KA_ALLOWED_HOSTS=*.example.com": f"KA_ALLOWED_HOSTS names “*.example.com”; {NAMES_ONLY}",
    "KA_TRUSTED_ORIGINS=a.example": f"KA_TRUSTED_ORIGINS is “a.example”; {WHOLE_ADDRESS}",
    "KA_SITE_URL=https://a.example/app": f"KA_SITE_URL is “https://a.example/app”; {WHOLE_ADDRESS}",
    "KA_SITE_URL=https://a.example:99999": f"KA_SITE_URL is “https://a.example:99999”; {WHOLE_ADDRESS}",
    "KA_SECRET_KEY=weak": TOO_WEAK,
    f"KA_SECRET_KEY={60 * 'a'}": TOO_WEAK,
    "KA_MAX_UPLOAD_MB=lots": f"KA_MAX_UPLOAD_MB is “lots”; {WHOLE} 1 on, such as 200.",
    "KA_MAX_UPLOAD_MB=-1": f"KA_MAX_UPLOAD_MB is “-1”; {WHOLE} 1 on, such as 200.",
    "KA_SESSION_IDLE_MINUTES=0": f"KA_SESSION_IDLE_MINUTES is “0”; {WHOLE} 1 on, such as 30.",
    "KA_FIELD_SESSION_MAX_MINUTES=7d": f"KA_FIELD_SESSION_MAX_MINUTES is “7d”; {WHOLE} 1 on, such as 10080.",
    "KA_PORT=http": f"KA_PORT is “http”; {WHOLE} 1 to 65535, such as 8000.",
    "KA_PORT=65536": f"KA_PORT is “65536”; {WHOLE} 1 to 65535, such as 8000.",
    "KA_WEB_WORKERS=0": f"KA_WEB_WORKERS is “0”; {WHOLE} 1 on, such as 1.",
    "KA_WEB_THREADS=1.5": f"KA_WEB_THREADS is “1.5”; {WHOLE} 1 on, such as 8.",
    "DATABASE_URL=postgres://host/x KA_PROCESS=job": "KA_PROCESS is “job”; it can be command, web, worker.",
    "KA_LANGUAGE=fr": "KA_LANGUAGE is “fr”; it can be en, zh-hans.",
    "KA_TIME_ZONE=Beijing": "KA_TIME_ZONE is “Beijing”; write a name of the tz database, such as Asia/Shanghai.",
    "KA_TIME_ZONE=../../etc/passwd": "KA_TIME_ZONE is “../../etc/passwd”; write a name of the tz database, such as Asia/Shanghai.",
    "KA_TIME_ZONE=Asia": "KA_TIME_ZONE is “Asia”; write a name of the tz database, such as Asia/Shanghai.",
    "KA_BASE_CURRENCY=RMB": "KA_BASE_CURRENCY is “RMB”; write three capital letters of ISO 4217, such as CNY.",
    "KA_FONT_DIR=/nowhere/fonts": "KA_FONT_DIR is “/nowhere/fonts”, which is no folder.",
    "KA_LOG_LEVEL=LOUD": "KA_LOG_LEVEL is “LOUD”; it can be CRITICAL, DEBUG, ERROR, INFO, WARNING.",
    "EMAIL_URL=a.example": "EMAIL_URL starts with “a.example:”; it can be consolemail, dummymail, filemail, memorymail, smtp, smtp+ssl, "
    f"smtp+tls, smtps, {MAIL}",
    "EMAIL_URL=smtp+tls://user:hidden@host:mail": f"EMAIL_URL: write a host and a port, {MAIL}",
    "KA_DATA_DIR=/proc/no": "KA_DATA_DIR is /proc/no, and this user cannot write there: name another folder, or give that one to the user.",
    "DATABASE_URL=nonsense": f"DATABASE_URL starts with “nonsense:”; it can be sqlite: or postgres:, {POSTGRES}",
    "DATABASE_URL=mysql://user:hidden@host/x": f"DATABASE_URL starts with “mysql:”; it can be sqlite: or postgres:, {POSTGRES}",
    "DATABASE_URL=postgres://user:hidden@host:port/x": "DATABASE_URL: the port is no number from 1 to 65535, or the password has a sign "
    f"that is written as %40, {POSTGRES}",
    "DATABASE_URL=postgres://user:hidden@host/": f"DATABASE_URL names no database behind the host, {POSTGRES}",
    "DATABASE_URL=sqlite:////no/x.db": "DATABASE_URL names /no/x.db, and this user cannot write that file and its folder: make the folder, "
    "or name another.",
    "DATABASE_URL=sqlite://:memory:": "DATABASE_URL names no file: web and worker need one that they share, such as "
    "sqlite:////srv/ka-crm/ka_crm.sqlite3.",
    "REDIS_URL=localhost:6379": f"REDIS_URL has to start with redis:, rediss: or unix:, {REDIS}",
    "REDIS_URL=redis://:hidden@host:port/0": f"REDIS_URL: write a host and a port from 1 to 65535, {REDIS}",
    "REDIS_URL=redis://host:6379/jobs": f"REDIS_URL: what stands behind the host is the number of a database, {REDIS}",
    "KA_JOBS_SWEEP_SECONDS=0": "KA_JOBS_SWEEP_SECONDS is “0”; write a number of seconds above 0, such as 2.",
    "KA_JOBS_LEASE_SECONDS=nan": "KA_JOBS_LEASE_SECONDS is “nan”; write a number of seconds above 0, such as 60.",
    "KA_JOBS_KEEP_DAYS=-1": "KA_JOBS_KEEP_DAYS is “-1”; write a number of days from 0 on, such as 90.",
    "KA_JOBS_THREADS=none": f"KA_JOBS_THREADS is “none”; {WHOLE} 1 on, such as 2.",
    "REDIS_URL=redis://host KA_JOBS_MEMORY_MB=1": f"KA_JOBS_MEMORY_MB is “1”; {WHOLE} 64 on, such as 1024.",
    "DATABASE_URL=postgres://host/x KA_DB_CONN_MAX_AGE=long": f"KA_DB_CONN_MAX_AGE is “long”; {WHOLE} 0 on, such as 60.",
    "DATABASE_URL=postgres://host/x KA_DB_POOLED=perhaps": "KA_DB_POOLED is “perhaps”; write yes or no.",
    "DATABASE_URL=postgres://host/x KA_PROCESS=web KA_DB_LOCK_SECONDS=inf": "KA_DB_LOCK_SECONDS is “inf”; write a number of seconds from "
    "0 on, such as 3.",
}


def bare_environment(folder, **variables):
    """This process's environment without any setting of the program."""
    given = {name: value for name, value in os.environ.items() if not re.match(r"KA_|DATABASE_URL|REDIS_URL|EMAIL_URL|DJANGO_", name)}
    return {**given, "KA_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "ka_crm.settings", **variables}


def split(words):
    return dict(word.split("=", 1) for word in words.split())


def read(folder, *sets_of_variables):
    """What settings say to each of these sets of variables: the line they end with, or some of their values."""
    asked = [sys.executable, "-c", READER]
    said = subprocess.run(
        asked, cwd=ROOT, env=bare_environment(folder), input=json.dumps(sets_of_variables), capture_output=True, text=True, timeout=120
    )
    assert said.returncode == 0, said.stderr[-2000:]
    return json.loads(said.stdout.splitlines()[-1])


def test_what_cannot_work_is_one_line_that_says_what_to_write(tmp_path):
    assert dict(zip(REFUSED, read(tmp_path, *(split(words) for words in REFUSED)), strict=True)) == REFUSED


def test_no_message_repeats_a_password():
    assert [message for words, message in REFUSED.items() if "hidden" in words and "hidden" in message] == []


def test_an_empty_value_is_none_and_an_empty_list_is_empty(tmp_path):
    # An EnvironmentFile often holds the names with nothing behind them.
    names = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    empty = {name: "" for group in names for name in re.findall(r"\w+", group)}
    assert len(empty) > 45
    expected = {
        "KA_MFA_ROLES": [],
        "KA_PORT": 8000,
        "DEBUG": False,
        "KA_SITE_URL": "http://localhost:8000",
        "KA_HTTPS": False,
        "REDIS_URL": "",
    }

    assert read(tmp_path, empty | {"KA_DATA_DIR": str(tmp_path)}) == [expected]


def test_what_people_write_is_taken(tmp_path):
    taken = read(
        tmp_path,
        {"KA_DEBUG": "Yes", "KA_ALLOWED_HOSTS": "localhost, 127.0.0.1", "KA_LOG_LEVEL": "warning"},
        {
            "KA_ALLOWED_HOSTS": "crm.example.com,[::1]",
            "KA_SITE_URL": "https://crm.example.com/",
            "KA_TRUSTED_ORIGINS": "https://[::1]:8443",
        },
        {"REDIS_URL": "rediss://user:p%40ss@host", "KA_LANGUAGE": "zh-Hans", "KA_MFA_ROLES": "finance"},
        {"DATABASE_URL": "postgres://user:p%40ss@host:6432/x?sslmode=require", "KA_DB_POOLED": "on"},
    )

    assert [one["DEBUG"] for one in taken] == [True, False, False, False]
    assert [one["KA_HTTPS"] for one in taken] == [False, True, False, False]
    assert taken[1]["KA_SITE_URL"] == "https://crm.example.com"
    assert (taken[2]["REDIS_URL"], taken[2]["KA_MFA_ROLES"]) == ("rediss://user:p%40ss@host", ["finance"])


COMMANDS = {
    "manage.py": [sys.executable, "manage.py", "check"],
    "web": ["bin/web"],
    "worker": ["bin/worker"],
    "run": ["bin/run"],
    "gunicorn": [sys.executable, "-m", "gunicorn", "ka_crm.wsgi:application", "--no-control-socket", "--log-level", "critical"],
}


@pytest.mark.parametrize("process", COMMANDS)
def test_every_process_ends_with_that_line_alone(process, tmp_path):
    variables = bare_environment(tmp_path, KA_SECRET_KEY="weak", KA_PORT=str(free_port()), PORT=str(free_port()))

    said = subprocess.run(COMMANDS[process], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60)

    assert (said.returncode, said.stdout, said.stderr) == (4 if process == "gunicorn" else 1, "", TOO_WEAK + "\n")


def test_a_role_that_does_not_exist_stops_the_web_server(tmp_path):
    variables = bare_environment(tmp_path, KA_MFA_ROLES="finance,admin", KA_PORT=str(free_port()))

    said = subprocess.run(["bin/web"], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60)

    known = "ka_manager, field_rep, supervisor, finance, administrator, viewer"
    assert (said.returncode, said.stderr) == (1, f"KA_MFA_ROLES names admin; there are the roles {known}.\n")


def test_an_address_of_another_machine_is_no_port_that_is_taken(tmp_path):
    variables = bare_environment(tmp_path, KA_BIND="300.1.1.1")

    said = subprocess.run(["bin/run"], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60)

    line = "run: KA_BIND is “300.1.1.1”, which is no address of this machine; write 127.0.0.1, or 0.0.0.0 for all of its addresses.\n"
    assert (said.returncode, said.stderr) == (1, line)


def test_the_address_that_is_printed_leads_to_this_machine():
    assert [address_of(bind, 8000) for bind in ("127.0.0.1", "0.0.0.0", "[::1]", "::", "crm.example.com")] == [
        "http://127.0.0.1:8000/", "http://127.0.0.1:8000/", "http://[::1]:8000/", "http://[::1]:8000/", "http://crm.example.com:8000/",
    ]  # fmt: skip


def test_a_database_that_does_not_answer_is_one_line_without_the_password(tmp_path):
    port = free_port()
    variables = bare_environment(tmp_path, DATABASE_URL=f"postgres://user:hidden@127.0.0.1:{port}/x")

    for start, asked in {"": [sys.executable, "manage.py", "showmigrations", "team"], "run: ": ["bin/run"]}.items():
        said = subprocess.run(asked, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60)

        assert said.returncode == 1
        (line,) = said.stderr.splitlines()
        assert line.startswith(f"{start}The database 127.0.0.1:{port}/x does not answer: ")
        assert line.endswith(". See DATABASE_URL in docs/operations.md.")
        assert "hidden" not in said.stderr


def test_only_a_database_that_is_away_is_told_in_one_line():
    assert why_away(ProgrammingError('invalid dsn: invalid connection option "nonsense"\n')).count("invalid connection option") == 1
    assert [why_away(error) for error in (ProgrammingError("syntax error"), ValueError("no database at all"))] == ["", ""]


def test_a_file_of_settings_that_cannot_be_read_is_not_passed_over(tmp_path, monkeypatch):
    given = tmp_path / ".env"
    environment.read_file(given)  # none is fine
    given.write_text("KA_TEST_FROM_FILE=from the file\n")
    monkeypatch.delenv("KA_TEST_FROM_FILE", raising=False)
    environment.read_file(given)
    assert os.environ.pop("KA_TEST_FROM_FILE") == "from the file"

    given.unlink()
    given.mkdir()  # root may read every file, but no folder
    with pytest.raises(environment.WrongSetting) as refused:
        environment.read_file(given)
    assert refused.value.code == f"{given} is there, but this user cannot read it."
