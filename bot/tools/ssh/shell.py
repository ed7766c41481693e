"""The shell tool: jobs on hosts that are started once, followed over lost connections, and stopped with all they began."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import paramiko

from bot.tools.places import HostPlace, resolve
from bot.tools.secrets import Redactor
from bot.tools.ssh import job_protocol as jobs
from bot.tools.ssh.connection import Connection, login
from commands.ports.shell import TAIL, CommandResult, Job, JobStatus, OutputListener, ignore_output
from state.errors import Failed, LostTrack, Stopped, Unreachable

_SAID = re.compile(rb"^gonogo: (\w+) (\d+)$", re.MULTILINE)
TICK = 0.05  # seconds between looks at `stop` and the limit
SHOWN = 3.0  # seconds between two looks of people at a running job's output
PATIENCE = 60.0  # seconds in which a lost connection must come back


@dataclass
class _Heard:
    """What has come back so far: the end of the output, its whole size, and the program's own last word."""

    keep: int = TAIL
    tail: bytearray = field(default_factory=bytearray)
    size: int = 0
    word: tuple[str, int] | None = None

    def add(self, data: bytes) -> None:
        self.tail += data
        self.size += len(data)
        if len(self.tail) > 2 * self.keep:
            del self.tail[: -self.keep]


class SshShell:
    """`commands.ports.shell.Shell` over SSH."""

    def __init__(
        self,
        hosts: Mapping[str, HostPlace],
        environ: Mapping[str, str],
        redact: Redactor,
        patience: float = PATIENCE,
    ) -> None:
        self._hosts = hosts
        self._environ = environ
        self._redact = redact
        self.patience = patience
        self._mutex = threading.Lock()
        self._connections: dict[str, Connection] = {}

    def run(
        self, host: str, job: Job, *, stop: threading.Event, on_output: OutputListener = ignore_output
    ) -> CommandResult:
        """See `commands.ports.shell.Shell.run`."""
        began = time.monotonic()
        work = _Follow(shell=self, host=host, job=job, stop=stop, on_output=on_output, deadline=began + job.limit)
        code = work.to_the_end()
        return CommandResult(code=code, tail=self._text(work.got), size=work.got.size, seconds=time.monotonic() - began)

    def job_status(self, host: str, key: str) -> JobStatus:
        """See `commands.ports.shell.Shell.job_status`."""
        got = self._exchange(host, jobs.look_command(key), b"", limit=30)
        if got.word is None:
            raise Unreachable(f"Host “{host}” was lost while the job was looked at.")
        state, code = got.word
        if state != "finished":
            return JobStatus(state=state)
        return JobStatus(state=state, finished=CommandResult(code=code, tail=self._text(got), size=got.size, seconds=0))

    def ask(
        self, host: str, script: str, *, env: Mapping[str, str] | None = None, limit: float = 30, keep: int = TAIL
    ) -> CommandResult:
        """See `commands.ports.shell.Shell.ask`."""
        began = time.monotonic()
        got = self._exchange(host, jobs.ask_command(), self.payload(host, script, env or {}), limit, keep)
        if got.word is None:
            raise Unreachable(f"Host “{host}” was lost while it was asked something.")
        return CommandResult(code=got.word[1], tail=self._text(got), size=got.size, seconds=time.monotonic() - began)

    def close(self) -> None:
        """See `commands.ports.shell.Shell.close`."""
        for connection in list(self._connections.values()):
            connection.close()

    def end(self, host: str, key: str) -> None:
        """See `commands.ports.shell.Shell.end`."""
        self._exchange(host, jobs.stop_command(key), b"", limit=10)

    def payload(self, host: str, script: str, env: Mapping[str, str]) -> bytes:
        """Script and environment as they are sent, with every `$NAME` resolved."""
        place = self._hosts[host]
        values = {name: resolve(value, self._environ) for name, value in env.items()}
        return jobs.payload(script, values, resolve(place.path, self._environ))

    def connection(self, host: str) -> Connection:
        """A host's one connection, which may not be made yet."""
        with self._mutex:
            if host not in self._connections:
                place = self._hosts[host]
                texts = [resolve(text, self._environ) for text in (place.address, place.key, place.known_hosts)]
                self._connections[host] = Connection(login(host, *texts))
        return self._connections[host]

    def channel(self, host: str) -> paramiko.Channel:
        """A channel to a host, over its kept connection. Raises Unreachable."""
        return self.connection(host).channel()

    def redacted(self, data: bytes) -> str:
        """Output as text without secrets."""
        return self._redact(data.decode(errors="replace"))

    def _text(self, got: _Heard) -> str:
        return self.redacted(bytes(got.tail[-got.keep :]))

    def _exchange(self, host: str, command: str, sent: bytes, limit: float, keep: int = TAIL) -> _Heard:
        got = _Heard(keep=keep)
        deadline = time.monotonic() + limit
        for _ in _read(self.channel(host), command, sent, got):
            if time.monotonic() > deadline:
                raise Failed(f"Host “{host}” did not answer within {limit:.0f} s.")
        return got


@dataclass(kw_only=True)
class _Follow:
    """One job being followed, over as many connections as it takes."""

    shell: SshShell
    host: str
    job: Job
    stop: threading.Event
    on_output: OutputListener
    deadline: float
    got: _Heard = field(default_factory=_Heard)
    shown: int = 0
    shown_at: float = field(default_factory=time.monotonic)

    def to_the_end(self) -> int:
        """The job's exit code."""
        self._must_go_on()
        sent = self.shell.payload(self.host, self.job.script, self.job.env)
        lost_at = 0.0
        begun = False
        while True:
            try:
                channel = self.shell.channel(self.host)
                begun = True
                word = self._once(channel, sent)
            except Unreachable:
                if not begun:
                    raise
                word = None
            if word:
                return self._judge(*word)
            lost_at = self._wait_a_little(lost_at)

    def _once(self, channel: paramiko.Channel, sent: bytes) -> tuple[str, int] | None:
        """Follow over one connection; None when it was lost."""
        self.got.word = None
        for _ in _read(channel, jobs.run_command(self.job.key, self.got.size), sent, self.got):
            self._must_go_on()
            self._show()
        return self.got.word

    def _show(self) -> None:
        """Show people what is new, in whole lines: half of one could hold half of a secret."""
        if self.got.size == self.shown or time.monotonic() - self.shown_at < SHOWN:
            return
        self.shown, self.shown_at = self.got.size, time.monotonic()
        whole, newline, _ = bytes(self.got.tail).rpartition(b"\n")
        if newline:
            self.on_output(self.shell.redacted(whole))

    def _must_go_on(self) -> None:
        if self.stop.is_set():
            self._end("was asked to stop, and its end is not known")
            raise Stopped("Stopped on the host, with everything it had begun.")
        if time.monotonic() > self.deadline:
            self._end("ran over its limit, and its end is not known")
            raise Failed(
                f"It ran over its limit of {self.job.limit:.0f} s and was ended.",
                self.shell.redacted(bytes(self.got.tail)),
            )

    def _end(self, otherwise: str) -> None:
        try:
            self.shell.end(self.host, self.job.key)
        except (Unreachable, Failed):
            raise LostTrack(f"Host “{self.host}” cannot be reached: the command {otherwise}.") from None

    def _judge(self, state: str, code: int) -> int:
        if state == "finished":
            return code
        if state == "nosetsid":
            raise Failed(f"Host “{self.host}” has no setsid; install util-linux there.")
        if state == "nofolder":
            raise Failed(f"Host “{self.host}” cannot make ~/.gonogo/jobs; check its disk and the user's rights.")
        raise LostTrack(
            f"The command on host “{self.host}” is gone and left no exit code; look before you run it again."
        )

    def _wait_a_little(self, lost_at: float) -> float:
        """After a lost connection: until the next try. Raises LostTrack when patience is over."""
        lost_at = lost_at or time.monotonic()
        if time.monotonic() - lost_at > self.shell.patience:
            raise LostTrack(
                f"The connection to host “{self.host}” was lost while the command ran, and did not come back."
            )
        self._must_go_on()
        self.stop.wait(0.3)
        return lost_at


def _read(channel: paramiko.Channel, command: str, sent: bytes, got: _Heard) -> Iterator[None]:
    """Run one program; yields after each piece of output or tick, and at the end `got.word` is what the program said."""
    errors = b""
    try:
        channel.exec_command(command)
        channel.sendall(sent)
        channel.shutdown_write()
        channel.settimeout(TICK)
        while True:
            yield
            try:
                data = channel.recv(65536)
            except TimeoutError:
                continue
            while channel.recv_stderr_ready():
                errors += channel.recv_stderr(4096)
            if not data:
                break
            got.add(data)
        channel.settimeout(5)
        while more := channel.recv_stderr(4096):
            errors += more
    except (paramiko.SSHException, OSError, EOFError):
        pass  # the connection is lost: the missing last word says so
    finally:
        channel.close()
    if found := _SAID.search(errors):
        got.word = (found[1].decode(), int(found[2]))
