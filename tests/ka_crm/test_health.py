"""/healthz, /readyz and /metrics: what each asks, and who may read it."""

import shutil
from datetime import timedelta

import pytest
from django.conf import settings as shipped
from django.db import connection
from django.utils import timezone

from ka_crm import health
from ka_crm.jobs.models import Job
from ka_crm.jobs.states import JobState


@pytest.fixture(autouse=True)
def _unread_migrations(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)


def refuse(*_arguments):
    raise OSError("gone")


def test_healthz_answers_without_any_database(client):  # no db fixture: a query would fail the test
    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_is_ready_when_everything_answers(client, db):
    response = client.get("/readyz")

    checks = {"database": "ok", "migrations": "ok", "storage": "ok", "broker": "ok"}
    assert (response.status_code, response.json()) == (200, {"status": "ready", "checks": checks})


def test_readyz_with_a_broker_that_is_down_is_degraded_and_still_200(client, db, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    response = client.get("/readyz")

    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["checks"]["broker"] == "failed"


def test_readyz_tries_the_embedded_brokers_folder(client, db, settings, data_dir):
    """A folder that can be looked at but not written to is no queue; readiness leaves nothing behind in a good one."""
    settings.REDIS_URL = ""
    assert client.get("/readyz").json()["checks"]["broker"] == "ok"  # control
    assert list((data_dir / "broker" / "queue").iterdir()) == []
    shutil.rmtree(data_dir / "broker")
    (data_dir / "broker").write_text("a file in its place")

    response = client.get("/readyz")

    assert (response.status_code, response.json()["status"], response.json()["checks"]["broker"]) == (200, "degraded", "failed")


@pytest.mark.parametrize("name", ["database", "storage"])
def test_readyz_is_503_while_something_needed_is_gone(client, db, monkeypatch, name):
    monkeypatch.setitem(health.CHECKS, name, refuse)

    response = client.get("/readyz")

    assert (response.status_code, response.json()["status"], response.json()["checks"][name]) == (503, "unavailable", "failed")
    assert "gone" not in response.content.decode()  # the reason is for the log


def test_readyz_is_503_while_a_migration_waits(client, db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'reports'")

    response = client.get("/readyz")

    assert (response.status_code, response.json()["checks"]["migrations"]) == (503, "pending")


def test_readyz_is_503_where_nothing_can_be_written(client, db, settings, tmp_path):
    settings.KA_DATA_DIR = tmp_path / "nowhere"

    assert client.get("/readyz").json()["checks"]["storage"] == "failed"


def sample(response, name):
    """The values of one metric: {labels: value}."""
    lines = [line for line in response.content.decode().splitlines() if line.startswith(name) and line[len(name)] in " {"]
    return {line[len(name) : line.rindex(" ")]: float(line[line.rindex(" ") :]) for line in lines}


def make_job(**values):
    return Job.objects.create(kind="demo.nothing", **values)


def test_metrics_count_jobs_dead_letters_and_the_age_of_the_oldest_due_job(client, db):
    now = timezone.now()
    make_job(created_at=now - timedelta(minutes=10))
    make_job(created_at=now - timedelta(hours=2), run_after=now + timedelta(hours=1))  # not due yet, so not late
    make_job(state=JobState.FAILED, created_at=now - timedelta(days=1))

    response = client.get("/metrics")

    assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert sample(response, "ka_jobs")['{state="due"}'] == 2
    assert sample(response, "ka_jobs_dead_letters") == {"": 1}
    assert 600 <= sample(response, "ka_jobs_oldest_due_seconds")[""] < 660


def test_metrics_count_requests_by_route_and_never_by_address(client, db):
    client.get("/no/such/page/anna@example.com")
    client.get("/healthz")

    response = client.get("/metrics")

    requests = sample(response, "ka_http_requests_total")
    assert [value for labels, value in requests.items() if 'route="healthz"' in labels and 'status="2xx"' in labels][0] >= 1
    assert "anna" not in response.content.decode()


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 403),  # a proxy on this machine speaks for somebody else
        ("192.0.2.7", {"Authorization": "Bearer the-token-of-prometheus"}, 200),
        ("192.0.2.7", {"Authorization": "Bearer another-token"}, 403),
    ],
)
def test_metrics_are_for_this_machine_or_the_token(client, db, settings, address, headers, status):
    settings.KA_METRICS_TOKEN = "the-token-of-prometheus"

    assert client.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == status


def test_without_a_token_set_no_bearer_opens_the_metrics(client, db):
    assert shipped.KA_METRICS_TOKEN == ""
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7", headers={"Authorization": "Bearer "}).status_code == 403


def test_an_answer_carries_the_id_of_its_request(client):
    first, second = client.get("/healthz")["X-Request-Id"], client.get("/healthz")["X-Request-Id"]

    assert len(first) == 32 and first != second


def test_the_id_of_a_proxy_is_kept_only_where_settings_name_a_proxy(client, settings):
    given = {"X-Request-Id": "proxy-12345678"}
    assert client.get("/healthz", headers=given)["X-Request-Id"] != "proxy-12345678"

    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert client.get("/healthz", headers=given)["X-Request-Id"] == "proxy-12345678"
    assert "\n" not in client.get("/healthz", headers={"X-Request-Id": "proxy\nforged-line"})["X-Request-Id"]
