"""The site's settings for tests: a data folder of their own, and a cheap password hash."""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="touchstone-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["DATA_DIR"] = _folder
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)

from tests.databases import ON_POSTGRES, TEMPLATE  # noqa: E402

from touchstone.config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
if ON_POSTGRES:
    DATABASES["default"]["TEST"] = {"TEMPLATE": TEMPLATE}  # noqa: F405
