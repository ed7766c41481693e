"""Which steps of the rollback run, in which order."""

from __future__ import annotations

from commands.progress.rollback_steps import rollback_steps
from state.records import Attempt, AttemptState
from tests.pages import record, row, small

OLD = '### Put the old code back\n\n```toml run\nhost = "backend"\nundoes = "put-the-code-there"\n'
ALWAYS = '### Tell the team\n\n```toml notify\ntext = "Rolled back"\n```\n\n'
HEALTH = '\n### Health again\n\n```toml http\nweb = "api"\npath = "/health"\nundoes = "health"\n```\n'
PAGE = small(**{OLD: f"{ALWAYS}{OLD}", 'commands = ["undeploy"]\n```\n': f'commands = ["undeploy"]\n```\n{HEALTH}'})


def order(*attempts: Attempt) -> list[str]:
    return [step.id for step in rollback_steps(PAGE, record(*attempts))]


def test_a_step_that_undoes_nothing_in_particular_always_runs() -> None:
    assert order() == ["tell-the-team"]
    assert order(row("ready", AttemptState.DONE)) == ["tell-the-team"]


def test_a_step_runs_if_what_it_undoes_has_begun_whatever_became_of_it() -> None:
    for state in AttemptState:
        assert order(row("put-the-code-there", state)) == ["tell-the-team", "put-the-old-code-back"], state


def test_steps_run_in_the_order_of_the_page() -> None:
    backwards = (row("health", AttemptState.FAILED), row("put-the-code-there", AttemptState.DONE))
    assert order(*backwards) == ["tell-the-team", "put-the-old-code-back", "health-again"]
