"""Where the web server listens, as settings say: for bin/run, bin/web and bin/demo, which are shell scripts.

    python -m ka_crm.listening --as run [--free] [--migrated]    prints BIND PORT WORKERS THREADS ADDRESS

A setting that cannot work is one line on stderr and exit code 1, before gunicorn starts and says it as a traceback; so is a
port that is taken (``--free``), and a database that is away or not up to date (``--migrated``).
"""

import argparse
import errno
import os
import socket
import sys

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1"}  # noqa: S104 – what people may write, not what we choose


def address_of(bind, port):
    """The address at which this machine reaches a server that listens at ``bind``."""
    host = EVERYWHERE.get(bind, bind).strip("[]")
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def why_not(bind, port):
    """Why nothing can listen there now, with the way out; an empty text if it can."""
    try:
        family, kind, _protocol, _name, place = socket.getaddrinfo(bind.strip("[]"), port, type=socket.SOCK_STREAM)[0]
    except OSError:
        return f"KA_BIND is “{bind}”, which is no address of this machine; write 127.0.0.1, or 0.0.0.0 for all of its addresses."
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                another = 8001 if port == 8000 else 8000
                return f"port {port} is taken: stop what listens there, or choose another, such as KA_PORT={another}."
            if error.errno == errno.EACCES:
                return f"port {port} is for root only: choose one from 1024 on, such as KA_PORT=8000."
            return f"KA_BIND is “{bind}”, which is no address of this machine; write 127.0.0.1, or 0.0.0.0 for all of its addresses."
    return ""


def why_not_ready():
    """Why nobody can work on the database that settings name; an empty text if they can."""
    from django.db import DatabaseError, InterfaceError, connection  # not before the settings are named
    from django.db.migrations.executor import MigrationExecutor

    from .databases import why_away

    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError) as error:
        return why_away(error) or f"the database cannot be read: {error}"
    return "the database is not up to date: run bin/setup first." if behind else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--as", dest="program", required=True, help="the script that asks, as messages name it")
    parser.add_argument("--free", action="store_true", help="also try whether the port is free")
    parser.add_argument("--migrated", action="store_true", help="also ask the database whether it is up to date")
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ka_crm.settings")

    import django  # only after the settings are named
    from django.conf import settings
    from django.core.checks import run_checks

    django.setup()
    if problems := run_checks(tags=["settings"]):
        sys.exit("\n".join(problem.msg for problem in problems))
    bind, port = settings.KA_BIND, settings.KA_PORT
    if reason := (asked.free and why_not(bind, port)) or (asked.migrated and why_not_ready()):
        sys.exit(f"{asked.program}: {reason}")
    print(bind, port, settings.KA_WEB_WORKERS, settings.KA_WEB_THREADS, address_of(bind, port))


if __name__ == "__main__":
    main()
