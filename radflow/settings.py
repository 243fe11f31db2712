"""All settings, read from the environment; a missing one fails at start, by name.

Demo mode (`RADFLOW_DEMO=1`) generates its secret into the data folder and is
refused on an address other machines can reach.
"""

from __future__ import annotations

import ipaddress
import secrets
from datetime import timedelta
from pathlib import Path

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DATA_DIR = Path(env.str("RADFLOW_DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()
BIND = env.str("RADFLOW_BIND", default="127.0.0.1")
HTTP_PORT = env.int("RADFLOW_HTTP_PORT", default=8000)
MLLP_PORT = env.int("RADFLOW_MLLP_PORT", default=2575)
DICOM_PORT = env.int("RADFLOW_DICOM_PORT", default=11112)
DICOM_TLS_PORT = env.int("RADFLOW_DICOM_TLS_PORT", default=0)
DICOM_AE_TITLE = env.str("RADFLOW_AE_TITLE", default="RADFLOW")
ACCESSION_SCHEME = env.str("RADFLOW_ACCESSION_SCHEME", default="{yy}-{n:06}")
DEMO = env.bool("RADFLOW_DEMO", default=False)
DEMO_FORCE = env.bool("RADFLOW_DEMO_FORCE", default=False)
DEBUG = env.bool("RADFLOW_DEBUG", default=False)


def _is_loopback(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


if DEMO and not _is_loopback(BIND) and not DEMO_FORCE:
    raise ImproperlyConfigured(
        f"RADFLOW_DEMO=1 has public passwords and is refused on RADFLOW_BIND={BIND}. "
        "Bind to 127.0.0.1, or set RADFLOW_DEMO=0."
    )


def _secret_key() -> str:
    if key := env.str("RADFLOW_SECRET_KEY", default=""):
        return str(key)
    if not DEMO:
        raise ImproperlyConfigured(
            "RADFLOW_SECRET_KEY is not set. Set it to a long random text, "
            "or set RADFLOW_DEMO=1 to have a demo secret made in the data folder."
        )
    path = DATA_DIR / "secret-key"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list(
    "RADFLOW_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("RADFLOW_TRUSTED_ORIGINS", default=[])
SITE_NAME = env.str("RADFLOW_SITE_NAME", default="Northgate General, radiology")
# What the site's barcode scanners send before each code, if they are set up so.
SCAN_PREFIX = env.str("RADFLOW_SCAN_PREFIX", default="")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "rest_framework",
    "radflow.sites",
    "radflow.accounts",
    "radflow.audit",
    "radflow.live",
    "radflow.desk",
    "radflow.messaging",
    "orders",
    "worklist",
    "reports",
    "radflow.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "radflow.accounts.middleware.LanguageMiddleware",
    "radflow.accounts.middleware.SiteMiddleware",
    "radflow.accounts.middleware.IdleLockMiddleware",
    "radflow.accounts.middleware.DenyByDefaultMiddleware",
    "radflow.desk.middleware.SentDraftMiddleware",
    "radflow.accounts.middleware.NoStoreMiddleware",
]

ROOT_URLCONF = "radflow.urls"
ASGI_APPLICATION = "radflow.asgi.application"
HL7_ROUTES = "radflow.hl7_routes"
_retention = env.str("RADFLOW_RETENTION_DAYS", default="")
RETENTION_DAYS = int(_retention) if _retention else None  # None: for ever
if RETENTION_DAYS is not None and RETENTION_DAYS < 90:
    raise ImproperlyConfigured("RADFLOW_RETENTION_DAYS must be 90 or more, or empty.")

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
                "radflow.shell.shell",
            ],
            "builtins": [
                "radflow.accounts.templatetags.display",
                "radflow.accounts.templatetags.memo",
                "radflow.accounts.templatetags.problems",
                "radflow.desk.templatetags.desk",
            ],
        },
    }
]

DATABASES = {"default": env.db("DATABASE_URL")}
if "postgresql" not in DATABASES["default"]["ENGINE"]:
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database.")
DATABASES["default"].setdefault("CONN_MAX_AGE", 0)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "connect_timeout": 5,
}
# Connections that a process keeps for its threads; 0: each thread has its own.
if _pool := env.int("RADFLOW_DATABASE_POOL", default=0):
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": _pool,
        "timeout": 5,  # seconds that a request waits for one
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "radflow"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "radflow",
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "visibility_timeout": 600,
    "global_keyprefix": "radflow:",
}
# One process sends, so each receiver sees one connection; a worker that is told no
# queue serves both.
CELERY_TASK_QUEUES = {
    name: {"exchange": name, "routing_key": name} for name in ("celery", "relay")
}
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_ROUTES = {"radflow.messaging.tasks.relay_outbox": {"queue": "relay"}}
# Every tick is only a wake-up; a tick that waited is worth nothing (design law 5).
CELERY_BEAT_SCHEDULE = {
    "drain inbox": {
        "task": "radflow.messaging.tasks.drain_inbox",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "relay outbox": {
        "task": "radflow.messaging.tasks.relay_outbox",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "check conformance": {
        "task": "radflow.messaging.tasks.check_conformance",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "watch channels": {
        "task": "radflow.messaging.tasks.watch_channels",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "prune messages": {
        "task": "radflow.messaging.tasks.prune_messages",
        "schedule": crontab(hour=3, minute=17),
        "options": {"expires": 3600},
    },
    "learn silence": {
        "task": "radflow.messaging.tasks.learn_silence",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "relay performed steps": {
        "task": "worklist.tasks.relay_steps",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "ask for images": {
        "task": "worklist.tasks.ask_for_images",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "escalate critical cases": {
        "task": "reports.tasks.escalate_cases",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
}

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = 12 * 3600
# Minutes without a key or a pointer until a desk locks; 0: never. A report in the
# editor waits longer: its reader looks at the images beside it.
IDLE_MINUTES = env.int("RADFLOW_IDLE_MINUTES", default=15)
READING_IDLE_MINUTES = env.int("RADFLOW_READING_IDLE_MINUTES", default=60)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("RADFLOW_HTTPS", default=False)
SESSION_COOKIE_NAME = (
    "radflow_session" if not SESSION_COOKIE_SECURE else "__Host-radflow"
)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/api/docs/", "/admin/"],
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("RADFLOW_TIME_ZONE", default="UTC")
USE_TZ = True
USE_I18N = True
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
# All of ours, so that no catalogue of Django's own apps says it otherwise.
LOCALE_PATHS = [
    BASE_DIR / room / "locale"
    for room in ("radflow", "radflow/messaging", "orders", "worklist", "reports")
]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# The launcher collects them, compressed; where nobody did, they come from the sources.
WHITENOISE_USE_FINDERS = DEBUG or not (STATIC_ROOT / "css").is_dir()
WHITENOISE_AUTOREFRESH = DEBUG

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "radflow.accounts.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["radflow.accounts.api.permissions.HasCapability"],
    "DEFAULT_PAGINATION_CLASS": "radflow.accounts.api.pagination.PageNumbers",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "radflow.accounts.api.errors.handle_exception",
    "PAGE_SIZE": 50,
}
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_TTL": timedelta(hours=12),
    "USER_SERIALIZER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "radflow",
    "DESCRIPTION": "The workflow server of a radiology department.",
    "VERSION": "v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_INCLUDE_SCHEMA": False,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname:7} {name}: {message}", "style": "{"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "pynetdicom": {"level": "ERROR"},
        "pyBarcode": {"level": "WARNING"},
        "pydicom": {"level": "ERROR"},
        "uvicorn.access": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}

# Interfaces
ACCEPT_UNKNOWN_SENDERS = env.bool("RADFLOW_ACCEPT_UNKNOWN_SENDERS", default=DEMO)
ACCEPT_UNKNOWN_STATIONS = env.bool("RADFLOW_ACCEPT_UNKNOWN_STATIONS", default=DEMO)
HL7_APPLICATION = env.str("RADFLOW_HL7_APPLICATION", default="RADFLOW")
HL7_FACILITY = env.str("RADFLOW_HL7_FACILITY", default="RADDEPT")
HL7_MAX_BYTES = env.int("RADFLOW_HL7_MAX_BYTES", default=10 * 1024 * 1024)
MLLP_MAX_CONNECTIONS = env.int("RADFLOW_MLLP_MAX_CONNECTIONS", default=64)
MLLP_MAX_PER_ADDRESS = env.int("RADFLOW_MLLP_MAX_PER_ADDRESS", default=8)
# PEM files of listeners with TLS: ours, and the authority of those who may call.
TLS_CERTIFICATE = env.str("RADFLOW_TLS_CERTIFICATE", default="")
TLS_KEY = env.str("RADFLOW_TLS_KEY", default="")
TLS_CA = env.str("RADFLOW_TLS_CA", default="")
# Where the demo's loop-back receiver listens (it plays the hospital).
DEMO_RECEIVER_HOST = env.str("RADFLOW_DEMO_RECEIVER_HOST", default="127.0.0.1")
DEMO_RECEIVER_PORT = env.int("RADFLOW_DEMO_RECEIVER_PORT", default=MLLP_PORT + 1)
# Runs the simulated hospital beside the demo; tests switch it off.
DEMO_SIMULATOR = env.bool("RADFLOW_DEMO_SIMULATOR", default=DEMO)
# Critical results: minutes from identification to the target, per category.
CRITICAL_TARGET_MINUTES = {
    1: env.float("RADFLOW_CRITICAL_MINUTES_1", default=3 if DEMO else 60),
    2: env.float("RADFLOW_CRITICAL_MINUTES_2", default=20 if DEMO else 180),
    3: env.float("RADFLOW_CRITICAL_MINUTES_3", default=15 * 24 * 60),
}
