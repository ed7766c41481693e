"""After a lost connection patience begins anew, questions are asked again, nothing is left."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import is_listening
from commands.ports.shell import CommandResult, Job
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from state.errors import Down, Failed, LostTrack, Stopped, Unreachable
from tests.bot.tools.helpers import eventually
from tests.bot.tools.ssh.own_server import OwnServer, has_ended, names_of, own_server
from tests.commands.steps.builders import box, context
from tests.world import World


class Followed:
    """A job that a thread follows to its end. It is silent until the file `go` of its home exists."""

    def __init__(self, own: OwnServer, *, key: str = "silent/step/1", more: str = "", limit: float = 120) -> None:
        self.own, self.stop = own, threading.Event()
        script = f"{more}echo >> {own.home}/effects; while [ ! -e {own.home}/go ]; do sleep 0.1; done; echo end"
        self.job = Job(key=key, script=script, limit=limit)
        self.end: CommandResult | Exception | None = None
        self.thread = threading.Thread(target=self._follow)
        self.thread.start()

    def _follow(self) -> None:
        try:
            self.end = self.own.shell.run("box", self.job, stop=self.stop)
        except (LostTrack, Stopped, Unreachable, Failed) as error:
            self.end = error

    def wait_until_followed(self) -> set[int]:
        """Wait until exactly one program on the host follows the job that runs; its process id."""
        assert eventually(lambda: (self.own.home / "effects").exists() and len(self.own.programs()) == 1)
        return self.own.programs()

    def finish(self) -> CommandResult | Exception | None:
        """Let the job end, and return how it ended."""
        (self.own.home / "go").touch()
        self.thread.join(60)
        return self.end


@pytest.mark.fault("a deadline that success does not reset")
def test_patience_begins_anew_when_the_job_is_followed_again(own: OwnServer) -> None:
    own.shell.patience = 3
    followed = Followed(own)
    for _ in range(3):
        before = followed.wait_until_followed()
        time.sleep(1.5)  # all losses together last longer than the patience, and the last comes after its end
        own.cut()
        assert eventually(lambda: own.programs() not in (set(), before))  # noqa: B023
    end = followed.finish()
    assert isinstance(end, CommandResult), end
    assert (end.tail, (own.home / "effects").read_text()) == ("end\n", "\n")


def test_a_host_that_never_comes_back_ends_the_patience_and_is_told(own: OwnServer) -> None:
    own.shell.patience = 1
    followed = Followed(own)
    followed.wait_until_followed()
    own.stop()
    followed.thread.join(60)
    assert isinstance(followed.end, LostTrack)
    assert "was lost while the command ran, and did not come back within 1 s. Host “box”: nothing" in str(followed.end)
    followed.finish()


@pytest.mark.fault("a deadline that success does not reset")
def test_programs_of_lost_connections_end_while_their_job_goes_on(own: OwnServer) -> None:
    own.shell.patience = 0
    followed = Followed(own)
    (program,) = followed.wait_until_followed()
    own.stop()
    assert eventually(lambda: has_ended(program), 15), "it polls until the job ends"
    followed.thread.join(60)
    own.restart()
    assert eventually(lambda: is_listening(own.server.port))
    assert own.shell.job_status("box", "silent/step/1").state == "running"
    (own.home / "go").touch()
    assert eventually(lambda: own.shell.job_status("box", "silent/step/1").state == "finished")


@pytest.mark.fault("a deadline that success does not reset")
def test_a_step_that_runs_again_waits_for_the_command_that_was_lost_and_does_not_start_it_twice(own: OwnServer) -> None:
    own.shell.patience = 0
    lost = Followed(own, key="run-1/step/1")
    lost.wait_until_followed()
    own.stop()
    lost.thread.join(60)
    assert isinstance(lost.end, LostTrack)
    own.restart()
    assert eventually(lambda: is_listening(own.server.port))
    again = replace(context(World(), shell=own.shell, attempt=2), unsettled={"run-1/step/1": True})
    step = box("run", f'host = "box"\ncommands = ["echo >> {own.home}/effects"]')
    outcomes: list[Outcome] = []
    running = threading.Thread(target=lambda: outcomes.append(execute(step, again)))
    running.start()
    assert eventually(lambda: bool(own.programs()))
    (own.home / "go").touch()
    running.join(60)
    assert outcomes[0].state == "done"
    assert (own.home / "effects").read_text() == "\n", "it was started a second time beside the first"


def test_a_connection_that_would_be_cut_for_its_silence_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with own_server(tmp_path, "ChannelTimeout session:*=4s", patch=monkeypatch) as own:
        followed = Followed(own)
        program = followed.wait_until_followed()
        silent = f"echo >> {own.home}/asked; sleep 9; echo answer"
        assert own.shell.ask("box", silent).tail == "answer\n"
        assert (own.home / "asked").read_text() == "\n", "the silent question was cut, and asked again"
        assert own.programs() == program, "the silent job was cut, and followed again"
        assert isinstance(followed.finish(), CommandResult)


@pytest.mark.fault("a deadline that success does not reset")
def test_a_question_whose_connection_is_cut_is_asked_again(own: OwnServer) -> None:
    asked = own.home / "asked"

    def cut() -> None:
        assert eventually(asked.exists)
        own.cut()

    cutting = threading.Thread(target=cut)
    cutting.start()
    script = f"echo >> {asked}; [ $(wc -l < {asked}) -gt 1 ] || sleep 60; echo answer"
    assert own.shell.ask("box", script).tail == "answer\n"
    cutting.join()


def test_a_question_that_is_cut_again_and_again_ends_within_its_limit(own: OwnServer) -> None:
    over = threading.Event()

    def cut() -> None:
        while not over.wait(0.1):
            own.cut()

    cutting = threading.Thread(target=cut)
    cutting.start()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        own.shell.ask("box", "sleep 60", limit=6)
    over.set()
    cutting.join()
    assert time.monotonic() - began < 30


def test_a_question_over_its_limit_leaves_nothing_on_the_host(own: OwnServer) -> None:
    with pytest.raises(Failed, match="did not answer within 1 s"):
        own.shell.ask("box", f"cd {own.home}; (trap '' TERM HUP; sleep 60; echo >> late) & sleep 60", limit=1)
    assert eventually(lambda: "sleep" not in names_of(own.server.host.processes()), 15), (
        "it goes on though nobody hears its answer"
    )


@pytest.mark.parametrize("what", ["question", "job"])
def test_a_port_that_refuses_connections_is_tried_again_for_a_while(own: OwnServer, what: str) -> None:
    own.shell.close()
    own.stop()
    restarting = threading.Timer(1.0, own.restart)
    restarting.start()
    if what == "question":
        assert own.shell.ask("box", "echo back").tail == "back\n"
    else:
        job = Job(key="refused/step/1", script="echo back", limit=60)
        assert own.shell.run("box", job, stop=threading.Event()).tail == "back\n"
    restarting.join()


def test_a_port_that_refuses_connections_for_good_is_named_and_starts_nothing(own: OwnServer) -> None:
    own.shell.close()
    own.stop()
    with pytest.raises(Down, match="nothing listens there"):
        own.shell.ask("box", "true", limit=3)
    with pytest.raises(Down, match="nothing listens there"):
        own.shell.run("box", Job(key="refused/step/2", script="true", limit=2), stop=threading.Event())
