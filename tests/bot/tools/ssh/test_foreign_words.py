"""What a host prints by itself is no answer, and a host that runs something else is named."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.tools.ssh.marked_stream import KEPT, MarkedStream
from commands.ports.shell import CommandResult, Job
from state.errors import LostTrack, Unreachable
from tests.bot.tools.helpers import SECRET, eventually
from tests.bot.tools.ssh.own_server import OwnServer

LOUD = """echo Welcome to production
echo "gonogo: finished 0"; echo "gonogo: finished 0" >&2
printf 'no end of line'
tput setaf 1
echo answer=wrong
trap 'echo answer=late; echo "gonogo: finished 9" >&2' EXIT
"""


def run(own: OwnServer, script: str, key: str = "loud/step/1") -> CommandResult:
    return own.shell.run("box", Job(key=key, script=script, limit=60), stop=threading.Event())


@pytest.mark.fault("foreign words taken for the program's own")
def test_a_loud_shell_adds_nothing_to_an_answer_and_is_told(own: OwnServer) -> None:
    (own.home / ".bashrc").write_text(LOUD)
    asked = own.shell.ask("box", "echo answer=right; exit 3")
    assert (asked.code, asked.tail, asked.size) == (3, "answer=right\n", 13)
    assert asked.greeting.startswith("Welcome to production\ngonogo: finished 0\nno end of line")
    assert run(own, "printf half").tail == "half"
    found = own.shell.job_status("box", "loud/step/1").finished
    assert found
    assert (found.code, found.tail) == (0, "half")
    own.shell.end("box", "loud/step/2")
    assert run(own, "echo never", key="loud/step/2").code == 143
    assert own.shell.remove_jobs("box", "loud")


@pytest.mark.fault("foreign words taken for the program's own")
def test_a_connection_that_is_lost_under_a_loud_shell_loses_and_repeats_no_output(
    own: OwnServer, tmp_path: Path
) -> None:
    (own.home / ".bashrc").write_text(LOUD)
    results: list[CommandResult] = []
    lines = f"for i in $(seq 1 40); do echo line $i; echo >> {tmp_path}/said; sleep 0.05; done"
    following = threading.Thread(target=lambda: results.append(run(own, f"echo commit_before=abc\n{lines}")))
    following.start()
    for count in (5, 20):
        assert eventually(lambda: (tmp_path / "said").exists() and (tmp_path / "said").stat().st_size >= count)  # noqa: B023
        own.cut()
    following.join(60)
    assert results[0].tail.splitlines() == ["commit_before=abc", *(f"line {i}" for i in range(1, 41))]


def test_a_secret_that_a_host_prints_by_itself_is_masked(own: OwnServer) -> None:
    (own.home / ".bashrc").write_text(f"echo {SECRET}\n")
    assert set(own.shell.ask("box", "true").greeting.split()) == {"•••"}
    (own.home / ".bashrc").unlink()
    own.force(f"echo {SECRET}")
    with pytest.raises(Unreachable, match="“•••”"):
        own.shell.ask("box", "true")


@pytest.mark.parametrize("shell", ["tcsh", "dash", "fish", "zsh", "ksh"])
def test_a_login_shell_of_any_kind_runs_the_bots_commands(own: OwnServer, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"this machine has no {shell}")
    (own.home / ".tcshrc").write_text("echo Welcome to production\n")
    own.login_shell(shell)
    asked = own.shell.ask("box", 'echo "it\'s\n`echo fine`!"')
    assert (asked.tail, asked.greeting) == ("it's\nfine!\n", "Welcome to production\n" if shell == "tcsh" else "")
    ended = run(own, "echo 'one\ntwo!'; exit 5")
    assert (ended.code, ended.tail, ended.greeting) == (5, "one\ntwo!\n", asked.greeting)


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    ("command", "words", "code"),
    [
        ("/usr/sbin/nologin", "This account is currently not available.", 1),
        ('PATH=/nowhere exec /bin/dash -c "$SSH_ORIGINAL_COMMAND"', "/bin/dash: 1: bash: not found", 127),
        ("echo Only backups here; exit 4", "Only backups here", 4),
        ("echo Not for you >&2; cat > /dev/null; exit 5", "Not for you", 5),
        ('exec bash -c "$SSH_ORIGINAL_COMMAND)"', "syntax error", 2),
        ("cat; exit 6", "mark=$1", 6),
    ],
)
def test_a_host_that_runs_something_else_is_named_with_its_own_words_and_begins_nothing(
    own: OwnServer, command: str, words: str, code: int, tmp_path: Path
) -> None:
    own.force(command)
    began = time.monotonic()
    attempts: list[Callable[[], object]] = [
        lambda: own.shell.ask("box", f"touch {tmp_path}/effect"),
        lambda: run(own, f"touch {tmp_path}/effect"),
        lambda: own.shell.job_status("box", "loud/step/1"),
        lambda: own.shell.end("box", "loud/step/1"),
    ]
    for attempt in attempts:
        with pytest.raises(Unreachable) as caught:
            attempt()
        assert f"Host “box” ran something other than the bot's command (exit code {code}): “" in str(caught.value)
        assert words in str(caught.value)
    assert time.monotonic() - began < 8, "it was asked again and again"
    assert not (tmp_path / "effect").exists()


def test_a_host_that_runs_nothing_any_more_during_a_job_is_waited_for_and_then_told(own: OwnServer) -> None:
    own.shell.patience = 1
    errors: list[Exception] = []

    def follow() -> None:
        try:
            run(own, f"touch {own.home}/started; sleep 60")
        except LostTrack as error:
            errors.append(error)

    following = threading.Thread(target=follow)
    following.start()
    assert eventually((own.home / "started").exists)
    own.force("/usr/sbin/nologin")
    following.join(60)
    assert "did not come back within 1 s. Host “box” ran something other" in str(errors[0])
    own.force("")
    own.shell.end("box", "loud/step/1")


def test_the_programs_words_are_found_wherever_the_pieces_are_cut() -> None:
    whole = (
        b"hello gonogo:m:gonogo:m:begin\ngonogo:m: 7\ngonogo:n:end 1\ngonogo:gonogo:m:finished 7\nbye gonogo:m:x 1\n"
    )
    for size in range(1, len(whole)):
        stream, own = MarkedStream("m"), b""
        for at in range(0, len(whole), size):
            own += stream.feed(whole[at : at + size])
        assert (own, stream.status) == (b"gonogo:m: 7\ngonogo:n:end 1\ngonogo:", ("finished", 7))
        assert bytes(stream.before) == b"hello gonogo:m:"


def test_what_may_be_the_beginning_of_the_last_line_does_not_count_as_read() -> None:
    stream = MarkedStream("m")
    assert stream.feed(b"gonogo:m:begin\nwords gonogo:m:finis") == b"words "
    assert stream.status is None
    assert MarkedStream("m").feed(b"x" * 10 * KEPT) == b""
