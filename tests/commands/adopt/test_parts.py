"""Headings keep their words, and begin the part of a page that these words name."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.check import check_page
from commands.adopt.adopted import adopt
from commands.adopt.parts import part_in
from tests.commands.adopt.reading import boxes_of, kinds, made_of, told, under
from tests.growth import assert_linear


def box(command: str) -> str:
    """A block of shell."""
    return f"```bash\n{command}\n```\n"


@pytest.mark.parametrize(
    ("title", "part"),
    [
        ("⚠️ PRE-DEPLOYMENT MUST-DO", "before"),
        ("Prerequisites", "before"),
        ("Pre-deployment checklist", "before"),
        ("🚀 **Deployment Steps**", "deploy"),
        ("Rolling out", ""),
        ("Upgrade the workers", "deploy"),
        ("Post-deployment verification", "smoke tests"),
        ("Verify", "smoke tests"),
        ("Intensive Monitoring (4 hours)", "watch"),
        ("Emergency Rollback", "rollback"),
        ("How to roll back", "rollback"),
        ("Going back", "rollback"),
        ("How to go back", "rollback"),
        ("Backing out", "rollback"),
        ("Undoing a release", "rollback"),
        ("Critical alerts - rollback immediately if", "alerts"),
        ("Emergency contacts", "emergency contacts"),
        ("On-call", "emergency contacts"),
        ("Go/No-Go", "success criteria"),
        ("Sign-off checklist", "sign-offs"),
        ("Restore from backup", "failure"),
        ("Troubleshooting a failed deploy", "failure"),
        ("Architecture", ""),
    ],
)
def test_a_heading_names_its_part(title: str, part: str) -> None:
    assert part_in(title) == part


def test_the_title_is_the_target_and_that_is_said() -> None:
    adopted = adopt("# Shop **live**\n\n## Deploy\n\nx\n", "x")
    assert dict(boxes_of(adopted.page))["runbook"]["target"] == "Shop live"
    assert '0: target = "Shop live", the name of what is deployed in all messages; it is the title' in told(adopted)


def test_a_heading_of_a_part_keeps_its_words_behind_the_parts_name() -> None:
    page = adopt("# Shop\n\n## 🚀 Steps\n\ntext\n\n## Rollback plan\n\nx\n", "x").page
    assert "\n## Deploy: 🚀 Steps\n\ntext\n" in page
    assert "\n## Rollback plan\n" in page


def test_several_headings_of_one_part_come_together_below_one_heading() -> None:
    text = "# Shop\n\n## 1. Release the api\n\na\n\n## Architecture\n\nb\n\n## 2. Release the web\n\nc\n"
    page = adopt(text, "x").page
    together = "## Deploy\n\n### 1. Release the api\n\na\n\n### 2. Release the web\n\nc\n"
    assert page.index(together) < page.index("## Arch")


def test_a_rollback_inside_the_deploy_is_no_step_of_the_deploy() -> None:
    text = f"# Shop\n\n## Deploy\n\n{box('./up')}\n### Rollback\n\n{box('./down')}\n### If it fails\n\n{box('./fix')}"
    adopted = adopt(text, "x")
    deploy, _, rollback = adopted.page.partition("\n## Rollback\n")
    assert ("./up" in deploy, "./down" in deploy, 'commands = ["./down"]' in rollback) == (True, False, True)
    assert "18: `./fix`: it is only for a failure, when people decide" in told(adopted)


def test_a_block_after_a_line_about_failures_is_no_step() -> None:
    failed, error = "**If failed:**", "**If error:** roll back"
    text = f"## Deploy\n\n{box('./up')}\n{failed}\n\n{box('./look')}\n{error}\n\n{box('./down')}"
    adopted = adopt(text, "x")
    ((kind, fields),) = [one for one in boxes_of(adopted.page) if one[0] == "run"]
    assert (kind, fields["commands"], fields["on_failure"]) == ("run", ["./up"], "roll back")
    assert "10: `./look`: it is only for a failure, when people decide" in told(adopted)
    assert '16: `./down`: it is only for a failure: the step above got on_failure = "roll back"' in told(adopted)


def test_every_block_after_a_line_about_failures_is_no_step() -> None:
    adopted = adopt(f"## Deploy\n\n{box('./up')}\n**If failed:**\n\n{box('./look')}\n{box('./fix')}", "x")
    assert [fields["commands"] for kind, fields in boxes_of(adopted.page) if kind == "run"] == [["./up"]]


def test_code_under_a_heading_that_names_no_part_stays_text_and_is_named() -> None:
    text = "# Shop\n\n## Deploy\n\n```bash\n./up\n```\n\n## Local setup\n\n```bash\n./dev\n```\n"
    adopted = adopt(text, "x")
    assert "```text\n./dev\n```" in adopted.page
    assert "12: `./dev`: its heading does not say when it runs" in told(adopted)


def test_a_weak_word_is_a_deploy_only_where_no_other_heading_is() -> None:
    restart = "## Restart\n\n```bash\npm2 restart api\n```\n"
    assert "```toml service" in adopt(f"# Shop\n\n{restart}", "x").page
    assert "```toml service" not in adopt(f"# Shop\n\n## Deploy\n\nx\n\n{restart}", "x").page


def test_a_text_whose_heading_would_begin_a_part_is_kept_from_that() -> None:
    page = adopt("# Shop\n\n## Deploy\n\nx\n\n## Alerts\n\nnone\n\n## Places we serve\n\ny\n", "x").page
    assert "\n## Notes: Alerts\n\nnone\n" in page
    assert "\n## Notes: Places we serve\n\ny\n" in page


def test_the_watch_lasts_and_repeats_as_the_runbook_says() -> None:
    checks = f"Every 30 minutes:\n\n{box('curl https://s.example/')}\n### Hourly\n\n{box('./look')}"
    text = f"# S\n\n## Deploy\n\nx\n\n## Monitoring (2-4 hours)\n\n{checks}"
    found = dict(boxes_of(adopt(text, "x").page))
    assert (found["watch"]["lasts"], found["http"]["every"], found["run"]["every"]) == ("4 h", "30 min", "1 h")
    assert "how often" not in told(adopt(text, "x"))
    assert 'every = "15 min" for these checks' in told(under("Monitoring", "./look"))
    assert "how often" not in told(under("Monitoring", "a: 1", "yaml"))


def test_a_runbook_without_headings_is_a_deploy_and_says_so() -> None:
    adopted = adopt("Do this:\n\n```bash\n./up\n```\n", "our-way")
    assert adopted.page.startswith("# our-way\n")
    assert "no heading says what is the deploy" in told(adopted)
    assert "the runbook has no rollback" in told(adopted)


def test_code_that_a_page_hides_or_does_not_run_is_named() -> None:
    hidden = f"## Deploy\n\n<details>\n\n{box('./up')}\n</details>\n"
    said = told(adopt(f"{hidden}\n```sql\nDELETE FROM a;\n```\n\n1. Run `make deploy` now\n", "x"))
    assert "6: `./up`: it stands in <details>" in said
    assert "12: `DELETE FROM a;`: a `sql` block is not run" in said
    assert "15: `make deploy`: a command in the text is not run" in said


@pytest.mark.parametrize(("part", "what"), [("Rollback", "a `gate` at the end asks"), ("Deploy", "write a step")])
def test_requests_that_are_stopped_and_never_let_in_again_are_named(part: str, what: str) -> None:
    stopped = "# 1. Stop new requests\n\n./down"
    why = "requests are stopped here, and no line of this part lets them in again"
    assert f"6: {why}; {what}" in told(under(part, stopped))
    assert "requests are stopped" not in told(under(part, f"{stopped}\n\n# 3. Let requests in again\n"))


def test_a_rollback_that_stops_requests_ends_by_asking_to_let_them_in_before_it_says_that_it_is_over() -> None:
    stopped = "# 1. Stop new requests\n\n./down"
    assert kinds(stopped, "Rollback") == ["gate", "run", "gate"]
    told_at_end = f"{stopped}\n\n# Notify the team\necho 'Rolled back'"
    made = made_of(told_at_end, "Rollback")
    assert [kind for kind, _ in made] == ["gate", "run", "gate", "notify"]
    assert made[2][1]["item"][0]["text"] == "Let requests in again"
    assert "### Let requests in again\n" in under("Rollback", told_at_end).page
    assert kinds(stopped, "Deploy") == ["gate", "run"]
    prose = adopt("# S\n\n## Deploy\n\nx\n\n## Rollback\n\nStop new requests.\n", "x")
    assert "9: requests are stopped here, and no line of this part lets them in again; write a step" in told(prose)


@pytest.mark.parametrize(
    ("heading", "text", "takes"),
    [
        ("Build (~5 min)", "", "5 min"),
        ("Build (5-10 minutes, then look)", "", "10 min"),
        ("Build (90 s)", "", "90 s"),
        ("Build", "Takes about 2 hours.", "2 h"),
        ("Build", "~7 min on a bad day", "7 min"),
        ("Build", "1. Build all of it (about 3 min)", "3 min"),
        ("Build", "Wait at most (5 min) for it.", None),
        ("Build", "At most 5 min of downtime.", None),
        ("Build", "~5 min, and ~7 min with tests\n~9 min at night", None),
        ("Build 5 minutes later", "", None),
        ("Build (in room 5 min. 3)", "", None),
        ("Build (0 min)", "", None),
    ],
)
def test_a_time_of_a_step_is_taken_only_where_it_is_sure(heading: str, text: str, takes: str | None) -> None:
    adopted = adopt(f"# S\n\n## Deploy (30 min)\n\nx\n\n### {heading}\n\n{text}\n\n{box('make')}\n", "x")
    (fields,) = (fields for kind, fields in boxes_of(adopted.page) if kind == "run")
    assert fields.get("takes") == takes
    assert (f'takes = "{takes}"' in told(adopted)) == (takes is not None)


NUMBERED = (
    "# Shop\n\n## Before you start\n\nx\n\n"
    f"## 1. Backup\n\n{box('pg_dump $DB > /b/x.dump')}\n## 2. Update the code\n\n{box('./pull')}\n"
    f"## 3. Nginx\n\n{box('./nginx')}\n## 4. Check\n\n{box('curl -f https://shop.example/health')}\n"
    f"## 5. Keep an eye on it\n\n{box('curl -f https://shop.example/jobs')}\n"
)


def test_numbered_steps_without_a_deploy_begin_it_where_the_work_begins_and_that_is_said() -> None:
    adopted = adopt(NUMBERED, "x")
    before, deploy = adopted.page.split("\n## Deploy")
    deploy, smoke = deploy.split("\n## Smoke tests: 4. Check\n")
    smoke, watch = smoke.split("\n## Watch: 5. Keep an eye on it\n")
    assert ("toml backup" in before, "./pull" in before) == (True, False)
    assert ("./pull" in deploy, "./nginx" in deploy, 'path = "/health"' in smoke) == (True, True, True)
    assert 'path = "/jobs"' in watch
    assert "13: no heading says what is the deploy; taken for it: “2. Update the code”" in told(adopted)


def test_numbered_preparations_stay_before_a_heading_that_says_deploy() -> None:
    text = f"# S\n\n## 1. Preparation\n\nx\n\n## 2. Install\n\n{box('./in')}\n## 3. Deploy\n\n{box('./up')}"
    assert "./in" in adopt(text, "x").page.split("\n## Deploy")[0]


@pytest.mark.parametrize("before", ["## Monitoring\n\nRoll back if:", "## When to roll back"])
def test_a_reason_to_roll_back_that_becomes_no_alert_is_named(before: str) -> None:
    adopted = adopt(f"# Shop\n\n## Deploy\n\nx\n\n{before}\n\n- 5 errors\n- slow\n\nAsk Mira.\n\n- not me\n", "x")
    named = [note.text.split(",")[0] for note in adopted.unplaced if "a reason to roll back" in note.text]
    assert named == ["“5 errors”", "“slow”"]


def test_steps_of_a_rollback_are_no_reasons_for_it() -> None:
    adopted = adopt("# Shop\n\n## Deploy\n\nRoll back if needed:\n\n1. stop the queue\n", "x")
    assert "a reason to roll back" not in told(adopted)


def test_a_check_between_two_steps_of_the_work_stays_between_them() -> None:
    steps = (("1. Build", "./build"), ("2. Test", "./test"), ("3. Push", "./push"))
    page = adopt("# S\n\n" + "".join(f"## {title}\n\n{box(command)}\n" for title, command in steps), "x").page
    assert "## Smoke tests" not in page
    deploy = page.split("\n## Deploy")[1]
    assert deploy.index("./build") < deploy.index("./test") < deploy.index("./push")


@pytest.mark.parametrize("piece", ["roll back if a ", "roll back when :"])
def test_reading_a_long_text_takes_no_more_than_its_share(piece: str) -> None:
    assert_linear(lambda text: adopt(text, "x"), piece, "# S\n\n## Deploy\n\nx\n\n{}\n")


def test_two_headings_that_name_one_part_are_below_one_of_them_and_none_is_refused(tmp_path: Path) -> None:
    table = "| Role | Phone |\n|---|---|\n| DBA | [phone] |\n"
    text = f"# S\n\n## Emergency Contacts\n\n{table}\n## Deploy\n\nx\n\n## Emergency Contacts\n\n- DBA: [phone]\n"
    (tmp_path / "page.md").write_text(adopt(text, "x").page, encoding="utf-8")
    assert "begins no part" not in "".join(one.message for one in check_page(tmp_path / "page.md", {}).findings)


@pytest.mark.parametrize(
    ("command", "only_looks"),
    [
        ("journalctl -n 50", True),
        ("sudo journalctl -u nginx --since '5 min ago' | tail -n 20", True),
        ("kubectl logs deploy/shop --tail=50\ndocker logs --tail 50 worker", True),
        ("dmesg | tail", True),
        ("dmesg -T | grep -i error 2>/dev/null", True),
        ("ls 2>&1 >/dev/null", True),
        ("journalctl --vacuum-time=2d", False),
        ("dmesg -c", False),
        ("dmesg -T --clear", False),
        ("ss -tlnp", True),
        ("ss -K dst 10.0.0.7", False),
        ("git diff --output=/etc/motd", False),
        ("cat old.conf > shop.conf | wc -l", False),
        ("ls /srv 2> missing.txt", False),
        ("tail -n 5 app.log > last.txt", False),
        ("journalctl -n 50 | xargs rm", False),
        ("ls -l\nrm -r old", False),
        ("kubectl get pods || kubectl delete pod shop", False),
        ("cat $(make all)", False),
    ],
)
def test_a_step_that_only_looks_needs_nothing_that_undoes_it(command: str, only_looks: bool) -> None:
    adopted = adopt(f"# S\n\n## Deploy\n\n### Look\n\n{box(command)}\n", "x")
    (fields,) = (fields for kind, fields in boxes_of(adopted.page) if kind == "run")
    assert (fields.get("undone_by") == "nothing") is only_looks
    assert ("its commands only look, so nothing undoes them" in told(adopted)) is only_looks


def test_what_only_looks_is_not_undone_by_the_same_look_in_the_rollback() -> None:
    look = box("cat package.json")
    adopted = adopt(f"# S\n\n## Deploy\n\n### Look\n\n{look}\n\n## Rollback\n\n### Look again\n\n{look}\n", "x")
    first, second = (fields for kind, fields in boxes_of(adopted.page) if kind == "run")
    assert (first["undone_by"], "undoes" in second) == ("nothing", False)
