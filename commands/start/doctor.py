"""The doctor: everything about a page that can be known before a run, looked at in all places at once, with a time limit."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from commands.ports.preflight import FAIL, OK, WARN, PreflightCheck, PreflightContext, PreflightResult
from commands.ports.tools import Tools
from commands.runbook.page import Page
from commands.start.request import clean_ref
from commands.systems.preflight.hosts import ProgramsCheck
from commands.systems.preflight.reachable import ReachableCheck
from state.errors import GonogoError, Refused

LIMIT = 30.0  # seconds for everything
_SORTS = {"hosts": "host", "databases": "database", "webs": "web"}


@dataclass(frozen=True, kw_only=True)
class DoctorLine:
    """What was found about something, by name ("host production", "Slack")."""

    about: str
    found: PreflightResult

    def __str__(self) -> str:
        todo = f": {self.found.todo}" if self.found.todo else ""
        return f"{self.found.level:<5} {self.about}: {self.found.summary}{todo}"


Examination = Callable[[], Iterable[DoctorLine]]


def examine(page: Page, tools: Tools, ref: str, *, limit: float = LIMIT) -> list[DoctorLine]:
    """Look at every place that the page names, and at what its steps need there; returns within `limit` seconds."""
    ctx = PreflightContext(tools=tools, ref=ref or page.runbook.ref)
    try:
        clean_ref(ctx.ref)
    except Refused as error:
        return [DoctorLine(about="ref", found=PreflightResult(level=FAIL, summary=str(error)))]
    checks = _merged(_checks(page))
    deadline = time.monotonic() + limit
    places = {check.place: None for check in checks}
    lanes: dict[str, Examination] = {
        _about(place): _lane(place, [check for check in checks if check.place == place and not check.late], ctx)
        for place in places
    }
    lines = in_parallel(lanes, deadline - time.monotonic())
    first = {line.about: line for line in reversed(lines)}  # whether the place answers at all
    broken = {about for about, line in first.items() if line.found.level == FAIL}
    late = [check for check in checks if check.late and _about(check.place) not in broken]
    lines += in_parallel(
        {_about(place): _lane(place, [one for one in late if one.place == place], ctx) for place in places},
        max(1.0, deadline - time.monotonic()),
    )
    return list(dict.fromkeys(lines))


def in_parallel(lanes: Mapping[str, Examination], limit: float) -> list[DoctorLine]:
    """Walk all lanes at once; what has not ended after `limit` seconds is said to have given no answer, and left behind."""
    done: queue.SimpleQueue[tuple[str, list[DoctorLine]]] = queue.SimpleQueue()
    found: dict[str, list[DoctorLine]] = {}

    def walk(about: str, lane: Examination) -> None:
        done.put((about, guarded(about, lane)))

    for about, lane in lanes.items():
        threading.Thread(target=walk, args=(about, lane), name=f"doctor {about}", daemon=True).start()
    deadline = time.monotonic() + limit
    while len(found) < len(lanes):
        try:
            about, lines = done.get(timeout=max(0.01, deadline - time.monotonic()))
        except queue.Empty:
            break
        found[about] = lines
    silent = PreflightResult(
        level=FAIL, summary=f"gave no answer within {limit:.0f} s", todo="it hangs or is far too slow; look at it"
    )
    return [line for about in lanes for line in found.get(about, [DoctorLine(about=about, found=silent)])]


def guarded(about: str, lane: Examination) -> list[DoctorLine]:
    """All lines of a lane; what it raises on purpose is its last line."""
    lines: list[DoctorLine] = []
    try:
        lines += lane()
    except GonogoError as error:
        lines.append(DoctorLine(about=about, found=PreflightResult(level=FAIL, summary=str(error))))
    except Exception as error:
        # without its words: they may hold what a tool knows and nobody may see
        summary = f"the bot itself made a mistake while it looked ({type(error).__name__})"
        lines.append(
            DoctorLine(about=about, found=PreflightResult(level=FAIL, summary=summary, todo="please report it"))
        )
    return lines


def missing_line(names: Sequence[str]) -> list[DoctorLine]:
    """The environment: every variable that is not set."""
    if names:
        todo = "set them in the bot's environment"
        return [
            DoctorLine(
                about="environment",
                found=PreflightResult(level=FAIL, summary=f"not set: {', '.join(names)}", todo=todo),
            )
        ]
    return [
        DoctorLine(
            about="environment", found=PreflightResult(level=OK, summary="every variable that the page names is set")
        )
    ]


def refuse_failures(page: Page, lines: Iterable[DoctorLine]) -> tuple[str, ...]:
    """The warnings, in words. Raises Refused with every failure: what cannot go well is not begun."""
    found = list(lines)
    if wrong := [line for line in found if line.found.level == FAIL]:
        told = "\n".join(f"• {line.about}: {line.found.summary}" + _todo(line) for line in wrong)
        raise Refused(f"{page.title} was not started; mend this first (gonogo doctor {page.name} looks again):\n{told}")
    return tuple(f"{line.about}: {line.found.summary}" + _todo(line) for line in found if line.found.level == WARN)


def _todo(line: DoctorLine) -> str:
    return f" → {line.found.todo}" if line.found.todo else ""


def _checks(page: Page) -> list[PreflightCheck]:
    places = [("hosts", name) for name in page.places.hosts]
    places += [("databases", name) for name in page.places.databases]
    places += [("webs", name) for name in page.places.webs]
    return [
        *(ReachableCheck(place=place) for place in places),
        *(one for step in page.steps for one in step.box.preflight()),
    ]


def _merged(checks: list[PreflightCheck]) -> list[PreflightCheck]:
    """Each check once, and one check of all the programs that a host must have."""
    names: dict[str, tuple[str, ...]] = {}
    found: list[PreflightCheck] = []
    for check in checks:
        if isinstance(check, ProgramsCheck):
            names[check.host] = names.get(check.host, ()) + check.names
        elif check not in found:
            found.append(check)
    # the places come first, and what they need before what is looked at with it
    places = [check for check in found if isinstance(check, ReachableCheck)]
    programs = [ProgramsCheck(host=host, names=all_of_it) for host, all_of_it in names.items()]
    return [*places, *programs, *(check for check in found if not isinstance(check, ReachableCheck))]


def _about(place: tuple[str, str]) -> str:
    sort, name = place
    return f"{_SORTS.get(sort, sort)} {name}".strip()


def _lane(place: tuple[str, str], checks: list[PreflightCheck], ctx: PreflightContext) -> Examination:
    """One place's checks, one after another; where it cannot be reached the others would only say the same."""
    about = _about(place)

    def one(check: PreflightCheck) -> Examination:
        return lambda: [DoctorLine(about=about, found=found) for found in check.examine(ctx)]

    def walk() -> Iterable[DoctorLine]:
        for check in checks:
            lines = guarded(about, one(check))
            yield from lines
            if isinstance(check, ReachableCheck) and any(line.found.level == FAIL for line in lines):
                return

    return walk
