"""Reading the environment: a value that cannot work ends the process with one line that says what to write instead.

An empty value is as good as none, except in a list: ``KA_MFA_ROLES=`` names no role. Addresses may hold a password, so no
message repeats one.
"""

import math
import os
import re
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from babel.numbers import list_currencies

YES, NO = {"1", "true", "yes", "y", "on", "ok"}, {"0", "false", "no", "n", "off"}
HOST = re.compile(r"\.?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?|\[[0-9a-f:.]+\]", re.IGNORECASE)
REDIS_DATABASE = re.compile(r"/?\d*/?")


class WrongSetting(SystemExit):
    """A setting cannot work. Uncaught, it ends manage.py, a worker or a script with exit code 1 and this line on stderr."""


def read_file(path):
    """Take from a file what the environment does not name; a file that is not there is none."""
    try:
        with path.open() as file:
            environ.Env.read_env(file)
    except FileNotFoundError:
        return
    except OSError:  # the reader itself would quietly go on with the defaults
        raise WrongSetting(f"{path} is there, but this user cannot read it.") from None


def text(name, default=""):
    return os.environ.get(name, "").strip() or default


def yes_or_no(name, *, default):
    given = text(name).lower()
    if given and given not in YES | NO:
        raise WrongSetting(f"{name} is “{given}”; write yes or no.")
    return given in YES if given else default


def number(name, default, *, least=0.0, above=None, unit="seconds"):
    """A finite number from ``least`` on, or one greater than ``above``, as float."""
    given = text(name, str(default))
    bounds = f"from {least:g} on" if above is None else f"above {above:g}"
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < least or (above is not None and value <= above):
        raise WrongSetting(f"{name} is “{given}”; write a number of {unit} {bounds}, such as {default:g}.")
    return value


def whole(name, default, *, least=1, most=None):
    given = text(name, str(default))
    upto = "" if most is None else f" to {most}"
    if not re.fullmatch(r"\d{1,12}", given) or int(given) < least or (most is not None and int(given) > most):
        raise WrongSetting(f"{name} is “{given}”; write a whole number from {least}{upto or ' on'}, such as {default}.")
    return int(given)


def one_of(name, choices, *, default):
    """One of ``choices``, however it is capitalised."""
    given = text(name, default)
    known = {choice.lower(): choice for choice in choices}
    if given.lower() not in known:
        raise WrongSetting(f"{name} is “{given}”; it can be {', '.join(sorted(choices))}.")
    return known[given.lower()]


def words(name, default=()):
    """Names between commas; an empty value is none of them."""
    given = os.environ.get(name)
    return list(default) if given is None else [word for part in given.split(",") if (word := part.strip())]


def hosts(name, default):
    """Host names as people type them: neither an address with https:// nor a port, nor ``*``."""
    named = words(name) or list(default)
    if "*" in named:
        raise WrongSetting(f"{name}=* trusts any Host header: write the names people type, such as crm.example.com.")
    for host in named:
        if not HOST.fullmatch(host):
            raise WrongSetting(f"{name} names “{host}”; write names only, without https:// and port, such as crm.example.com.")
    return named


def site(name, given):
    """``given`` if it is http(s)://name[:port], without its last slash."""
    wrong = WrongSetting(f"{name} is “{given}”; write the address with https:// and without a path, such as https://crm.example.com.")
    scheme, _, rest = given.rstrip("/").partition("://")
    host = re.sub(r":\d+$", "", rest)
    # “*.” is Django's word for all names below one, which it takes in trusted origins.
    if scheme not in {"http", "https"} or not HOST.fullmatch(host.removeprefix("*.")) or not _port_is_a_number(given):
        raise wrong
    return given.rstrip("/")


def time_zone(name, default):
    given = text(name, default)
    try:
        ZoneInfo(given)
    except (KeyError, ValueError, OSError):  # no such name; one that leads out of the folder of zones; a folder of zones
        raise WrongSetting(f"{name} is “{given}”; write a name of the tz database, such as Asia/Shanghai.") from None
    return given


def currency(name, default):
    given = text(name, default)
    if given not in list_currencies():
        raise WrongSetting(f"{name} is “{given}”; write three capital letters of ISO 4217, such as CNY.")
    return given


def existing_folder(name):
    """The path of a folder to read from, or an empty text."""
    given = text(name)
    if given and not os.path.isdir(given):
        raise WrongSetting(f"{name} is “{given}”, which is no folder.")
    return given


def folder(name, default):
    """An absolute path of a folder that this process may write into; made if it is not there."""
    path = Path(text(name, str(default))).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        writable = os.access(path, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise WrongSetting(f"{name} is {path}, and this user cannot write there: name another folder, or give that one to the user.")
    return path


def _port_is_a_number(address):
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


def database(name, own_file):
    """Django's settings of the database that an address names, a PostgreSQL or a SQLite file; without one, of ``own_file``."""
    address = text(name)
    if not address:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(own_file)}
    scheme, example = address.split(":", 1)[0], "such as postgres://user@localhost/ka_crm"
    if scheme not in {"sqlite", "postgres", "postgresql"} or "://" not in address:
        raise WrongSetting(f"{name} starts with “{scheme[:20]}:”; it can be sqlite: or postgres:, {example}.")
    if scheme != "sqlite" and not _port_is_a_number(address):
        raise WrongSetting(f"{name}: the port is no number from 1 to 65535, or the password has a sign that is written as %40, {example}.")
    found = environ.Env.db_url_config(address)
    if scheme == "sqlite":
        _check_file(name, found["NAME"])
    elif not found["NAME"]:
        raise WrongSetting(f"{name} names no database behind the host, {example}.")
    return found


def _check_file(name, file):
    """SQLite writes beside its file too, so both have to be writable."""
    if file == ":memory:":
        raise WrongSetting(f"{name} names no file: web and worker need one that they share, such as sqlite:////srv/ka-crm/ka_crm.sqlite3.")
    path = Path(file).resolve()
    if path.is_dir() or not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise WrongSetting(f"{name} names {path}, and this user cannot write that file and its folder: make the folder, or name another.")


def redis(name):
    """The address of a Redis, or an empty text: then messages are files."""
    address = text(name)
    if not address:
        return ""
    example = "such as redis://localhost:6379/0"
    if not address.startswith(("redis://", "rediss://", "unix://")):
        raise WrongSetting(f"{name} has to start with redis:, rediss: or unix:, {example}.")
    if not address.startswith("unix:"):
        if not _port_is_a_number(address) or not urlsplit(address).hostname:
            raise WrongSetting(f"{name}: write a host and a port from 1 to 65535, {example}.")
        if not REDIS_DATABASE.fullmatch(urlsplit(address).path):
            raise WrongSetting(f"{name}: what stands behind the host is the number of a database, {example}.")
    return address


def mail(name):
    """Django's settings of the mail server that an address names; none if it is empty."""
    address = text(name)
    if not address:
        return {}
    scheme = address.split(":", 1)[0]
    known = sorted(environ.Env.EMAIL_SCHEMES)
    if scheme not in known or "://" not in address:
        raise WrongSetting(f"{name} starts with “{scheme[:20]}:”; it can be {', '.join(known)}, such as smtp+tls://user:password@host:587.")
    if scheme.startswith("smtp") and not (_port_is_a_number(address) and urlsplit(address).hostname):
        raise WrongSetting(f"{name}: write a host and a port, such as smtp+tls://user:password@host:587.")
    return environ.Env.email_url_config(address)
