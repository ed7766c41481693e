"""The bot's settings, read once from its environment, and the runbook pages that they name."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from urllib.parse import urlsplit

from bot.drill_box.values import WithBoxes
from bot.env_quotes import kept_quotes
from bot.page_file import read_page_source
from bot.tools.analysis.query_check import page_query_error
from bot.tools.proxy import is_this_machine, proxy_problem
from bot.tools.standard_webhooks import read_secret
from commands.runbook import Page, read_page
from commands.runbook.queries import check_queries
from commands.start.watch_speed import WatchSpeed, read_watch_speed
from state.errors import BadPage, BadRecord, BadSettings, Refused
from state.frozen import dataclass
from state.journal import RecordKey
from state.journal.key import key_beside, key_from_text, read_key
from state.place import NO_KEY, Place, place_of

_METRICS = ("GONOGO_METRICS_PORT", "GONOGO_METRICS_HOST", "GONOGO_HEARTBEAT_URL", "GONOGO_HEARTBEAT_END_URL")
_EVENTS = ("GONOGO_EVENTS_URL", "GONOGO_EVENTS_SECRET")
_SERVING_ONLY = ("GONOGO_HTTP_HOST", "GONOGO_PORT", "GONOGO_WATCH_SPEED", *_METRICS, *_EVENTS)
SLACK_API = "https://slack.com/api/"
MIRRORS = "gonogo-mirrors"  # in the current folder


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings; `repr` shows no secret.

    `runbook` is a page, or a folder whose *.md files are pages. `state` is where the record is. `speed` divides the
    waiting times of the watch; outside rehearsals it is 1. `slack` is False for a bot that works without Slack. Only
    HTTP mode uses `http_host`, the address on which it listens, and `port`. Whoever watches the bot asks at
    `metrics_host` and `metrics_port`, 0 for not at all; `heartbeat_url` is called while a run is active,
    `heartbeat_end_url` once none is any more. Each event of a run is sent to `events_url`, if there is one, signed with
    `events_secret`.
    """

    bot_token: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    api_url: str = SLACK_API
    runbook: Path
    state: Place
    record_key_text: str = field(default="", repr=False)
    speed: WatchSpeed = field(default_factory=WatchSpeed)
    slack: bool = True
    http_host: str = "127.0.0.1"
    port: int = 3000
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    heartbeat_url: str = field(default="", repr=False)
    heartbeat_end_url: str = field(default="", repr=False)
    events_url: str = field(default="", repr=False)
    events_secret: bytes = field(default=b"", repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def record_key(self) -> RecordKey | Path:
        """The record's key, or the file that holds it. Raises BadRecord if it is set wrong, or must be set."""
        if self.record_key_text:
            return key_from_text(self.record_key_text, "GONOGO_RECORD_KEY")
        if file := self.record_key_file:
            return file
        raise BadRecord(f"The record's key is not set. {NO_KEY}")

    def find_record_key(self) -> RecordKey | None:
        """The record's key, or None if it is not here. Raises BadRecord if it cannot be read."""
        if self.record_key_text:
            return key_from_text(self.record_key_text, "GONOGO_RECORD_KEY")
        file = self.record_key_file
        return read_key(file) if file else None

    @property
    def record_key_file(self) -> Path | None:
        """The file of the record's key: the one that is named, or the one beside the record; None without either."""
        if file := self.environ.get("GONOGO_RECORD_KEY_FILE"):
            return Path(file)
        return key_beside(self.state) if isinstance(self.state, Path) else None

    @property
    def mirrors(self) -> Path | None:
        """The folder of the runs' mirrors; None where none are kept. A record in a file has one only if it is named."""
        named = self.environ.get("GONOGO_MIRROR")
        if named is not None:
            return Path(named) if named else None
        return None if isinstance(self.state, Path) else Path(MIRRORS)

    @property
    def freezes(self) -> Path | None:
        """The file with the freezes of all pages; None where there is none."""
        named = self.environ.get("GONOGO_FREEZES")
        return Path(named) if named else None

    @property
    def beside(self) -> Path:
        """Beside this file, with its name in front, lies what the bot keeps: the record's file, or in this folder."""
        return self.state if isinstance(self.state, Path) else Path("gonogo")

    @property
    def boxes(self) -> Path:
        """The folder of the sandboxes, for drills whose page has no places for one.

        Each record has its own: a bot ends the boxes in it that no run of its record has.
        """
        of_server = (
            "" if isinstance(self.state, Path) else f"-{hashlib.sha256(str(self.state).encode()).hexdigest()[:8]}"
        )
        return self.beside.with_name(f"{self.beside.name}{of_server}.boxes").absolute()

    @property
    def signing_key_file(self) -> Path:
        """The file of the key that signs bundles: the one that is named, or one beside the record's file."""
        named = self.environ.get("GONOGO_SIGNING_KEY_FILE")
        return Path(named) if named else self.beside.with_name(f"{self.beside.name}.signing.pem")

    def require_tokens(self) -> None:
        """Raise BadSettings, with every variable that `gonogo serve` lacks, or that holds another kind of token."""
        missing = [] if self.bot_token else ["SLACK_BOT_TOKEN (xoxb-…)"]
        if not self.app_token and not self.signing_secret:
            missing.append("SLACK_APP_TOKEN (xapp-…, Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode)")
        problems = ["Not set in the environment: " + "; ".join(missing) + "."] if missing else []
        if problems := problems + self.unusable():
            raise BadSettings(" ".join(problems))

    def unusable(self) -> list[str]:
        """One sentence for each token that is of another kind than its variable is for, and for a proxy that is none.

        None shows the value.
        """
        problems = []
        if self.bot_token and not self.bot_token.startswith(("xoxb-", "xoxe.xoxb-")):
            problems.append("SLACK_BOT_TOKEN holds no bot token (xoxb-…): copy it from OAuth & Permissions.")
        if self.app_token and not self.app_token.startswith("xapp-"):
            problems.append("SLACK_APP_TOKEN holds no app-level token (xapp-…): copy it from Basic Information.")
        if why := kept_quotes(self.environ, ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")):
            problems = [why]
        if why := proxy_problem(self.api_url, self.environ):
            problems.append(why)
        return problems


def shipped_runbooks() -> Path:
    """The folder of the runbook pages that are part of gonogo."""
    return Path(__file__).with_name("runbooks")


def read_settings(env: Mapping[str, str]) -> Settings:
    """Read the environment. Raises BadSettings for an invalid value."""
    settings = Settings(
        bot_token=env.get("SLACK_BOT_TOKEN", ""),
        app_token=env.get("SLACK_APP_TOKEN", ""),
        signing_secret=env.get("SLACK_SIGNING_SECRET", ""),
        api_url=env.get("SLACK_API_URL") or SLACK_API,
        runbook=Path(env.get("GONOGO_RUNBOOK") or shipped_runbooks()),
        state=place_of(env.get("GONOGO_STATE") or "gonogo.db"),
        record_key_text=env.get("GONOGO_RECORD_KEY") or "",
        speed=read_watch_speed(env.get("GONOGO_WATCH_SPEED", "1")),
        http_host=_address("GONOGO_HTTP_HOST", env.get("GONOGO_HTTP_HOST") or "127.0.0.1"),
        port=_port("GONOGO_PORT", env.get("GONOGO_PORT", "3000")),
        metrics_host=_address("GONOGO_METRICS_HOST", env.get("GONOGO_METRICS_HOST") or "127.0.0.1"),
        metrics_port=_port("GONOGO_METRICS_PORT", port) if (port := env.get("GONOGO_METRICS_PORT")) else 0,
        heartbeat_url=_web_address("GONOGO_HEARTBEAT_URL", env.get("GONOGO_HEARTBEAT_URL") or ""),
        heartbeat_end_url=_web_address("GONOGO_HEARTBEAT_END_URL", env.get("GONOGO_HEARTBEAT_END_URL") or ""),
        events_url=(events_url := _events_url(env.get("GONOGO_EVENTS_URL") or "")),
        events_secret=_events_secret(env.get("GONOGO_EVENTS_SECRET") or "") if events_url else b"",
        # a page may name any variable of the environ, but not the key that vouches for what was done
        environ={name: value for name, value in env.items() if name != "GONOGO_RECORD_KEY"},
    )
    return replace(settings, environ=WithBoxes(settings.environ, settings.boxes))


def terminal_settings(env: Mapping[str, str]) -> Settings:
    """The settings of a command at the terminal, which stops a run whatever is wrong with what only the bot uses."""
    return read_settings({name: value for name, value in env.items() if name not in _SERVING_ONLY})


def _port(name: str, value: str) -> int:
    try:
        port = float(value)
    except ValueError:
        raise BadSettings(f"{name} is {value!r}; it must be a number.") from None
    if not (port.is_integer() and 0 < port < 65_536):
        raise BadSettings(f"{name} is {port:g}; it must be a port from 1 to 65535.")
    return int(port)


def _web_address(name: str, value: str) -> str:
    """A web address, or nothing. The error does not repeat it: it may hold a secret."""
    try:
        good = not value or (urlsplit(value).scheme in {"http", "https"} and bool(urlsplit(value).hostname))
    except ValueError:
        good = False
    if not good:
        raise BadSettings(f"{name} is no web address; it must be like https://watch.example/ping/….")
    return value


def _events_url(value: str) -> str:
    """The address of the events, or nothing. Only this machine is called without TLS."""
    url = _web_address("GONOGO_EVENTS_URL", value)
    if url and urlsplit(url).scheme == "http" and not is_this_machine(url):
        raise BadSettings(
            "GONOGO_EVENTS_URL begins with http://, and leads to another machine: events would be readable on the way. "
            "Use https://."
        )
    return url


def _events_secret(value: str) -> bytes:
    try:
        return read_secret(value)
    except ValueError as error:
        is_set = "is no secret of Standard Webhooks" if value else "is not set, and GONOGO_EVENTS_URL needs it"
        raise BadSettings(
            f"GONOGO_EVENTS_SECRET {is_set}: {error}. Make one: echo whsec_$(openssl rand -base64 32)"
        ) from None


def _address(name: str, value: str) -> str:
    """An IP address to listen on; a name could come to mean another one."""
    try:
        return str(ipaddress.ip_address("127.0.0.1" if value == "localhost" else value.strip("[]")))
    except ValueError:
        raise BadSettings(
            f"{name} is {value!r}; it must be an IP address of this machine, like 127.0.0.1, or 0.0.0.0 for all."
        ) from None


def read_pages(where: Path) -> dict[str, Page]:
    """The pages at a path, by file name. Raises Refused if there is none, and BadPage."""
    files = sorted(where.glob("*.md")) if where.is_dir() else [where]
    if not files:
        raise Refused(f"There is no runbook page (*.md) in {where}. Set GONOGO_RUNBOOK to a page or a folder of pages.")
    return {file.name: read_page_file(file) for file in files}


def find_pages(where: Path, name: str) -> list[Page]:
    """The page of that file name or path, or all pages for an empty name. Raises Refused and BadPage."""
    if name and Path(name).is_file():
        return [read_page_file(Path(name))]
    pages = read_pages(where)
    if not name:
        return list(pages.values())
    from commands.start.request import find_page

    return [find_page(pages, name)]


def read_page_file(file: Path) -> Page:
    """One page from its file. Raises Refused if the file cannot be read, and BadPage."""
    try:
        text = read_page_source(file)
    except UnicodeDecodeError:
        raise Refused(f"{file} is not a runbook page: it is not UTF-8 text.") from None
    try:
        return read_page_text(text, file.name)
    except BadPage as error:
        error.args = (f"{file}: {error}",)  # of several pages the sentence says which
        raise


def read_page_text(text: str, name: str) -> Page:
    """One page from its text. Raises BadPage."""
    page = read_page(text, name)
    check_queries(page, page_query_error)
    return page
