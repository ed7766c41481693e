"""Code for one of several cases becomes no step, and is named with its line."""

from __future__ import annotations

import pytest

from commands.adopt.adopted import adopt
from tests.commands.adopt.reading import boxes_of, kinds, told

FIRST = "```bash\npm2 restart api\n```\n\n"


def adopted_with(lead: str, more: str = "") -> tuple[list[str], str]:
    """The kinds of the steps of a deploy with this line above its second block, and the notes."""
    adopted = adopt(f"# S\n\n## Deploy\n\n{FIRST}{lead}\n\n```bash\nmake ship\n```\n{more}", "x")
    return [kind for kind, fields in boxes_of(adopted.page) if "id" in fields], told(adopted)


@pytest.mark.parametrize("lead", ["Or via Docker:", "**Alternatively, by hand:**", "> or, with Helm"])
def test_another_way_is_no_step(lead: str) -> None:
    made, notes = adopted_with(lead)
    assert made == ["service"]
    assert "12: `make ship`: “" in notes
    assert "is another way than the one above" in notes


@pytest.mark.parametrize("lead", ["If using Supervisor:", "If you use Docker:", "When deploying via Helm:"])
def test_what_holds_only_for_some_is_no_step(lead: str) -> None:
    made, notes = adopted_with(lead)
    assert made == ["service"]
    assert f"12: `make ship`: the runbook does not say whether “{lead.strip(':')}” holds" in notes


def test_for_one_thing_is_a_case_only_beside_another_such_line() -> None:
    assert adopted_with("For the shop:")[0] == ["service", "run"]
    made, notes = adopted_with("For Docker:", "\nFor Octane:\n\n```bash\nmake octane\n```\n")
    assert made == ["service"]
    assert "“For Docker” holds" in notes
    assert "“For Octane” holds" in notes


@pytest.mark.parametrize("lead", ["Order the parts:", "If it is Friday, wait.", "Use this:", "For production:"])
def test_any_other_line_chooses_nothing(lead: str) -> None:
    assert adopted_with(lead)[0] == ["service", "run"]


def test_an_appendix_is_no_part_of_the_deploy() -> None:
    adopted = adopt(f"# S\n\n## Deploy\n\n{FIRST}## Appendix: Compose Deployment\n\n```bash\nmake ship\n```\n", "x")
    assert [kind for kind, fields in boxes_of(adopted.page) if "id" in fields] == ["service"]
    assert "12: `make ship`: its heading does not say when it runs" in told(adopted)


def test_compose_with_its_files_named_is_known_as_without() -> None:
    assert kinds("docker compose -f a.yml -f b.yml up") == []
    adopted = adopt("# S\n\n## Deploy\n\n```bash\ncd /srv\ndocker compose -f a.yml up -d\n```\n", "x")
    assert "7: nothing checks that the containers stay up" in told(adopted)


def test_work_on_another_environment_than_production_is_no_step() -> None:
    staging = "## Staging Deployment\n\n### Step 1\n\n```bash\nmake staging\n```\n\n"
    adopted = adopt(f"# S\n\n{staging}## Production Deployment\n\n{FIRST}", "x")
    assert [kind for kind, fields in boxes_of(adopted.page) if "id" in fields] == ["service"]
    assert "8: `make staging`: it is for another environment than production" in told(adopted)
    only = adopt(f"# S\n\n{staging}## Notes\n\nx\n", "x")
    assert [kind for kind, fields in boxes_of(only.page) if "id" in fields] == ["run"]


def test_a_test_on_staging_before_production_stays_a_step() -> None:
    before = "## Before deployment\n\n### Check staging\n\n- [ ] Staging is well\n\n"
    adopted = adopt(f"# S\n\n{before}## Production Deployment\n\n{FIRST}", "x")
    assert [kind for kind, fields in boxes_of(adopted.page) if "id" in fields] == ["gate", "service"]


def test_a_step_that_is_optional_is_done_and_that_is_said() -> None:
    adopted = adopt(f"# S\n\n## Deploy\n\n### Caches (optional)\n\n{FIRST}### Rest\n\n{FIRST}", "x")
    notes = [note for note in adopted.assumed if "is done in every run" in note.text]
    assert [(note.line, note.text) for note in notes] == [
        (8, "“Caches (optional)” is done in every run; remove it where it is not needed")
    ]
    assert notes[0].page_line == adopted.page.split("\n").index("```toml service") + 1


def test_several_ways_to_roll_back_are_said_to_be_done_one_after_another() -> None:
    back = "## Rollback\n\n### Quick rollback\n\n{0}### Rollback from backup\n\n{0}### Rollback verification\n\n{0}"
    text = f"# S\n\n## Deploy\n\n{FIRST}{back.format(FIRST)}"
    assert "“Quick rollback”, “Rollback from backup” are all done, one after another" in told(adopt(text, "x"))
    assert "one after another" not in told(adopt(text.replace("### Quick rollback", "### Stop"), "x"))


@pytest.mark.parametrize(
    ("title", "steps"),
    [
        ("3.1 Staging Deployment (automatic)", ["service"]),
        ("Local development", ["service"]),
        ("Deploy to QA", ["service"]),
        ("Build the image locally", ["run", "service"]),
        ("Deploy the test runner", ["run", "service"]),
    ],
)
def test_only_a_heading_that_says_no_more_than_another_place_is_left_out(title: str, steps: list[str]) -> None:
    text = f"# S\n\n## Deployment\n\n### {title}\n\n```bash\nmake it\n```\n\n### Production\n\n{FIRST}"
    assert [kind for kind, fields in boxes_of(adopt(text, "x").page) if "id" in fields] == steps
