"""A production of the compose recipe: containers, a clone and a registry."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.rehearsal.target.host import PLAIN_PATH, TargetError
from bot.rehearsal.target.loopback import answers_http, wait_until
from bot.rehearsal.target.ssh_server import SshServer
from tests.conftest import make_host
from tests.docker_daemon import Docker, docker_daemon
from tests.recipes.compose_images import base_images, push_shop, registry
from tests.recipes.play import RECIPES, commit_at
from tests.recipes.shop_code import V1, V2

PAGE = RECIPES / "compose.md"
_PASSWORD = "plum-Tree-92-lamp"
_GIT = ("-c", "user.name=Ana", "-c", "user.email=ana@shop.example", "-c", "init.defaultBranch=main")
_ORDERS = "INSERT INTO shop_order (subject) SELECT 'order ' || n FROM generate_series(1, 120) n"
_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = 'shop_order'"


@dataclass(frozen=True)
class ComposeShop:
    """The production. `old` runs at the start, and `new` is the commit on main; `env` is what the bot needs."""

    docker: Docker
    folder: Path
    env: Mapping[str, str]
    old: str
    new: str

    @property
    def runs(self) -> str:
        """The commit that answers; "" if none does."""
        return commit_at(self.env["SHOP_URL"])

    @property
    def tags(self) -> set[str]:
        """The tags of the images from which the shop's containers were made, and the one that compose would take."""
        images = self.docker.ask("ps", "--format={{.Image}}", "--filter=name=shop_api", "--filter=name=shop_worker")
        tags = {image.rpartition(":")[2] for image in images.split()}
        return tags | set(re.findall(r"^TAG=(.*)$", (self.folder / ".env").read_text(), re.MULTILINE))

    @property
    def columns(self) -> set[str]:
        """The columns of the table of orders."""
        return set(self.sql(_COLUMNS).split())

    def applied(self, migration: str) -> int:
        """How often Django has recorded a migration."""
        return int(self.sql(f"SELECT count(*) FROM django_migrations WHERE name = '{migration}'"))

    def started_by(self, step: str) -> int:
        """How many containers have started that have the label of the step's first job."""
        words = (
            "--since=1h",
            "--until=0s",
            "--filter=event=start",
            '--format={{index .Actor.Attributes "gonogo.job"}}',
        )
        labels = self.docker.ask("events", *words).splitlines()
        return sum(label.endswith(f"_{step}_1") for label in labels)

    def sql(self, text: str) -> str:
        """What production's database answers."""
        url = f"postgresql://shop:{_PASSWORD}@127.0.0.1:5432/shop"
        return self.docker.ask("exec", "shop-db", "psql", "-AtX", url, "-c", text)


@contextmanager
def compose_shop(folder: Path) -> Iterator[ComposeShop]:
    """The production, which runs meanwhile. Skips the test where this machine has not what it needs."""
    with docker_daemon() as docker, registry(docker.folder) as address:
        private = _private_address(docker)
        base_images(docker)
        image, clone = f"{address}/shop", folder / "srv" / "shop"
        old, new = _repository(docker, folder / "srv", image)
        lines = (f"IMAGE={image}", f"TAG={old}", f"ADDRESS={private}", f"DB_PASSWORD={_PASSWORD}", "")
        (clone / ".env").write_text("\n".join(lines))
        host = make_host(_made(folder / "host"))
        ssh = SshServer(host, path=f"{docker.bin}:{PLAIN_PATH}")
        ssh.start()
        url = f"postgresql://shop:{_PASSWORD}@{private}"
        env = {
            "SHOP_SSH": ssh.address,
            "SHOP_SSH_KEY": str(ssh.key),
            "SHOP_KNOWN_HOSTS": str(ssh.known_hosts),
            "SHOP_URL": f"http://{private}:8000",
            "SHOP_IMAGE": image,
            "SHOP_DATABASE_URL": f"{url}:5432/shop",
            "SHOP_SCRATCH_URL": f"{url}:5433/shop",
            "SHOP_REPOSITORY": str(clone),
            "SHOP_BACKUPS": str(folder / "srv" / "backups"),
        }
        shop = ComposeShop(docker=docker, folder=clone, env=env, old=old, new=new)
        try:
            _start(shop)
            yield shop
        finally:
            host.stop_processes()
            docker.compose(clone, "down", "--timeout=0")
            docker.ask("network", "rm", "private")


def _private_address(docker: Docker) -> str:
    """The address of a bridge without containers, which stands for the host's in a private network."""
    try:
        docker.ask("network", "create", "private")
    except TargetError as error:
        pytest.skip(f"docker may make no network here: {error}")
    return docker.ask("network", "inspect", "--format={{(index .IPAM.Config 0).Gateway}}", "private").strip()


def _repository(docker: Docker, srv: Path, image: str) -> tuple[str, str]:
    """A clone at v1 of an origin that has v2 on main, with an image of each in the registry. Returns both commits."""
    work, commits = _made(srv / "work"), []
    files = {**V1, ".gitignore": ".env\n", ".dockerignore": ".git\n", "docker-compose.yml": _compose_file()}
    _git(work, "init", "--quiet")
    for version, more in (("v1", files), ("v2", V2)):
        for name, text in more.items():
            _made((work / name).parent)
            (work / name).write_text(text)
        _git(work, "add", "--all")
        _git(work, "commit", "--quiet", "--message", version)
        commits.append(_git(work, "rev-parse", "HEAD").strip())
        push_shop(docker, work, image, commits[-1])
    _git(srv, "clone", "--quiet", "--bare", str(work), "origin.git")
    _git(srv, "clone", "--quiet", str(srv / "origin.git"), "shop")
    _git(srv / "shop", "checkout", "--quiet", "--detach", commits[0])
    return commits[0], commits[1]


def _compose_file() -> str:
    """The compose file that the page shows."""
    found = re.search(r"^```text\n(services:\n.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def _start(shop: ComposeShop) -> None:
    docker, folder = shop.docker, shop.folder
    docker.compose(folder, "up", "--detach", "db", "scratch")
    wait_until(lambda: _answers(shop), "PostgreSQL")
    once = ("run", "--rm", "-T", "--no-deps", "-e", f"DATABASE_URL={shop.env['SHOP_DATABASE_URL']}", "migrate")
    docker.compose(folder, *once, "migrate", "--verbosity=0")
    shop.sql(_ORDERS)
    docker.compose(folder, "up", "--detach", "api", "worker")
    wait_until(lambda: answers_http(f"{shop.env['SHOP_URL']}/health"), "the shop")


def _answers(shop: ComposeShop) -> bool:
    try:
        return shop.sql("SELECT 1") == "1\n"
    except TargetError:  # it starts
        return False


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *_GIT, *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
