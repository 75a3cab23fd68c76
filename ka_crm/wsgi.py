"""The WSGI entry point that gunicorn serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ka_crm.settings")
os.environ.setdefault("KA_PROCESS", "web")  # the limits of its statements: ka_crm/settings.py
application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 – reads all routes now, so that nobody's first page waits for the imports
# What is loaded by now stays for good: the collector need not go through it again, which stopped every four-hundredth page.
gc.collect()
gc.freeze()
