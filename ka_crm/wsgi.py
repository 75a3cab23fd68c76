"""The WSGI entry point that gunicorn serves."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from ka_crm.environment import WrongSetting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ka_crm.settings")
os.environ.setdefault("KA_PROCESS", "web")  # the limits of its statements: ka_crm/settings.py
try:
    application = get_wsgi_application()
except WrongSetting as wrong:
    # A reload with settings that cannot work: gunicorn starts a process that ends with 1 again and again, and stops at a 4.
    print(wrong, file=sys.stderr)
    sys.exit(4)
get_resolver().url_patterns  # noqa: B018 – reads all routes now, so that nobody's first page waits for the imports
# What is loaded by now stays for good: the collector need not go through it again, which stopped every four-hundredth page.
gc.collect()
gc.freeze()
