"""Checks again what people signed for, right before the first change of production."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from commands.ports.preflight import FAIL, PreflightCheck, PreflightContext
from commands.progress.evidence import names, places_hash, signers_of, subject, to_check
from commands.progress.reach import WORDS
from commands.runbook.page import Page, Part
from commands.steps.outcome import Context, Outcome, done, failed, stopped
from state.errors import GonogoError, Stopped
from state.records import Record


def check_evidence(page: Page, record: Record, ctx: Context) -> Outcome:
    """Check the result of each step before the deploy. What cannot be checked fails: it never counts as unchanged."""
    evidence = {"page": hashlib.sha256(record.run.text.encode()).hexdigest()}
    if places := places_hash(ctx.tools.places()):
        evidence["places"] = places
    changed: dict[str, str] = {}
    lines = []
    # a new key each time: the result of a job from before a crash would be old
    key = f"{ctx.key}/{ctx.tools.clock.now():%Y%m%dT%H%M%S%f}"
    for step, attempt in to_check(page, record):
        values = {**ctx.values, **attempt.values}
        own = replace(ctx, title=step.title, key=f"{key}/{step.id}", values=values)
        try:
            what = step.box.recheck(own, attempt.evidence)
        except Stopped:
            return stopped("Stopped by a person.")
        except GonogoError as error:
            return failed(
                f"“{step.title}” cannot be checked again: {error} Nothing was changed yet.", inconclusive=True
            )
        if what:
            changed[step.id] = _sentence(record, step.box.evidence_name, what)
        lines.append(f"{step.title}: {what or 'unchanged'}")
    problem = _rollback_problem(page, ctx)
    if ctx.stop.is_set():
        return stopped("Stopped by a person.")
    if problem:
        return failed(f"A rollback would fail now: {problem}. Nothing was changed yet.", lines=tuple(lines))
    if not changed:
        return done("Everything is as it was signed.", lines=tuple(lines), evidence=evidence)
    titles = ", ".join(f"“{page.step(step_id).title}”" for step_id in changed)
    then = f"{titles} {'runs' if len(changed) == 1 else 'run'} again. Then please sign again."
    return failed(f"{' '.join(changed.values())} {then}", lines=tuple(lines), evidence=evidence, changed=changed)


def _rollback_problem(page: Page, ctx: Context) -> str:
    """What the preflight of the rollback's steps finds wrong on hosts and in databases now; empty if nothing is."""
    steps = page.part(Part.ROLLBACK)
    paths = [file.path for step in steps if (file := step.box.applied_file())]
    files = {path: text for path in paths if (text := ctx.file(path))}
    found = PreflightContext(tools=ctx.tools, ref=ctx.values.get("ref", ""), files=files)
    checks: list[PreflightCheck] = []
    for step in steps:
        checks += [check for check in step.box.preflight() if check not in checks]
    for check in checks:
        if ctx.stop.is_set():
            break
        sort, name = check.place
        if sort not in WORDS:  # a web site may be down by now, because its requests are stopped
            continue
        try:
            results = check.run_preflight(found)
        except GonogoError as error:
            return f"{WORDS[sort]} {name}: {str(error).rstrip('.')}"
        for result in results:
            if result.level == FAIL:
                return f"{WORDS[sort]} {name}: {result.summary} ({result.todo})"
    return ""


def _sentence(record: Record, name: str, what: str) -> str:
    signers = list(dict.fromkeys(signers_of(record, name)))
    since = f"{names(signers)} signed" if signers else "it was made"
    return f"{subject(name)} changed since {since}: {what}."
