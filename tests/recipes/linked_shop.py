"""The production of the recipe with release links: two web hosts and a balancer, all booted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.rehearsal.target.loopback import answers_http, free_port, wait_until
from tests.load import ask
from tests.parts.debian import RECIPES
from tests.parts.machine import Machine, machine
from tests.recipes.linked_shop_code import V1, V2
from tests.recipes.machine_parts import run, start_database, write

_NGINX = """
events {{ worker_connections 256; }}
http {{
  access_log off;
  {more}
  server {{
    listen 127.0.0.1:{port};
    location / {{ {at_top} }}
    {locations}
  }}
}}
"""
_ORIGIN = """
git config --system user.name Ana; git config --system user.email ana@shop.example
git config --system init.defaultBranch main; git config --system safe.directory '*'
install -d -o deploy /srv/upstream /srv/origin.git
runuser -u deploy -- git init -q --bare /srv/origin.git
chown -R deploy /srv/new
cd /srv/new && runuser -u deploy -- sh -euc '
git init -q; git remote add origin /srv/origin.git'
"""
_COMMIT = "cd /srv/new && runuser -u deploy -- sh -euc 'git add -A; git commit -qm {name}; git push -q origin main'"
_DAEMON = """[Service]
ExecStart=/usr/bin/git daemon --base-path=/srv --export-all --reuseaddr --listen=127.0.0.1 --port={port}
"""
_UNIT = """
[Service]
Type=notify
User=deploy
WorkingDirectory=/srv/shop/current
EnvironmentFile=/etc/shop.env
ExecStart=/srv/shop/current/venv/bin/python -m gunicorn --workers=2 --bind=127.0.0.1:{port} app
Restart=always
RestartSec=100ms
TimeoutStopSec=5
KillMode=mixed
[Install]
WantedBy=multi-user.target
"""
# as the page's steps do it, with older releases beside it
_FIRST_RELEASE = """
git config --system safe.directory '*'
install -d -o deploy /srv/shop /srv/shop/releases /srv/www /srv/www/releases /srv/backups
cd /srv/shop
export new=releases/{commit}
runuser -u deploy -- bash -euc '
git clone -q {origin} repository; git -C repository checkout -q {commit}
for n in 1 2 3 4 5 6; do mkdir releases/old-$n; touch --date="2026-01-0$n" releases/old-$n; done
mkdir $new
git -C repository archive HEAD | tar -x -C $new
cd $new; ./build {commit}
ln -s releases/{commit} /srv/shop/current
cp -r dist /srv/www/releases/{commit}; ln -s releases/{commit} /srv/www/current'
"""
_SCHEMA = """
cd /srv/shop/current; set -a; . /etc/shop.env; set +a
venv/bin/python -m alembic upgrade head
[ "$(psql -AtqX "$DATABASE_URL" -c "SELECT count(*) FROM orders")" = 0 ] || exit 0
psql -qX "$DATABASE_URL" -c "INSERT INTO orders (subject) SELECT 'order ' || n FROM generate_series(1, 200) n" \
  -c "INSERT INTO faxes SELECT n::text FROM generate_series(1, 20) n"
"""


@dataclass(frozen=True)
class WebHost:
    """One of the two, and the port at which it answers."""

    machine: Machine
    port: int

    def state(self) -> tuple[str, ...]:
        """What it serves, and what its links, its process and its clone are at: each a commit."""
        served = [str(ask(self.port, f"GET {path}")[1].get("commit")) for path in ("/health", "/build.json")]
        links = [self.machine.ask("readlink", "-e", f"/srv/{one}/current").strip() for one in ("shop", "www")]
        pid = self.machine.ask("systemctl", "show", "--value", "--property=MainPID", "shop-web").strip()
        runs = self.machine.ask("readlink", "-e", f"/proc/{pid}/cwd").strip()
        clone = self.machine.ask("git", "-C", "/srv/shop/repository", "rev-parse", "HEAD").strip()
        return (*served, *(path.rpartition("/")[2] for path in (*links, runs)), clone)

    def starts(self) -> int:
        """How often systemd has started the service."""
        return self.machine.ask("journalctl", "--unit=shop-web", "--output=cat").count("Started shop-web")

    def releases(self) -> set[str]:
        """The folders of the releases."""
        return {path.name for path in (self.machine.root / "srv/shop/releases").iterdir()}


@dataclass(frozen=True)
class LinkedShop:
    """The production. `old` runs at the start, and `new` is the commit on main; `env` is what the bot needs."""

    hosts: tuple[WebHost, WebHost]
    balancer: Machine
    port: int
    env: Mapping[str, str]
    old: str
    new: str

    def states(self) -> set[str]:
        """The commits that anything of a host names."""
        return {commit for host in self.hosts for commit in host.state()}

    def behind_balancer(self) -> list[str]:
        """The hosts to which requests go."""
        return sorted(path.stem for path in (self.balancer.root / "srv/upstream").glob("*.conf"))

    def schema(self) -> str:
        """The whole schema, and what Alembic says of it."""
        url = self.env["SHOP_DATABASE_URL"]
        dump = self.balancer.ask("pg_dump", "--schema-only", "--exclude-schema=gonogo", url)
        lines = [line for line in dump.splitlines() if not line.startswith("\\")]
        return "\n".join([*lines, self.query("SELECT version_num FROM alembic_version")])

    def query(self, sql: str) -> str:
        """What a query answers."""
        return self.balancer.ask("psql", "-AtX", self.env["SHOP_DATABASE_URL"], "-c", sql).strip()


@contextmanager
def linked_shop(folder: Path) -> Iterator[LinkedShop]:
    """The production, which runs meanwhile. Skips the test where this machine cannot boot it."""
    with ExitStack() as stack:
        balancer, *webs = (stack.enter_context(machine(*RECIPES)) for _ in range(3))
        ssh = _ssh(folder, balancer, webs)
        url, scratch = start_database(balancer), start_database(webs[1])
        origin, old, new = _origin(balancer)
        hosts = [_web_host(one, origin, old, f"{url}/shop") for one in webs]
        port = _balance(balancer, hosts)
        env = {
            **ssh,
            **{f"SHOP_WEB_{n}_URL": f"http://127.0.0.1:{one.port}" for n, one in enumerate(hosts, start=1)},
            "SHOP_URL": f"http://127.0.0.1:{port}",
            "SHOP_DATABASE_URL": f"{url}/shop",
            "SHOP_SCRATCH_URL": f"{scratch}/scratch",
            "SHOP_REPOSITORY": "/srv/shop/repository",
            "SHOP_RELEASES": "/srv/shop/releases",
            "SHOP_CURRENT": "/srv/shop/current",
            "SHOP_WWW": "/srv/www",
            "SHOP_UPSTREAM": "/srv/upstream",
            "SHOP_BACKUPS": "/srv/backups",
        }
        wait_until(lambda: answers_http(f"{env['SHOP_URL']}/orders"), "the shop")
        yield LinkedShop((hosts[0], hosts[1]), balancer, port, env, old, new)


def _ssh(folder: Path, balancer: Machine, webs: list[Machine]) -> dict[str, str]:
    """Let one key open all of them. Returns what the bot needs for that."""
    found: dict[str, str] = {}
    known = []
    for name, one in {"BALANCER": balancer, "WEB_1": webs[0], "WEB_2": webs[1]}.items():
        (folder / name).mkdir()
        own = one.ssh(folder / name)
        known.append(Path(own["SHOP_KNOWN_HOSTS"]).read_text())
        found |= {"SHOP_SSH_KEY": own["SHOP_SSH_KEY"]} if not found else {}
        found[f"SHOP_{name}"] = own["SHOP_SSH"]
        (one.root / "etc/ssh/authorized").write_text((balancer.root / "etc/ssh/authorized").read_text())
    (folder / "known_hosts").write_text("".join(known))
    return {**found, "SHOP_KNOWN_HOSTS": str(folder / "known_hosts")}


def _origin(on: Machine) -> tuple[str, str, str]:
    """The repository with both versions. Returns its address, and the commits of both."""
    port, commits = free_port(), []
    write(on, "srv/new", V1)
    run(on, _ORIGIN)
    for name, files in {"v1": V1, "v2": V2}.items():
        write(on, "srv/new", files)
        run(on, _COMMIT.format(name=name))
        commits.append(on.ask("git", "-C", "/srv/origin.git", "rev-parse", "main").strip())
    on.unit("origin.service", _DAEMON.format(port=port))
    on.ask("systemctl", "start", "origin")
    return f"git://127.0.0.1:{port}/origin.git", commits[0], commits[1]


def _web_host(on: Machine, origin: str, commit: str, database_url: str) -> WebHost:
    """A host that serves a commit: gunicorn behind its own nginx. The tables are made with the first one."""
    app, port = free_port(), free_port()
    (on.root / "etc/shop.env").write_text(f"DATABASE_URL={database_url}\n")
    run(on, _FIRST_RELEASE.format(commit=commit, origin=origin))
    run(on, _SCHEMA)
    on.unit("shop-web.service", _UNIT.format(port=app))
    on.ask("systemctl", "enable", "--now", "--quiet", "shop-web")
    to_app = f"proxy_pass http://127.0.0.1:{app};"
    paths = "".join(f"location {path} {{ {to_app} }}\n" for path in ("/health", "/orders"))
    _start_nginx(on, port, at_top="root /srv/www/current;", locations=paths)
    return WebHost(on, port)


def _balance(balancer: Machine, hosts: list[WebHost]) -> int:
    """Both hosts behind nginx, which asks no other host again when one fails. Returns its port."""
    port = free_port()
    lines = {f"web-{n}.conf": f"server 127.0.0.1:{one.port};\n" for n, one in enumerate(hosts, start=1)}
    write(balancer, "srv/upstream", lines)
    upstream = "upstream shop { include /srv/upstream/*.conf; } proxy_next_upstream off;"
    _start_nginx(balancer, port, more=upstream, at_top="proxy_pass http://shop;")
    return port


def _start_nginx(on: Machine, port: int, *, at_top: str, locations: str = "", more: str = "") -> None:
    text = _NGINX.format(port=port, at_top=at_top, locations=locations, more=more)
    (on.root / "etc/nginx/nginx.conf").write_text(text)
    on.ask("systemctl", "enable", "--now", "--quiet", "nginx")
