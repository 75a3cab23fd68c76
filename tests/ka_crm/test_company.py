"""Declared settings: what may be declared, what a value may be, what is read when, also in another process."""

import datetime as dt
import subprocess
import sys
import threading
from decimal import Decimal

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection

from ka_crm import company, remembered
from ka_crm.models import Setting

WORDS = {"group": "visits", "label": "Label", "help_text": "What it means."}
KINDS = {
    "test.count": {"kind": "int", "default": 3, "minimum": 1, "maximum": 9},
    "test.share": {"kind": "rate", "default": "0.25", "minimum": "0", "maximum": "1"},
    "test.begin": {"kind": "time", "default": "08:30", "minimum": "06:00", "maximum": "12:00"},
    "test.words": {"kind": "text", "default": ""},
    "test.on": {"kind": "bool", "default": True},
    "test.pick": {"kind": "choice", "default": "a", "choices": [("a", "Ah"), ("b", "Beh")]},
    "test.days": {"kind": "int_list", "default": [3, 1, 0], "minimum": 0, "maximum": 30},
    "test.weights": {"kind": "weights", "default": {"osa": 60, "price": 40}},
}


@pytest.fixture(autouse=True)
def _declared(monkeypatch):
    monkeypatch.setattr(company, "_DECLARED", dict(company._DECLARED))
    for key, about in KINDS.items():
        company.declare(key, **WORDS, **about)


@pytest.mark.django_db
def test_without_a_row_every_setting_is_its_typed_default():
    assert {key: company.value(key) for key in KINDS} == {
        "test.count": 3,
        "test.share": Decimal("0.25"),
        "test.begin": dt.time(8, 30),
        "test.words": "",
        "test.on": True,
        "test.pick": "a",
        "test.days": [3, 1, 0],
        "test.weights": {"osa": 60, "price": 40},
    }


@pytest.mark.parametrize(
    ("key", "raw", "typed"),
    [
        ("test.count", "9", 9),
        ("test.share", "0.5", Decimal("0.5")),
        ("test.begin", "7:05", dt.time(7, 5)),
        ("test.words", " two words ", "two words"),
        ("test.on", "false", False),
        ("test.pick", "b", "b"),
        ("test.days", "7，3, 1", [7, 3, 1]),
        ("test.days", "", []),
        ("test.weights", {"osa": 100, "price": "0"}, {"osa": 100, "price": 0}),
    ],
)
@pytest.mark.django_db
def test_what_fits_is_stored_and_read_back(key, raw, typed):
    Setting.objects.create(key=key, value=company.as_json(company.checked(key, raw)))
    assert company.value(key) == typed


@pytest.mark.parametrize(
    ("key", "raw", "said"),
    [
        ("test.count", "10", "10 is out of bounds: it can be 1 to 9."),
        ("test.count", "0", "0 is out of bounds: it can be 1 to 9."),
        ("test.count", "1.5", "“1.5” is not a whole number."),
        ("test.count", "٣", "“٣” is not a whole number."),
        ("test.count", True, "“True” is not a whole number."),
        ("test.count", 10**20, "“100000000000000000000” is not a whole number."),
        ("test.share", "NaN", "“NaN” is not a fraction; write 0.25 for 25 %."),
        ("test.share", "1e30", "“1e30” is not a fraction; write 0.25 for 25 %."),
        ("test.share", "1.01", "1.01 is out of bounds: it can be 0 to 1."),
        ("test.begin", "25:00", "“25:00” is not a time of day; write 08:30."),
        ("test.begin", "12:01", "12:01 is out of bounds: it can be 06:00 to 12:00."),
        ("test.words", "x" * 501, "The text has 501 characters; 500 are the most."),
        ("test.words", "a\x00b", "The text holds a character that cannot be stored."),
        ("test.on", "maybe", "“maybe” is neither true nor false."),
        ("test.pick", "c", "“c” is not one of a, b."),
        ("test.days", "1, 1", "A number stands in the list twice."),
        ("test.days", "1, 31", "31 is out of bounds: it can be 0 to 30."),
        ("test.days", "1, x", "“x” is not a whole number."),
        ("test.weights", {"osa": 50, "price": 40}, "The weights come to 90; they have to come to 100."),
        ("test.weights", {"osa": 100}, "The weights have to be for exactly osa, price."),
        ("test.weights", {"osa": 110, "price": -10}, "-10 is too little: it has to be 0 at least."),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(key, raw, said):
    with pytest.raises(company.WrongValue) as refusal:
        company.checked(key, raw)
    assert str(refusal.value) == said


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"kind": "float", "default": 1}, "Setting test.bad is of kind “float”"),
        ({"kind": "int", "default": 12, "maximum": 9}, "12 is too much: it can be 9 at most."),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(about, said):
    with pytest.raises((ValueError, company.WrongValue), match=said):
        company.declare("test.bad", **WORDS, **about)


def test_an_unknown_name_is_an_error_that_names_it():
    with pytest.raises(KeyError, match="No setting is called “test.nothing”"):
        company.value("test.nothing")


@pytest.mark.django_db
def test_a_stored_value_that_no_longer_fits_gives_way_to_the_default():
    Setting.objects.create(key="test.count", value=99)
    assert company.value("test.count") == 3


@pytest.mark.django_db
def test_lists_are_the_callers_own():
    company.value("test.days").append(99)
    assert company.value("test.days") == [3, 1, 0]


@pytest.mark.django_db
def test_reading_many_settings_is_one_statement_and_none_later(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert [company.value(key) for key in KINDS]
    with django_assert_num_queries(0):
        company.value("test.count")


# --- who sees a change when ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_another_thread_sees_the_change_with_its_next_request_and_not_before():
    seen, written, read = [], threading.Event(), threading.Event()

    def other():
        request_started.send(sender=None)
        seen.append(company.value("test.count"))
        read.set()
        written.wait(10)
        seen.append(company.value("test.count"))  # control: within one request it stays the same
        request_finished.send(sender=None)
        request_started.send(sender=None)
        seen.append(company.value("test.count"))
        request_finished.send(sender=None)
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    read.wait(10)
    Setting.objects.create(key="test.count", value=7)
    written.set()
    thread.join(10)
    assert seen == [3, 3, 7]


@pytest.mark.django_db(transaction=True)
def test_outside_of_requests_a_value_is_read_anew_after_a_second(monkeypatch):
    monkeypatch.setattr(remembered, "FRESH_SECONDS", 1.0)
    clock = [100.0]
    monkeypatch.setattr(remembered.time, "monotonic", lambda: clock[0])
    assert company.value("test.count") == 3
    Setting.objects.bulk_create([Setting(key="test.count", value=7)])  # as another process does: no signal here
    clock[0] += 0.9
    assert company.value("test.count") == 3
    clock[0] += 0.2
    assert company.value("test.count") == 7


@pytest.mark.django_db(transaction=True)
def test_another_process_reads_what_this_one_wrote(process_env):
    Setting.objects.create(key="company.backup_days", value=5)
    ask = "from ka_crm import company; print(company.value('company.backup_days'))"
    said = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", ask],
        env=process_env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.stdout.strip() == "5", said.stderr
