"""Logs: one JSON object a line on stderr, with the request or job id; never a secret, a password, an e-mail address.

Whatever binds ids to ``structlog.contextvars`` (RequestIdMiddleware, the job runner) has them on every line that is logged
meanwhile, by our own code or by an installed package.
"""

import logging.config
import os
import re
from urllib.parse import unquote, urlsplit

import structlog

MASK = "[hidden]"
SECRET_NAMES = re.compile(r"pass(word|wd)|secret|token|authorization|cookie|csrf|session_?key|recovery|otp|credential", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
# PostgreSQL names the offending values: “Key (email)=(…) already exists”, “Failing row contains (…)”.
ROW_VALUES = re.compile(r"(\)=\(|row contains \().*?(\)(?= |$)|\)\.|\Z)", re.MULTILINE)
# structlog's own luggage.
QUIET = {"_record", "_from_structlog"}

_secrets = set()


def hide(*values):
    """Keep these texts out of every log line from now on; short ones are no secrets and stay."""
    _secrets.update(value for value in values if value and len(value) >= 6)


def _hide_environment():
    """Passwords inside the addresses that settings read, whoever logs them."""
    for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL"):
        try:
            hide(unquote(urlsplit(os.environ.get(name, "")).password or ""))
        except ValueError:  # an address that cannot be read is refused by settings with a message of its own
            continue


def clean(value):
    """``value`` as it may be logged: secrets, e-mail addresses and the values of database rows masked, at any depth."""
    if isinstance(value, str):
        for secret in _secrets:
            value = value.replace(secret, MASK)
        return ROW_VALUES.sub(rf"\1{MASK}\2", EMAIL.sub(MASK, value))
    if isinstance(value, dict):
        return {key: MASK if SECRET_NAMES.search(str(key)) else clean(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(part) for part in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return clean(str(value))


def clean_event(_logger, _method, event):
    """A structlog processor: the last stop before the line is written."""
    return clean({key: value for key, value in event.items() if key not in QUIET})


def logging_config(*, level, as_json):
    """Send everything through structlog to stderr: JSON for machines, or one readable line while developing."""
    _hide_environment()
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    # Both renderers write a newline inside a value as \n, so nobody can forge a line of the log.
    renderer = (
        structlog.processors.JSONRenderer() if as_json else structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {"()": structlog.stdlib.ProcessorFormatter, "foreign_pre_chain": shared, "processors": [clean_event, renderer]},
            },
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["console"], "level": level},
            "loggers": {
                # Their 4xx lines repeat the address a person typed, tokens included; RequestIdMiddleware logs the route instead.
                "django.request": {"level": "ERROR"},
                "django.security.DisallowedHost": {"level": "ERROR"},
                "django.db.backends": {"level": "INFO"},  # its DEBUG lines hold the values of every statement
                "kombu.connection": {"level": "ERROR"},  # warns at each start that a folder has no host name
            },
        }
    )
