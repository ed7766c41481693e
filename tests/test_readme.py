"""The README is held to the code: step kinds, commands, settings and scenarios."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bot.command_line import command_line
from bot.doors.served_names import VARIABLE as TERMINAL_USERS
from bot.env_file import VARIABLE as ENV_FILE
from bot.rehearsal.scenarios import SCENARIOS
from commands.runbook.head_boxes import RunbookBox
from commands.steps import KINDS
from commands.steps.base import StepBox

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def first_cells(heading: str) -> list[str]:
    """The code words in the first column of the table under a heading."""
    part = README.split(heading, 1)[1].split("\n#", 1)[0]
    return [
        word
        for line in part.splitlines()
        if line.startswith("| `")
        for word in re.findall(r"`([^`]+)`", line.split("|")[1])
    ]


def test_the_list_of_step_kinds_is_the_registry() -> None:
    part = README.split("<!-- kinds: ", 1)[1].split("\n\n", 1)[0]
    assert re.findall(r"`([^`]+)`", part) == sorted(KINDS), "the README's list and commands/steps/__init__.py differ"


def test_every_setting_that_the_code_reads_is_in_the_readme() -> None:
    source = (ROOT / "bot" / "settings.py").read_text()
    channel = str(RunbookBox.model_fields["channel"].default).removeprefix("$")
    read = {*re.findall(r'env(?:iron)?\.get\("(\w+)"', source), TERMINAL_USERS, ENV_FILE, channel}
    told = set(first_cells("## Run it for your team")) | {"GONOGO_PORT"}
    assert read <= told, f"not in the README: {sorted(read - told)}"
    assert {name for name in told if not name.startswith("$") and name != "GONOGO_PORT"} <= read | {"$NAME"}


def test_every_terminal_command_in_the_readme_exists() -> None:
    known = set(
        next(action for action in command_line()._actions if action.choices and "serve" in action.choices).choices or ()
    )
    told = set(re.findall(r"gonogo ([\w-]+)`|`gonogo ([\w-]+)|^gonogo ([\w-]+)", README, re.MULTILINE))
    names = {word for words in told for word in words if word}
    assert names <= known, f"the README tells of commands that are not there: {sorted(names - known)}"
    assert known <= names, f"the README does not tell of: {sorted(known - names)}"


def test_every_story_is_told() -> None:
    for name in SCENARIOS:
        assert f"`{name}`" in README, f"the README does not name the story {name}"


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = set(re.findall(r"make (\w+)(?: |`|$)", README))
    assert {name for name in told if name in {"rehearse", "test", "bench", "mutants", "pictures"}} <= targets


def _around(box: StepBox) -> dict[str, StepBox]:
    """A page around the README's examples of migrations: the way forward, the way back, and what a restore needs."""
    migrate = 'host = "backend"\nfolder = "x"\ntool = "alembic"\n'
    texts = {
        "backup": 'host = "backend"\ndatabase_url = "$A"\nfolder = "$B"\nname = "x"',
        "maintenance": 'host = "backend"\nstate = "on"\ncommand = "x"',
        "migrate": migrate,
    }
    boxes = {kind: KINDS[kind].model_validate(tomllib.loads(text)) for kind, text in texts.items()}
    back = KINDS["migrate"].model_validate(tomllib.loads(f'{migrate}mode = "back"\nundoes = "migration"'))
    return {**boxes, "migration": boxes["migrate"], "example": box, "back": back}


@pytest.mark.parametrize(("kind", "text"), re.findall(r"```toml ([\w-]+)\n(.*?)```", README, re.DOTALL))
def test_each_example_of_a_step_is_a_box_that_the_reader_takes(kind: str, text: str) -> None:
    if kind in KINDS:
        box = KINDS[kind].model_validate(tomllib.loads(text))
        boxes = _around(box) if box.tool_migration() or "migration" in box.model_fields_set else {}
        assert (box.page_error(boxes), box.page_warning(boxes)) == ("", "")


def test_the_example_of_a_release_is_a_box_that_the_reader_takes() -> None:
    example = README.split("```toml release\n", 1)[1].split("```", 1)[0]
    box = KINDS["release"].model_validate(tomllib.loads(example))
    assert box.places() == {("hosts", "backend"), ("webs", "api"), ("webs", "github")}


def test_the_example_of_what_runs_is_taken_with_a_release() -> None:
    example = README.split("```toml\nrunning = [", 1)[1].split("```", 1)[0]
    text = f'host = "backend"\nrepository = "$REPO"\nrunning = [{example}'
    box = KINDS["release"].model_validate(tomllib.loads(text))
    assert box.places() == {("hosts", "backend"), ("hosts", "frontend"), ("hosts", "worker"), ("webs", "api")}
