"""What a page may leave as it is, but should know, stands in check, doctor and start."""

from __future__ import annotations

import pytest

from bot.settings import read_pages, shipped_runbooks
from commands.ports.preflight import WARN
from commands.runbook import read_page
from commands.start.page_warnings import page_lines, page_warnings, step_warnings
from tests.pages import SMALL, spoil

LOOK = 'lasts = "10 s"\nundoes = "backend-code"'


def test_the_shipped_pages_have_no_warning() -> None:
    assert [page_warnings(page) for page in read_pages(shipped_runbooks()).values()] == [(), ()]


def test_the_doctor_says_the_same_as_a_warning() -> None:
    shipped = read_pages(shipped_runbooks())["option-a.md"]
    short = read_page(shipped.text.replace(LOOK, LOOK.replace("10 s", "3 s")), "option-a.md")
    (warning,) = page_warnings(short)
    assert "lasts 3 s, and that of the deploy 10 s" in warning
    (line,) = page_lines(short)
    assert (line.about, line.result.level, line.result.summary) == ("page", WARN, warning)


def test_a_short_look_of_the_rollback_is_named_although_it_undoes_nothing_by_name() -> None:
    text = read_pages(shipped_runbooks())["option-a.md"].text
    begin = text.index("```toml steady", text.index(LOOK) - 300)
    look = text[begin : text.index("```", begin + 3)].replace("verify-steady", "look-again")
    look = look.replace(LOOK, 'lasts = "3 s"')
    page = read_page(text.replace("### STEP 6: Notify team", f"### Look again\n\n{look}```\n\n### Tell"), "option-a.md")
    (warning,) = page_warnings(page)
    assert warning.startswith("“Look again”: this check of dj-system-api lasts 3 s, and that of the deploy 10 s")


def test_a_watch_without_a_check_is_named_at_its_line() -> None:
    begin, end = SMALL.index("### Response time"), SMALL.index("## Rollback")
    (warning,) = step_warnings(read_page(SMALL[:begin] + SMALL[end:], "small.md"))
    assert SMALL.splitlines()[warning.line - 1] == "```toml watch"
    assert warning.title == "Watch"
    assert warning.what.startswith("it lasts 1 h and checks nothing, so no fault would be noticed; write a check under")


def test_a_watch_that_only_asks_people_checks_nothing() -> None:
    begin, end = SMALL.index("### Response time"), SMALL.index("## Rollback")
    question = (
        '### Logins\n\n```toml gate\nevery = "30 min"\nitem = [{ text = "Users log in", role = "lead" }]\n```\n\n'
    )
    page = read_page(SMALL[:begin] + question + SMALL[end:], "small.md")
    assert [warning.title for warning in step_warnings(page)] == ["Watch"]


def test_a_change_before_which_nobody_signs_is_named() -> None:
    begin, end = SMALL.index("## Before"), SMALL.index("## Deploy")
    look = '## Before\n\n### Up\n\n```toml http\nweb = "api"\npath = "/health"\n```\n\n'
    (warning,) = step_warnings(read_page(SMALL[:begin] + SMALL[end:], "small.md"))
    assert step_warnings(read_page(SMALL[:begin] + look + SMALL[end:], "small.md"))[0].what == warning.what
    assert warning.title == "Put the code there"
    assert "nobody signs anything before it, so one person alone decides on it; write a `gate`" in warning.what


def test_a_signature_that_comes_after_the_first_change_is_too_late() -> None:
    begin, end = SMALL.index("## Before"), SMALL.index("## Deploy")
    late = SMALL[:begin] + SMALL[end:].replace('commands = ["deploy"]', 'commands = ["deploy"]\nsign = ["lead"]')
    assert [warning.title for warning in step_warnings(read_page(late, "small.md"))] == ["Put the code there"]


SERVICE = """### Restart

```toml service
host = "backend"
manager = "systemd"
name = "shop"
undone_by = "nothing"
why = "the rollback restarts it"
```

"""


def test_a_service_whose_version_nobody_asks_is_named() -> None:
    (warning,) = step_warnings(read_page(SMALL.replace("## Smoke tests\n", f"{SERVICE}## Smoke tests\n"), "small.md"))
    assert warning.title == "Restart"
    assert warning.what.startswith("web: nothing asks which commit this service runs, so a restart of the wrong")
    assert warning.what.endswith(
        'write web, path and commit = "<commit>" here, or add a later check that expects <commit>'
    )


def test_a_later_check_of_the_commit_is_proof_of_a_service_and_an_earlier_one_is_none() -> None:
    kept = '### Release\n\n```toml http\nweb = "api"\npath = "/release"\nvalues = { commit = "commit" }\n```\n\n'
    check = '### Version\n\n```toml http\nweb = "api"\npath = "/version"\nexpect = { commit = "<commit>" }\n```\n\n'
    for order, titles in ((SERVICE + check, []), (check + SERVICE, ["Restart"])):
        page = read_page(SMALL.replace("## Smoke tests\n", f"{kept}{order}## Smoke tests\n"), "small.md")
        assert [warning.title for warning in step_warnings(page)] == titles


def test_a_change_in_before_is_named_if_nothing_is_deployed_below_deploy() -> None:
    moved = SMALL.replace("## Deploy\n\n", "").replace("## Smoke tests", "## Deploy\n\n## Smoke tests")
    (warning,) = step_warnings(read_page(moved, "small.md"))
    assert warning.title == "Put the code there"
    assert "makes a change in Before, and Deploy has no step" in warning.what


def test_a_page_without_a_deploy_that_changes_nothing_is_not_named() -> None:
    begin, end = SMALL.index("### Put the code there"), SMALL.index("## Smoke tests")
    rollback = SMALL[SMALL.index("```toml rollback") :]
    back = rollback[rollback.index("### ") : rollback.index("## Decision")]
    page = read_page((SMALL[:begin] + SMALL[end:]).replace(back, ""), "small.md")
    assert not any("Deploy has no step" in warning.what for warning in step_warnings(page))


def test_a_deploy_without_a_step_in_a_page_that_changes_nothing_is_named_at_its_heading() -> None:
    begin, end = SMALL.index("### Put the code there"), SMALL.index("## Smoke tests")
    rollback = SMALL[SMALL.index("```toml rollback") :]
    back = rollback[rollback.index("### ") : rollback.index("## Decision")]
    page = read_page((SMALL[:begin] + SMALL[end:]).replace(back, ""), "small.md")
    (warning,) = [one for one in step_warnings(page) if "a run of this page changes nothing" in one.what]
    assert (warning.title, page.text.splitlines()[warning.line - 1]) == ("Deploy", "## Deploy")


def with_items(*items: str) -> str:
    """The small page, whose sign-off has these items of its database administrator instead of one."""
    written = "".join(f'    {{ text = "{text}", role = "dba" }},\n' for text in items)
    return spoil(('    { text = "The backup is there", role = "dba" },\n', written))


def test_a_checklist_that_one_message_holds_is_not_named() -> None:
    assert step_warnings(read_page(with_items(*["x" * 200] * 30), "small.md")) == ()
    assert step_warnings(read_page(with_items("x" * 2000), "small.md")) == ()


@pytest.mark.fault("found too late, known before")
def test_a_checklist_that_no_message_holds_is_named_with_its_line_and_what_is_left_out() -> None:
    page = read_page(with_items(*["x" * 200] * 50), "small.md")
    (warning,) = step_warnings(page)
    assert page.text.splitlines()[warning.line - 1] == "### ✅ พร้อมไหม (ready?)"
    assert warning.what == (
        'item: Slack\'s message shows 32 of the 50 items of role = "dba", because the checklist is too long for one '
        "message; write two `gate` steps, or shorten the items"
    )


@pytest.mark.fault("found too late, known before")
def test_an_item_that_no_message_holds_is_named_with_its_number() -> None:
    (warning,) = step_warnings(read_page(with_items("The backup is there", "x" * 3000), "small.md"))
    assert warning.what == (
        "item 2: Slack's message shows about 2500 of its 3000 characters; shorten it, or make several items of it"
    )


@pytest.mark.fault("found too late, known before")
def test_items_of_the_decision_that_no_message_holds_are_named_with_its_line() -> None:
    items = ",\n".join(f'"Item {number} {"x" * 200}"' for number in range(30))
    page = read_page(spoil(('role = "lead"\n```\n', f'role = "lead"\nitems = [{items}]\n```\n')), "small.md")
    (warning,) = step_warnings(page)
    assert (warning.title, page.text.splitlines()[warning.line - 1]) == ("Decision", "```toml decision")
    assert warning.what == (
        "items: Slack's message shows 14 of the 30 items, because the checklist is too long for one message; shorten "
        "the items, or move some to a `gate`"
    )


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(("kind", "step"), [("publish", "publish"), ("service", "backend-restart")])
def test_two_hosts_whose_steps_ask_one_address_are_named_before_the_other_host_answers(kind: str, step: str) -> None:
    text = read_pages(shipped_runbooks())["option-a.md"].text
    begin = text.index(f'```toml {kind}\nid = "{step}"')
    one = text[begin : text.index("```", begin + 3)]
    web = next(line for line in one.splitlines() if line.startswith("web = "))
    other = one.replace(f'id = "{step}"', 'id = "second"').replace('host = "production"', 'host = "other"')
    other = other.replace('on_failure = "roll back"', 'undone_by = "nothing"\nwhy = "a test"\non_failure = "roll back"')
    at = text.index("[hosts.production]")
    host = text[at : text.index("\n\n", at)].replace("[hosts.production]", "[hosts.other]")

    def warned(second: str) -> list[str]:
        changed = text.replace(one, f"{one}```\n\n### Again\n\n{second}")
        page = read_page(f'{changed[:at]}{host}\n\n[webs.other]\nurl = "$PROD_WEB_URL"\n\n{changed[at:]}', "a.md")
        return [one.what for one in step_warnings(page) if "asks the same address" in one.what]

    said = warned(other)
    assert [one.startswith('web: a step on host "other" asks the same address') for one in said] == [True, False]
    assert 'in place of "other"' in said[1]
    assert warned(other.replace(web, 'web = "other"')) == []
