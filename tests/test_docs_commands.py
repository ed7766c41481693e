"""Every command of README and docs is played as it stands, or names the test that plays it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import RunState
from state.sqlite.store import Store
from tests.bot.verify.conftest import PEOPLE
from tests.pages import NOON, event, small

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
# what a block begins with that is played as it stands, in the order of the documents
PLAYED = (
    "gonogo check my-runbook.md             #",
    "gonogo schema http >",
    "mkdir -p boxes",
    "gonogo init --stack",
    "gonogo check runbook.md",
    "gonogo adopt deploy.md ",
    "gonogo verify  ",
    "gonogo check my-runbook.md    #",
)
# lines of such a block that serve until Ctrl-C, or need a target: the test that plays them
SERVES = {"gonogo preview": "tests/bot/preview/test_server.py", "gonogo doctor": "tests/bot/doctor/test_page.py"}
# other lines, by what they begin with: the test that plays them, or why none does
ELSEWHERE = {
    "git clone REPOSITORY": "the address is the reader's own",
    "make rehearse": "tests/bot/rehearsal/test_main.py",
    "make .venv/.ready": "the tests run in what it made",
    "mkdir rehearsal": "tests/bot/rehearsal/test_own_page.py",
    "gonogo rehearse deploy.page.md": "tests/bot/rehearsal/test_own_page.py",
    ".venv/bin/python -m bot.rehearsal.target": "tests/bot/rehearsal/target/test_main.py",
    "pip install": "tests/test_wheel.py",
    "python3 -m venv": "tests/test_wheel.py",
    "gonogo init": "tests/bot/init/test_command.py",
    "gonogo adopt": "tests/bot/test_adopt.py",
    "install -m 600 .env.example": "tests/bot/test_env_file.py",
    "gonogo doctor": "tests/bot/doctor/test_page.py",
    "gonogo serve --no-slack": "tests/bot/test_serve.py",
    "gonogo start": "tests/bot/doors/test_terminal.py",
    "gonogo status": "tests/bot/doors/test_terminal.py",
    "gonogo report": "tests/bot/doors/test_terminal.py",
    ".venv/bin/python -m tests.crash": "tests/crash/test_soak.py",
    "chgrp deploy": "tests/state/sqlite/test_private_file.py",
    "chmod 2770": "tests/state/sqlite/test_private_file.py",
    "export GONOGO_": "tests/state/postgres/test_refusals.py",
    "gonogo record copy": "tests/state/test_copying.py",
    "sqlite3 gonogo.db": "tests/state/test_backing_up.py",
    "install -m 600 gonogo.db.key": "tests/state/test_backing_up.py",
    "GONOGO_STATE=/backup": "tests/state/test_backing_up.py",
    "gonogo rollback --from": "tests/bot/doors/test_mirror_rollback.py",
    "useradd": "tests/bot/test_systemd_unit.py",
    "install -D": "tests/bot/test_systemd_unit.py",
    "cp docs/deploy/gonogo.service": "tests/bot/test_systemd_unit.py",
    "docker ": "tests/test_packed.py",
    "--stop-timeout": "tests/test_packed.py",
    "pip install standardwebhooks httpx": "installed with the tests' own packages",
    "python hook.py": "tests/recipes/events/test_event_recipes.py",
    "kubectl": "no cluster is at hand; docs/running.md says that it is untried",
}


def blocks() -> list[str]:
    """The shell blocks of all documents, in their order."""
    return [block for page in PAGES for block in BLOCK.findall(page.read_text())]


def is_played(block: str) -> bool:
    """Whether a block is played here."""
    return block.startswith(PLAYED)


def command_lines(block: str) -> list[str]:
    """The lines of a block, without what goes with the line before."""
    return [line.strip() for line in block.splitlines() if line.strip()]


def test_every_other_command_names_its_test_or_why_there_is_none() -> None:
    others = [line for block in blocks() if not is_played(block) for line in command_lines(block)]
    told = {**ELSEWHERE, **SERVES, "gonogo check": "played", "gonogo plan": "played"}
    unknown = [line for line in others if not line.startswith(tuple(told))]
    assert not unknown, f"nobody plays these: {unknown}"
    unused = [begin for begin in ELSEWHERE if not any(line.startswith(begin) for line in others)]
    assert not unused, f"no document has these any more: {unused}"
    files = [name for name in {**ELSEWHERE, **SERVES}.values() if name.startswith("tests/")]
    assert [name for name in files if not (ROOT / name).exists()] == []


def folder_of_a_reader(folder: Path) -> Path:
    """A folder with what the documents speak of: pages, a Markdown runbook, and a record with run 12."""
    page = small().text
    (folder / "runbooks").mkdir()
    for name in ("my-runbook.md", "runbooks/one.md", "runbooks/two.md"):
        (folder / name).write_text(page)
    steps = "```bash\nuptime\n```\n"
    (folder / "deploy.md").write_text(f"# Shop\n\n## Deploy\n\n{steps}\n## Rollback\n\n{steps}")
    store = Store(folder / "gonogo.db")
    for number in range(12):
        run = start(store, small(), StartRequest(), Actor(person="U1", door=Door.SLACK), PEOPLE, NOON)
        if number < 11:
            store.move_run(run.id, RunState.ABORTED, NOON, event("ended"))
    store.close()
    return folder


def play(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Type a block into bash, line by line; the first line that fails ends it."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GONOGO_", "SLACK_"))}
    env |= {"GONOGO_STATE": str(folder / "gonogo.db"), "GONOGO_RUNBOOK": "my-runbook.md"}
    lines = [line for line in block.splitlines() if not line.startswith(tuple(SERVES))]
    # of several examples of `gonogo init` each begins in a folder of its own
    lines = [f"rm -f runbook.md .env.example\n{line}" if line.startswith("gonogo init") else line for line in lines]
    program = f'gonogo() {{ "{sys.executable}" -m bot.cli "$@"; }}\nset -e\n' + "\n".join(lines)
    env["PYTHONPATH"] = str(ROOT)
    return subprocess.run(
        ["bash", "-c", program], cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.timeout(180)  # each line starts a process of its own
def test_the_commands_do_what_the_documents_say_as_they_stand(tmp_path: Path) -> None:
    folder = folder_of_a_reader(tmp_path)
    played = [block for block in blocks() if is_played(block)]
    begins = [begin for begin in PLAYED if not any(block.startswith(begin) for block in played)]
    assert not begins, f"no document has these blocks any more: {begins}"
    for block in played:
        done = play(block, folder)
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    made = {"runbook.md", "deploy.page.md", ".env.example", "http.schema.json", "boxes", "run-12.tar.gz", "bot.pem"}
    assert made <= {path.name for path in folder.iterdir()}
