"""The code of a small Django application with a Celery worker, in two versions."""

from __future__ import annotations

SETTINGS = """
import os, subprocess
from pathlib import Path
from urllib.parse import urlsplit

BASE = Path(__file__).parent.parent
ASKED = ["git", "rev-parse", "HEAD"]  # an image has its commit in its environment, and no git
COMMIT = os.environ.get("COMMIT") or subprocess.run(ASKED, cwd=BASE, capture_output=True, text=True).stdout.strip()
url = urlsplit(os.environ["DATABASE_URL"])
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username,
                         "PASSWORD": url.password, "HOST": url.hostname, "PORT": url.port}}
INSTALLED_APPS = ["shop"]
ROOT_URLCONF = "shop.urls"
SECRET_KEY = "of a test"
ALLOWED_HOSTS = ["*"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
"""
URLS = """
from django.conf import settings
from django.http import JsonResponse
from django.urls import path
from shop.models import Order

urlpatterns = [
    path("health", lambda request: JsonResponse({"commit": settings.COMMIT})),
    path("orders", lambda request: JsonResponse(list(Order.objects.values()), safe=False)),
]
"""
TASKS = """
import os
from pathlib import Path
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
folders = {"data_folder_in": "/srv/queue", "data_folder_out": "/srv/queue"}
app = Celery("shop", broker="filesystem://", backend="file:///srv/results")
app.conf.broker_transport_options = folders


@app.task(name="ping")
def ping():
    return "pong"
"""
PING = """
from django.core.management.base import BaseCommand
from shop.tasks import ping


class Command(BaseCommand):
    def handle(self, **options):
        assert ping.delay().get(timeout=30) == "pong"
"""
MANAGE = """
import os, sys
from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
execute_from_command_line(sys.argv)
"""
WSGI = """
import os
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_wsgi_application()
"""
MODELS = """
from django.db import models


class Order(models.Model):
    subject = models.CharField(max_length=100)
"""
FIRST = """
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Order", [
        ("id", models.BigAutoField(primary_key=True, serialize=False, auto_created=True, verbose_name="ID")),
        ("subject", models.CharField(max_length=100)),
    ])]
"""
SECOND = """
import time
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_first")]
    operations = [
        migrations.RunPython(lambda *_: time.sleep(1), lambda *_: time.sleep(1)),
        migrations.AddField("Order", "note", models.CharField(max_length=100, null=True)),
    ]
"""
V1 = {
    "manage.py": MANAGE,
    "requirements.txt": "Django\ngunicorn\ncelery\npsycopg2\n",
    ".gitignore": "venv\n__pycache__\n",
    "shop/__init__.py": "",
    "shop/settings.py": SETTINGS,
    "shop/urls.py": URLS,
    "shop/tasks.py": TASKS,
    "shop/wsgi.py": WSGI,
    "shop/models.py": MODELS,
    "shop/management/commands/ping_worker.py": PING,
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_first.py": FIRST,
}
V2 = {
    "shop/models.py": f"{MODELS}    note = models.CharField(max_length=100, null=True)\n",
    "shop/migrations/0002_note.py": SECOND,
}
