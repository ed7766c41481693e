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
