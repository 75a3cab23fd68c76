"""Settings, urls, Celery, and the plumbing that knows no business. Imports none of the apps."""

from .celery import app as celery_app

__all__ = ["celery_app"]
