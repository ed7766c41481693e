"""Without a scratch address, the copy is made on the bot's machine, or the step says why not."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from bot.settings import shipped_runbooks
from commands.ports.preflight import OK, WARN
from commands.ports.shell import CommandResult, Job
from commands.runbook import Page, read_page
from commands.start.preflight import run_preflight
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from state.errors import Stopped
from tests.commands.steps.builders import box, context, plan
from tests.production import ended
from tests.world import World, shown

WITHOUT_SCRATCH = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\n'
WITH_SCRATCH = WITHOUT_SCRATCH + 'scratch_url = "$SCRATCH"\n'
FILES = 'forward = "f.sql"\nrollback = "b.sql"\n'
SCRIPTS = {"proof": "proof_rows", "rehearse": "failing=%s"}
MISSING = {"proof": "The proof is missing: ", "rehearse": "The rehearsal is missing: "}


def step(kind: str, toml: str = WITHOUT_SCRATCH) -> Any:
    """A step of this kind."""
    return box(kind, toml + (FILES if kind == "rehearse" else ""))


def context_with_files(world: World) -> Context:
    """A context with the files that a rehearsal needs."""
    return context(world, files={"f.sql": "SELECT 1;", "b.sql": "SELECT 1;"})


def run_step(world: World, kind: str) -> Outcome:
    """Run the step. Whatever happens, the server that was borrowed must be given back."""
    outcome = execute(step(kind), context_with_files(world))
    assert world.not_given_back == 0
    return outcome


def values_of_jobs(world: World, script: str, name: str) -> list[str]:
    """The list of values that jobs with this script get for a variable; it grows with each job."""
    values: list[str] = []

    def run(job: Job) -> CommandResult:
        env = shown(job.env)
        if env[name] not in values:
            values.append(env[name])
        return world.host_does(job.script, env)

    world.on_host(script, run)
    return values


@pytest.mark.parametrize("kind", SCRIPTS)
def test_the_copy_is_made_on_a_borrowed_server_that_fits_production(kind: str) -> None:
    world = World()
    addresses = values_of_jobs(world, SCRIPTS[kind], "SCRATCH")
    assert run_step(world, kind).state == "done"
    assert addresses == ["$GONOGO_SCRATCH_1"]
    [need] = world.lent
    assert (need.size, need.encoding, need.oldest, need.roles) == (50_000_000, "UTF8", 16, (("dj_owner", False),))
    # the rehearsal dumps the copy with the host's pg_dump, which refuses a newer server
    assert need.newest == (16 if kind == "rehearse" else None)


@pytest.mark.parametrize("differs", ["", "schema_differs=yes\n"])
def test_the_duration_of_the_rollback_is_measured_even_if_something_is_lost(differs: str) -> None:
    world = World()
    world.on_host("failing=%s", lambda job: ended(world.host_does(job.script, job.env).tail + differs))
    outcome = run_step(world, "rehearse")
    assert outcome.state == ("failed" if differs else "done")
    assert outcome.measures == {"forward_seconds": 0.12, "rollback_seconds": 0.09, "return_seconds": 0.04}


@pytest.mark.parametrize("kind", SCRIPTS)
def test_without_a_server_the_step_fails_with_the_reason_and_needs_two_people_to_skip(kind: str) -> None:
    world = World()
    world.no_scratch = "the copy needs 9.0 GB and /tmp on the bot's machine has 1.0 GB free; make room there"
    outcome = run_step(world, kind)
    assert outcome.state == "failed", "a proof that did not run must never count"
    assert outcome.summary.startswith(
        MISSING[kind]
        + world.no_scratch
        + ". Fix that and run it again, or set `scratch_url` on the page to an empty database"
    )
    assert step(kind).needs_second_person
    assert step(kind, WITH_SCRATCH).needs_second_person
    assert not world.begun, "without a place for the copy, nothing may run on the host"


@pytest.mark.parametrize("kind", SCRIPTS)
def test_if_production_cannot_be_asked_that_is_the_reason(kind: str) -> None:
    world = World()
    world.on_host("need=", ended('psql: error: FATAL:  role "x" does not exist\n', 2))
    assert (
        'the database cannot be queried (psql: error: FATAL:  role "x" does not exist)' in run_step(world, kind).summary
    )
    world.on_host("need=", ended("no_file=/ca.pem", 62))
    assert "names a file that the host does not have or may not read (/ca.pem)" in run_step(world, kind).summary


@pytest.mark.parametrize("kind", SCRIPTS)
def test_a_lost_connection_to_the_server_is_not_blamed_on_the_backup(kind: str) -> None:
    world = World()
    world.fail(SCRIPTS[kind], 75, "pg_restore: error: server closed the connection unexpectedly")
    assert "he backup cannot be restored" in run_step(world, kind).summary
    world.finished.clear()
    world.scratch_lost = "the connection to host “h”, through which the copy was made, was lost"
    outcome = run_step(world, kind)
    assert outcome.state == "failed"
    assert outcome.summary.startswith(MISSING[kind] + world.scratch_lost + ".")
    assert "server closed the connection" in outcome.output


@pytest.mark.parametrize("kind", SCRIPTS)
def test_if_a_person_stops_the_step_the_server_is_given_back(kind: str) -> None:
    world = World()
    world.on_host(SCRIPTS[kind], Stopped("Stopped on the host."))
    assert run_step(world, kind).state == "stopped"


def test_a_copy_on_the_bots_machine_is_not_kept_for_the_rehearsal() -> None:
    world = World()
    keeps = values_of_jobs(world, "proof_rows", "KEEP")
    for toml in (WITHOUT_SCRATCH, WITH_SCRATCH):
        ctx = context_with_files(world)
        ctx = replace(ctx, boxes={"r": step("rehearse", toml)}, key=f"run-1/p/{len(keeps)}")
        execute(step("proof", toml), ctx)
    assert keeps == ["no", "yes"]


@pytest.mark.parametrize("kind", SCRIPTS)
def test_after_a_crash_a_successful_attempt_counts_and_is_not_repeated(kind: str) -> None:
    world = World()
    assert run_step(world, kind).state == "done"
    recovered = step(kind).recover(context_with_files(world))
    assert recovered is not None
    assert recovered.state == "done"
    assert len(world.lent) == 1
    assert sum(world.begun.values()) == 1


@pytest.mark.parametrize("kind", SCRIPTS)
@pytest.mark.parametrize("before", ["absent", "running", "failed"])
def test_after_a_crash_any_other_attempt_is_ended_on_the_host_and_run_again(kind: str, before: str) -> None:
    world, key = World(), context_with_files(World()).key
    if before != "absent":
        world.finished[key] = None if before == "running" else ended("lost", 75)
    for crashes in (1, 2):
        recovered = step(kind).recover(context_with_files(world))
        assert recovered is not None
        assert recovered.state == "done", recovered.summary
        assert world.finished[key], "an attempt that runs, or is still on its way, must not continue"
        assert len(world.lent) == crashes
        # the bot is killed again, in the middle of the new attempt
        [again] = world.begun
        assert again != key, "a job of a server that is gone must not be attached to"
        if crashes == 1:
            world.finished[again] = None
            world.begun.clear()


def shipped_page_without_scratch() -> Page:
    """The shipped page without its scratch addresses."""
    text, removed = re.subn(
        r"^scratch_url = .*\n", "", (shipped_runbooks() / "option-a.md").read_text(), flags=re.MULTILINE
    )
    assert removed == 2
    return read_page(text, "option-a.md")


def test_a_page_without_a_scratch_address_is_valid_and_its_plan_explains_the_copy() -> None:
    page = shipped_page_without_scratch()
    assert not [name for name in page.env_names() if "SCRATCH" in name]
    for kind in SCRIPTS:
        text = plan(next(one.box for one in page.steps if one.box.kind == kind))
        assert (
            "into a PostgreSQL that the bot starts on its own machine for this step only and removes afterwards" in text
        )
        assert "(jsonb_build_object(" in text, "the query for production must be in the plan"
        assert "SCRATCH=<the address of the bot's PostgreSQL>" in text


def test_the_preflight_confirms_that_the_copy_can_be_made() -> None:
    lines = [
        str(line)
        for line in run_preflight(shipped_page_without_scratch(), World().tools(), "", limit=10)
        if line.result.level == OK
    ]
    for what in ("proof", "rehearsal"):
        assert f"the bot's machine can run a PostgreSQL for the {what}, and this host can reach it" in "\n".join(lines)


def test_the_preflight_only_warns_if_the_copy_cannot_be_made() -> None:
    world = World()
    world.no_scratch = "host “production” forwards no port back to the bot"
    lines = run_preflight(shipped_page_without_scratch(), world.tools(), "", limit=10)
    warned = [str(line) for line in lines if line.result.level == WARN]
    for what in ("proof", "rehearsal"):
        assert (
            f"the {what} would be missing: {world.no_scratch}: fix that, "
            "or set `scratch_url` on the page to an empty database" in "\n".join(warned)
        )
    assert not [line for line in lines if "missing" in line.result.summary and line.result.level not in {WARN, OK}]
    assert world.not_given_back == 0


@pytest.mark.parametrize("kind", SCRIPTS)
def test_a_page_must_not_continue_without_the_copy_unless_people_agree(kind: str) -> None:
    error = step(kind, WITHOUT_SCRATCH + 'on_failure = "tell"\n').page_error({})
    assert error.startswith('on_failure = "tell" would continue without the ')
