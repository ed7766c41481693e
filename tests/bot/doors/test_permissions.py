"""Who may do what, cell by cell: Slack's buttons, forms and commands, and the terminal."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.signoff.permissions import PERMISSIONS
from state.errors import NotAllowed
from tests.bot.doors import permission_doors as doors
from tests.bot.doors.permission_cases import BEFORE, MOMENTS, PERSONS, Case

HOLDERS = {"starter", "dba", "lead", "first", "refuser"}
EVERYBODY = set(PERSONS)
# Written down by hand, not read from the code: who may do each act. The page has four_eyes; "first" has acted first
# where somebody has; "refuser" has refused where somebody has, and holds both roles, like the starter; "former" held
# the deciding role until a moment ago; the environment also names a user group and the bot as leads.
ALLOWED = {
    "start": HOLDERS,
    "sign": {"lead", "first", "refuser"},
    "refuse": {"lead", "first", "refuser", "starter"},
    "again": HOLDERS,
    "done": {"lead", "first", "refuser"},
    "skip": {"lead", "first", "refuser"},
    "agree": {"dba", "lead", "refuser"},
    "override": {"lead", "first"},
    "agree to override": {"dba", "lead"},
    "agree to start": HOLDERS - {"starter"},
    "refuse start": EVERYBODY,
    "freeze": HOLDERS,
    "lock": HOLDERS,
    "lift": {"dba", "lead", "first", "refuser", "starter"},  # its owner is the DBA
    "resume": {"lead", "first", "refuser"},
    "false alarm": {"lead", "first", "refuser"},
    "keep": {"lead", "first", "refuser"},
    "early keep": {"lead", "first", "refuser"},
    "hold": EVERYBODY,
    "rollback": EVERYBODY,
    "end": EVERYBODY - {"group", "bot"},  # at the terminal, where the bot must know who it is
    "note": EVERYBODY - {"group", "bot"},
    "take part": HOLDERS,
    "begin drill": HOLDERS,
    "hand over": {"lead", "first", "refuser", "starter"},
    "take over": {"guest"},  # to whom it is offered
    "decline": {"guest"},
    "withdraw": {"first"},  # who offered it
    "start queued": HOLDERS,
    "reorder": HOLDERS,
    "drop": EVERYBODY,
}
Try = Callable[[Case, str, str], None]
DOORS: dict[str, tuple[Try, set[str]]] = {
    "button": (doors.press_button, set(doors.BUTTONS)),
    "form": (doors.submit_form, {"start", *doors.FORMS}),
    "command": (doors.type_command, set(doors.COMMANDS)),
    "terminal": (doors.type_in_terminal, set(doors.TERMINAL)),
}
CELLS = [(door, act, kind) for door, (_, acts) in DOORS.items() for act in MOMENTS if act in acts for kind in PERSONS]


@pytest.fixture(scope="module")
def moments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record for each act, at its moment."""
    folder = tmp_path_factory.mktemp("moments")
    for act, moment in MOMENTS.items():
        case = Case(folder / f"{act}.db", BEFORE)
        moment(case)
        case.store.close()
    return folder


@pytest.mark.parametrize(("door", "act", "kind"), CELLS)
def test_an_act_is_done_by_those_who_may_and_by_nobody_else(
    moments: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: str, act: str, kind: str
) -> None:
    for file in moments.glob(f"{act}.db*"):
        shutil.copy(file, tmp_path / file.name)
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    case = Case(tmp_path / f"{act}.db")
    before, try_it = case.left(), DOORS[door][0]
    refused = pytest.raises(NotAllowed) if door == "terminal" and kind not in ALLOWED[act] else contextlib.nullcontext()
    with refused:
        try_it(case, act, kind)
    changed = case.left() != before
    case.store.close()
    assert changed == (kind in ALLOWED[act])


def test_every_act_of_the_table_is_tried_at_every_door_that_it_has() -> None:
    assert set(ALLOWED) == set(MOMENTS) == set(PERMISSIONS)
    in_slack = DOORS["button"][1] | DOORS["form"][1]
    # no message has a button for these; the queue's order is moved by a command of its own
    no_button = {"freeze", "lock", "lift", "reorder"}
    typed, of_a_message = DOORS["command"][1] - no_button, {"note", "take part", "begin drill"}
    assert in_slack - of_a_message == typed, "every button has its command, but for those of a message"
    assert in_slack == set(PERMISSIONS) - {"end", *no_button}
    assert DOORS["terminal"][1] == set(PERMISSIONS) - of_a_message


def test_without_four_eyes_the_starter_may_do_all_but_overrule_a_refusal_and_agree_to_the_own_start() -> None:
    never = {act for act, row in PERMISSIONS.items() if row.starter == "never"}
    assert never == {"override", "agree to override", "agree to start"}
