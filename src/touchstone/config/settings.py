"""All settings of the site, read once from the environment; docs/reference/settings.md lists every variable."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import available_timezones

from csp.constants import NONE, SELF

from touchstone.config import env
from touchstone.config.logs import logging_settings

PACKAGE = Path(__file__).resolve().parent.parent
DATA_DIR = env.data_folder("DATA_DIR", Path.cwd() / "var")
SITE_NAME = env.text("SITE_NAME", "Touchstone")
PORT = env.whole_number("PORT", 8000, low=1, high=65535)
SITE_ORIGIN = env.origin("SITE_ORIGIN", f"http://127.0.0.1:{PORT}")
IS_SECURE_SITE = SITE_ORIGIN.startswith("https://")

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY", DATA_DIR / "secret_key")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", "testserver"], SITE_ORIGIN)
TRUSTED_PROXIES = env.names("TRUSTED_PROXIES", ["127.0.0.1", "::1"])
DJANGO_THREADS = env.whole_number("DJANGO_THREADS", 4, low=1, high=64)
DJANGO_QUEUE = env.whole_number("DJANGO_QUEUE", 64, low=1, high=10_000)
STREAMS = env.whole_number("STREAMS", 12_000, low=1, high=1_000_000)
STREAMS_PER_ADDRESS = env.whole_number("STREAMS_PER_ADDRESS", 200, low=1, high=1_000_000)
CSRF_TRUSTED_ORIGINS = [SITE_ORIGIN]
DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR / "newsroom.sqlite3")}
REDIS_URL = env.text("REDIS_URL", "")
PRICE_FEED = env.text("PRICE_FEED", "simulated")
PRICE_EXCHANGES = env.names("PRICE_EXCHANGES", ["binance", "kraken", "coinbase"])
OPENING_QUOTES_S = env.whole_number("OPENING_QUOTES_S", 60, low=0, high=86_400)
VOTE_WORK = env.whole_number("VOTE_WORK", 150_000, low=0, high=10_000_000)
VOTE_TOKEN_LIFETIME_S = env.whole_number("VOTE_TOKEN_LIFETIME_S", 600, low=30, high=86_400)
VOTES_PER_READER_MINUTE = env.whole_number("VOTES_PER_READER_MINUTE", 20, low=1, high=1_000_000_000)
VOTES_PER_ADDRESS_MINUTE = env.whole_number("VOTES_PER_ADDRESS_MINUTE", 240, low=1, high=1_000_000_000)
FORM_VOTES_PER_ADDRESS_MINUTE = env.whole_number("FORM_VOTES_PER_ADDRESS_MINUTE", 20, low=1, high=1_000_000_000)
NEW_READERS_PER_ADDRESS_HOUR = env.whole_number("NEW_READERS_PER_ADDRESS_HOUR", 600, low=1, high=1_000_000_000)
ALARM_MOVE_PCT = env.whole_number("ALARM_MOVE_PCT", 3, low=0, high=100)
ALARM_FEW_VOTES = env.whole_number("ALARM_FEW_VOTES", 30, low=0, high=1_000_000)
ALARM_MAIL = env.names("ALARM_MAIL", [])
METRICS_TOKEN = env.token("METRICS_TOKEN")
DEMO = env.flag("DEMO", default=True)
LEDGER_DIR = DATA_DIR / "ledger"
LEDGER_OPENINGS_DELAY_S = env.whole_number("LEDGER_OPENINGS_DELAY_S", 3600, low=0, high=7 * 86_400)

INSTALLED_APPS = [
    "touchstone.readers",
    "touchstone.ledger",
    "touchstone.markets",
    "touchstone.stories",
    "touchstone.votes",
    "touchstone.trust",
    "touchstone.wire",
    "touchstone.website",
    "touchstone.api",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_tasks",
    "django_tasks_db",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "ninja",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "touchstone.website.headers.KeepToThisSite",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    "touchstone.website.pages.query_keys.NoteQueryKeys",
    "touchstone.stories.turns.TakeTurns",  # calls the view itself: stays last
]
ROOT_URLCONF = "touchstone.config.urls"
WSGI_APPLICATION = "touchstone.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "website" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

AUTH_USER_MODEL = "readers.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_SECURE_SITE

EMAIL_URL = env.text("EMAIL_FOLDER", str(DATA_DIR / "mail"))
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = EMAIL_URL
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.whole_number("EMAIL_PORT", 25, low=1, high=65535)
EMAIL_HOST_USER = env.text("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_TLS", default=False)
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "newsroom@localhost")

if REDIS_URL:
    CACHES = {"default": {"BACKEND": "touchstone.config.cache.SparableRedisCache", "LOCATION": REDIS_URL}}
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [PACKAGE / "website" / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

WAGTAIL_SITE_NAME = SITE_NAME
WAGTAILADMIN_BASE_URL = SITE_ORIGIN
WAGTAILADMIN_USER_LOGIN_FORM = "touchstone.readers.forms.DeskLoginForm"
WAGTAILIMAGES_IMAGE_MODEL = "stories.NewsImage"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
# Browsers know no such zones, and their script fails on the first of them.
WAGTAIL_USER_TIME_ZONES = sorted(available_timezones() - {"Factory", "localtime", "posixrules"})
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_I18N_ENABLED = False
WAGTAILEMBEDS_FINDERS: list[dict[str, str]] = []
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True
TAGGIT_CASE_INSENSITIVE = True

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/desk/"],
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "require-trusted-types-for": ["'script'"],
    },
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("accelerometer", "camera", "geolocation", "gyroscope", "microphone", "payment", "usb")
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if IS_SECURE_SITE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_SECURE_SITE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_SECURE_SITE else None
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_SECURE_SITE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

LOG_LEVEL = env.choice("LOG_LEVEL", "WARNING", among=("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = logging_settings(level=LOG_LEVEL, form=env.choice("LOG_FORMAT", "plain", among=("plain", "json")))
