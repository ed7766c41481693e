"""`run` keeps values of what its last command prints, and measures a number there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from commands.runbook import Page, read_page
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.watch.verdicts import check_verdict
from state.errors import BadPage
from state.records import AttemptState
from tests.commands.steps.builders import box, context, plan
from tests.local_shell import LocalShell
from tests.pages import SMALL, record, row
from tests.production import ended
from tests.world import World

TAG = '{ tag = { pattern = "image: .*:(\\\\S+)" } }'


def run_box(commands: list[str], more: str) -> Outcome:
    """The outcome of commands on this machine."""
    toml = f'host = "h"\ncommands = {json.dumps(commands)}\n{more}'
    return execute(box("run", toml), context(World(), shell=LocalShell({})))


def printed(text: str, more: str) -> Outcome:
    """The outcome of a command that prints this text."""
    return run_box([f"cat <<'END'\n{text}\nEND"], more)


def page_with(deploy: str, back: str = 'commands = ["undeploy"]') -> Page:
    text = SMALL.replace('commands = ["deploy"]', deploy).replace('commands = ["undeploy"]', back)
    return read_page(text, "page.md")


def test_a_pattern_keeps_its_group_and_the_plan_shows_it() -> None:
    step = box("run", f'host = "h"\ncommands = ["show"]\nvalues = {TAG}')
    assert plan(step) == "on h: show\nkeeps <tag>, a word: what `image: .*:(\\S+)` finds of the last command's output"
    outcome = printed("image: registry/shop:1.4.2-rc1", f"values = {TAG}")
    assert (outcome.state, outcome.values) == ("done", {"tag": "1.4.2-rc1"})
    assert outcome.summary == "1 command succeeded; tag is 1.4.2-rc1."


def test_a_field_of_json_is_kept_with_its_type() -> None:
    more = 'values = { revision = { json = "helm.revision", type = "number" }, name = { json = "name" } }'
    outcome = printed('{"helm": {"revision": 7}, "name": "shop"}', more)
    assert outcome.values == {"revision": "7", "name": "shop"}, outcome.summary


def test_a_value_goes_into_a_later_step_and_into_the_rollback(tmp_path: Path) -> None:
    deploy = f'commands = ["echo image: shop:41", "echo image: shop:42"]\nvalues = {TAG}'
    page = page_with(deploy, f'commands = ["echo <tag> > {tmp_path}/back"]')
    kept = execute(page.step("put-the-code-there").box, context(World(), shell=LocalShell({})))
    assert kept.values == {"tag": "42"}, "an earlier command's output was read"
    ctx = replace(context(World(), kept.values, shell=LocalShell({})), key="run-1/back/1")
    assert execute(page.step("put-the-old-code-back").box, ctx).state == "done"
    assert (tmp_path / "back").read_text() == "42\n"


def test_of_two_equal_commands_the_last_one_counts(tmp_path: Path) -> None:
    command = f"echo >> {tmp_path}/n; echo image: a:$(wc -l < {tmp_path}/n)"
    assert run_box([command, command], f"values = {TAG}").values == {"tag": "2"}


def test_the_printed_command_itself_is_no_output() -> None:
    outcome = run_box(["true # image: x:wrong"], f"values = {TAG}")
    assert outcome.state == "failed"
    assert outcome.summary == (
        "1 command succeeded, but <tag> was not found: no line of the last command's output matches `image: .*:(\\S+)`."
    )


@pytest.mark.parametrize(
    ("text", "values", "summary"),
    [
        ("image: a:1\nimage: a:2", TAG, "finds 2 different texts in the last command's output"),
        ("image: a:1;rm", TAG, "must be a word"),
        ("image: a:\x071", TAG, "must be a word"),
        ("not json", '{ tag = { json = "tag" } }', "the last command's output is not JSON"),
        ('{"tag": "1"}\nwarning: x', '{ tag = { json = "tag" } }', "the last command's output is not JSON"),
        ("[1]", '{ tag = { json = "tag" } }', "has no field `tag`"),
        ('{"tag": null}', '{ tag = { json = "tag" } }', "has no field `tag`"),
        ('{"tag": ["x"]}', '{ tag = { json = "tag" } }', "must be a word"),
        ('{"tag": "x"}', '{ tag = { json = "tag", type = "number" } }', "must be a number"),
        ('{"a": NaN}', '{ tag = { json = "a", type = "number" } }', "is not JSON"),
        ("[" * 5000, '{ tag = { json = "a" } }', "is not JSON"),
        (f"image: a:{'1' * 400}", TAG, "a line of more than 300 characters"),
        (f"image: a:1 {'.' * 400}", TAG, ""),
        ("token=eyJhbGciOi.eyJzdWIi", '{ tag = { pattern = "token=(.+)", type = "text" } }', "looks like a secret"),
        ("key: ••• end", '{ tag = { pattern = "key: (.+)", type = "text" } }', "a secret stands there"),
        ('{"a": "Bearer abc12345678"}', '{ tag = { json = "a", type = "text" } }', "looks like a secret"),
        ('{"a": "•••"}', '{ tag = { json = "a", type = "text" } }', "a secret"),
        ("image: a:1\nimage: b:1", TAG, ""),
        ("image: a:", '{ tag = { pattern = "image: a:(\\\\S*)" } }', "was not found"),
    ],
)  # fmt: skip
def test_what_is_not_there_or_does_not_fit_fails_the_step_and_nothing_is_kept(
    text: str, values: str, summary: str
) -> None:
    outcome = printed(text, f"values = {values}")
    if summary:
        assert (outcome.state, outcome.inconclusive, outcome.values) == ("failed", False, {})
        assert outcome.summary.startswith("1 command succeeded, but <tag>")
        assert summary in outcome.summary
    else:
        assert outcome.values == {"tag": "1"}, outcome.summary


@pytest.mark.parametrize(
    ("text", "more", "value"),
    [
        ("\x1b[32mimage:\x1b[39m a:\x1b[1m1.4\x1b[22m\x1b[0m", f"values = {TAG}", "1.4"),
        ("image: a:\x1b[1m1.4\x1b(B\x1b[m", f"values = {TAG}", "1.4"),
        ("\x1b[2K\x1b[1Gimage: a:1.4", 'values = { tag = { pattern = "^image: a:(.+)$", type = "text" } }', "1.4"),
        ('{\x1b[34m"v"\x1b[39m: \x1b[33m7\x1b[39m}', 'values = { tag = { json = "v", type = "number" } }', "7"),
        ("\x1b[32mqueue:\x1b[39m \x1b[33m12\x1b[39m", 'measure = { pattern = "^queue: (.+)$" }', 12),
    ],
)
def test_colours_of_an_output_hide_no_value(text: str, more: str, value: object) -> None:
    outcome = printed(text, more)
    assert outcome.state == "done", outcome.summary
    assert value == outcome.values.get("tag", outcome.measures.get("value"))


def test_colours_hide_no_secret_that_stands_in_the_output() -> None:
    kept = 'values = { tag = { pattern = "token=(.+)", type = "text" } }'
    outcome = printed("\x1b[32mtoken\x1b[0m=\x1b[1meyJhbGciOi.eyJzdWIi\x1b[0m", kept)
    assert "looks like a secret" in outcome.summary
    assert not outcome.values


def test_a_failed_command_keeps_nothing() -> None:
    outcome = run_box(["echo image: a:1; false"], f"values = {TAG}")
    assert (outcome.state, outcome.values) == ("failed", {})


def test_an_output_that_is_not_there_whole_gives_no_value() -> None:
    world = World()
    world.on_host("show", ended("image: a:1\n"))
    lost = execute(box("run", f'host = "h"\ncommands = ["show"]\nvalues = {TAG}'), context(world))
    assert (lost.state, lost.values) == ("failed", {})
    assert "the last command's output could not be read in full" in lost.summary


def test_a_job_whose_output_is_lost_does_not_count_as_done_without_its_values(tmp_path: Path) -> None:
    shell = LocalShell({})
    step = box("run", f'host = "h"\ncommands = ["true"]\nprobe = "true"\nvalues = {TAG}')
    ctx = context(World(), shell=shell)
    shell.dead.add(ctx.key)
    outcome = step.recover(ctx)
    assert (outcome.state, outcome.values) == ("failed", {})
    assert outcome.summary.endswith("The `probe` shows that the commands are done, but not <tag>.")


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("values = { tag = {} }", 'needs either json = "a.b" or pattern'),
        ('values = { tag = { json = "a", pattern = "(a)" } }', "needs either json"),
        ('values = { tag = { pattern = "a" } }', "must have exactly one group"),
        ('values = { tag = { pattern = "(a)(b)" } }', "must have exactly one group"),
        ('values = { tag = { pattern = "((a+)+)" } }', "values.tag.pattern: "),
        ('values = { tag = { pattern = "a.*b.*c.*(d)" } }', "which is too many together"),
        ('values = { tag = { json = "db.password" } }', "is a secret by its name"),
        ('values = { tag = { json = "a", type = "path" } }', "values.tag.type: must be"),
        ('values = { tag = "a" }', "values.tag: "),
        ('values = { run = { json = "a" } }', "every run has its own <run>"),
        ("measure = {}", "measure: needs either json"),
        ('measure = { json = "a", type = "number" }', "measure.type: is not a field"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_line(more: str, what: str) -> None:
    with pytest.raises(BadPage) as caught:
        page_with(f'commands = ["deploy"]\n{more}')
    assert what in str(caught.value)
    line = SMALL.splitlines().index("### Put the code there") + 1
    assert line <= caught.value.line <= line + 5


def test_a_group_with_a_name_is_no_value_that_the_step_needs() -> None:
    page_with('commands = ["deploy"]\nvalues = { tag = { pattern = "image: (?P<image>\\\\S+)" } }')


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("depth 12", '{ pattern = "depth (.+)" }', 12),
        ('{"queue": {"depth": 1e-7}}', '{ json = "queue.depth" }', 1e-7),
        ('{"depth": "4.5"}', '{ json = "depth" }', 4.5),
        ("depth -3", '{ pattern = "depth (.+)" }', -3),
    ],
)
def test_a_number_of_the_output_is_measured_as_value(text: str, place: str, value: float) -> None:
    outcome = printed(text, f"measure = {place}")
    assert (outcome.state, outcome.measures["value"]) == ("done", value), outcome.summary
    assert outcome.measures.keys() == box("run", f'host = "h"\ncommands = ["x"]\nmeasure = {place}').measures_of()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", '{ pattern = "depth (.+)" }'),
        ("depth none", '{ pattern = "depth (.+)" }'),
        ("depth NaN", '{ pattern = "depth (.+)" }'),
        ("depth 1e999", '{ pattern = "depth (.+)" }'),
        ("depth 1\ndepth 2", '{ pattern = "depth (.+)" }'),
        ("depth 12,5", '{ pattern = "depth (.+)" }'),
        ("depth ١", '{ pattern = "depth (.+)" }'),
        ('{"depth": true}', '{ json = "depth" }'),
        ('{"depth": null}', '{ json = "depth" }'),
        ('{"depth": %s}' % ("9" * 900), '{ json = "depth" }'),
        ("{}", '{ json = "depth" }'),
    ],
)  # fmt: skip
def test_without_a_number_there_is_no_data_and_nothing_healthy(text: str, place: str) -> None:
    outcome = printed(text, f"measure = {place}")
    assert (outcome.state, outcome.inconclusive, "value" in outcome.measures) == ("failed", True, False)
    check = f'### Depth\n\n```toml run\nhost = "backend"\ncommands = ["x"]\nmeasure = {place}\nevery = "5 min"\n```\n\n'
    page = read_page(SMALL.replace("## Alerts", f"{check}## Alerts"), "page.md")
    sample = replace(row("depth", AttemptState.FAILED), outcome=outcome.as_data())
    verdict = check_verdict(page, record(sample), page.step("depth"))
    assert verdict
    assert verdict.verdict == "no data"


def test_only_a_check_that_measures_has_a_value_for_the_alert_table() -> None:
    check = '### Depth\n\n```toml run\nhost = "backend"\ncommands = ["x"]\nevery = "5 min"\n```\n\n## Alerts'
    rule = '[[alert]]\nname = "Depth"\ncheck = "depth"\nmeasure = "value"\nabove = 50.0\n```'
    text = SMALL.replace("## Alerts", check).replace("in_a_row = 2\n```", f"in_a_row = 2\n\n{rule}")
    with pytest.raises(BadPage, match='"depth" does not measure value; it measures nothing'):
        read_page(text, "page.md")
    measuring = text.replace('commands = ["x"]', 'commands = ["x"]\nmeasure = { json = "depth" }')
    assert read_page(measuring, "page.md").alerts[-1].measure == "value"
