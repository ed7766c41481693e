"""The doctor of one page: environment, state file, Slack and places, checked in parallel."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.doctor.databases import check_databases
from bot.doctor.drill import drill_lines
from bot.doctor.events import check_events, check_traces
from bot.doctor.files import check_files
from bot.doctor.freezes import check_freezes
from bot.doctor.journal import check_journal
from bot.doctor.record import check_mirrors, check_record
from bot.env_quotes import kept_quotes
from bot.environment import missing, people_of, same_addresses, unreplaced, wrong_ids
from bot.page_file import read_page_source
from bot.settings import Settings, read_pages
from bot.tools.secrets import too_short_to_mask
from bot.wiring import tools_for
from commands.ports.preflight import FAIL, WARN, PreflightResult
from commands.runbook import Page
from commands.runbook.drill import is_drill
from commands.start.page_warnings import page_lines
from commands.start.people_warnings import people_lines
from commands.start.preflight import (
    LIMIT,
    Lane,
    PreflightLine,
    PreflightReport,
    environment_lines,
    in_parallel,
    require_no_failures,
    run_preflight,
)
from state.errors import Refused

Pages = Callable[[], Mapping[str, Page]]
_TWICE = "give each host of the group its own address, and each only once"
_TOO_SHORT = "has fewer than 4 characters, so it is not masked in messages"
_LONGER = "give it a longer value"
START_LIMIT = 10.0  # seconds that a start waits for its preflight at most


def doctor_json(found: Mapping[str, Sequence[PreflightLine]]) -> list[str]:
    """The findings about each page as JSON, which is ASCII: nothing in it acts on a terminal."""
    pages = [
        {
            "page": name,
            "findings": [
                {"level": one.result.level, "about": one.about, "summary": one.result.summary, "todo": one.result.todo}
                for one in lines
            ],
        }
        for name, lines in found.items()
    ]
    return json.dumps({"pages": pages}, indent=2).splitlines()


def doctor_lines(settings: Settings, page: Page, ref: str = "", limit: float = LIMIT) -> list[PreflightLine]:
    """Everything that can be checked before a run of the page; returns about `limit` seconds later at the latest."""
    from bot.doctor.slack import check_slack

    environ = settings.environ
    lanes: dict[str, Lane] = {
        "state file": lambda: check_record(settings.state),
        "record": lambda: check_journal(settings),
        "mirrors": lambda: check_mirrors(settings.mirrors),
        "events": lambda: check_events(settings),
        "traces": lambda: check_traces(settings),
        "files": lambda: check_files(settings, page),
        "freezes": lambda: check_freezes(settings, page, read_pages(settings.runbook), limit),
        "Slack": lambda: check_slack(settings, page, limit),
        "places": lambda: _places(settings, page, ref, limit),
        "connections to databases": lambda: check_databases(settings, page),
        "the next page": lambda: _next_page(settings, page, limit, lambda: read_pages(settings.runbook)),
    }
    if not settings.slack:
        del lanes["Slack"]
    known = _environment(settings, page) + page_lines(page) + people_lines(page, people_of(page, environ))
    return known + in_parallel(lanes, limit + 2)


def preflight(settings: Settings, page: Page, ref: str, pages: Pages) -> PreflightReport:
    """Check everything before a run of the page. Raises Refused with every failure, and how to fix it.

    `pages` are those that the run and what follows it are started with: what is checked is what will run.
    """
    from bot.doctor.slack import check_slack

    lanes: dict[str, Lane] = {
        "files": lambda: check_files(settings, page),
        "Slack": lambda: check_slack(settings, page, START_LIMIT, starting=True),
        "places": lambda: _places(settings, page, ref, START_LIMIT),
        "the next page": lambda: _next_page(settings, page, START_LIMIT, pages),
        "page": lambda: _changed_on_disk(settings, page),
    }
    if not settings.slack:
        del lanes["Slack"]
    if is_drill(page):
        del lanes["page"]  # it has another text than its file, by the file's own table
        real = pages()[page.name]
        require_no_failures(page, in_parallel({"drill": lambda: drill_lines(settings, real, page)}, START_LIMIT))
    lines = _environment(settings, page) + in_parallel(lanes, START_LIMIT + 2)
    return require_no_failures(page, lines)


def _environment(settings: Settings, page: Page) -> list[PreflightLine]:
    """What the environment lacks, and what in it is no Slack id."""
    problems = wrong_ids(page, settings.environ) if settings.slack else ()
    wrong = [PreflightResult(level=FAIL, summary=problem) for problem in problems]
    if why := kept_quotes(settings.environ, (name.removeprefix("$") for name in page.env_names())):
        wrong.insert(0, PreflightResult(level=WARN, summary=why))
    if why := unreplaced(page, settings.environ):
        wrong.append(PreflightResult(level=WARN, summary=why))
    short = too_short_to_mask(page.env_names(), settings.environ)
    wrong += [PreflightResult(level=WARN, summary=f"{name} {_TOO_SHORT}", todo=_LONGER) for name in short]
    named = {name.removeprefix("$") for name in page.env_names()}
    unused = [name for name in settings.environ if name not in named]
    known = environment_lines(missing(page, settings.environ, slack=settings.slack), unused)
    wrong += [
        PreflightResult(level=FAIL, summary=twice, todo=_TWICE) for twice in same_addresses(page, settings.environ)
    ]
    return known + [PreflightLine(about="environment", result=result) for result in wrong]


def _places(settings: Settings, page: Page, ref: str, limit: float) -> list[PreflightLine]:
    tools = tools_for(page, settings)
    try:
        return run_preflight(page, tools, ref, limit=limit)
    finally:
        # closing can wait for a host that hangs, so it has a thread of its own
        threading.Thread(target=tools.close, name="doctor closes its tools", daemon=True).start()


def _changed_on_disk(settings: Settings, page: Page) -> list[PreflightLine]:
    """Whether the file of a page has another text by now than the one that is read and will run."""
    where = settings.runbook
    try:
        text = read_page_source(where / page.name if where.is_dir() else where)
    except (Refused, UnicodeDecodeError):
        return []  # what will run is known, and is what was checked
    if text == page.text:
        return []
    summary = "its file has changed since the bot read it; the run uses the text that the bot has read"
    result = PreflightResult(level=WARN, summary=summary, todo="restart `gonogo serve` to start with the new text")
    return [PreflightLine(about=page.name, result=result)]


def _next_page(settings: Settings, page: Page, limit: float, pages: Pages) -> list[PreflightLine]:
    """What the page that KEEP starts lacks. It runs hours later and can be fixed by then, so these are warnings."""
    if not (name := page.decision.starts):
        return []
    following = pages().get(name)
    if following is None:
        todo = f"put {name} in the folder of {page.name}, or start it by hand after KEEP"
        missing_page = PreflightResult(level=WARN, summary="KEEP starts this page, and it does not exist", todo=todo)
        return [PreflightLine(about=name, result=missing_page)]
    lines = [
        *_changed_on_disk(settings, following),
        *environment_lines(missing(following, settings.environ, slack=settings.slack)),
        *_places(settings, following, "", limit),
    ]
    return [
        PreflightLine(about=f"{name}, started by KEEP: {line.about}", result=replace(line.result, level=WARN))
        for line in lines
        if line.result.level in {WARN, FAIL}
    ]
