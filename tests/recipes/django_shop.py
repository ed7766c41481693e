"""A production of the Django recipe: PostgreSQL, gunicorn and Celery under systemd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.rehearsal.target.loopback import answers_http, free_port, wait_until
from tests.parts.debian import RECIPES
from tests.parts.machine import Machine, machine
from tests.recipes.machine_parts import run, start_database, write
from tests.recipes.play import commit_at
from tests.recipes.shop_code import V1, V2

_REPOSITORY = "/srv/shop"
_UNIT = """
[Service]
Type={type}
User=deploy
WorkingDirectory=/srv/shop
EnvironmentFile=/etc/shop.env
ExecStart=/srv/shop/venv/bin/python -m {command}
Restart=always
RestartSec=100ms
TimeoutStopSec=5
KillMode=mixed
[Install]
WantedBy=multi-user.target
"""
_REPOSITORY_MADE = """
install -d -o deploy /srv/shop /srv/backups /srv/queue /srv/results /srv/origin.git
git config --system user.name Ana; git config --system user.email ana@shop.example
git config --system init.defaultBranch main; git config --system safe.directory '*'
runuser -u deploy -- git init -q --bare /srv/origin.git
chown -R deploy /srv/new
cd /srv/new && runuser -u deploy -- sh -euc '
git init -q; git remote add origin /srv/origin.git'
"""
_COMMIT = "cd /srv/new && runuser -u deploy -- sh -euc 'git add -A; git commit -qm {name}; git push -q origin main'"
_CLONE = """
cd /srv && runuser -u deploy -- git clone -q /srv/origin.git /srv/shop
cd /srv/shop && runuser -u deploy -- python3 -m venv --system-site-packages venv
set -a; . /etc/shop.env; set +a
runuser -u deploy -- venv/bin/python manage.py migrate --verbosity=0
"""


@dataclass(frozen=True)
class Shop:
    """The production. `old` runs at the start, and `new` is the commit on main; `env` is what the bot needs."""

    machine: Machine
    env: Mapping[str, str]
    old: str
    new: str

    @property
    def runs(self) -> str:
        """The commit that answers; "" if none does."""
        return commit_at(self.env["SHOP_URL"])

    @property
    def columns(self) -> set[str]:
        """The columns of the table of orders."""
        url = self.env["SHOP_DATABASE_URL"]
        sql = "SELECT column_name FROM information_schema.columns WHERE table_name = 'shop_order'"
        return set(self.machine.ask("psql", "-AtX", url, "-c", sql).split())

    def applied(self, migration: str) -> int:
        """How often Django has recorded a migration."""
        sql = f"SELECT count(*) FROM django_migrations WHERE name = '{migration}'"
        return int(self.machine.ask("psql", "-AtX", self.env["SHOP_DATABASE_URL"], "-c", sql))


@contextmanager
def shop(folder: Path) -> Iterator[Shop]:
    """The production, which runs meanwhile. Skips the test where this machine cannot boot it."""
    with machine(*RECIPES) as booted:
        web = free_port()
        ssh, url = booted.ssh(folder), start_database(booted)
        (booted.root / "etc/shop.env").write_text(f"DATABASE_URL={url}/shop\nPYTHONUNBUFFERED=1\n")
        write(booted, "srv/new", V1)
        run(booted, _REPOSITORY_MADE)
        run(booted, _COMMIT.format(name="v1"))
        run(booted, _CLONE)
        old = booted.ask("git", "-C", "/srv/origin.git", "rev-parse", "main").strip()
        write(booted, "srv/new", V2)
        run(booted, _COMMIT.format(name="v2"))
        new = booted.ask("git", "-C", "/srv/origin.git", "rev-parse", "main").strip()
        _start_units(booted, web)
        env = {
            **ssh,
            "SHOP_URL": f"http://127.0.0.1:{web}",
            "SHOP_DATABASE_URL": f"{url}/shop",
            "SHOP_SCRATCH_URL": f"{url}/scratch",
            "SHOP_REPOSITORY": _REPOSITORY,
            "SHOP_BACKUPS": "/srv/backups",
        }
        wait_until(lambda: answers_http(f"{env['SHOP_URL']}/health"), "the shop")
        yield Shop(machine=booted, env=env, old=old, new=new)


def _start_units(booted: Machine, port: int) -> None:
    gunicorn = f"gunicorn --workers=2 --bind=127.0.0.1:{port} shop.wsgi"
    celery = "celery --app=shop.tasks worker --concurrency=1 --loglevel=WARNING"
    booted.unit("shop-web.service", _UNIT.format(type="notify", command=gunicorn))
    booted.unit("shop-worker.service", _UNIT.format(type="simple", command=celery))
    booted.ask("systemctl", "enable", "--now", "--quiet", "shop-web", "shop-worker")
