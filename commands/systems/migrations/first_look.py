"""How a migration tool is checked before a run starts: it is there, and tells its state."""

from __future__ import annotations

from commands.ports.preflight import OK, PreflightResult, blocked, warned
from commands.ports.shell import CommandResult
from commands.systems.migrations.passed_over import files_below, passed_over, passed_sentence
from commands.systems.migrations.tool_script import masked_problem, show_state, state_in
from commands.systems.migrations.troubles import is_of_applied_files, trouble_in

_NO_FOLDER, _NO_PROGRAM = 65, 66  # exit codes
# before the rest of the script that asks for the state; its variables are the page's
IS_THERE = f"""\
cd "$FOLDER" || exit {_NO_FOLDER}
set -- $PROGRAM
[ $# = 0 ] || command -v -- "$1" > /dev/null || {{ printf '%s\\n' "$1"; exit {_NO_PROGRAM}; }}
"""


def judge_state(
    result: CommandResult, kept_as: tuple[str, str], *, one_head: bool, tool: str | None
) -> list[PreflightResult]:
    """What the result of asking for the state means; the run keeps it, and the tool's files, under these names.

    `one_head`: the tool goes back to one state of several at once (Alembic). `tool`: one whose own words are known.
    """
    if missing := _missing(result):
        return blocked(*missing)
    state = state_in(result)
    trouble, cure = trouble_in(result, tool, state)
    of_files = is_of_applied_files(trouble)
    if trouble and not of_files:
        return blocked(f"the migration tool would apply nothing: {trouble}", cure)
    if state is None:
        return blocked(
            f"the migration tool does not report its state: {result.last_line}",
            "run its state command there by hand, as the deploying user and with the step's `env`",
        )
    if why := masked_problem(state):
        todo = (
            "give the database's login a password that is no name of an app, or write a `state` that prints other words"
        )
        return blocked(why, todo)
    if one_head and " " in state:
        return blocked(
            f"several heads are applied ({show_state(state)}), and alembic goes back to one at a time",
            "merge them before this release, or write the step's own `back`",
        )
    told = f"the migration tool reports its state: {show_state(state)}"
    files = files_below(result)
    kept = tuple((name, text) for name, text in zip(kept_as, (state, files), strict=True) if text or name == kept_as[0])
    passed = passed_sentence(passed_over(result, tool or "", files).names, tool or "")
    return [
        PreflightResult(level=OK, summary=told, kept=kept),
        *(
            warned(f"with the files that are there now, the tool would apply nothing: {trouble}", cure)
            if of_files
            else []
        ),
        *(warned(passed, "rename them in the release, or let the tool apply them out of order") if passed else []),
    ]


def _missing(result: CommandResult) -> tuple[str, str] | None:
    """What is not on the host at all, and what to do."""
    if result.code == _NO_FOLDER:
        return "the migration tool's folder is not on the host, or this user may not enter it", "correct `folder`"
    if result.code == _NO_PROGRAM:
        what = f"the migration tool is not there: {result.last_line} was not found"
        return what, "install it, or name what starts it in `program`"
    return None
