"""What a click or a command does: one act on the record, and the sentence its person sees. Knows nothing of Slack's wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from bot.doors.context import Office
from commands.progress.step_state import AGAIN, ITS_DONE, NO, SKIP, YES
from commands.rollback import request as rollback_act
from commands.run.engine import page_of
from commands.runbook import Page
from commands.runbook.people import Who
from commands.signoff.desk import Desk
from commands.signoff.waiting import Waiting, waiting_for
from commands.start import request as start_act
from commands.watch.countdown import HELD
from state.errors import NothingRuns, Refused
from state.records import Run

frozen_page: Callable[[Run], Page] = lru_cache(maxsize=16)(page_of)


@dataclass(frozen=True, kw_only=True)
class Press:
    """One press of a button: `action` is the button's name, `value` its own ("RUN:EVENT", event 0 on the card).

    `reason` and `lasts` ("30 min") are what its form asked for.
    """

    action: str
    value: str
    person: str
    reason: str = ""
    lasts: str = ""


def press(office: Office, pressed: Press) -> str:
    """Carry a press out; returns the sentence for its person. Raises Refused, whose message is that sentence."""
    number, _, event = pressed.value.partition(":")
    if not (number.isdecimal() and event.isdecimal()):
        raise Refused("This button belongs to another version of the bot; use /deploy status.")
    run = _run(office, int(number))
    if pressed.action in _ON_THE_RUN:
        return _ON_THE_RUN[pressed.action](office, run, pressed.person, pressed.reason)
    asked = next(
        (one for one in office.store.events(run.id, int(event) - 1, 1) if one.kind in {"wanted", "alert"}), None
    )
    if asked is None or "attempt" not in asked.data:
        raise Refused("This button asks about nothing in the record; use /deploy status.")
    return _answer(office, run, pressed, str(asked.data["step"]), int(asked.data["attempt"]))


def say(office: Office, action: str, person: str, reason: str) -> str:
    """The same act without its button, on the one thing that is asked now. Raises Refused where that is not one thing."""
    run = the_run(office)
    if action in _ON_THE_RUN:
        return _ON_THE_RUN[action](office, run, person, reason)
    record = office.store.record(run.id)
    asked = [one for one in waiting_for(frozen_page(run), record) if action in _buttons_of(one)]
    if len(asked) != 1:
        what = ", ".join(f"“{one.title}”" for one in asked) or "nothing"
        raise Refused(f"“{action}” could mean {what} now; use the buttons in the thread.")
    pressed = Press(action=action, value="", person=person, reason=reason)
    return _answer(office, run, pressed, asked[0].step, asked[0].attempt)


def start(office: Office, person: str, asked: dict[str, str]) -> Run:
    """Start a run of the page named in `asked` (page, ref, minutes, note). Raises Refused."""
    page = start_act.find_page(office.pages(), asked.get("page", ""))
    start_act.refuse_missing(page, office.missing(page))
    request = start_act.Request(
        ref=asked.get("ref", "").strip(),
        countdown=int(asked.get("minutes") or 0),
        note=asked.get("note", ""),
        channel=office.channel(page),
        speed=office.speed,
    )
    who, people = Who(person=person, via="slack"), office.people(page)
    request = start_act.looked_at(office.store, page, request, who, people, lambda ref: office.look(page, ref))
    return start_act.start(office.store, page, request, who, people, office.now())


def the_run(office: Office) -> Run:
    """The one active run. Raises NothingRuns, and Refused where there are several."""
    active = office.store.active_runs()
    if not active:
        raise NothingRuns("Nothing runs now. A deployment starts with /deploy start.")
    if len(active) > 1:
        which = ", ".join(f"{run.target} (run {run.id})" for run in active)
        raise Refused(f"Several runs are active: {which}. Use the buttons on the card of the one you mean.")
    return active[0]


def _run(office: Office, number: int) -> Run:
    try:
        return office.store.run(number)
    except KeyError:
        raise NothingRuns(f"Run {number} is not in this bot's record.") from None


def _desk(office: Office, run: Run) -> Desk:
    page = frozen_page(run)
    return Desk(office.store, page, run.id, office.people(page))


def _roll_back(office: Office, run: Run, person: str, reason: str) -> str:
    first = rollback_act.rollback(office.store, run, Who(person=person, via="slack"), reason, office.now())
    return f"Rolling back {run.target}." if first else f"{run.target} is being rolled back already; it happens once."


def _hold(office: Office, run: Run, person: str, reason: str) -> str:
    first = _desk(office, run).hold(Who(person=person, via="slack"), reason, office.now())
    return "On hold: no new step begins." if first else "It is on hold already."


def _resume(office: Office, run: Run, person: str, reason: str) -> str:
    first = _desk(office, run).resume(Who(person=person, via="slack"), reason, office.now())
    return "It goes on." if first else "It is not on hold."


def _keep(office: Office, run: Run, person: str, reason: str) -> str:
    return _desk(office, run).keep(Who(person=person, via="slack"), reason, office.now())


def _answer(office: Office, run: Run, pressed: Press, step: str, attempt: int) -> str:
    desk, who, now = _desk(office, run), Who(person=pressed.person, via="slack"), office.now()
    if said := _said_already(office, run, pressed, step, attempt):
        return said
    match pressed.action:
        case "sign" | "refuse":
            word = YES if pressed.action == "sign" else NO
            roles = desk.sign(step, attempt, who, word, pressed.reason, now)
            titles = ", ".join(desk.page.roles[role].title for role in roles)
            return f"{'Signed' if word == YES else 'Refused'} as {titles}."
        case "agree":
            desk.second(step, attempt, who, now)
            return "You agreed; the run goes on."
        case "false_alarm":
            first = desk.false_alarm(step, attempt, who, pressed.reason, pressed.lasts, now)
            return "Held; nothing is rolled back for it meanwhile." if first else "It is held already."
    answer = {"again": AGAIN, "done": ITS_DONE, "skip": SKIP}.get(pressed.action)
    if answer is None:
        raise Refused("The bot does not know this button; use /deploy status.")
    desk.answer(step, attempt, who, answer, pressed.reason, now)
    return "Noted."


def _said_already(office: Office, run: Run, pressed: Press, step: str, attempt: int) -> str:
    """The friendly word for somebody who presses a second time, or whose press Slack delivered twice."""
    kinds = {"sign": "sign", "refuse": "sign", "agree": "second", "false_alarm": HELD}
    kind = kinds.get(pressed.action, "answer")
    record = office.store.record(run.id)
    mine = [f for f in record.facts if (f.kind, f.step, f.attempt, f.person) == (kind, step, attempt, pressed.person)]
    if not mine:
        return ""
    open_ = [one for one in waiting_for(frozen_page(run), record) if (one.kind, one.step) == (kind, step)]
    roles = {role for one in open_ for role in one.roles if pressed.person in office.people(frozen_page(run))[role]}
    return "" if roles and kind == "sign" else "You have answered this already; your word stands."


def _buttons_of(waiting: Waiting) -> tuple[str, ...]:
    of = {
        "sign": ("sign", "refuse"),
        "second": ("agree",),
        "answer": ("again", "done", "skip"),
        "countdown": ("false_alarm",),
    }
    return of.get(waiting.kind, ())


_ON_THE_RUN: dict[str, Callable[[Office, Run, str, str], str]] = {
    "rollback": _roll_back,
    "hold": _hold,
    "resume": _resume,
    "keep": _keep,
    "keep_early": _keep,
}
