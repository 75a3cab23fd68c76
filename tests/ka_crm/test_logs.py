"""Logs are one JSON object a line, carry the ids, and hold no secret."""

import io
import json
import logging

import pytest
import structlog

from ka_crm import logs


@pytest.fixture
def lines(monkeypatch):
    """Everything that is logged from now on, as a function that reads it back."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    output = io.StringIO()
    logs.logging_config(level="INFO", as_json=True)
    root.handlers[-1].setStream(output)
    yield lambda: [json.loads(line) for line in output.getvalue().splitlines()]
    root.handlers[:], root.level = before[0], before[1]


def test_one_json_object_a_line_with_level_and_time(lines):
    logging.getLogger("kombu").warning("lost %s of %d", "connection", 3)

    (line,) = lines()
    assert (line["event"], line["level"], line["logger"]) == ("lost connection of 3", "warning", "kombu")
    assert line["timestamp"].endswith("Z")


def test_a_newline_forges_no_second_line(lines):
    logging.getLogger("sales").info('store “a\n{"event": "forged"}\r\u2028b”')

    assert len(lines()) == 1


def test_request_and_job_ids_are_on_every_line(lines):
    with structlog.contextvars.bound_contextvars(request_id="r1", job_id=7):
        logging.getLogger("any.package").info("working")
        structlog.get_logger("reports").info("section done", section="sales")

    assert [(line["request_id"], line["job_id"]) for line in lines()] == [("r1", 7), ("r1", 7)]


@pytest.mark.parametrize(
    "fact",
    [
        {"password": "sentinel-4711"},
        {"api_token": "sentinel-4711"},
        {"headers": {"Authorization": "sentinel-4711"}},
        {"who": "sentinel-4711@example.com"},
        {"error": "duplicate key\nDETAIL:  Key (email)=(sentinel-4711) already exists."},
        {"tried": ["x", {"csrfmiddlewaretoken": "sentinel-4711"}]},
    ],
)
def test_secrets_names_and_row_values_are_hidden(lines, fact):
    structlog.get_logger("team").info("sign-in", **fact)

    assert "sentinel-4711" not in json.dumps(lines())
    assert logs.MASK in json.dumps(lines())


def test_a_registered_secret_is_hidden_wherever_it_turns_up(lines, monkeypatch):
    monkeypatch.setattr(logs, "_secrets", set())
    logs.hide("postgres-password-4711")

    try:
        raise ConnectionError("could not reach postgres://ka:postgres-password-4711@db/ka")
    except ConnectionError:
        logging.getLogger("django.db").exception("no database")

    (line,) = lines()
    assert "4711" not in json.dumps(line)
    assert "could not reach" in line["exception"]


def test_a_request_is_logged_by_route_and_not_by_address(lines, client):
    client.get("/healthz?token=sentinel-4711&q=Anna")

    (line,) = [line for line in lines() if line["event"] == "request"]
    assert (line["method"], line["route"], line["status"], line["statements"]) == ("GET", "healthz", 200, 0)
    assert "sentinel" not in json.dumps(lines()) and "Anna" not in json.dumps(lines())
