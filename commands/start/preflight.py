"""The preflight over a page, which `gonogo doctor` prints: every place is checked at once."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

from commands.ports.preflight import (
    FAIL,
    OK,
    WARN,
    PreflightCheck,
    PreflightContext,
    PreflightResult,
)
from commands.ports.tools import Tools
from commands.runbook.groups import members_in_use
from commands.runbook.page import Page
from commands.start.request import require_valid_ref
from commands.systems.preflight.answer_fields import AnswerFieldsCheck, Reads
from commands.systems.preflight.hosts import ProgramsCheck
from commands.systems.preflight.local_host import outlives_check
from commands.systems.preflight.reachable import ReachableCheck
from commands.systems.preflight.same_host import DifferentHostsCheck
from commands.systems.preflight.session_end import has_podman, has_user_units, outlives_session_check
from state.errors import GonogoError, Refused
from state.facts import StartObjection
from state.frozen import dataclass

LIMIT = 30.0  # seconds for the whole preflight
_ALIKE = 0.85  # of 1, from which on two names of variables may be the same one, misspelt
LATE_CHECKS_LIMIT = 1.0  # seconds that the late checks get when the others have used up the limit
_SORTS = {"hosts": "host", "databases": "database", "webs": "web"}


@dataclass(frozen=True, kw_only=True)
class PreflightLine:
    """One result, and what it is about ("host production", "Slack")."""

    about: str
    result: PreflightResult

    def __str__(self) -> str:
        todo = f": {self.result.todo}" if self.result.todo else ""
        return f"{self.result.level:<5} {self.about}: {self.result.summary}{todo}"


@dataclass(frozen=True, kw_only=True)
class PreflightReport:
    """A preflight without failures: its warnings, and what the run keeps of it, as pairs of a name and a text.

    `against` is what speaks against the start, where it is made all the same; `undrilled` are the titles of the roles
    in which nobody has drilled the page lately.
    """

    warnings: tuple[str, ...] = ()
    against: tuple[StartObjection, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    undrilled: tuple[str, ...] = ()


# checks that run one after another; several lanes run at once
Lane = Callable[[], Iterable[PreflightLine]]


def run_preflight(page: Page, tools: Tools, ref: str, *, limit: float = LIMIT) -> list[PreflightLine]:
    """Check every place that the page names, and what its steps need there. Returns within about `limit` seconds."""
    ctx = PreflightContext(tools=tools, ref=ref or page.runbook.ref, seconds_for_advice=limit / 5)
    try:
        require_valid_ref(ctx.ref)
    except Refused as error:
        return [PreflightLine(about="ref", result=PreflightResult(level=FAIL, summary=str(error)))]
    checks = _merged(_checks(page))
    deadline = time.monotonic() + limit
    lines = in_parallel(_lanes((check for check in checks if not check.late), ctx), limit)
    # a place's first line says whether it answers at all
    first = {line.about: line for line in reversed(lines)}
    down = {about for about, line in first.items() if line.result.level == FAIL}
    late = [check for check in checks if check.late and _about(check.place) not in down]
    lines += in_parallel(_lanes(late, ctx), max(LATE_CHECKS_LIMIT, deadline - time.monotonic()))
    return list(dict.fromkeys(lines))


def in_parallel(lanes: Mapping[str, Lane], limit: float) -> list[PreflightLine]:
    """Run all lanes at once. A lane that has not ended after `limit` seconds fails, and is no longer waited for."""
    ended: queue.SimpleQueue[tuple[str, list[PreflightLine]]] = queue.SimpleQueue()
    results: dict[str, list[PreflightLine]] = {}

    def run(about: str, lane: Lane) -> None:
        ended.put((about, _guarded(about, lane)))

    for about, lane in lanes.items():
        threading.Thread(target=run, args=(about, lane), name=f"preflight {about}", daemon=True).start()
    deadline = time.monotonic() + limit
    while len(results) < len(lanes):
        try:
            about, lines = ended.get(timeout=max(0.01, deadline - time.monotonic()))
        except queue.Empty:
            break
        results[about] = lines
    silent = PreflightResult(
        level=FAIL,
        summary=f"gave no answer within {limit:.0f} s",
        todo="it hangs, or it or the bot's machine is far too slow; check it",
    )
    return [line for about in lanes for line in results.get(about, [PreflightLine(about=about, result=silent)])]


def _guarded(about: str, lane: Lane) -> list[PreflightLine]:
    """All lines of a lane. If the lane raises, the last line says so."""
    lines: list[PreflightLine] = []
    try:
        lines += lane()
    except GonogoError as error:
        lines.append(PreflightLine(about=about, result=PreflightResult(level=FAIL, summary=str(error))))
    except Exception as error:
        # without the error's message: it may hold a secret
        summary = f"internal error in the bot during this check ({type(error).__name__})"
        lines.append(
            PreflightLine(about=about, result=PreflightResult(level=FAIL, summary=summary, todo="please report it"))
        )
    return lines


def environment_lines(missing: Sequence[str], unused: Sequence[str] = ()) -> list[PreflightLine]:
    """The line about the environment; `missing` are the variables that the page needs and that are not set.

    `unused` are the names that are set and that the page does not name: one of them may be misspelt.
    """
    if missing:
        alike = [f"{found} is set: is {name} meant?" for name in missing if (found := _alike(name, unused))]
        result = PreflightResult(
            level=FAIL,
            summary=f"not set: {', '.join(missing)}",
            todo=" ".join(["set them in the bot's environment or its .env file.", *alike]).removesuffix("."),
        )
    else:
        result = PreflightResult(level=OK, summary="every variable that the page names is set")
    return [PreflightLine(about="environment", result=result)]


def _alike(name: str, others: Sequence[str]) -> str:
    """The name that is most likely a misspelt one; empty if none is."""
    upper = {other.upper(): other for other in others}
    found = get_close_matches(name, upper, n=1, cutoff=_ALIKE)
    return upper[found[0]] if found else ""


def require_no_failures(page: Page, lines: Iterable[PreflightLine]) -> PreflightReport:
    """Return the warnings, one sentence each. Raises Refused with every failure, because that run would fail."""
    lines = list(lines)
    if failures := _sentences(lines, FAIL):
        listed = "\n".join(f"• {sentence}" for sentence in failures)
        raise Refused(
            f"{page.title} was not started. Fix this first; `gonogo doctor {page.name}` checks it again:\n{listed}"
        )
    kept = tuple(pair for line in lines for pair in line.result.kept)
    return PreflightReport(warnings=_sentences(lines, WARN), kept=kept)


def _sentences(lines: Iterable[PreflightLine], level: str) -> tuple[str, ...]:
    """What the lines of one level say, with what to do about it."""
    return tuple(
        f"{line.about}: {line.result.summary}" + (f" → {line.result.todo}" if line.result.todo else "")
        for line in lines
        if line.result.level == level
    )


def _checks(page: Page) -> list[PreflightCheck]:
    places = [("databases", name) for name in page.places.databases]
    places += [("webs", name) for name in page.places.webs]
    return [
        *(ReachableCheck(place=("hosts", name), local=host.is_local) for name, host in page.places.hosts.items()),
        *(ReachableCheck(place=place) for place in places),
        *(
            outlives_check(name) if host.is_local else _outlives_session(page, name)
            for name, host in page.places.hosts.items()
        ),
        *(check for step in page.steps for check in step.box.preflight()),
        *(
            DifferentHostsCheck(host=name, others=names[:number])
            for sort, names in members_in_use(page)
            for number, name in enumerate(names if sort == "hosts" else ())
            if number
        ),
    ]


def _outlives_session(page: Page, host: str) -> PreflightCheck:
    """The check of what the commands of the page on this host start under the systemd of the user who logs in."""
    plans = ["\n".join(step.box.plan()) for step in page.steps if getattr(step.box, "host", "") == host]
    units, podman = (any(map(uses, plans)) for uses in (has_user_units, has_podman))
    return outlives_session_check(host, user_units=units, podman=podman)


def _merged(checks: list[PreflightCheck]) -> list[PreflightCheck]:
    """Each check once, with one check for all programs of a host, and one for all fields of a web place's answers.

    Whether a place answers comes first, then its programs, because the other checks use them.
    """
    programs: dict[str, tuple[str, ...]] = {}
    reads: dict[str, tuple[Reads, ...]] = {}
    others: list[PreflightCheck] = []
    for check in checks:
        if isinstance(check, ProgramsCheck):
            programs[check.host] = programs.get(check.host, ()) + check.names
        elif isinstance(check, AnswerFieldsCheck):
            reads[check.web] = reads.get(check.web, ()) + check.reads
        elif check not in others:
            others.append(check)
    return [
        *(check for check in others if isinstance(check, ReachableCheck)),
        *(ProgramsCheck(host=host, names=names) for host, names in programs.items()),
        *(check for check in others if not isinstance(check, ReachableCheck)),
        *(AnswerFieldsCheck(web=web, reads=found) for web, found in reads.items()),
    ]


def _about(place: tuple[str, str]) -> str:
    sort, name = place
    return f"{_SORTS.get(sort, sort)} {name}".strip()


def _lanes(checks: Iterable[PreflightCheck], ctx: PreflightContext) -> dict[str, Lane]:
    """One lane for each place, with its checks in order."""
    by_place: dict[str, list[PreflightCheck]] = {}
    for check in checks:
        by_place.setdefault(_about(check.place), []).append(check)
    return {about: _lane(about, checks, ctx) for about, checks in by_place.items()}


def _lane(about: str, checks: Iterable[PreflightCheck], ctx: PreflightContext) -> Lane:
    """Run one place's checks in order. It stops where the place does not answer: the others would only repeat that."""

    def results_of(check: PreflightCheck) -> Lane:
        return lambda: [PreflightLine(about=about, result=result) for result in check.run_preflight(ctx)]

    def run() -> Iterable[PreflightLine]:
        for check in checks:
            lines = _guarded(about, results_of(check))
            yield from lines
            if isinstance(check, ReachableCheck) and any(line.result.level == FAIL for line in lines):
                return

    return run
