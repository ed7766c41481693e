"""Evidence: what people sign for, and whether their signatures still hold."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from commands.progress.hold import places_found
from commands.runbook.page import Page, PageStep, Part
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, failed
from commands.steps.page_fields import Dollar
from commands.text.durations import format_duration
from state.facts import Choice, EnvironmentHold, Evidence, Note, Resume, Signature, StepAnswer, evidence_hash
from state.records import Attempt, AttemptState, Record

CHECK = "the evidence"  # the step, not on the page, that checks the evidence again
_ROLLBACK = "hosts and databases have what the rollback's steps need, by their checks before the start"
FRESH = timedelta(minutes=2)  # how long a check counts as made right before the first change


class EvidenceCheckBox(StepBox):
    """The box of that step. The runner gives it its work, because it needs the whole record."""

    kind: ClassVar[str] = "evidence"
    may_be_skipped: ClassVar[bool] = False

    # lines of scripts for the plan, in which a $NAME is the shell's own
    lines: Annotated[tuple[str, ...], Dollar.SHELL] = ()

    def plan(self) -> list[str]:
        return list(self.lines)

    def inputs(self) -> set[str]:
        """None: each result is checked with the values of its own attempt, and one that there is not is not checked."""
        return set()

    def run(self, ctx: Context) -> Outcome:
        return failed(f"“{ctx.title}” did not run.", inconclusive=True)


def check_step(page: Page) -> PageStep:
    """The step that checks again what was signed for, right before the first change of production."""
    lines = tuple(line for step in page.part(Part.BEFORE) for line in step.box.recheck_plan())
    box = EvidenceCheckBox(lines=("the page and the addresses of its places are as signed", *lines, _ROLLBACK))
    return PageStep(id=CHECK, title="Check again what was signed", line=0, part=Part.BEFORE, box=box)


def evidence_of(page: Page, record: Record) -> Evidence:
    """What a signature is given for now: the page, the places, and the results of the steps before the deploy."""
    return tuple((name, value) for name, (_, value) in _items(page, record).items())


def places_hash(places: Mapping[str, str]) -> str:
    """One hash of all fingerprints; empty if there are none."""
    return hashlib.sha256(json.dumps(sorted(places.items())).encode()).hexdigest() if places else ""


def why_fallen(page: Page, record: Record, attempt: Attempt) -> tuple[str, ...]:
    """Why signatures of an attempt no longer hold, one sentence each. Empty if all hold, or production has changed.

    A signature falls when a check finds a change in what it was given for, also if that is made again just as before.
    One without evidence, from an earlier version, may have been given for anything.
    """
    given = _signatures(record, attempt)
    if not given or first_change_begun(page, record):
        return ()
    now = _items(page, record)
    sentences: list[str] = []
    changed: dict[tuple[str, str], list[str]] = {}
    for signature in given:
        # only a run that an earlier version started, without places, may have signatures without evidence
        missing = not signature.evidence and record.run.places
        if missing or evidence_hash(signature.evidence) != signature.evidence_hash:
            sentences.append(f"The signature of {signature.person} was altered in the bot's record.")
        found = _found_since(record, signature.at)
        about = {step for name, _ in signature.evidence if (step := now.get(name, ("", ""))[0])}
        sentences += [what for step, what in found.items() if step in about or not signature.evidence]
        for name, value in signature.evidence:
            step, value_now = now.get(name, ("", ""))
            if value_now != value and step not in found:
                changed.setdefault((name, value), []).append(signature.person)
    sentences += [
        f"{subject(name)} changed since {names(people)} signed ({short(value)} → {short(now.get(name, ('', ''))[1])})."
        for (name, value), people in changed.items()
    ]
    return tuple(dict.fromkeys(sentences))


def expired_signatures(page: Page, record: Record, now: datetime) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each step with signatures that are too old, and a sentence for each of them."""
    valid = page.runbook.valid
    found: dict[str, tuple[str, ...]] = {}
    for step in page.forward if valid else ():
        last = record.last(step.id)
        old = [one for one in _signatures(record, last) if one.at + (valid or FRESH) < now] if last else []
        if old:
            found[step.id] = tuple(_too_old(page, one) for one in old)
    return tuple(found.items())


def first_change_begun(page: Page, record: Record) -> bool:
    """Whether a step of the deploy that changes production has begun. From then on no signature falls.

    To wait for people in the middle of a deploy would be worse than an old signature.
    """
    changing = {step.id for step in page.steps if step.part != Part.BEFORE and step.box.changes_production}
    changing |= {step.id for step in page.part(Part.WATCH)}
    return any(attempt.step in changing for attempt in record.attempts)


def is_stale(page: Page, record: Record, step: PageStep) -> bool:
    """Whether a step before the deploy must run again: what it made has changed, or what it used was made again."""
    if step.part != Part.BEFORE or step.box.changes_production or first_change_begun(page, record):
        return False
    made = _made_at(record, step.id)
    if made is None:
        return False
    later = record.attempts[made + 1 :]
    if any(attempt.step == CHECK and step.id in attempt.changed for attempt in later):
        return True
    made_since = {one.step for one in later if one.state == AttemptState.DONE and not one.is_repeat}
    # what a step uses is made by steps above it
    above = itertools.takewhile(lambda other: other.id != step.id, page.part(Part.BEFORE))
    used = (other for other in above if other.id in made_since and other.gives_values_to(step))
    return any(set(other.box.outputs()) & step.box.inputs() for other in used)


def to_check(page: Page, record: Record) -> Iterator[tuple[PageStep, Attempt]]:
    """The steps whose results can be checked again, with their newest attempts."""
    for step in page.part(Part.BEFORE):
        last = record.last(step.id)
        if not step.box.evidence_name or last is None or last.state != AttemptState.DONE:
            continue
        # what people fixed by hand and is asked for again has no values to compare
        if not last.is_repeat or last.values:
            yield step, last


def is_fresh(record: Record, now: datetime, beside: Collection[str] = ()) -> bool:
    """Whether the newest check counts now: nothing has happened since, and it was made just now.

    A check that failed counts until a person asks for another one. `beside` are steps for which it was made as well:
    that they have begun since is nothing.
    """
    last = next((one for one in reversed(record.attempts) if one.step not in beside), None)
    decided = (fact for fact in record.facts if not isinstance(fact, Note))
    if last is None or last.step != CHECK or any(fact.at > last.began_at for fact in decided):
        return False
    return last.state != AttemptState.DONE or now - last.at <= FRESH


def result_of(record: Record, step: PageStep) -> Mapping[str, str]:
    """The evidence of a step's newest attempt; that a person went on without it is evidence too."""
    last = record.last(step.id)
    if last is None or not step.box.evidence_name:
        return {}
    if last.state == AttemptState.DONE:
        return last.evidence
    answer = record.newest(StepAnswer, step=step.id, attempt=last.attempt)
    said = {Choice.SKIP: "skipped", Choice.DONE: "fixed by hand"}
    return {step.box.evidence_name: said[answer.choice]} if answer and answer.choice in said else {}


def short(value: str) -> str:
    """A value of evidence for people: the first 8 digits of a hash; any other value unchanged."""
    return value[:8] if len(value) >= 32 and set(value) <= set("0123456789abcdef") else value


def subject(name: str) -> str:
    """An item of evidence as the beginning of a sentence: "The backup has", "The places have", "016.sql has"."""
    return f"{name} has" if "." in name else "The places have" if name == "places" else f"The {name} has"


def names(people: list[str]) -> str:
    """At most three people, and how many more."""
    first = list(dict.fromkeys(people))
    more = f" and {len(first) - 3} more" if len(first) > 3 else ""
    return ", ".join(first[:3]) + more


def signers_of(record: Record, name: str) -> list[str]:
    """Who has signed for this item, by their newest signatures."""
    return [
        fact.person
        for fact in record.facts
        if isinstance(fact, Signature) and not fact.refused and name in dict(fact.evidence)
    ]


def _places(record: Record) -> str:
    """The hash of the places as last seen: at the start, at a start of the bot, or by a check."""
    last = record.last(CHECK)
    seen = [fact.at for fact in record.facts if isinstance(fact, EnvironmentHold | Resume)]
    if last and last.ended_at and "places" in last.evidence and all(at <= last.ended_at for at in seen):
        return last.evidence["places"]
    return places_hash(places_found(record))


def _signatures(record: Record, attempt: Attempt) -> list[Signature]:
    about = (attempt.step, attempt.attempt)
    facts = (fact for fact in record.facts if isinstance(fact, Signature))
    return [fact for fact in facts if (fact.step, fact.attempt) == about and not fact.refused]


def _made_at(record: Record, step: str) -> int | None:
    """The place of the attempt that made a step's result; an attempt that only asks again has made nothing."""
    places = [n for n, one in enumerate(record.attempts) if one.step == step and not one.is_repeat]
    return places[-1] if places else None


def _items(page: Page, record: Record) -> dict[str, tuple[str, str]]:
    """The evidence by name: the step whose result it is (empty for page and places), and the value."""
    items = {"page": ("", hashlib.sha256(record.run.text.encode()).hexdigest())}
    if places := _places(record):
        items["places"] = ("", places)
    for step in page.part(Part.BEFORE):
        for name, value in result_of(record, step).items():
            items[name if name not in items else f"{name} ({step.id})"] = (step.id, value)
    return items


def _found_since(record: Record, at: datetime) -> dict[str, str]:
    """What checks have found changed since a moment, by the step whose result it is."""
    checks = (attempt for attempt in record.attempts if attempt.step == CHECK and attempt.at >= at)
    return {step: what for check in checks for step, what in check.changed.items()}


def _too_old(page: Page, signature: Signature) -> str:
    at = signature.at.astimezone(ZoneInfo(page.runbook.time_zone))
    valid = format_duration(page.runbook.valid or FRESH)
    return f"The signature of {signature.person} at {at:%H:%M} is older than {valid}."
