"""README and docs are held to the code: kinds, commands, settings, scenarios, links and quotes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bot.command_line import command_line
from bot.doors.served_names import VARIABLE as TERMINAL_USERS
from bot.env_file import VARIABLE as ENV_FILE
from bot.init.make import make as make_page
from bot.init.wanted import Wanted
from bot.rehearsal.scenarios import SCENARIOS
from commands.runbook.build import PARTS, REQUIRED, read_page
from commands.runbook.head_boxes import RunbookBox
from commands.runbook.page import Part
from commands.steps import KINDS
from commands.steps.base import StepBox
from commands.steps.shared.service import ServiceBox
from commands.systems.migrations.tools import MIGRATION_TOOLS
from commands.systems.services.managers import MANAGERS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
DOCS = {path.name: path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))}
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "tests/README.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
EVERYTHING = "\n".join([README, *DOCS.values()])


def first_cells(text: str, heading: str) -> list[str]:
    """The code words in the first column of the table under a heading."""
    part = text.split(heading, 1)[1].split("\n#", 1)[0]
    return [
        word
        for line in part.splitlines()
        if line.startswith("| `")
        for word in re.findall(r"`([^`]+)`", line.split("|")[1])
    ]


def without_fences(text: str) -> str:
    """A page without its code blocks."""
    return re.sub(r"^(`{3,})[^`\n]*\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", without_fences(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_the_readme_is_read_in_five_minutes_and_leads_to_every_page() -> None:
    assert len(README.encode()) <= 7_000, "the README is for the first five minutes; the rest belongs into docs/"
    missing = [name for name in DOCS if f"(docs/{name})" not in README]
    assert not missing, f"nobody finds docs/{missing}: name it in the README"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_heading_that_exist(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_fences(path.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        linked = (path.parent / file).resolve() if file else path
        assert linked.exists(), f"{target} leads nowhere"
        if anchor:
            assert anchor in anchors(linked.read_text()), f"{target}: the page has no such heading"


def test_the_list_of_step_kinds_is_the_registry() -> None:
    part = DOCS["writing-a-page.md"].split("<!-- kinds: ", 1)[1].split("\n\n", 1)[0]
    listed, differs = re.findall(r"`([^`]+)`", part), "the list below “<!-- kinds:” in docs/writing-a-page.md"
    assert not (missing := sorted(KINDS.keys() - listed)), f"{differs} lacks {missing}"
    assert listed == sorted(KINDS), f"{differs} is not sorted, or names a kind that commands/steps/__init__.py has not"


def test_every_service_manager_is_named_by_its_field_and_by_the_page_of_services() -> None:
    field = str(ServiceBox.model_fields["manager"].description)
    assert not (left_out := [name for name in MANAGERS if f"`{name}`" not in field]), (
        f"the description of `manager` in commands/steps/shared/service.py lacks {left_out}"
    )
    first = DOCS["services.md"].split("\n## ", 1)[0]
    assert not (left_out := [name for name in MANAGERS if f'"{name}"' not in first]), (
        f"the introduction of docs/services.md lacks {left_out}"
    )


def test_every_migration_tool_has_its_row() -> None:
    rows = [line for line in DOCS["databases.md"].splitlines() if line.startswith("| `")]
    assert not (left_out := [name for name in MIGRATION_TOOLS if not any(f'`"{name}"`' in row for row in rows)]), (
        f"the table of tools in docs/databases.md lacks {left_out}"
    )


def test_the_table_of_parts_is_what_the_reader_of_a_page_takes() -> None:
    part = DOCS["writing-a-page.md"].split("## The parts of a page\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if "| `#" in line]
    title, *parts = rows
    assert title[2] == "`runbook`, needed"
    shown = {row[0].strip("`# ").lower(): re.sub(r"^none|`|, needed$", "", row[2]) for row in parts}
    assert shown == PARTS, "docs/writing-a-page.md and commands/runbook/build.py differ in the parts and their boxes"
    assert {row[0].strip("`# ").lower() for row in parts if row[1] == "yes"} == set(REQUIRED)
    holds_steps = {row[0].strip("`# ").lower() for row in parts if row[3] != "none"}
    assert holds_steps == set(Part), "steps stand in other parts than the table says"
    named = {kind for row in parts for kind in re.findall(r"`([\w-]+)`", row[3])} - {"every", "undoes"}
    assert named <= set(KINDS), f"there is no kind {sorted(named - set(KINDS))}"


def test_plain_sql_migrations_of_getting_started_make_the_page_of_init_a_good_one() -> None:
    example = DOCS["getting-started.md"].split("````markdown\n", 1)[1].split("````", 1)[0]
    release, rest = example.split("## Deploy\n", 1)
    deploy, rollback = rest.split("## Rollback\n", 1)
    page = make_page(Wanted(stack="systemd", name="ledger", migrate="none", hosts=1), "runbook.md").text
    page = re.sub(r"```toml release\n.*?```\n", lambda _: release, page, flags=re.DOTALL)
    page = page.replace("\n## Deploy\n", f"\n## Deploy\n{deploy}")
    page = page.replace("\n## Decision\n", f"\n{rollback}\n## Decision\n")
    kinds = [step.box.kind for step in read_page(page, "runbook.md").steps]
    assert kinds.count("sql") == 2


def test_every_setting_that_the_code_reads_is_in_the_table_of_variables() -> None:
    source = (ROOT / "bot" / "settings.py").read_text()
    channel = str(RunbookBox.model_fields["channel"].default).removeprefix("$")
    read = {*re.findall(r'env(?:iron)?\.get\("(\w+)"', source), TERMINAL_USERS, ENV_FILE, channel}
    told = set(first_cells(DOCS["operating.md"], "## Set it up")) | {"GONOGO_PORT"}
    assert read <= told, f"not in docs/operating.md: {sorted(read - told)}"
    assert {name for name in told if not name.startswith("$") and name != "GONOGO_PORT"} <= read | {"$NAME"}


def test_every_terminal_command_is_told_and_exists() -> None:
    known = set(
        next(action for action in command_line()._actions if action.choices and "serve" in action.choices).choices or ()
    )
    told = set(re.findall(r"gonogo ([\w-]+)`|`gonogo ([\w-]+)|^gonogo ([\w-]+)", EVERYTHING, re.MULTILINE))
    names = {word for words in told for word in words if word}
    assert names <= known, f"README and docs tell of commands that are not there: {sorted(names - known)}"
    assert known <= names, f"README and docs do not tell of: {sorted(known - names)}"


def test_every_story_is_told() -> None:
    told = {line for line in DOCS["rehearsal.md"].splitlines() if line.startswith("| `")}
    assert told == {f"| `{name}` | {story.description} |" for name, story in SCENARIOS.items()}


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = set(re.findall(r"(?:^|`)make (\w+)", EVERYTHING, re.MULTILINE))
    assert told <= targets, f"the Makefile has no {sorted(told - targets)}"


def test_what_the_page_about_failures_quotes_is_what_the_code_says() -> None:
    rooms = [path for room in ("bot", "commands", "state") for path in (ROOT / room).rglob("*.py")]
    # a sentence over several lines of source is one sentence
    said = re.sub(r"[\"']\s*\n\s*f?[\"']", "", "\n".join(path.read_text() for path in rooms))
    quotes = re.findall(r"“([^”]+)”", DOCS["faq.md"].replace("\n", " "))
    parts = [part.strip(" ,.") for quote in quotes for part in re.split(r"…|\d+", quote)]
    assert len(parts) > 15
    unsaid = [part for part in parts if len(part) > len("it has pg_dump") and part not in said]
    assert not unsaid, f"the code says no longer: {unsaid}"


def _around(box: StepBox) -> dict[str, StepBox]:
    """A page around the examples of migrations: the way forward, the way back, and what a restore needs."""
    migrate = 'host = "backend"\nfolder = "x"\ntool = "alembic"\n'
    texts = {
        "backup": 'host = "backend"\ndatabase_url = "$A"\nfolder = "$B"\nname = "x"',
        "maintenance": 'host = "backend"\nstate = "on"\ncommand = "x"',
        "migrate": migrate,
    }
    boxes = {kind: KINDS[kind].model_validate(tomllib.loads(text)) for kind, text in texts.items()}
    back = KINDS["migrate"].model_validate(tomllib.loads(f'{migrate}mode = "back"\nundoes = "migration"'))
    return {**boxes, "migration": boxes["migrate"], "example": box, "back": back}


EXAMPLES = "\n".join(
    [README, DOCS["writing-a-page.md"], DOCS["databases.md"], DOCS["watch.md"], DOCS["getting-started.md"]]
)


@pytest.mark.parametrize(("kind", "text"), re.findall(r"```toml ([\w-]+)\n(.*?)```", EXAMPLES, re.DOTALL))
def test_each_example_of_a_step_is_a_box_that_the_reader_takes(kind: str, text: str) -> None:
    if kind in KINDS:
        box = KINDS[kind].model_validate(tomllib.loads(text))
        boxes = _around(box) if box.tool_migration() or "migration" in box.model_fields_set else {}
        assert (box.page_error(boxes), box.page_warning(boxes)) == ("", "")


def test_the_example_of_a_release_is_a_box_that_the_reader_takes() -> None:
    example = EXAMPLES.split("```toml release\n", 1)[1].split("```", 1)[0]
    box = KINDS["release"].model_validate(tomllib.loads(example))
    assert box.places() == {("hosts", "backend"), ("webs", "api"), ("webs", "github")}


def test_the_example_of_what_runs_is_taken_with_a_release() -> None:
    example = EXAMPLES.split("```toml\nrunning = [", 1)[1].split("```", 1)[0]
    text = f'host = "backend"\nrepository = "$REPO"\nrunning = [{example}'
    box = KINDS["release"].model_validate(tomllib.loads(text))
    assert box.places() == {("hosts", "backend"), ("hosts", "frontend"), ("hosts", "worker"), ("webs", "api")}
