"""What runs the laboratory's jobs while the broker is away."""

import django

django.setup()

from ka_crm.jobs import unaided  # noqa: E402 – after the settings
from tests.ka_crm.jobs import lab  # noqa: E402, F401 – registers the kinds

unaided.work()
