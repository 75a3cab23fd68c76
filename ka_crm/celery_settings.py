"""Celery's settings: the Job row is the truth and the broker only a wake-up (docs/decisions/0003-job-rows-and-the-broker.md)."""

import os
from pathlib import Path

_data_dir = Path(os.environ.get("KA_DATA_DIR") or Path(__file__).resolve().parent.parent / "var").resolve()
CELERY_BROKER_URL = os.environ.get("REDIS_URL") or "kafs://"

JOBS_FIRST_RESEND_SECONDS = 15
