"""The base of every kind: strict fields, defaults, and errors that become outcomes."""

from __future__ import annotations

from typing import ClassVar

import pytest
from pydantic import ValidationError

from commands.steps import KINDS
from commands.steps.base import StepBox, execute
from commands.steps.outcome import Context, Outcome, done
from state.errors import Failed, LostTrack, Refused, Stopped, Unreachable
from tests.commands.steps.builders import box, context
from tests.world import World

WAIT = 'lasts = "1 s"\nwhy = "soak"'


class RaisingStep(StepBox):
    """A step that raises an error."""

    kind: ClassVar[str] = "raising"

    error: Exception | None = None

    def run(self, ctx: Context) -> Outcome:
        if self.error:
            raise self.error
        return done("Done.")


@pytest.mark.parametrize(
    ("error", "state", "summary"),
    [
        (Stopped(""), "stopped", "Stopped by a person."),
        (Stopped("Cancelled and rolled back."), "stopped", "Cancelled and rolled back."),
        (LostTrack("The connection broke."), "unknown", "The connection broke."),
        (Failed("It failed."), "failed", "It failed."),
        (Unreachable("It cannot be reached."), "failed", "It cannot be reached."),
        (Refused("It may not."), "failed", "It may not."),
    ],
)
def test_every_error_of_a_tool_becomes_an_outcome(error: Exception, state: str, summary: str) -> None:
    outcome = execute(RaisingStep(error=error), context(World()))
    assert (outcome.state, outcome.summary) == (state, summary)
    assert outcome.inconclusive == isinstance(error, Unreachable), "only an unreachable target teaches nothing"


def test_the_last_12_lines_of_a_failed_tool_are_shown_and_all_are_kept() -> None:
    output = "\n".join(str(number) for number in range(20))
    outcome = execute(RaisingStep(error=Failed("It failed.", output)), context(World()))
    assert outcome.lines == tuple(str(number) for number in range(8, 20))
    assert outcome.output == output


def test_after_a_crash_a_kind_that_changes_nothing_runs_again_and_another_is_not_judged() -> None:
    class ChangingStep(RaisingStep):
        changes_production: ClassVar[bool] = True

    outcome = RaisingStep().recover(context(World()))
    assert outcome is not None
    assert outcome.state == "done"
    assert ChangingStep().recover(context(World())) is None
    assert ChangingStep().recover_lost_attempt(context(World()), done("lost")) is None


@pytest.mark.parametrize(
    ("toml", "error"),
    [
        (WAIT + "\nlast = 1", "Extra inputs are not permitted"),
        (WAIT + '\nalways = "yes"', "Input should be a valid boolean"),
        (WAIT + '\non_failure = "ignore"', "Input should be 'roll back', 'ask' or 'tell'"),
    ],
)
def test_unknown_fields_and_wrong_types_are_refused(toml: str, error: str) -> None:
    with pytest.raises(ValidationError, match=error):
        box("wait", toml)


@pytest.mark.parametrize("name", ["DB", "$db", "$", "postgresql://u:p@h/d"])
def test_an_environment_variable_is_written_with_a_dollar_sign(name: str) -> None:
    with pytest.raises(ValidationError, match="must be the name of an environment variable"):
        box("checkout", f'host = "h"\nrepository = "{name}"\ncommit = "<commit>"')


def test_the_inputs_are_all_placeholders_in_the_fields() -> None:
    run = box("run", 'host = "h"\ncd = "<folder>"\ncommands = ["deploy <commit>"]\nenv = { R = "<ref>" }')
    assert run.inputs() == {"folder", "commit", "ref"}


def test_the_places_are_the_host_the_database_and_the_web_of_a_box() -> None:
    publish = box("publish", 'host = "h"\nrepository = "$R"\nwww = "$W"\ncommit = "<commit>"\nweb = "app"')
    assert publish.places() == {("hosts", "h"), ("webs", "app")}
    assert box("query", 'database = "db"\nsql = "SELECT 1"').places() == {("databases", "db")}
    assert box("wait", WAIT).places() == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_registered_under_its_own_name_and_describes_itself(kind: str) -> None:
    assert KINDS[kind].kind == kind
    assert KINDS[kind].__doc__ != StepBox.__doc__, f"the class of the kind {kind} has no docstring"
