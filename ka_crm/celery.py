"""The Celery application; its settings are the CELERY_ names of ka_crm.settings."""

import os

from celery import Celery

from ka_crm.jobs.worker import SweeperStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ka_crm.settings")
app = Celery("ka_crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(SweeperStep)
