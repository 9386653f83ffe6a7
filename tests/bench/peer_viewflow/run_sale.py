"""The bench's sale in viewflow: prepare, three approvals at once, sign. Run by viewflow's own Python, not by ours.

As a company would run it: no DEBUG, connections that stay open, sessions in signed cookies (no statement for them),
processes locked in the database.

    python run_sale.py migrate | open NUMBER | sessions        (DATABASE_NAME, DATABASE_PORT: where PostgreSQL is)
"""

from __future__ import annotations

import json
import logging
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

PEOPLE = ("olena", "iryna", "oksana", "petro")

settings.configure(
    DEBUG=False,
    SECRET_KEY="a key for the bench" * 3,
    ALLOWED_HOSTS=["127.0.0.1", "testserver"],
    ROOT_URLCONF="sale.urls",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": "127.0.0.1",
            "PORT": os.environ["DATABASE_PORT"],
            "NAME": os.environ["DATABASE_NAME"],
            "USER": "test",
            "CONN_MAX_AGE": None,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "viewflow",
        "viewflow.workflow",
        "sale",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    USE_TZ=True,
    LOGGING_CONFIG=None,
)
logging.getLogger("django.request").setLevel(logging.ERROR)  # the bench asks for a page that there is not
application = get_wsgi_application()


def migrate() -> None:
    from django.contrib.auth.models import User

    call_command("migrate", verbosity=0)
    User.objects.bulk_create(User(username=name, is_superuser=True, is_staff=True) for name in PEOPLE)


def open_deals(number: int) -> None:
    from sale.flows import SaleFlow

    for _ in range(number):
        SaleFlow.start.run()


def sessions() -> None:
    """Each person's cookies, as the browser has them after signing in."""
    from django.contrib.auth.models import User
    from django.test import Client

    told = {}
    for person in User.objects.all():
        client = Client()
        client.force_login(person)
        told[person.username] = client.cookies[settings.SESSION_COOKIE_NAME].value
    print(json.dumps(told))


if __name__ == "__main__":
    django.setup()
    {"migrate": migrate, "open": open_deals, "sessions": sessions}[sys.argv[1]](*map(int, sys.argv[2:]))
