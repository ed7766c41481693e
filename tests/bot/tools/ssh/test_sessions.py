"""More commands at once than the server allows one connection (`MaxSessions`) all get through."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import is_listening
from commands.ports.shell import Job
from state.errors import ToolError, Unreachable
from tests.bot.tools.helpers import eventually
from tests.bot.tools.ssh.own_server import OwnServer, own_server

QUESTIONS = 13


def ask_at_once(own: OwnServer, number: int, answers: dict[int, str]) -> threading.Thread:
    """Ask a question that ends when the file `go` of the home exists."""
    script = f"touch {own.home}/begun-{number}; while [ ! -e {own.home}/go ]; do sleep 0.1; done; echo answer {number}"

    def ask() -> None:
        try:
            answers[number] = own.shell.ask("box", script, limit=60).tail
        except ToolError as error:
            answers[number] = str(error)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


@pytest.mark.fault("slow, taken for broken")
@pytest.mark.parametrize("most", [1, 3, 10])
def test_questions_beyond_the_servers_limit_are_answered_beside_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    with own_server(tmp_path, f"MaxSessions {most}", patch=monkeypatch) as own:
        answers: dict[int, str] = {}
        threads = [ask_at_once(own, number, answers) for number in range(QUESTIONS)]
        begun = eventually(lambda: len(list(own.home.glob("begun-*"))) == QUESTIONS)
        (own.home / "go").touch()
        for thread in threads:
            thread.join()
        assert answers == {number: f"answer {number}\n" for number in range(QUESTIONS)}
        assert begun, "some waited for others, which may last for hours"
        assert own.shell.ask("box", "echo one more").tail == "one more\n"


def test_a_job_goes_on_over_its_connection_while_others_find_no_room_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_server(tmp_path, "MaxSessions 1", patch=monkeypatch) as own:
        tail: list[str] = []
        script = f"touch {own.home}/begun; while [ ! -e {own.home}/end ]; do sleep 0.1; done; echo end"
        job = Job(key="long/step/1", script=script, limit=120)
        thread = threading.Thread(target=lambda: tail.append(own.shell.run("box", job, stop=threading.Event()).tail))
        thread.start()
        assert eventually(lambda: (own.home / "begun").exists() and len(own.programs()) == 1)
        follower = own.programs()
        assert own.shell.ask("box", "echo beside").tail == "beside\n"
        assert follower <= own.programs(), "the job's connection was closed for the question"
        (own.home / "end").touch()
        thread.join()
        assert tail == ["end\n"]


def test_a_server_that_allows_no_session_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with own_server(tmp_path, "MaxSessions 10", patch=monkeypatch) as own:
        own.stop()
        config = own.server.host.keys / "sshd_config"
        config.write_text(config.read_text().replace("MaxSessions 10", "MaxSessions 0"))
        own.restart()
        assert eventually(lambda: is_listening(own.server.port))
        for _ in range(2):
            with pytest.raises(Unreachable, match="accepts the connection but opens no session"):
                own.shell.ask("box", "true", limit=2)
        assert eventually(lambda: not own.sessions()), "connections that are of no use are left"


def test_that_a_host_went_away_is_shown_at_once_below_what_its_job_had_said_and_taken_back_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tools.ssh.shell.REPORT_EVERY", 0.3)
    with own_server(tmp_path, "MaxSessions 10", patch=monkeypatch) as own:
        seen: list[str] = [""]
        script = f"echo begun; while [ ! -e {own.home}/end ]; do sleep 0.1; done; echo end"
        job = Job(key="away/step/1", script=script, limit=120)
        stop, run = threading.Event(), own.shell.run
        thread = threading.Thread(target=lambda: run("box", job, stop=stop, on_output=seen.append))
        thread.start()
        assert eventually(lambda: seen[-1] == "begun")
        own.stop()
        assert eventually(lambda: "has not answered for" in seen[-1])
        assert seen[-1].splitlines()[0] == "begun"
        assert seen[-1].endswith("the command may go on there. The bot keeps trying for 60 s.")
        own.restart()
        assert eventually(lambda: seen[-1] == "begun")
        (own.home / "end").touch()
        thread.join()
