"""The program's own settings, with everything a test may write moved into a folder of this test process.

Each pytest-xdist worker is a process of its own: it gets its own data folder, its own database and its own Redis database.
"""

import atexit
import os
import re
import shutil
import tempfile

_shared_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
_data_dir = tempfile.mkdtemp(prefix="ka-tests-", dir=_shared_memory)
atexit.register(shutil.rmtree, _data_dir, ignore_errors=True)
os.environ["KA_DATA_DIR"] = _data_dir
os.environ.setdefault("KA_LOG_LEVEL", "WARNING")
os.environ.pop("KA_DEBUG", None)

_worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "gw0")))
_redis_url = os.environ.get("KA_TEST_REDIS_URL") or os.environ.get("REDIS_URL", "")
if _redis_url and not _redis_url.startswith("unix:"):
    os.environ["KA_TEST_REDIS_URL"] = _redis_url
    _redis_server = re.match(r"(rediss?://[^/?]+)", _redis_url).group(1)
    os.environ["REDIS_URL"] = f"{_redis_server}/{2 * _worker}"

os.makedirs(os.path.join(_data_dir, "staticfiles"))

from ka_crm.settings import *  # noqa: E402, F403 – only now: they read the environment; all of them are the tests' too
from ka_crm.settings import CACHES, DATABASES, KA_DATA_DIR  # noqa: E402 – as above

# In memory, so that a test without the database can clear it; tests of sign-in's own table name the database's.
CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A real file, as in production: worker processes that tests start open the same database, under the same WAL and locks.
    DATABASES["default"]["TEST"] = {"NAME": str(KA_DATA_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"

# Argon2 is slow on purpose; the tests of sign-in itself name the shipped hasher.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
# Signing in is its own subject: its tests name the roles that need a second factor, all others have none.
KA_MFA_ROLES = []
