"""Hostile values on their whole way, from a real server or host onwards."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.rehearsal.target.ssh_server import SshServer
from bot.tools import make_tools
from bot.tools.places import HostPlace, Places, WebPlace
from commands.ports.page_text import PageText
from commands.ports.tools import Tools
from commands.ports.web import HttpRequest
from commands.run.context import with_fitting_values
from commands.runbook.page import PageStep, Part
from commands.steps.base import execute, page_value_types
from commands.steps.outcome import Context, Outcome
from commands.steps.value_types import ValueType
from state.errors import BadSettings
from tests.commands.steps.builders import box, context
from tests.production import answer
from tests.world import World

BOT_TOKEN = "xoxb-the-bots-own-token"
API_TOKEN = "t0ken-of-the-page"
ENVIRON = {"SLACK_BOT_TOKEN": BOT_TOKEN, "API_TOKEN": API_TOKEN}
ATTACKS = [
    "$SLACK_BOT_TOKEN",
    "$API_TOKEN",
    "${API_TOKEN}",
    "<ref>",
    "../../admin/users/7?force=1",
    "..",
    "7#",
    "'; touch hacked; '",
    "$(touch hacked)",
    "`touch hacked`",
    "a\nX-Admin: yes",
    "a\r\n\r\nGET /admin HTTP/1.1",
    "a\0b",
    "-rf",
    "\ud800",
    "x" * 5000,
    "",
    True,
    None,
    ["7"],
    {"a": 7},
]
KEEP = 'web = "api"\npath = "/api/jobs"\nmethod = "POST"\nvalues = { job = %s }'
USE = """
web = "api"
path = "/api/jobs/<job>/approve?by=<job>"
method = "PUT"
headers = { Authorization = "Bearer $API_TOKEN", X-Job = "<job>" }
json = { id = "<job>", text = "job <job>", list = ["<job>"] }
"""


@dataclass
class Site:
    """A web server that answers `{"id": …}` with what a test says, and what it was sent: path, headers, body."""

    says: Any = None
    url: str = ""
    sent: list[tuple[str, dict[str, str], str]] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    """A running site."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            site.sent.append((self.path, dict(self.headers), body))
            body_of_answer = json.dumps({"id": site.says}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body_of_answer)))
            self.end_headers()
            self.wfile.write(body_of_answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Log nothing."""

    for method in ("do_GET", "do_PUT"):
        setattr(Handler, method, Handler.do_POST)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    yield site
    server.shutdown()
    server.server_close()


@pytest.fixture
def tools(site: Site, ssh: SshServer) -> Iterator[Tools]:
    """The bot's tools for a page that names `$API_TOKEN` only."""
    host = HostPlace(address=ssh.address, key=str(ssh.key), known_hosts=str(ssh.known_hosts))
    places = Places(hosts={"h": host}, webs={"api": WebPlace(url=site.url)})
    tools = make_tools(places, ENVIRON, ["$API_TOKEN"])
    yield tools
    tools.close()


def step(kind: str, toml: str) -> PageStep:
    """A step of the part Deploy."""
    return PageStep(id=kind, title=f"The {kind}", line=1, part=Part.DEPLOY, box=box(kind, toml))


def run_step(
    tools: Tools, one: PageStep, values: dict[str, str] | None = None, numbers: frozenset[str] = frozenset()
) -> Outcome:
    """Run a step as the bot does, with the values of earlier steps."""
    ctx: Context = replace(context(World(), values), tools=tools, key=f"run/{one.id}/{time.time_ns()}", numbers=numbers)
    return with_fitting_values(one, execute(one.box, ctx))


@pytest.mark.parametrize("says", ATTACKS, ids=repr)
def test_an_answer_that_is_no_plain_word_ends_the_step_and_nothing_is_kept(tools: Tools, site: Site, says: Any) -> None:
    site.says = says
    outcome = run_step(tools, step("http", KEEP % '"id"'))
    if says is True:
        assert outcome.values == {"job": "true"}, "a plain word"
        return
    assert (outcome.state, outcome.values) == ("failed", {})
    assert outcome.summary in {
        (
            "<job> (field `id` of the answer of /api/jobs on api) must be a word of at most 200 plain characters "
            "(letters, digits and ._:/@+=,%-), without - at its start and without .. as a folder, but it is not."
        ),
        "id is missing or null instead of '<any>'.",
    }


@pytest.mark.parametrize("says", ["7; id", "1e5", True, "0x7", "7\n"], ids=repr)
def test_an_answer_that_is_no_number_ends_the_step_that_asks_for_one(tools: Tools, site: Site, says: Any) -> None:
    site.says = says
    outcome = run_step(tools, step("http", KEEP % '{ field = "id", type = "number" }'))
    assert (outcome.state, outcome.values) == ("failed", {})
    assert outcome.summary == "<job> (field `id` of the answer of /api/jobs on api) must be a number, but it is not."


def test_a_number_is_sent_as_a_number_and_inside_a_text_as_digits(tools: Tools, site: Site) -> None:
    site.says = 7
    keep = step("http", KEEP % '{ field = "id", type = "number" }')
    kept = run_step(tools, keep)
    types = page_value_types({"keep": keep.box})
    numbers = frozenset(name for name, kind in types.items() if kind is ValueType.NUMBER)
    assert run_step(tools, step("http", USE), dict(kept.values), numbers).state == "done"
    path, headers, body = site.sent[-1]
    assert path == "/api/jobs/7/approve?by=7"
    assert headers["X-Job"] == "7"
    assert json.loads(body) == {"id": 7, "text": "job 7", "list": [7]}


@pytest.mark.parametrize(
    ("says", "path"),
    [
        ("$SLACK_BOT_TOKEN", "/api/jobs/%24SLACK_BOT_TOKEN/approve?by=%24SLACK_BOT_TOKEN"),
        ("$API_TOKEN", "/api/jobs/%24API_TOKEN/approve?by=%24API_TOKEN"),
        ("<ref>", "/api/jobs/%3Cref%3E/approve?by=%3Cref%3E"),
        (
            "../../admin/users/7?force=1",
            "/api/jobs/..%2F..%2Fadmin%2Fusers%2F7%3Fforce%3D1/approve?by=..%2F..%2Fadmin%2Fusers%2F7%3Fforce%3D1",
        ),
        ("7#x", "/api/jobs/7%23x/approve?by=7%23x"),
    ],
)
def test_a_text_goes_into_path_header_and_json_as_it_is(tools: Tools, site: Site, says: str, path: str) -> None:
    site.says = says
    kept = run_step(tools, step("http", KEEP % '{ field = "id", type = "text" }'))
    assert kept.values == {"job": says}
    outcome = run_step(tools, step("http", USE), dict(kept.values))
    assert outcome.state == "done", outcome.summary
    sent_path, headers, body = site.sent[-1]
    assert sent_path == path
    assert (headers["X-Job"], headers["Authorization"]) == (says, f"Bearer {API_TOKEN}")
    assert json.loads(body) == {"id": says, "text": f"job {says}", "list": [says]}
    assert BOT_TOKEN not in repr(site.sent)


@pytest.mark.parametrize("value", ["a\r\nX-Admin: yes", "a\0b", "..", "\ud800"])
def test_a_value_that_no_request_can_hold_is_not_sent(tools: Tools, site: Site, value: str) -> None:
    outcome = run_step(tools, step("http", USE.replace("/approve?by=<job>", "")), {"job": value})
    assert (outcome.state, site.sent) == ("failed", [])
    assert outcome.summary.endswith("was not sent."), outcome.summary


def test_a_name_that_the_page_does_not_name_is_never_resolved(tools: Tools) -> None:
    for text in ("$SLACK_BOT_TOKEN", "$HOME", "$PATH"):
        with pytest.raises(BadSettings, match=f"{text[1:]} is not set in the bot's environment"):
            tools.web.request("api", HttpRequest(path="/", headers={"X": PageText(text)}))
        with pytest.raises(BadSettings):
            tools.shell.ask("h", "true", env={"X": PageText(text)})


@pytest.mark.parametrize("says", [one for one in ATTACKS if isinstance(one, str)], ids=repr)
def test_each_entry_of_a_list_is_data_too(says: str) -> None:
    each = 'each = { path = "/list", where = { a = 1 }, values = { job = "id" } }'
    world = World()
    world.on_web("GET", answer(data=[{"a": 1, "id": says}]))
    one = box("http", f'web = "api"\nmethod = "DELETE"\npath = "/jobs/<job>"\nstatus = [200, 404]\n{each}')
    outcome = execute(one, context(world))
    assert outcome.state == "failed"
    assert "<job> (field `id` of an entry of /list) must be a word" in outcome.summary
    assert [call[0] for call in world.calls] == ["GET"], "something was deleted"


@pytest.mark.parametrize("commit", ["$SLACK_BOT_TOKEN", "$API_TOKEN", "$(id)", "HEAD", "a" * 39, "--help", "<ref>"])
def test_a_host_whose_git_lies_gets_no_secret_and_pins_nothing(
    site: Site, ssh: SshServer, tmp_path: Path, commit: str
) -> None:
    seen, git = tmp_path / "seen", tmp_path / "git"
    git.write_text(
        f"#!/bin/bash\nenv >> {seen}\ncase $1 in rev-parse) printf '%s\\n' '{commit}';; "
        "ls-remote) printf 'x\\trefs/heads/%s\\n' \"$REF\";; esac\n"
    )
    git.chmod(0o755)
    place = HostPlace(address=ssh.address, key=str(ssh.key), known_hosts=str(ssh.known_hosts), path=str(tmp_path))
    tools = make_tools(Places(hosts={"h": place}), {**ENVIRON, "REPO": str(tmp_path)}, ["$API_TOKEN", "$REPO"])
    outcome = run_step(tools, step("release", 'host = "h"\nrepository = "$REPO"\nfiles = ["up.sql"]'))
    tools.close()
    assert (outcome.state, outcome.values) == ("failed", {})
    assert (
        outcome.summary == "Git's answer holds no commit ids: run git fetch there as the deploying user, without sudo."
    )
    assert BOT_TOKEN not in seen.read_text()
    assert API_TOKEN not in seen.read_text()


@pytest.mark.parametrize(
    "value", ["$SLACK_BOT_TOKEN", "$API_TOKEN", "<ref>", "'; touch hacked; '", "$(touch hacked)", "a\nb"]
)
def test_as_a_variable_a_value_reaches_a_host_as_it_is(tools: Tools, tmp_path: Path, value: str) -> None:
    run = f'host = "h"\ncd = "{tmp_path}"\nenv = {{ job = "<job>" }}\ncommands = [\'printf "%s" "$job" > got\']'
    outcome = run_step(tools, step("run", run), {"job": value})
    assert outcome.state == "done", outcome.output
    assert (tmp_path / "got").read_text() == value
    assert [path.name for path in tmp_path.iterdir()] == ["got"]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("commands", "echo '<job>'"),
        ("commands", 'echo "<job>"'),
        ("commands", "cat <<E\n<job>\nE"),
        ("commands", "echo $(echo <job>)"),
        ("commands", "true # <job>"),
        ("commands", "<job>"),
        ("cd", "/srv/<job>"),
        ("command", "touch '<job>'"),
    ],
)
@pytest.mark.parametrize(
    "value", ["'; touch hacked; '", "$(touch hacked)", "`touch hacked`", "a\ntouch hacked\nE", "a\0b", "-x"]
)
def test_inside_other_shell_text_a_value_ends_the_step_before_anything_runs(
    tools: Tools, ssh: SshServer, field: str, text: str, value: str
) -> None:
    toml = {
        "commands": f'host = "h"\ncommands = [{json.dumps(text)}]',
        "cd": f'host = "h"\ncd = "{text}"\ncommands = ["true"]',
        "command": f'host = "h"\nstate = "on"\ncommand = "{text}"',
    }[field]
    outcome = run_step(tools, step("maintenance" if field == "command" else "run", toml), {"job": value})
    assert outcome.state == "failed"
    assert outcome.summary.startswith("<job> "), outcome.summary
    assert "Nothing was run" in outcome.summary
    assert not list(Path(ssh.host.home).glob("hacked"))
