"""Whether a drill would reach production under another name: asked before anything else."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

from bot.environment import missing
from bot.settings import Settings
from bot.tools.names import addresses_of, plain_host
from bot.tools.ssh.key_files import host_keys
from bot.wiring import tools_for
from commands.ports.page_text import PageText
from commands.ports.preflight import FAIL, PreflightResult
from commands.ports.tools import Tools
from commands.ports.web import HttpRequest
from commands.runbook import Page
from commands.runbook.drill import box_of, replaced, texts_of
from commands.runbook.page import PageStep
from commands.start.preflight import PreflightLine
from state.errors import GonogoError

LIMIT = 5.0  # seconds for each question
_PORTS = {"postgres": 5432, "postgresql": 5432, "http": 80, "https": 443, "ws": 80, "wss": 443}
_LOOPBACK = ("localhost", "127.", "::1")
Environ = Mapping[str, str]


def drill_lines(settings: Settings, page: Page, drill: Page) -> list[PreflightLine]:
    """One failure for each place of a drill that is one of production's, or that could not be compared with them.

    Production is only asked who it is. `page` is the page, `drill` the one that its drill runs.
    """
    environ = settings.environ
    if box_of(drill):
        # the bot has made its host, its keys and its databases itself, so they are nobody else's
        return [*_literals(page, drill, environ)]
    if unset := missing(page, environ, slack=False):
        why = f"the page's own places are not known, so the drill's cannot be compared: {', '.join(unset)} not set"
        return [_failed("environment", why)]
    found = [*_addresses(page, environ), *_hosts(page, drill, environ), *_literals(page, drill, environ)]
    if found:
        return found
    with _tools(page, settings) as production, _tools(drill, settings) as own:
        return [*_databases(page, drill, production, own), *_redirects(page, drill, own, environ)]


def _failed(about: str, why: str) -> PreflightLine:
    todo = "give the drill hosts, databases and web addresses of its own: it may reach none of the page's"
    return PreflightLine(about=about, result=PreflightResult(level=FAIL, summary=why, todo=todo))


@contextmanager
def _tools(page: Page, settings: Settings) -> Iterator[Tools]:
    tools = tools_for(page, settings)
    try:
        yield tools
    finally:
        # closing can wait for a host that hangs, so it has a thread of its own
        threading.Thread(target=tools.close, name="the drill's check closes its tools", daemon=True).start()


def _value(environ: Environ, name: str) -> str:
    return environ.get(name.removeprefix("$"), "")


def _addresses(page: Page, environ: Environ) -> Iterator[PreflightLine]:
    """Variables of the drill that hold an address which one of production's holds as well."""
    production = {_end(_value(environ, name)): name for name in replaced(page)}
    for instead in dict.fromkeys(replaced(page).values()):
        end = _end(_value(environ, instead))
        if end and (name := production.get(end)):
            yield _failed("environment", f"{instead} has the address of {name}")


def _end(value: str) -> str:
    """Where an address leads: host and port, and of a database its name; "" if it is no address."""
    try:
        parts = urlsplit(value.strip())
        host, port = plain_host(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if "://" in value and host:
        database = parts.path if parts.scheme.startswith("postgres") else ""
        port = port or _PORTS.get(parts.scheme, 0)
        # one name answers on both ports of the web, often with the same
        return f"{host}:{443 if port == 80 else port}{database}"
    return ":".join(_host_and_port(value)).strip(":")


def _host_and_port(address: str) -> tuple[str, str]:
    """The host and the port of `user@host:port`; ("", "") for anything else."""
    _, at, end = address.strip().rpartition("@")
    host, colon, port = end.rpartition(":")
    return (plain_host(host), port) if at and colon and host and port else ("", "")


def _hosts(page: Page, drill: Page, environ: Environ) -> Iterator[PreflightLine]:
    """Hosts of the drill that show a host key of production's, or whose address leads to the same machine."""
    keys: dict[str, str] = {}
    ends: dict[tuple[str, str], str] = {}
    for name in page.places.hosts:
        ends |= dict.fromkeys(_ends_of(page, name, environ), name)
        for key in (found := _keys_of(page, name, environ)):
            keys[key] = name
        if not found:
            known = page.places.hosts[name].known_hosts
            yield _failed(
                f"host {name}", f"the host key of the page's own host is not in {known}, so it cannot be compared"
            )
    for name in drill.places.hosts:
        own = _keys_of(drill, name, environ)
        if not own:
            known = drill.places.hosts[name].known_hosts
            yield _failed(f"host {name}", f"the drill's host key is not in {known}, so it cannot be compared")
        for same in sorted({keys[key] for key in own & keys.keys()}):
            yield _failed(f"host {name}", f"the drill's host has the host key of the page's own host {same}")

        for same in sorted({ends[end] for end in _ends_of(drill, name, environ) & ends.keys()}):
            yield _failed(f"host {name}", f"the drill's address leads to the page's own host {same}")


def _ends_of(page: Page, name: str, environ: Environ) -> set[tuple[str, str]]:
    """The addresses and the port to which a host's name leads; only the name, where it cannot be looked up."""
    host, port = _host_and_port(_value(environ, page.places.hosts[name].only_address))
    if not host:
        return set()
    try:
        return {(plain_host(address), port) for address in addresses_of(host, LIMIT)}
    except (OSError, UnicodeError):
        return {(host, port)}


def _keys_of(page: Page, name: str, environ: Environ) -> set[str]:
    host = page.places.hosts[name]
    address = _value(environ, host.only_address).rpartition("@")[2]
    parts = host_keys(address, _value(environ, host.known_hosts)).split()
    return set(parts[1::2])


def _literals(page: Page, drill: Page, environ: Environ) -> Iterator[PreflightLine]:
    """Steps that name a host of production in their own words, where no variable could take its place."""
    names = {_end(_value(environ, name)).rpartition(":")[0] for name in replaced(page)} - {""}
    names = {name for name in names if not name.startswith(_LOOPBACK) and len(name) > 3}
    for step in drill.steps:
        if named := next(
            (name for text, _ in texts_of(step.box) for name in sorted(names) if name in text.lower()), ""
        ):
            yield _failed(_where(step), f"it names {named}, a host of the page's own, in its own words")


def _where(step: PageStep) -> str:
    return f"line {step.line}, {step.title}"


def _databases(page: Page, drill: Page, production: Tools, own: Tools) -> Iterator[PreflightLine]:
    """Databases of the drill with the system identifier and the number of one of production's."""
    known: dict[str, str] = {}
    for name in page.places.databases:
        try:
            known[_identity(production, name)] = name
        except GonogoError as error:
            yield _failed(f"database {name}", f"the page's own could not be asked who it is: {error}")
    for name in drill.places.databases:
        try:
            same = known.get(_identity(own, name))
        except GonogoError as error:
            yield _failed(f"database {name}", f"the drill's could not be asked who it is: {error}")
            continue
        if same:
            yield _failed(f"database {name}", f"the drill's database is the page's own {same}, or a byte copy of it")


def _identity(tools: Tools, database: str) -> str:
    """The system identifier and the database's number; a standby of production has the same."""
    return tools.database.identity(database).rpartition("/")[0]


def _redirects(page: Page, drill: Page, own: Tools, environ: Environ) -> Iterator[PreflightLine]:
    """Web places of the drill whose first page leads to one of production's."""
    production = {_end(_value(environ, web.only_url)): name for name, web in page.places.webs.items()}
    for name, web in drill.places.webs.items():
        try:
            answer = own.web.request(name, HttpRequest(path=PageText("/"), limit=LIMIT))
        except GonogoError:
            continue  # the preflight of the places says that it does not answer
        target = answer.headers.get("location", "")
        same = target and production.get(_end(urljoin(_value(environ, web.only_url), target)))
        if same:
            yield _failed(f"web {name}", f"the drill's address redirects to the page's own {same}")
