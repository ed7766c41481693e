"""Exit codes of programs that a signal ended say so."""

from __future__ import annotations

import pytest

from commands.steps.base import execute
from commands.text.exit_codes import exit_words
from tests.commands.steps.builders import box, context
from tests.local_shell import LocalShell
from tests.world import World

KILLED = "exit code 137 (killed by SIGKILL: by somebody, or by the host because its memory ran out)"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "exit code 1"),
        (127, "exit code 127"),
        (128, "exit code 128"),
        (129, "exit code 129"),
        (137, KILLED),
        (139, "exit code 139 (ended by SIGSEGV)"),
        (143, "exit code 143 (ended by SIGTERM)"),
        (255, "exit code 255"),
    ],
)
def test_a_code_above_128_names_its_signal(code: int, words: str) -> None:
    assert exit_words(code) == words


@pytest.mark.fault("a cause that nobody has seen")
def test_a_command_that_was_killed_is_said_to_be() -> None:
    ctx = context(World(), shell=LocalShell({}))
    outcome = execute(box("run", 'host = "h"\ncommands = ["bash -c \'kill -KILL $$\'"]'), ctx)
    assert (outcome.state, KILLED in outcome.summary) == ("failed", True), outcome.summary
