"""The pages that `gonogo init` writes: good for every stack, with nothing guessed in silence."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.environment import CHANNEL_ID, HOLDER_ID, mentions, missing, wrong_ids
from bot.init.blocks import page_text, read_blocks
from bot.init.changes import UNKNOWN_ACTION
from bot.init.env_example import env_example
from bot.init.hosts import host_count, set_hosts
from bot.init.make import Made, blocks_of, make
from bot.init.recipes import PLAIN, managers_of, recipes, stacks
from bot.init.variables import EXAMPLES, variables_of
from bot.init.wanted import Wanted
from bot.settings import read_page_file, read_page_text, shipped_runbooks
from commands.runbook.head_boxes import Role, RunbookBox
from commands.runbook.places import Database, Host, Web
from commands.start.page_warnings import page_warnings
from commands.steps import KINDS
from commands.steps.base import Strict
from commands.steps.kinds.service import ServiceStep
from commands.steps.tool_migration import ToolMigration
from commands.systems.services.managers import MANAGERS
from state.errors import Refused
from tests.pages import small

EVERY = pytest.mark.parametrize("stack", stacks())


def made(stack: str = PLAIN, name: str = "billing", **more: object) -> Made:
    """The page for a stack."""
    return make(Wanted(stack=stack, name=name, **more), "runbook.md")  # type: ignore[arg-type]


def environ(of: Made) -> dict[str, str]:
    """What a bot reads whose `.env` is the unchanged example."""
    return {name: value or "" for name, value in dotenv_values(stream=StringIO(example(of)), interpolate=False).items()}


def example(of: Made) -> str:
    return env_example("runbook.md", of.variables)


def test_the_stacks_are_the_recipes_and_the_managers() -> None:
    names = {path.stem for path in (Path(__file__).parents[3] / "docs" / "recipes").glob("*.md")}
    assert names | set(MANAGERS) == set(stacks())
    assert names >= {"django-systemd", "kubernetes"}


@pytest.mark.parametrize("name", recipes())
def test_a_recipe_that_is_read_and_written_is_the_same_text(name: str) -> None:
    text = recipes()[name].read_text(encoding="utf-8")
    assert page_text(read_blocks(text)) == text


@EVERY
def test_the_page_of_every_stack_is_good_and_without_a_warning(stack: str) -> None:
    page = read_page_text(made(stack).text, "runbook.md")
    assert page_warnings(page) == ()
    assert page.runbook.target == "Billing production"


@EVERY
def test_every_variable_has_a_meaning_and_an_example_or_is_named(stack: str) -> None:
    of = made(stack)
    text = example(of)
    without = {one.name for one in of.variables if not one.example}
    for name in (name.removeprefix("$") for name in of.page.env_names()):
        assert re.search(rf"^# \S.*\n{name}=", text, re.MULTILINE), f"{name} has no meaning"
    assert set(missing(of.page, environ(of))) == without
    assert {name for name in without if any(f"no example for {name}: " in note for note in of.notes)} == without


def test_a_variable_without_an_example_is_named_with_the_step_that_uses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = recipes()["kubernetes"].read_text(encoding="utf-8")
    (tmp_path / "kubernetes.md").write_text(text.replace("| `$SHOP_IMAGE` |", "| another |"), encoding="utf-8")
    found = {**recipes(), "kubernetes": tmp_path / "kubernetes.md"}
    for module in ("bot.init.recipes", "bot.init.make"):
        monkeypatch.setattr(f"{module}.recipes", lambda: found)
    why = "The step “Roll out” uses it as IMAGE in its env. Also used by “Roll out the old code”."
    assert made("kubernetes").notes == (f".env.example has no example for BILLING_IMAGE: {why.rstrip('.')}",)


def test_a_variable_is_named_with_every_step_that_uses_it_each_once_and_none_that_is_not_on_the_page() -> None:
    meanings = {one.name: one.meaning for one in variables_of(read_page_file(shipped_runbooks() / "option-a.md"))}
    used = meanings["PROD_TOKEN"]
    assert used.startswith("The step “Test 2: Can Create Job (Normal Flow)” uses it as Authorization in its headers: ")
    assert "Bearer $PROD_TOKEN. Also used by “Test 3: Can Create Job (Skip Approval)”, “Clean up" in used
    assert meanings["PROD_WWW"].endswith(" Also used by “STEP 4: Revert frontend”.")
    assert not [meaning for meaning in meanings.values() if "Check that what ran before" in meaning]


def test_the_example_of_an_address_is_the_name_of_a_host_where_its_place_has_an_underscore() -> None:
    page = read_page_text(re.sub(r'(\[webs\.|web = ")api', r"\1our_api", small().text), "runbook.md")
    examples = {one.name: one.example for one in variables_of(page)}
    assert examples["SHOP_URL"] == "https://our-api.example.com"


def test_a_group_of_a_recipe_gets_as_many_hosts_as_are_asked_for() -> None:
    places = (
        '[hosts.web]\naddress = ["$SHOP1_WEB_1", "$SHOP1_WEB_2"]\n[webs.each]\nurl = ["$SHOP1_1_URL", "$SHOP1_2_URL"]\n'
    )
    blocks = read_blocks(f"# X\n```toml places\n{places}```\n")
    (found,) = set_hosts(blocks, 3)
    assert found.box["hosts"]["web"]["address"] == [f"$SHOP1_WEB_{number}" for number in (1, 2, 3)]
    assert found.box["webs"]["each"]["url"] == [f"$SHOP1_{number}_URL" for number in (1, 2, 3)]
    with pytest.raises(Refused, match="take 2 or more"):
        set_hosts(blocks, 1)


@pytest.mark.parametrize("stack", ["django-systemd", "kubernetes", "pm2"])
def test_the_pages_of_these_recipes_have_an_example_for_every_variable(stack: str) -> None:
    assert [one.name for one in made(stack).variables if not one.example] == []


@EVERY
def test_the_examples_have_the_form_that_slack_has(stack: str) -> None:
    of = made(stack)
    values = environ(of)
    assert list(wrong_ids(of.page, values)) == []
    assert CHANNEL_ID.fullmatch(values["GONOGO_CHANNEL"])
    holders = [one for ids in mentions(of.page, values).values() for one in ids]
    assert len(set(holders)) == len(of.page.roles), "each role has a person of its own"
    assert all(map(HOLDER_ID.fullmatch, holders))


def test_every_field_that_is_a_variable_has_an_example() -> None:
    start = "The variable with"
    named = {
        f"{model.__name__}.{name}"
        for model in (Host, Database, Web, Role)
        for name, field in model.model_fields.items()
        if (field.description or "").startswith(start)
    }
    boxes: list[type[Strict]] = [RunbookBox, *KINDS.values()]
    named |= {
        name
        for model in boxes
        for name, field in model.model_fields.items()
        if (field.description or "").startswith(start)
    }
    assert named - set(EXAMPLES) == set()


@pytest.mark.parametrize("manager", MANAGERS)
def test_the_services_run_under_the_manager_that_is_asked_for(manager: str) -> None:
    of = made(manager)
    found = {step.box.manager for step in of.page.steps if isinstance(step.box, ServiceStep)}
    assert found == {manager}


def test_where_the_recipe_is_for_another_manager_its_words_are_named_with_their_lines() -> None:
    of = made("pm2")
    lines = of.text.splitlines()
    told = [int(line.split()[1]) for line in of.own_lines if "the text speaks of" in line]
    found = [number for number, line in enumerate(lines, 1) if re.search(r"\b(systemd|units?)\b", line, re.IGNORECASE)]
    assert told == found[1:] != [], "the first is the recipe's name"
    assert "sudo = true" not in of.text
    assert '{ on = "web", pm2 = "billing-worker" }' in of.text
    assert "{ on =" not in made("supervisor").text, "supervisor cannot be asked which commit runs"


@EVERY
@pytest.mark.parametrize("hosts", [2, 3])
def test_a_page_for_several_hosts_is_good_or_refused_in_one_sentence(stack: str, hosts: int) -> None:
    if not host_count(blocks_of(stack)):
        with pytest.raises(Refused, match="uses no host over SSH"):
            made(stack, hosts=hosts)
        return
    of = made(stack, hosts=hosts)
    groups = [name for name in of.page.places.hosts if re.search(r"-\d+$", name)]
    assert len(groups) == hosts
    assert page_warnings(of.page) == ()
    assert not missing(of.page, environ(of)) or of.notes


def test_several_hosts_restart_one_by_one_and_what_is_done_once_is_done_on_the_first() -> None:
    page = made(hosts=2).page
    assert page.step("backup").box.host == "web-1"  # type: ignore[attr-defined]
    restarts = [step for step in page.steps if step.written and step.written.id == "restart"]
    assert [step.host for step in restarts] == ["web-1", "web-2"]
    assert all(step.turn and step.turn.box.kind == "one-by-one" for step in restarts)
    assert [step.box.web for step in restarts] == ["each-1", "each-2"]  # type: ignore[attr-defined]


def migration(of: Made) -> ToolMigration | None:
    return next(filter(None, (step.box.tool_migration() for step in of.page.steps)), None)


@pytest.mark.parametrize("tool", ["alembic", "rails", "golang-migrate"])
def test_another_migration_tool_goes_forward_and_back(tool: str) -> None:
    of = made(migrate=tool)
    boxes = [step.box for step in of.page.steps if step.box.kind == "migrate"]
    assert [(box.tool, box.mode) for box in boxes] == [(tool, "forward"), (tool, "back")]  # type: ignore[attr-defined]
    told = [int(line.split()[1]) for line in of.own_lines if "the text speaks of django" in line]
    assert told == [number for number, line in enumerate(of.text.splitlines(), 1) if "Django" in line]


@pytest.mark.parametrize(("tool", "build"), [("rails", "bundle install"), ("golang-migrate", "go build")])
def test_another_tool_is_built_in_its_own_way_and_not_by_pip(tool: str, build: str) -> None:
    of = made(migrate=tool)
    assert "pip install" not in of.text
    assert of.text.count(build) == 2, "in the deploy and in the rollback"


def test_the_migrations_of_rails_run_in_production() -> None:
    envs = [step.box.env for step in made(migrate="rails").page.steps if step.box.kind == "migrate"]  # type: ignore[attr-defined]
    assert [env["RAILS_ENV"] for env in envs] == ["production", "production"]


def test_without_a_migration_no_step_is_left_of_it() -> None:
    of = made(migrate="none")
    assert migration(made()) is not None
    assert migration(of) is None
    assert any("the text speaks of migration" in line for line in of.own_lines)
    with pytest.raises(Refused, match="has no migration that could be changed"):
        made("kubernetes", migrate="alembic")
    assert made("kubernetes", migrate="none").text


def test_the_first_role_is_there_for_each_that_the_team_has_not_and_that_is_said() -> None:
    of = made(roles=("lead", "on_call"))
    assert list(of.page.roles) == ["lead", "on_call"]
    assert of.page.decision.role == "lead"
    assert [note.split(":")[0] for note in of.notes] == [
        f"the team has no role {r}" for r in ("dba", "devops", "tech_lead")
    ]
    assert of.page.roles["on_call"].action == "Emergency support", "known from a page that comes with gonogo"
    line = next(int(line.split()[1]) for line in of.own_lines if "action of lead" in line)
    assert UNKNOWN_ACTION in of.text.splitlines()[line - 1]


def test_the_name_is_in_the_variables_and_texts_and_the_recipes_own_is_gone() -> None:
    of = made(name="billing-api")
    assert 'names = ["billing-api-web", "billing-api-worker"]' in of.text
    assert "$BILLING_API_SSH" in of.text
    assert not re.search(r"\bshop\b", of.text, re.IGNORECASE)
    assert "Deploy billing-api (django-systemd)" in of.text


def test_the_recipes_own_commands_names_and_addresses_are_named_with_their_lines() -> None:
    of = made()
    lines = of.text.splitlines()
    shown = {line.split("  ")[-1]: int(line.split()[1]) for line in of.own_lines}
    for text in (
        "Packages: cd, commands",
        "Restart the web server and the worker: names, path",
        "Pin the release: running",
    ):
        assert text in shown
    assert lines[shown["Back up the database: name"] - 1] == 'name = "billing"'
    assert all("Proof" not in text for text in shown), "variables alone say nothing of the recipe's shop"


def test_the_plain_recipe_is_under_one_manager() -> None:
    assert managers_of(blocks_of(PLAIN)) == {"systemd"}
