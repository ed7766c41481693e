"""The reader refuses what looks runnable and would not run, and names its true line."""

from __future__ import annotations

import pytest

from commands.runbook import read_page
from commands.runbook.build import slug
from state.errors import BadPage
from tests.pages import SMALL, small, spoil

BRINGS_BACK = """```toml data-return
host = "backend"
database = "shop"
database_url = "$SHOP_DB"
folder = "$SHOP_BACKUPS"
tables = ["jobs"]
undoes = "put-the-code-there"
"""
DEPLOY_BOX = '```toml run\nhost = "backend"\ncommands = ["deploy"]\ntakes = "10 min"\n```'


def line_of(text: str, needle: str) -> int:
    """The line of the first text, counted from 1."""
    return text[: text.index(needle)].count("\n") + 1


def refusal(text: str) -> BadPage:
    """What the reader says of a page that must be refused."""
    with pytest.raises(BadPage) as caught:
        read_page(text, "page.md")
    return caught.value


def test_the_small_page_is_read_whole() -> None:
    page = small()
    assert [step.id for step in page.steps] == [
        "ready",
        "put-the-code-there",
        "health",
        "response-time",
        "put-the-old-code-back",
    ]
    assert page.roles["dba"].title == "Database Admin"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("1️⃣ Backup Production Database (สำคัญที่สุด!)", "1-backup-production-database-สำคัญที่สุด"),
        ("🚀 **STEP 1: Run Forward Migration** (10 min)", "step-1-run-forward-migration-10-min"),
        ("ขั้นตอน", "ขั้นตอน"),
    ],
)
def test_ids_survive_thai_and_emoji(title: str, expected: str) -> None:
    assert slug(title) == expected


@pytest.mark.parametrize(
    ("old", "new", "at", "summary"),
    [
        ('role = "lead"\n```\n', 'role = "lead"\n', '```toml decision\nrole = "lead"', "never closed"),
        ("## Rollback", "## Rolback", "## Rolback", 'did you mean "## Rollback"?'),
        (DEPLOY_BOX, f"<!--\n### Hidden\n{DEPLOY_BOX}\n-->", "### Hidden", "inside an HTML comment"),
        (DEPLOY_BOX, f"<details>\n\n{DEPLOY_BOX}\n\n</details>", "```toml run\nhost", "<details>"),
        ('commands = ["deploy"]', 'kind = "gate"\ncommands = ["deploy"]', 'kind = "gate"', "kind:"),
        ('commands = ["deploy"]', 'comands = ["deploy"]', 'comands = ["deploy"]', 'did you mean "commands"?'),
        (DEPLOY_BOX, f"```bash\nls\n```\n{DEPLOY_BOX}", "```bash", "looks runnable and is not"),
        (DEPLOY_BOX, f"```\nls\n```\n{DEPLOY_BOX}", "```\nls", "looks runnable and is not"),
        (DEPLOY_BOX, f"    rm -rf /\n\n{DEPLOY_BOX}", "    rm -rf /", "indented text reads as code"),
        (DEPLOY_BOX, f"{DEPLOY_BOX}\n\n{DEPLOY_BOX}", None, "two boxes under one heading"),
        (DEPLOY_BOX, "\n".join("> " + line for line in DEPLOY_BOX.splitlines()), "> ```toml run", "inside a list or a quote"),
        ("```toml run\nhost", "```toml rum\nhost", "```toml rum", 'no step kind "rum"; did you mean "run"?'),
        ('takes = "10 min"', 'takes = "10min"', 'takes = "10min"', "'10min' is not a duration"),
        ('takes = "10 min"', 'takes = "1 min"\ntakes = "2 min"', 'takes = "2 min"', "this field stands in the box already"),
        ('takes = "10 min"\n```', 'takes = "10 min"\n', '```toml run\nhost', "never closed; end it with a line of three backticks (line "),
        ('takes = "10 min"', 'limit = "0 s"', 'limit = "0 s"', "is zero; write a duration above zero"),
        ('time_zone =', 'status_every = "5 s"\ntime_zone =', 'status_every', "is too often"),
        ('commands = ["deploy"]', "commands = []", "commands = []", "commands: needs at least 1 entry"),
        ('takes = "10 min"', "takes = 10:30", "takes = 10:30", "not TOML"),
        ("above = 5.0", 'above = "5"', "above = ", "above:"),
        ('time_zone = "Asia/Bangkok"', 'time_zone = "Bangkok"', 'time_zone = "Bangkok"', "not a time zone"),
        ('address = "$SHOP_SSH"', 'address = "root@10.0.0.1"', 'address = "root@10.0.0.1"', "environment variable"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_its_line(old: str, new: str, at: str | None, summary: str) -> None:
    text = spoil((old, new))
    error = refusal(text)
    assert summary in str(error), f"the sentence does not say what is wrong: {error}"
    if at:
        assert error.line == line_of(text, at), f"wrong line in: {error}"


@pytest.mark.parametrize("part", ["Rollback", "Deploy", "Emergency contacts", "Decision"])
def test_a_missing_part_is_named(part: str) -> None:
    start = SMALL.index(part) - 3
    start = SMALL.rindex("## ", 0, SMALL.index(part) + 1)
    after = SMALL.find("\n## ", start)
    text = SMALL[:start] + (SMALL[after + 1 :] if after > 0 else "")
    text = text.replace('undoes = "put-the-code-there"\n', "")
    assert f'"## {part}"' in str(refusal(text))


@pytest.mark.parametrize(
    ("old", "new", "summary"),
    [
        ('host = "backend"\ncommands = ["deploy"]', 'host = "frontend"\ncommands = ["deploy"]', '"frontend" is not under [hosts]'),
        ('role = "dba" }', 'role = "dbas" }', '"dbas" is not on the page'),
        ('commands = ["deploy"]', 'commands = ["deploy <commit>"]', "<commit> is used here, and no step above gives it"),
        ('undoes = "put-the-code-there"', 'undoes = "put-it"', 'no step "put-it"'),
        ('every = "15 min"\n', "", "every: is missing"),
        ('takes = "10 min"', 'every = "10 min"', "only a check of the watch"),
        ('check = "response-time"', 'check = "response"', '"response" is not on the page'),
        ("above = 5.0\n", "", "could never be raised"),
        ('```toml run\nhost = "backend"\nundoes = "put-the-code-there"\ncommands = ["undeploy"]\n', BRINGS_BACK, "must name the sql step"),
        ('role = "lead"\n```', 'role = "boss"\n```', '"boss" is not on the page'),
        (DEPLOY_BOX, '```toml notify\nid = "put-the-code-there"\ntext = "Now"\nroles_to_tell = ["dbaa"]\n```', '"dbaa" is not on the page'),
        ('takes = "10 min"', 'asks = "dbaa"', '"dbaa" is not on the page'),
        ("### Health", "### Put the code there", "has the same name"),
    ],
)  # fmt: skip
def test_what_is_named_must_be_there(old: str, new: str, summary: str) -> None:
    database = ("[webs.api]", '[databases.shop]\nurl = "$SHOP_DB"\n\n[webs.api]')
    assert summary in str(refusal(spoil((old, new), database)))


def test_the_sentence_names_line_step_and_field() -> None:
    text = spoil(('takes = "10 min"', "takes = 10"))
    line = line_of(text, "takes = 10")
    assert str(refusal(text)).startswith(f"line {line}, Put the code there: takes: ")


def test_text_boxes_and_tables_are_prose() -> None:
    text = SMALL.replace("### Health", "| a | b |\n|---|---|\n| 1 | 2 |\n\n```text\nrm -rf /\n```\n\n### Health")
    assert len(read_page(text, "page.md").steps) == 5
