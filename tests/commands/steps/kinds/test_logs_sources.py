"""`logs` of a systemd unit, a container and a command, with the real journalctl and docker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.tools.clock import SystemClock
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.reference.boxes import example_page
from commands.runbook import read_page
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.systems.logs.log_sources import source_state
from commands.text.page_rules import stored_page
from commands.watch.verdicts import check_verdict
from state.errors import BadPage, Failed
from state.records import AttemptState
from tests.commands.steps.builders import box, context, plan
from tests.docker_daemon import Docker, docker_daemon
from tests.journal import Journal
from tests.local_shell import LocalShell
from tests.pages import SMALL, record, row
from tests.parts.podman import podman_as_docker
from tests.world import World

UNIT = 'host = "h"\nunit = "api.service"\nsince = "<cursor>"'
DROPPED = ("MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e", "N_DROPPED=7", "OBJECT_SYSTEMD_UNIT=api.service")


@pytest.fixture(scope="module", params=[docker_daemon, podman_as_docker], ids=["docker", "podman"])
def docker(request: pytest.FixtureRequest) -> Iterator[Docker]:
    with request.param() as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


def read(path: Path | None, toml: str, **values: str) -> Outcome:
    """The outcome of the step on this machine."""
    return execute(box("logs", toml), context(World(), values, shell=LocalShell({}, path=path)))


def is_no_data(outcome: Outcome, words: str) -> bool:
    """Whether an outcome says that nothing is known, and why."""
    known = outcome.measures.keys() & {"lines", "found"}
    return outcome.state == "failed" and outcome.inconclusive and not known and words in outcome.summary


def test_the_lines_of_a_unit_since_its_cursor_count(journal: Journal) -> None:
    journal.write("api.service", "Error: old")
    cursor = journal.cursor("--unit=api.service")
    journal.write("api.service", "listening")
    outcome = read(journal.bin, UNIT, cursor=cursor)
    assert (outcome.state, outcome.measures) == ("done", {"lines": 0, "found": 0}), outcome.summary
    journal.write("other.service", "Error: of another")
    journal.write("api.service", "TypeError: x is undefined", "all well, 0 errors")
    outcome = read(journal.bin, UNIT, cursor=cursor)
    assert (outcome.state, outcome.lines) == ("failed", ("TypeError: x is undefined",))
    assert outcome.summary == "1 new line with error or fatal since the restart."


@pytest.mark.fault("not looked at, and said to be fine")
def test_lines_that_the_journal_has_as_errors_count_whatever_they_say(journal: Journal) -> None:
    journal.write("api.service", "ready")
    cursor = journal.cursor()
    journal.write("api.service", "cannot read flows", fields=("PRIORITY=3", "_TRANSPORT=stdout"))
    journal.write("api.service", "of a container", fields=("PRIORITY=3", "_TRANSPORT=journal", "CONTAINER_ID=1"))
    journal.write("api.service", "slow", "", fields=("PRIORITY=4", "_TRANSPORT=stdout"))
    journal.write("other.service", "cannot write", fields=("PRIORITY=3", "_TRANSPORT=stdout"))
    outcome = read(journal.bin, UNIT, cursor=cursor)
    assert (outcome.state, outcome.lines) == ("failed", ("cannot read flows",)), outcome.output
    assert read(journal.bin, UNIT + "\nallow = ['^cannot read']", cursor=cursor).state == "done"


def test_the_first_line_behind_another_units_cursor_counts(journal: Journal) -> None:
    journal.write("api.service", "ready")
    journal.write("other.service", "x")
    cursor = journal.cursor()
    journal.write("api.service", "Error: the first", "fine")
    assert read(journal.bin, UNIT, cursor=cursor).lines == ("Error: the first",)


def test_the_boxes_of_the_reference_keep_the_cursor_and_read_from_it(journal: Journal) -> None:
    behind = example_page().split("### Mark of the worker's journal")[1]
    marking, reading = (behind.split(f"```toml {kind}\n")[1].split("```")[0] for kind in ("run", "logs"))
    journal.write("shop-worker.service", "Error: old")
    kept = execute(box("run", marking), context(World(), shell=LocalShell({}, path=journal.bin)))
    assert kept.values == {"cursor": journal.cursor()}, kept.summary
    journal.write("shop-worker.service", "Error: new")
    assert read(journal.bin, reading, **kept.values).lines == ("Error: new",)


def test_lines_of_a_rotated_journal_count(journal: Journal) -> None:
    journal.write("api.service", "ready")
    cursor = journal.cursor()
    journal.write("api.service", "Error: before the rotation")
    journal.rotate()
    journal.write("api.service", "Error: after it")
    assert read(journal.bin, UNIT, cursor=cursor).lines == ("Error: before the rotation", "Error: after it")


def test_a_cursor_that_is_gone_is_no_data(journal: Journal) -> None:
    journal.write("api.service", "ready")
    cursor = journal.cursor()
    journal.write("api.service", "Error: soon removed")
    journal.rotate()
    journal.write("api.service", "fine", "fine")
    journal.vacuum()
    outcome = read(journal.bin, UNIT, cursor=cursor)
    assert is_no_data(outcome, "the journal no longer has the entry of the mark"), outcome.summary
    for wrong in ("nonsense", "s=1;i=2", "-n5", "$(id)"):
        assert is_no_data(read(journal.bin, UNIT, cursor=wrong), "no longer has the entry of the mark, or never had it")


def test_a_unit_without_a_line_since_the_mark_is_no_data(journal: Journal) -> None:
    journal.write("api.service", "ready")
    journal.write("other.service", "Error: x")
    outcome = read(journal.bin, UNIT, cursor=journal.cursor())
    assert is_no_data(outcome, "The log of api.service is not known: it has no line at all since the mark.")


def test_lines_that_journald_dropped_are_not_taken_for_none(journal: Journal) -> None:
    journal.write("api.service", "ready")
    cursor = journal.cursor()
    journal.write("api.service", "fine")
    journal.write("systemd-journald.service", "Suppressed 7 messages from api.service", fields=DROPPED)
    assert is_no_data(read(journal.bin, UNIT, cursor=cursor), "journald dropped 7 lines by its rate limit")
    short = UNIT.replace("api.service", "api")
    assert is_no_data(read(journal.bin, short, cursor=cursor), "journald dropped 7 lines")
    journal.write("api.service", "Error: seen")
    outcome = read(journal.bin, UNIT, cursor=cursor)
    assert (outcome.inconclusive, outcome.lines) == (False, ("Error: seen",))
    assert outcome.summary.endswith("Perhaps more: journald dropped 7 lines by its rate limit.")


def test_a_journal_with_a_damaged_file_is_not_taken_for_whole(journal: Journal) -> None:
    journal.write("api.service", "ready")
    cursor = journal.cursor()
    journal.write("api.service", "fine")
    (journal.files / "system-0.journal").write_bytes(b"x" * 300_000)
    outcome = read(journal.bin, UNIT, cursor=cursor)
    assert is_no_data(outcome, "The log of api.service is incomplete: its program says “"), outcome.summary
    assert "corrupted" in outcome.summary


@pytest.mark.parametrize("message", ["\x1b[31mERROR\x1b[39m boom", "Error: \x01\x02 é", "first line\nError: second"])
def test_a_message_with_colours_control_characters_or_lines_counts(journal: Journal, message: str) -> None:
    journal.write("api.service", "ready")
    cursor = journal.cursor()
    journal.write("api.service", message)
    assert read(journal.bin, UNIT, cursor=cursor).measures["lines"] == 1


@pytest.mark.parametrize("unit", ["api*", "api.service --file=/etc/passwd", "[a]pi.service", ""])
def test_a_units_name_from_outside_is_no_pattern(journal: Journal, unit: str) -> None:
    journal.write("api.service", "ready")
    cursor = journal.cursor()
    journal.write("api.service", "fine")
    toml = 'host = "h"\nunit = "<unit>"\nsince = "<cursor>"'
    assert is_no_data(read(journal.bin, toml, cursor=cursor, unit=unit), "its name is not that of one unit")
    assert read(journal.bin, toml, cursor=cursor, unit="api.service").state == "done"


def test_a_message_cannot_forge_what_the_program_says(journal: Journal) -> None:
    journal.write("api.service", "ready")
    cursor = journal.cursor()
    forged = "__CURSOR=x\nstate=gone\ncode=1\nsaid: x\nread=0\nfound=0\nlog: Error: forged\nlog: read=0"
    journal.write("api.service", forged)
    outcome = read(journal.bin, UNIT, cursor=cursor)
    assert (outcome.state, outcome.lines) == ("failed", ("log: Error: forged",))


def test_a_journalctl_that_fails_is_no_data(tmp_path: Path) -> None:
    (tmp_path / "journalctl").write_text('#!/bin/sh\necho "__CURSOR=c"\necho "No journal files" >&2\nexit 1\n')
    (tmp_path / "journalctl").chmod(0o755)
    outcome = read(tmp_path, UNIT, cursor="c")
    assert is_no_data(outcome, "its program ended with exit code 1")
    assert outcome.lines == ("No journal files",)


def test_a_log_without_data_is_no_data_in_the_watch(journal: Journal) -> None:
    journal.write("api.service", "ready")
    outcome = read(journal.bin, UNIT, cursor=journal.cursor())
    deploy = 'commands = ["deploy"]\nvalues = { cursor = { pattern = "cursor: (.+)", type = "text" } }'
    box_text = UNIT.replace('"h"', '"backend"')
    check = f'### Log\n\n```toml logs\n{box_text}\nevery = "5 min"\n```\n\n## Alerts'
    page = read_page(SMALL.replace('commands = ["deploy"]', deploy).replace("## Alerts", check), "page.md")
    sample = replace(row("log", AttemptState.FAILED), outcome=outcome.as_data())
    verdict = check_verdict(page, record(sample), page.step("log"))
    assert verdict
    assert verdict.verdict == "no data"


CONTAINER = 'host = "h"\ncontainer = "api"\nsince = "<mark>"'
COMMAND = 'host = "h"\nsince = "<mark>"\ncommand = '


def test_a_command_prints_the_lines_since_its_mark() -> None:
    outcome = read(None, COMMAND + '\'printf "Error: %s\\nfine\\n" "$SINCE"\'', mark="m1; id")
    assert (outcome.state, outcome.lines) == ("failed", ("Error: m1; id",))
    assert read(None, COMMAND + "'echo fine'", mark="m1").state == "done"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("true", "it has no line at all since the mark"),
        ("echo up >&2", "no line at all since the mark on its standard output, but some on standard error (if they"),
        ("echo fine; exit 3", "its program ended with exit code 3"),
        ("echo Error: half; false; echo", "its program ended with exit code 1"),
        ("echo fine | false", "its program ended with exit code 1"),
        ("no-such-program", "its program ended with exit code 127"),
    ],
)
def test_a_command_that_fails_or_prints_nothing_is_no_data(command: str, words: str) -> None:
    outcome = read(None, f"{COMMAND}'{command}'", mark="m")
    assert is_no_data(outcome, words), outcome.summary


LIMITED = """'seq -f "fine %g" 9000 > all; tail {} all' """


@pytest.mark.fault("foreign words taken for the program's own")
@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("--lines=5000", "5,000"),
        ("-n 200", "200"),
        ("-300", "300"),
        ("-n 1500 all && tail -n 1500", "3,000"),  # as of two pods
    ],
)
def test_a_command_that_prints_as_many_lines_as_its_own_limit_may_have_cut_off_errors(
    command: str, lines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = read(None, COMMAND + LIMITED.format(command), mark="m")
    assert is_no_data(outcome, f"it printed {lines} lines, which is its own limit"), outcome.summary


@pytest.mark.parametrize("command", ["--lines=20000", "-n +1", "-n 9001", "-c 90000"])
def test_a_command_below_its_limit_says_how_many_lines_it_printed(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = read(None, COMMAND + LIMITED.format(command), mark="m")
    assert outcome.state == "done", outcome.summary
    assert re.search(r"since the restart\. The command printed [0-9,]+ lines\.$", outcome.summary), outcome.summary


def test_logcli_has_a_limit_that_nobody_wrote(tmp_path: Path) -> None:
    logcli = tmp_path / "logcli"
    logcli.write_text("#!/bin/sh\nseq 30\n")
    logcli.chmod(0o755)
    outcome = read(tmp_path, COMMAND + """'logcli query "{app=1}" --from="$SINCE"'""", mark="m")
    assert is_no_data(outcome, "it printed 30 lines, which is its own limit"), outcome.summary


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ('logcli query x --from="$SINCE"', "logcli prints 30 lines"),
        ('logcli query x --limit=90000 --from="$SINCE"', ""),
        ('kubectl logs -l app=api --since-time="$SINCE"', "kubectl prints the last 10 lines"),
        ('kubectl logs -l app=api --tail=-1 --since-time="$SINCE"', ""),
        ('kubectl logs deploy/api --since-time="$SINCE"', ""),
        ('cat "$SINCE" | tail -n +3', ""),
        ('cat "$SINCE" | tail -n 100', "head and tail leave lines out"),
    ],
)
def test_the_page_check_names_a_command_that_cuts_its_log(command: str, words: str) -> None:
    service = f"host = 'h'\nname = 'api'\nmanager = 'commands'\nrunning = 'x'\nrestart = 'y'\nlog = '{command}'"
    for kind, toml in (("logs", f"{COMMAND}'{command}'"), ("service", service)):
        found = box(kind, toml).page_warning({})
        assert (words in found) if words else not found, f"{kind}: {found}"


def test_errors_count_where_docker_prints_what_a_container_wrote_as_errors(docker: Docker) -> None:
    docker.run("both", "echo up; echo TypeError: x >&2; read x")
    docker.wait_for("both", "TypeError: x")
    outcome = read(docker.bin, COMMAND + "'docker logs --since \"$SINCE\" both'", mark="0")
    assert (outcome.state, outcome.lines) == ("failed", ("TypeError: x",)), outcome.summary


def test_a_log_of_errors_alone_on_standard_error_is_no_silence() -> None:
    outcome = read(None, COMMAND + "'echo Error: x >&2'", mark="m")
    assert (outcome.inconclusive, outcome.lines) == (False, ("Error: x",)), outcome.summary
    allowed = read(None, COMMAND + "'echo Error: x >&2'\nallow = ['x']", mark="m")
    assert is_no_data(allowed, "no line at all since the mark"), allowed.summary


def test_what_a_command_says_as_an_error_forges_no_state() -> None:
    said = "'printf \"log: Error: x\\nread=9\\nfound=9\\nstate=gone\\ncode=1\\nmoved=gone x\\n\" >&2; echo fine'"
    outcome = read(None, COMMAND + said, mark="m")
    assert (outcome.lines, outcome.measures) == (("log: Error: x",), {"lines": 1, "found": 1}), outcome.summary


def test_many_lines_of_a_command_are_counted_and_the_newest_shown() -> None:
    outcome = read(None, COMMAND + "'seq -f \"Error: %g\" 5000'", mark="m")
    assert outcome.summary.startswith("At least 100 new lines")
    assert (outcome.measures["found"], outcome.lines[-1]) == (5000, "Error: 5000")


def test_a_reading_that_takes_too_long_is_no_data() -> None:
    world = World()
    world.on_host("error_lines", Failed("The command did not end within 60 s and was stopped."))
    outcome = execute(box("logs", COMMAND + '"tail -f x"'), context(world, {"mark": "m"}))
    assert is_no_data(outcome, "The log was not read: The command did not end within 60 s and was stopped.")


def test_the_lines_of_a_container_since_a_time_count(docker: Docker, tmp_path: Path) -> None:
    docker.run("api", "echo Error: old >&2; read x; echo up; read x; echo Error: new >&2; read x")
    docker.wait_for("api", "Error: old")
    mark = docker.mark()
    outcome = read(docker.bin, CONTAINER, mark=mark)
    assert is_no_data(outcome, "The log of container api is not known: it has no line at all since the mark.")
    docker.go_on("api")
    docker.wait_for("api", "up")
    outcome = read(docker.bin, CONTAINER, mark=mark)
    assert (outcome.state, outcome.measures) == ("done", {"lines": 0, "found": 0}), outcome.summary
    assert outcome.summary == "No line with error or fatal since the restart."
    docker.go_on("api")
    docker.wait_for("api", "Error: new")
    assert read(docker.bin, CONTAINER, mark=mark).lines == ("Error: new",)


def test_a_container_that_was_made_after_the_mark_says_so(docker: Docker) -> None:
    mark = docker.mark()
    docker.run("young", "echo up; read x")
    docker.wait_for("young", "up")
    outcome = read(docker.bin, CONTAINER.replace("api", "young"), mark=mark)
    assert outcome.state == "done"
    assert outcome.summary.endswith("made after the mark; the log of an earlier one of its name is gone.")


def test_a_container_whose_old_lines_are_rotated_away_is_no_data(docker: Docker) -> None:
    chatter = "n=0; while [ $n -lt 400 ]; do n=$((n+1)); echo line $n; done; echo end; read x"
    docker.run("small", f"read x; {chatter}", "--log-opt", "max-size=4k", "--log-opt", "max-file=1")
    mark = docker.mark()
    docker.go_on("small")
    docker.wait_for("small", "end")
    outcome = read(docker.bin, CONTAINER.replace("api", "small"), mark=mark)
    assert is_no_data(outcome, "younger than the mark, so lines were rotated away"), outcome.summary


def test_a_mark_by_the_bots_clock_counts_while_the_hosts_clock_agrees(docker: Docker) -> None:
    mark = SystemClock().now()
    docker.run("clocks", "echo up; read x")
    docker.wait_for("clocks", "up")
    step, ctx = box("logs", CONTAINER.replace("api", "clocks")), context(World(), shell=LocalShell({}, path=docker.bin))
    ctx = replace(ctx, values={"mark": mark.isoformat()})
    outcome = execute(step, replace(ctx, tools=replace(ctx.tools, clock=SystemClock())))
    assert (outcome.state, outcome.measures) == ("done", {"lines": 0, "found": 0}), outcome.summary
    # the World's clock shows another day
    assert is_no_data(execute(step, ctx), "the host's clock differs from the bot's, by which the mark is")


def test_a_container_that_docker_does_not_have_is_no_data(docker: Docker) -> None:
    for name in ("nobody", "--help"):
        outcome = read(docker.bin, 'host = "h"\ncontainer = "<name>"\nsince = "<mark>"', mark="1", name=name)
        assert is_no_data(outcome, f"The log of container {name} is not known: docker does not show it."), outcome.lines


def of_compose(project: str, number: int) -> list[str]:
    """The options of docker for a container of the service `jobs` of a project."""
    labels = {"project": project, "service": "jobs", "container-number": str(number)}
    return [f"--label=com.docker.compose.{name}={value}" for name, value in labels.items()]


@pytest.mark.fault("the first of several for all")
def test_a_service_of_compose_is_read_in_every_one_of_its_containers(docker: Docker) -> None:
    toml = CONTAINER.replace("api", "jobs")
    docker.run("one_jobs_1", "echo up; read x", *of_compose("one", 1))
    docker.run("one_jobs_2", "echo up; read x; echo Error: of the second; read x", *of_compose("one", 2))
    docker.wait_for("one_jobs_2", "up")
    docker.wait_for("one_jobs_1", "up")
    outcome = read(docker.bin, toml, mark="1")
    assert (outcome.state, outcome.measures) == ("done", {"lines": 0, "found": 0}), outcome.summary
    docker.go_on("one_jobs_2")
    docker.wait_for("one_jobs_2", "Error: of the second")
    assert read(docker.bin, toml, mark="1").lines == ("Error: of the second",)
    assert checked(docker.bin, toml)[1].summary == "the log of jobs can be read"

    docker.run("two_jobs_1", "echo up; read x", *of_compose("two", 1))
    docker.wait_for("two_jobs_1", "up")
    outcome = read(docker.bin, toml, mark="1")
    assert is_no_data(outcome, "several projects of compose have such a service; write which one"), outcome.summary
    (_, found) = checked(docker.bin, toml)
    assert (found.level, found.todo) == ("fail", 'write which one, as in "one/jobs"')
    assert read(docker.bin, toml.replace("jobs", "two/jobs"), mark="1").state == "done"
    identifier = docker.ask("inspect", "--format={{.Id}}", "one_jobs_2").strip()
    by_id = read(docker.bin, toml.replace("jobs", identifier), mark="1")
    assert by_id.lines == ("Error: of the second",), by_id.summary


def test_a_container_whose_log_docker_cannot_read_is_no_data_with_dockers_words(docker: Docker) -> None:
    docker.run("mute", "echo Error: x; read x", "--log-driver=none")
    outcome = read(docker.bin, CONTAINER.replace("api", "mute"), mark="1")
    assert is_no_data(outcome, "docker has it and cannot read its log"), outcome.summary
    (words,) = outcome.lines
    assert re.search("configured logging driver does not support|'none' log driver, cannot read logs", words)
    (_, found) = checked(docker.bin, CONTAINER.replace("api", "mute"))
    assert (found.level, found.summary) == ("warn", f"docker cannot read the log of mute: {words}")
    (_, found) = checked(docker.bin, CONTAINER.replace("api", "nobody"))
    assert found.todo == "this is fine if the deploy makes it"


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize("oldest", ["yesterday", "2026-11-28 10:00:00 +0000 UTC"])
@pytest.mark.parametrize("created", ["2026-11-28T09:00:00Z", "long ago"])
def test_ages_of_a_container_that_are_told_in_an_unknown_form_are_no_ages(created: str, oldest: str) -> None:
    output = f"read=3\ncode=0\ncreated={created}\noldest={oldest}\n"
    state = source_state(output, "1764324000", is_silent=False, has_errors=False)
    assert state.incomplete == "docker tells in no known form since when it has lines of it"


@pytest.mark.parametrize("mark", ["10m", "yesterday", "2026-11-28T10:00:00", "", "9" * 30, "2026-13-28T10:00:00Z"])
def test_a_mark_that_is_no_time_is_no_data(mark: str) -> None:
    assert is_no_data(read(None, CONTAINER, mark=mark), "its mark is no time in seconds since 1970")


def checked(path: Path | None, toml: str) -> list[PreflightResult]:
    world = World()
    ctx = context(world, shell=LocalShell({}, path=path))
    preflight = PreflightContext(tools=ctx.tools, ref="main")
    return [result for check in box("logs", toml).preflight() for result in check.run_preflight(preflight)]


def test_the_preflight_looks_whether_the_unit_has_lines(journal: Journal) -> None:
    journal.write("api.service", "ready")
    assert [one.level for one in checked(journal.bin, UNIT)] == ["ok", "ok"]
    (_, result) = checked(journal.bin, UNIT.replace("api", "apy"))
    assert (result.level, result.summary) == ("warn", "the journal shows this user no line of apy.service")


def test_the_preflight_looks_whether_docker_answers(docker: Docker, tmp_path: Path) -> None:
    docker.run("here", "echo up; read x")
    docker.wait_for("here", "up")
    assert [one.level for one in checked(docker.bin, CONTAINER.replace("api", "here"))] == ["ok", "ok"]
    assert [one.level for one in checked(docker.bin, CONTAINER.replace("api", "nobody"))] == ["ok", "warn"]
    (tmp_path / "docker").write_text("#!/bin/sh\necho permission denied >&2\nexit 1\n")
    (tmp_path / "docker").chmod(0o755)
    (_, result) = checked(tmp_path, CONTAINER)
    assert (result.level, result.summary) == ("fail", "docker does not answer this user: permission denied")


def test_the_plan_shows_what_is_read() -> None:
    assert "reads what this prints: journalctl --unit=api.service --after-cursor=<cursor>, for" in plan(
        box("logs", UNIT)
    )
    assert "docker logs --since <mark> api, for lines" in plan(box("logs", CONTAINER))
    assert "this prints: tail x (SINCE=<mark>), for lines" in plan(box("logs", COMMAND + '"tail x"'))


def test_a_step_needs_the_values_of_its_own_log_only() -> None:
    assert box("logs", 'host = "h"').inputs() == {"log_err", "log_offset_err"}
    assert box("logs", UNIT).inputs() == {"cursor"}


def test_the_mark_is_no_variable_of_the_bots_environment() -> None:
    log = COMMAND.replace('"h"', '"backend"').replace("<mark>", "<run>") + "'logs \"$SINCE\"'"
    deploy = 'commands = ["deploy $TAG $NAME"]\nenv = { TAG = "<ref>", NAME = "$OTHER" }'
    text = SMALL.replace("## Smoke tests", f"### Log\n\n```toml logs\n{log}\n```\n\n## Smoke tests")
    text = text.replace('commands = ["deploy"]', deploy)
    names = set(read_page(text, "page.md").step_env_names())
    assert names == {"$OTHER"}


@pytest.mark.parametrize(
    ("toml", "what"),
    [
        ('unit = "a"\ncontainer = "b"\nsince = "<run>"', "unit and container are two logs"),
        ('file = "/x"\ncommand = "b"\nsince = "<run>"', "file and command are two logs"),
        ('unit = "a"', 'unit needs since = "<…>"'),
        ('file = ""\nsince = "<run>"', "file is empty; name the log"),
        ('command = ""\nsince = "<run>"', "command is empty; name the log"),
        ('command = "<run>"\nsince = "<run>"', "command: <run> is a command here"),
        ('unit = "a"\nsince = "<nobody>"', "<nobody> is used here, but no step above sets it"),
        ('unit = "a"\nsince = "$MARK"', "since: $MARK would stay as these letters"),
    ],
)
def test_a_wrong_box_is_refused_with_its_line(toml: str, what: str) -> None:
    step = f'## Deploy\n\n### Log\n\n```toml logs\nhost = "backend"\n{toml}\n```\n'
    text = SMALL.replace("## Deploy\n", step)
    with pytest.raises(BadPage) as caught:
        read_page(text, "page.md")
    assert what in str(caught.value)
    line = text.splitlines().index("### Log") + 1
    assert line <= caught.value.line <= line + 5


def test_an_empty_file_of_a_stored_page_stops_no_run() -> None:
    with stored_page():
        assert box("logs", 'host = "h"\nfile = ""\nsince = "0"').inputs() == set()


def test_an_error_behind_a_zero_byte_counts() -> None:
    outcome = read(None, COMMAND + r"""'printf "fine \\0Error: boom\n"'""", mark="m")
    assert outcome.lines == ("fine Error: boom",)
