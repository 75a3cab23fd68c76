"""All settings, read from the environment in this one place; each has a default or a message that says what to set.

Two ways to run, one code (docs/architecture.md): nothing set is the embedded run (SQLite and a file-system broker under
``var/``); DATABASE_URL and REDIS_URL alone make it PostgreSQL, Redis and any number of web and worker machines.
"""

import os
import secrets
import sys
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from . import environment
from .databases import limits
from .environment import WrongSetting
from .logs import hide, logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
environment.read_file(BASE_DIR / ".env")

# Where this installation keeps what it may write: database, uploads, queue, secret key.
KA_DATA_DIR = environment.folder("KA_DATA_DIR", BASE_DIR / "var")

# --- safety -------------------------------------------------------------------------------------------------------------
DEBUG = environment.yes_or_no("KA_DEBUG", default=False)
ALLOWED_HOSTS = environment.hosts("KA_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = [environment.site("KA_TRUSTED_ORIGINS", origin) for origin in environment.words("KA_TRUSTED_ORIGINS")]
# HTTPS is assumed as soon as the program answers to other names than this machine's own.
_LOOPBACK_ONLY = set(ALLOWED_HOSTS) <= {"localhost", "127.0.0.1", "[::1]", "testserver"}
KA_HTTPS = environment.yes_or_no("KA_HTTPS", default=not _LOOPBACK_ONLY)
if DEBUG and not _LOOPBACK_ONLY:
    raise WrongSetting("KA_DEBUG=1 answers only to this machine: take it out, or set KA_ALLOWED_HOSTS=localhost.")


def _secret_key():
    """KA_SECRET_KEY, or one made at the first start and kept in the data folder, readable by its owner only."""
    if key := environment.text("KA_SECRET_KEY"):
        if len(key) < 50 or len(set(key)) < 10:
            raise WrongSetting("KA_SECRET_KEY is too weak: use 50 random characters or more, or leave it out and one is made.")
        return key
    path = KA_DATA_DIR / "secret_key"
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    try:
        return path.read_text().strip()
    except OSError:
        raise WrongSetting(f"{path} belongs to another user: run as that user, or name a KA_DATA_DIR of your own.") from None


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = environment.words("KA_SECRET_KEY_FALLBACKS")

SECURE_SSL_REDIRECT = KA_HTTPS
KA_BEHIND_PROXY = environment.yes_or_no("KA_BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if KA_BEHIND_PROXY else None
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if KA_BEHIND_PROXY else 0  # whose address rate limits and the audit trail take
# Where people reach this installation: links in mails that no request asked for.
KA_SITE_URL = environment.site("KA_SITE_URL", environment.text("KA_SITE_URL", "http://localhost:8000"))
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if KA_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = KA_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = KA_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if KA_HTTPS else "ka_session"
CSRF_COOKIE_NAME = "__Host-csrf" if KA_HTTPS else "ka_csrf"
SESSION_ENGINE = "ka_crm.sessions"
SESSION_COOKIE_AGE = 7 * 24 * 3600
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "ka_crm.views.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
KA_MAX_UPLOAD_BYTES = environment.whole("KA_MAX_UPLOAD_MB", 200) * 1024 * 1024

# --- what the program is made of ----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "reports",
    "visits",
    "fees",
    "promotions",
    "contracts",
    "sales",
    "accounts",
    "team",
    "ka_crm.jobs",
    "ka_crm",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "csp",
]
MIDDLEWARE = [
    "ka_crm.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ka_crm.middleware.PersonMiddleware",
    "ka_crm.middleware.CleanInputMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "team.middleware.AuditContextMiddleware",
    "team.middleware.SessionLimitMiddleware",
    "team.middleware.SecondFactorMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "ka_crm.middleware.DatabaseTroubleMiddleware",
]
ROOT_URLCONF = "ka_crm.urls"
WSGI_APPLICATION = "ka_crm.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ka_crm.context.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS += ["django.forms"]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "components/table.html"
SILENCED_SYSTEM_CHECKS = []

# --- database -----------------------------------------------------------------------------------------------------------
DATABASES = {"default": environment.database("DATABASE_URL", KA_DATA_DIR / "ka_crm.sqlite3")}


def _database_limits():
    """Seconds for a statement and for a lock, by what this process is: pages are quick, jobs end by their own limit, commands by hand."""
    process = environment.one_of(
        "KA_PROCESS", ["command", "web", "worker"], default="command"
    )  # the entry points say it: ka_crm/wsgi.py, bin/worker
    if process == "web":
        names = {"statement_seconds": ("KA_DB_STATEMENT_SECONDS", 30), "lock_seconds": ("KA_DB_LOCK_SECONDS", 3)}
    elif process == "worker":
        names = {"statement_seconds": ("KA_JOBS_HARD_LIMIT_SECONDS", 10 * 60), "lock_seconds": ("KA_JOBS_LOCK_SECONDS", 120)}
    else:  # migrations, imports by hand, backup and restore take as long as they take
        return {"statement_seconds": 0, "lock_seconds": 0}
    return {limit: environment.number(name, default) for limit, (name, default) in names.items()}


DATABASES["default"]["ATOMIC_REQUESTS"] = False  # under IMMEDIATE each read would queue for the write lock
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = environment.whole("KA_DB_CONN_MAX_AGE", 60, least=0)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = environment.yes_or_no("KA_DB_POOLED", default=False)
    DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5
    if not DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"]:  # a pooler refuses options; set them on the server there
        # Compiling a list's query takes longer than answering it: 14 s against 3 s for 10,000 stores that are due.
        DATABASES["default"]["OPTIONS"].setdefault("options", " ".join(["-c jit=off", *limits(**_database_limits())]))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- where the web server listens (ka_crm/listening.py) ---------------------------------------------------------------------
KA_BIND = environment.text("KA_BIND", "127.0.0.1")
KA_PORT = environment.whole("KA_PORT", 8000, most=65535)
KA_WEB_WORKERS = environment.whole("KA_WEB_WORKERS", 1)
KA_WEB_THREADS = environment.whole("KA_WEB_THREADS", 8)

# --- shared cache -----------------------------------------------------------------------------------------------------------
# Sign-in counts its failures in the cache. In the database all web machines share it, and a broker that is down locks nobody out.
# Dashboards keep figures that any process can read again in its own memory, by the state of the data they were read from.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "ka_cache"},
    "figures": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "figures",
        "OPTIONS": {"MAX_ENTRIES": 200},
        "TIMEOUT": 600,
    },
}

# --- people ---------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "team.User"
AUTHENTICATION_BACKENDS = ["team.backends.PersonBackend"]
PASSWORD_HASHERS = ["team.hashers.Argon2idHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "team.validators.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "team.adapters.AccountAdapter"
ACCOUNT_FORMS = {"reset_password": "team.adapters.MailedResetForm"}
MFA_ADAPTER = "team.adapters.MFAAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # administrators create people; there is no sign-up
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True  # how long a sign-in lasts is decided at the server, see KA_SESSION_…
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/15m/key,50/15m/ip", "reset_password": "20/15m/ip,5/15m/key", "reauthenticate": "10/15m/user"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "KA CRM"
MFA_FORMS = {"authenticate": "team.adapters.LimitedCodeForm", "reauthenticate": "team.adapters.LimitedCodeAgainForm"}
# Roles that must turn on the second factor before they work; the demo company leaves it open.
KA_MFA_ROLES = environment.words("KA_MFA_ROLES", ["finance", "administrator"])
# How long a sign-in lasts, in minutes: without a click, and at most. Who works in stores signs in less often.
KA_SESSION_IDLE_MINUTES = environment.whole("KA_SESSION_IDLE_MINUTES", 30)
KA_SESSION_MAX_MINUTES = environment.whole("KA_SESSION_MAX_MINUTES", 12 * 60)
KA_FIELD_ROLES = environment.words("KA_FIELD_ROLES", ["field_rep", "ka_manager"])
KA_FIELD_SESSION_IDLE_MINUTES = environment.whole("KA_FIELD_SESSION_IDLE_MINUTES", 12 * 60)
KA_FIELD_SESSION_MAX_MINUTES = environment.whole("KA_FIELD_SESSION_MAX_MINUTES", 7 * 24 * 60)
USERSESSIONS_TRACK_ACTIVITY = False

# --- languages, times, money -----------------------------------------------------------------------------------------------
LANGUAGES = [("en", _("English")), ("zh-hans", _("简体中文"))]
LANGUAGE_CODE = environment.one_of("KA_LANGUAGE", [code for code, _name in LANGUAGES], default="en")
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = environment.time_zone("KA_TIME_ZONE", "UTC")
USE_I18N = USE_TZ = True
USE_THOUSAND_SEPARATOR = False  # the money and number filters group; ids and years never do
KA_BASE_CURRENCY = environment.currency("KA_BASE_CURRENCY", "USD")
KA_COMPANY_NAME = environment.text("KA_COMPANY_NAME", "KA CRM")

# --- files ------------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(environment.text("KA_STATIC_ROOT", str(KA_DATA_DIR / "staticfiles"))).resolve()
# Hashed and compressed once collectstatic (bin/setup) has run; before that pages come with the files as they lie in static/.
_COLLECTED = (STATIC_ROOT / "staticfiles.json").exists() or "collectstatic" in sys.argv
_PLAIN_STATIC = DEBUG or not _COLLECTED
STORAGES = {
    # People's files: never served by path, only by a view that asks visible_to first.
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(KA_DATA_DIR / "files"), "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if _PLAIN_STATIC or "pytest" in sys.modules
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = _PLAIN_STATIC and "pytest" not in sys.modules
FILE_UPLOAD_TEMP_DIR = str(KA_DATA_DIR / "uploads")
Path(FILE_UPLOAD_TEMP_DIR).mkdir(parents=True, exist_ok=True)
KA_FONT_DIR = environment.existing_folder("KA_FONT_DIR")  # empty: the font that comes with the installed packages

# --- mail -------------------------------------------------------------------------------------------------------------------
if mail_server := environment.mail("EMAIL_URL"):
    vars().update(mail_server)
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(KA_DATA_DIR / "mail")
DEFAULT_FROM_EMAIL = environment.text("KA_MAIL_FROM", "ka-crm@localhost")

# --- logs -------------------------------------------------------------------------------------------------------------------
LOGGING_CONFIG = None
logging_config(
    level=environment.one_of("KA_LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], default="INFO"),
    as_json=environment.yes_or_no("KA_LOG_JSON", default=not DEBUG),
)
# Lets a Prometheus on another machine read /metrics; without it only this machine may.
KA_METRICS_TOKEN = environment.text("KA_METRICS_TOKEN")
hide(SECRET_KEY, KA_METRICS_TOKEN, *SECRET_KEY_FALLBACKS)

from .celery_settings import *  # noqa: F403 – the queue's own block, REDIS_URL included; ka_crm.celery reads the CELERY_ names
