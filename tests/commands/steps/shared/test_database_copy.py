"""A page that names no scratch address: the copy is made on the bot's own machine, or the step says that it is missing and why."""

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
from tests.commands.steps.making import box, context, plan
from tests.production import ended
from tests.world import World

OWN = 'host = "h"\ndatabase_url = "$DB"\nfolder = "$FOLDER"\n'
NAMED = OWN + 'scratch_url = "$SCRATCH"\n'
FILES = 'forward = "f.sql"\nrollback = "b.sql"\n'
SCRIPTS = {"proof": "proof_rows", "rehearse": "failing=%s"}
MISSING = {"proof": "The proof is missing: ", "rehearse": "The rehearsal is missing: "}


def made(kind: str, toml: str = OWN) -> Any:
    """A step of the kind."""
    return box(kind, toml + (FILES if kind == "rehearse" else ""))


def on(world: World) -> Context:
    """A context with the files of a rehearsal."""
    return context(world, files={"f.sql": "SELECT 1;", "b.sql": "SELECT 1;"})


def tried(world: World, kind: str) -> Outcome:
    """The step made; whatever happened, what was lent is given back."""
    outcome = execute(made(kind), on(world))
    assert world.not_given_back == 0
    return outcome


def given_to(world: World, script: str, name: str) -> list[str]:
    """What each job with that script is given under a name, as they come."""
    given: list[str] = []

    def does(job: Job) -> CommandResult:
        if job.env[name] not in given:
            given.append(job.env[name])
        return world.host_does(job.script, job.env)

    world.on_host(script, does)
    return given


@pytest.mark.parametrize("kind", SCRIPTS)
def test_it_is_made_on_a_server_that_is_lent_for_what_production_needs(kind: str) -> None:
    world = World()
    given = given_to(world, SCRIPTS[kind], "SCRATCH_URL")
    assert tried(world, kind).state == "done"
    assert given == ["$GONOGO_SCRATCH_1"]
    [need] = world.lent
    assert (need.size, need.encoding, need.oldest, need.roles) == (50_000_000, "UTF8", 16, (("dj_owner", False),))
    # the rehearsal reads the copy with the host's pg_dump, which takes no newer server
    assert need.newest == (16 if kind == "rehearse" else None)


@pytest.mark.parametrize("differs", ["", "schema_differs=yes\n"])
def test_what_the_way_back_took_on_the_copy_is_measured_also_where_something_is_lost(differs: str) -> None:
    world = World()
    world.on_host("failing=%s", lambda job: ended(world.host_does(job.script, job.env).tail + differs))
    found = tried(world, "rehearse")
    assert found.state == ("failed" if differs else "done")
    assert found.measures == {"forward_seconds": 0.12, "rollback_seconds": 0.09, "return_seconds": 0.04}


@pytest.mark.parametrize("kind", SCRIPTS)
def test_where_none_can_be_had_it_fails_with_the_reason_and_takes_two_people_to_skip(kind: str) -> None:
    world = World()
    world.no_scratch = "the copy needs 9.0 GB and /tmp on the bot's machine has 1.0 GB free; make room there"
    outcome = tried(world, kind)
    assert outcome.state == "failed", "a proof that was not made must never count"
    assert outcome.summary.startswith(
        MISSING[kind] + world.no_scratch + ". Mend that and run it again, or name an empty database"
    )
    assert made(kind).skip_needs_two
    assert made(kind, NAMED).skip_needs_two
    assert not world.begun, "nothing is run on the host without a place for the copy"


@pytest.mark.parametrize("kind", SCRIPTS)
def test_where_production_does_not_say_what_it_needs_that_is_the_reason(kind: str) -> None:
    world = World()
    world.on_host("need=", ended('psql: error: FATAL:  role "x" does not exist\n', 2))
    assert 'production cannot be asked (psql: error: FATAL:  role "x" does not exist)' in tried(world, kind).summary
    world.on_host("need=", ended("", 64))
    assert "The database address is not of the form" in tried(world, kind).summary


@pytest.mark.parametrize("kind", SCRIPTS)
def test_a_way_to_the_server_that_is_lost_is_not_blamed_on_the_backup(kind: str) -> None:
    world = World()
    world.fail(SCRIPTS[kind], 75, "pg_restore: error: server closed the connection unexpectedly")
    assert "The backup cannot be restored" in tried(world, kind).summary
    world.finished.clear()
    world.scratch_lost = "the connection to host “h”, through which the copy was made, was lost"
    outcome = tried(world, kind)
    assert outcome.state == "failed"
    assert outcome.summary.startswith(MISSING[kind] + world.scratch_lost + ".")
    assert "server closed the connection" in outcome.output


@pytest.mark.parametrize("kind", SCRIPTS)
def test_a_person_who_stops_it_gets_the_server_given_back(kind: str) -> None:
    world = World()
    world.on_host(SCRIPTS[kind], Stopped("Stopped on the host."))
    assert tried(world, kind).state == "stopped"


def test_a_copy_on_the_bots_machine_is_not_left_for_the_rehearsal() -> None:
    world = World()
    kept = given_to(world, "proof_rows", "KEEP")
    for toml in (OWN, NAMED):
        execute(
            made("proof", toml), replace(on(world), boxes={"r": made("rehearse", toml)}, key=f"run-1/p/{len(kept)}")
        )
    assert kept == ["no", "yes"]


@pytest.mark.parametrize("kind", SCRIPTS)
def test_after_a_crash_what_ended_well_counts_and_is_not_made_again(kind: str) -> None:
    world = World()
    assert tried(world, kind).state == "done"
    looked = made(kind).recover(on(world))
    assert looked is not None
    assert looked.state == "done"
    assert len(world.lent) == 1
    assert sum(world.begun.values()) == 1


@pytest.mark.parametrize("kind", SCRIPTS)
@pytest.mark.parametrize("then", ["absent", "running", "failed"])
def test_after_a_crash_any_other_attempt_is_ended_on_the_host_and_made_anew(kind: str, then: str) -> None:
    world, key = World(), on(World()).key
    if then != "absent":
        world.finished[key] = None if then == "running" else ended("lost", 75)
    for crashes in (1, 2):
        looked = made(kind).recover(on(world))
        assert looked is not None
        assert looked.state == "done", looked.summary
        assert world.finished[key], "what ran, or is on its way still, must not go on"
        assert len(world.lent) == crashes
        # the bot was killed once more, in the middle of what it made anew
        [again] = world.begun
        assert again != key, "a job that was begun for a server that is gone must not be attached to"
        if crashes == 1:
            world.finished[again] = None
            world.begun.clear()


def shipped_without() -> Page:
    """The shipped page without its scratch addresses."""
    text, found = re.subn(
        r"^scratch_url = .*\n", "", (shipped_runbooks() / "option-a.md").read_text(), flags=re.MULTILINE
    )
    assert found == 2
    return read_page(text, "option-a.md")


def test_a_page_without_a_scratch_address_is_read_and_says_in_words_what_will_be_done() -> None:
    page = shipped_without()
    assert not [name for name in page.env_names() if "SCRATCH" in name]
    for kind in SCRIPTS:
        step = next(one.box for one in page.steps if one.box.kind == kind)
        words = plan(step)
        assert (
            "into a PostgreSQL that is started on the bot's machine for this step alone and thrown away after it"
            in words
        )
        assert "(jsonb_build_object(" in words, "what production is asked is a part of the plan"
        assert "SCRATCH_URL=<the address of the bot's PostgreSQL>" in words


def test_the_doctor_tells_that_the_copy_could_be_made() -> None:
    lines = [
        str(line) for line in run_preflight(shipped_without(), World().tools(), "", limit=10) if line.result.level == OK
    ]
    for what in ("proof", "rehearsal"):
        assert f"for the {what}, a PostgreSQL on the bot's machine can hold the copy and be reached" in "\n".join(lines)


def test_the_doctor_warns_that_it_would_be_missing_and_keeps_no_run_from_starting() -> None:
    world = World()
    world.no_scratch = "host “production” forwards no port back to the bot"
    lines = run_preflight(shipped_without(), world.tools(), "", limit=10)
    warned = [str(line) for line in lines if line.result.level == WARN]
    for what in ("proof", "rehearsal"):
        assert f"the {what} would be missing: {world.no_scratch}: mend that, or name an empty database" in "\n".join(
            warned
        )
    assert not [line for line in lines if "missing" in line.result.summary and line.result.level not in {WARN, OK}]
    assert world.not_given_back == 0


@pytest.mark.parametrize("kind", SCRIPTS)
def test_a_page_may_not_go_on_without_it_with_nobodys_word(kind: str) -> None:
    step = made(kind, OWN + 'on_failure = "tell"\n')
    assert "would go on without the" in step.page_error({})
