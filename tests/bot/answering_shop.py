"""A shop on a real host: a clone, a database, and two processes that answer their commit."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil

from bot.rehearsal.target.loopback import free_port
from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.ssh_server import SshServer
from bot.settings import read_settings
from bot.wiring import tools_for
from commands.rollback.request import rollback
from commands.run.runner import Runner
from commands.runbook import Page, read_page
from commands.signoff.actions import RunActions
from commands.signoff.waiting import Waiting, waiting_for
from commands.start.request import StartRequest
from commands.start.starter import start
from state.events import RunMoved
from state.facts import Actor, Choice, Door
from state.records import Record, RunState
from state.sqlite.store import Store
from tests.commands.steps.databases import create_databases, run_sql
from tests.commands.steps.git_repository import git

APPLICATION = """\
import http.server, json, subprocess, sys, psycopg
commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()

class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, data = 200, {"status": "ok", "build": {"commit": commit}}
        if self.path == "/orders":
            try:
                with psycopg.connect(sys.argv[2]) as database:
                    data = [row[0] for row in database.execute("SELECT NAME FROM orders")]
            except psycopg.Error:
                status, data = 500, {}
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(data).encode())

    def log_message(self, *words):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answers).serve_forever()
"""
PAGE = """\
# Deploy the shop

```toml runbook
target = "shop"
time_zone = "Asia/Bangkok"
```

## Places

```toml places
[hosts.backend]
address = "$SHOP_SSH"
key = "$SHOP_KEY"
known_hosts = "$SHOP_KNOWN_HOSTS"

[databases.shop]
url = "$SHOP_DATABASE"

[webs.api_1]
url = "$SHOP_API_1"

[webs.api_2]
url = "$SHOP_API_2"
```

## Emergency contacts

```toml roles
[lead]
title = "Lead"
people = "$SHOP_LEAD"
phone = "$SHOP_LEAD_PHONE"
action = "decides"
```

## Before

### Pin the release

```toml release
id = "release"
host = "backend"
repository = "$SHOP_REPOSITORY"
files = ["up.sql", "down.sql"]
RUNNING
```

## Deploy

### Migrate

```toml sql
id = "migrate"
database = "shop"
file = "up.sql"

[[verify]]
says = "column name"
expect = 1
sql = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'name'"
```

### Code

```toml checkout
id = "code"
host = "backend"
repository = "$SHOP_REPOSITORY"
commit = "<commit>"
```

### Restart

```toml run
id = "restart"
host = "backend"
env = { restart = "$SHOP_RESTART" }
commands = ['bash "$restart"']
```

## Rollback

```toml rollback
within = "15 min"
```

### Schema back

```toml sql
id = "schema-back"
database = "shop"
file = "down.sql"
undoes = "migrate"

[[verify]]
says = "column title"
expect = 1
sql = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'title'"
```

BACK
### Restart again

```toml run
id = "restart-again"
host = "backend"
env = { restart = "$SHOP_RESTART" }
commands = ['bash "$restart"']
undoes = "restart"
```

## Decision

```toml decision
role = "lead"
```
"""
RUNNING = """\
running = [
    { web = "api_1", path = "/health", field = "build.commit" },
    { web = "api_2", path = "/health", field = "build.commit" },
]
"""
CODE_BACK = """\
### Code back

```toml checkout
id = "code-back"
host = "backend"
repository = "$SHOP_REPOSITORY"
commit = "<commit_before>"
undoes = "code"
```

"""
LEAD = Actor(person="ULEAD", door=Door.SLACK)


class AnsweringShop:
    """`v1` and `v2` are commits of origin. The clone is at v1, and both processes have loaded v1.

    v2 reads another column, which its migration makes of v1's, and its rollback makes v1's of it again.
    """

    def __init__(self, folder: Path, ssh: SshServer, postgres: Postgres) -> None:
        self.folder, self.ssh = folder, ssh
        self.origin, self.clone = folder / "origin", folder / "clone"
        git(folder, "init", "-q", "-b", "main", str(self.origin))
        self.v1 = self._commit(APPLICATION.replace("NAME", "title"), "First")
        git(folder, "clone", "-q", str(self.origin), str(self.clone))
        self.v2 = self._commit(APPLICATION.replace("NAME", "name"), "Second")
        create_databases(postgres, "answering")
        self.database = postgres.url(OWNER, "answering")
        run_sql(self.database, "DROP TABLE IF EXISTS orders; CREATE TABLE orders (title text)")
        run_sql(self.database, "INSERT INTO orders VALUES ('tea')")
        self.ports = (free_port(), free_port())
        self._write_restart()
        self.store = Store(folder / "gonogo.db")
        self.runner: Runner | None = None

    def _commit(self, application: str, message: str) -> str:
        (self.origin / "app.py").write_text(application)
        (self.origin / "up.sql").write_text("ALTER TABLE orders RENAME title TO name;\n")
        (self.origin / "down.sql").write_text("ALTER TABLE orders RENAME name TO title;\n")
        git(self.origin, "add", ".")
        git(self.origin, "commit", "-q", "-m", message)
        return git(self.origin, "rev-parse", "HEAD")

    def _write_restart(self, *ports: int) -> Path:
        lines = ["set -euo pipefail", f"cd {self.clone}"]
        for port in ports or self.ports:
            pid, log = self.folder / f"{port}.pid", self.folder / f"{port}.log"
            lines += [
                f"old=$(cat {pid} 2> /dev/null || true)",
                '[ -z "$old" ] || { kill "$old"; while kill -0 "$old" 2> /dev/null; do sleep 0.05; done; }',
                f"setsid nohup {sys.executable} app.py {port} {self.database} > {log} 2>&1 < /dev/null &",
                f"echo $! > {pid}",
                f"until (: < /dev/tcp/127.0.0.1/{port}) 2> /dev/null; do sleep 0.05; done",
            ]
        script = self.folder / "restart.sh"
        script.write_text("\n".join(lines) + "\n")
        return script

    def restart(self, *ports: int) -> None:
        """Start both processes, or only those of some ports, anew; they load what the clone has."""
        subprocess.run(["bash", str(self._write_restart(*ports))], check=True)
        self._write_restart()

    def answers(self, path: str = "/orders") -> list[int]:
        """The statuses of both processes."""
        return [httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).status_code for port in self.ports]

    def commits(self) -> list[str]:
        """The commits that both processes have loaded."""
        urls = [f"http://127.0.0.1:{port}/health" for port in self.ports]
        return [httpx.get(url, trust_env=False).json()["build"]["commit"] for url in urls]

    def page(self, *, running: str = RUNNING, back: str = CODE_BACK) -> Page:
        """The page, with these lines of `running` and these steps of the rollback."""
        return read_page(PAGE.replace("RUNNING\n", running).replace("BACK\n", back), "shop.md")

    @property
    def environ(self) -> dict[str, str]:
        """What the page names."""
        return {
            "SHOP_SSH": self.ssh.address,
            "SHOP_KEY": str(self.ssh.key),
            "SHOP_KNOWN_HOSTS": str(self.ssh.known_hosts),
            "SHOP_REPOSITORY": str(self.clone),
            "SHOP_RESTART": str(self.folder / "restart.sh"),
            "SHOP_DATABASE": self.database,
            "SHOP_API_1": f"http://127.0.0.1:{self.ports[0]}",
            "SHOP_API_2": f"http://127.0.0.1:{self.ports[1]}",
        }

    # -- a run ----------------------------------------------------------------------------------------------------

    def begin(self, page: Page) -> None:
        """Start a run with the real tools, as if nobody had looked before."""
        tools = tools_for(page, read_settings(self.environ))
        request = StartRequest(places=tools.places())
        start(self.store, page, request, LEAD, {"lead": frozenset({LEAD.person})}, tools.clock.now())
        self._page = page
        self.runner = Runner(self.store, page, 1, tools)
        self.runner.start()

    @property
    def record(self) -> Record:
        """The run's record now."""
        return self.store.record(1)

    def wait(self, until: Callable[[], object]) -> None:
        """Wait until something is true, for a minute at most."""
        deadline = time.monotonic() + 60
        while not until():
            assert time.monotonic() < deadline, [(one.step, one.state, one.summary) for one in self.record.attempts]
            time.sleep(0.02)

    def waiting(self) -> Waiting:
        """The first question that the run waits for."""
        self.wait(lambda: waiting_for(self._page, self.record))
        return waiting_for(self._page, self.record)[0]

    def skip(self, waiting: Waiting) -> None:
        """The lead skips a step."""
        actions = RunActions(self.store, self._page, 1, {"lead": frozenset({LEAD.person})})
        actions.answer(waiting.step, waiting.attempt, LEAD, Choice.SKIP, "later", self.record.run.began_at)

    def roll_back(self) -> None:
        """The lead rolls back."""
        rollback(self.store, self.store.run(1), LEAD, "it burns", self.record.run.began_at)

    def rolled_back(self) -> RunMoved:
        """What the last message of the rollback says."""
        moved = (one.data for one in self.store.events(1) if isinstance(one.data, RunMoved))
        return next(data for data in moved if data.state == RunState.ROLLED_BACK)

    def close(self) -> None:
        """End the run and both processes."""
        if self.runner:
            self.runner.detach()
        self.store.close()
        for port in self.ports:
            pid = self.folder / f"{port}.pid"
            if pid.exists() and psutil.pid_exists(int(pid.read_text())):
                psutil.Process(int(pid.read_text())).kill()
