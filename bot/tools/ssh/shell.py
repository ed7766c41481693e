"""The shell tool: jobs on hosts that start once, survive lost connections, and can be stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field

from bot.tools.page_texts import encodable, resolve
from bot.tools.places import HostPlace, LocalPlace
from bot.tools.postgres.address import script_variables
from bot.tools.secrets import Redactor
from bot.tools.ssh import job_protocol
from bot.tools.ssh.exchange import Channel, Output, exchange
from bot.tools.ssh.host_connection import HostConnection, connection_to
from bot.tools.ssh.host_words import still_there, why_not_answered, words_of
from bot.tools.ssh.job_protocol import Program
from commands.ports.page_text import Text
from commands.ports.shell import TAIL, CommandResult, Job, JobStatus, OutputListener, ignore_output
from state.errors import Down, Failed, LostTrack, Stopped, Unreachable

REPORT_EVERY = 3.0  # seconds between two reports of a running job's output
PATIENCE = 60.0  # seconds for a lost connection to come back
START_PATIENCE = 10.0  # seconds for a service that refuses connections, until nothing is started
RETRY_AFTER = 0.3  # seconds


class SshShell:
    """`commands.ports.shell.Shell` over SSH, and in processes of this machine for a host that is a `LocalPlace`.

    `own` is all of the bot's environment that a process of this machine gets by itself.
    """

    def __init__(
        self,
        hosts: Mapping[str, HostPlace | LocalPlace],
        environ: Mapping[str, str],
        redact: Redactor,
        patience: float = PATIENCE,
        *,
        own: Mapping[str, str] | None = None,
    ) -> None:
        self._hosts = hosts
        self._own = own or {}
        self._environ = environ
        self._redact = redact
        self.patience = patience
        self._mutex = threading.Lock()
        self._connections: dict[str, HostConnection] = {}

    def run(
        self, host: str, job: Job, *, stop: threading.Event, on_output: OutputListener = ignore_output
    ) -> CommandResult:
        """See `commands.ports.shell.Shell.run`."""
        began = time.monotonic()
        following = _JobRun(shell=self, host=host, job=job, stop=stop, on_output=on_output, deadline=began + job.limit)
        code = following.wait()
        return self._result(code, following.output, time.monotonic() - began)

    def job_status(self, host: str, key: str) -> JobStatus:
        """See `commands.ports.shell.Shell.job_status`."""
        output = self._ask(host, job_protocol.status_program(key), limit=30)
        state, code = output.status or ("", 0)
        return JobStatus(state=state, finished=self._result(code, output, 0) if state == "finished" else None)

    def ask(
        self, host: str, script: str, *, env: Mapping[str, Text] | None = None, limit: float = 30, keep: int = TAIL
    ) -> CommandResult:
        """See `commands.ports.shell.Shell.ask`."""
        began = time.monotonic()
        program = job_protocol.ask_program(self.payload(host, script, env or {}))
        output = self._ask(host, program, limit, keep)
        _, code = output.status or ("", 0)
        return self._result(code, output, time.monotonic() - began)

    def close(self) -> None:
        """See `commands.ports.shell.Shell.close`."""
        for connection in list(self._connections.values()):
            connection.close()

    def end(self, host: str, key: str) -> None:
        """See `commands.ports.shell.Shell.end`."""
        self.end_group(host, key)

    def end_group(self, host: str, key: str) -> str:
        """The same; returns what goes on in a session of its own, as the end of a sentence, or nothing."""
        output = self._ask(host, job_protocol.stop_program(key), limit=40)
        return still_there(self.redacted(bytes(output.tail), cut_start=output.cut))

    def remove_jobs(self, host: str, run: str) -> bool:
        """See `commands.ports.shell.Shell.remove_jobs`."""
        return self._ask(host, job_protocol.remove_program(run), limit=30).status == ("finished", 0)

    def payload(self, host: str, script: str, env: Mapping[str, Text]) -> bytes:
        """The script and its environment as they are sent, with the names and values of its texts."""
        place = self._hosts[host]
        values = script_variables({**place.env, **env} if isinstance(place, LocalPlace) else env, self._environ)
        return job_protocol.payload(encodable(script, "The script"), values, resolve(place.path, self._environ))

    def connection(self, host: str) -> HostConnection:
        """A host's one connection, which may not be open yet."""
        with self._mutex:
            if host not in self._connections:
                self._connections[host] = connection_to(host, self._hosts[host], self._environ, self._own)
        return self._connections[host]

    def redacted(self, data: bytes, *, cut_start: bool, cut_end: bool = False) -> str:
        """Output as text, with its secrets masked; where it was cut, also what is left of one."""
        text = data.decode(errors="replace")
        # half a character at the cut would hide the rest of a secret behind it
        return self._redact(text.lstrip("\ufffd") if cut_start else text, cut_start=cut_start, cut_end=cut_end)

    def not_answered(self, host: str, output: Output) -> str:
        """Why a host that ended the session has not answered; empty if the connection was lost."""
        return "" if output.ended is None else why_not_answered(host, output, self._redact)

    def _result(self, code: int, output: Output, seconds: float) -> CommandResult:
        tail = self.redacted(bytes(output.tail[-output.keep :]), cut_start=output.size > output.keep)
        greeting = self.redacted(output.greeting, cut_start=False, cut_end=True)
        return CommandResult(code=code, tail=tail, size=output.size, seconds=seconds, greeting=greeting)

    def _ask(self, host: str, program: Program, limit: float, keep: int = TAIL) -> Output:
        """Run a program that may be run again to its end, also over a connection that is lost or refused meanwhile.

        That is waited for during a third of the limit; the rest is for the answer. Raises Unreachable, Failed.
        """
        deadline = time.monotonic() + limit
        lost_at = 0.0
        while True:
            output = Output(keep=keep)
            try:
                self._exchange(host, program, output, deadline, limit)
                lost = Unreachable(f"The connection to host “{host}” was lost several times before it answered.")
            except Down as error:
                lost = error
            if output.status:
                return output
            if ended := self.not_answered(host, output):
                raise Unreachable(ended)
            lost_at = lost_at or time.monotonic()
            if time.monotonic() + RETRY_AFTER > min(deadline, lost_at + limit / 3):
                raise lost
            time.sleep(RETRY_AFTER)

    def _exchange(self, host: str, program: Program, output: Output, deadline: float, limit: float) -> None:
        with closing(exchange(self.connection(host).channel(), program, output, limit)) as turns:
            for _ in turns:
                if time.monotonic() > deadline:
                    break
        if output.status is None and time.monotonic() > deadline:
            words = "" if output.begun else words_of(output, self._redact)
            raise Failed(f"Host “{host}” did not answer within {limit:.0f} s{words}.")


@dataclass(kw_only=True)
class _JobRun:
    """Follows one job to its end, over as many connections as it takes."""

    shell: SshShell
    host: str
    job: Job
    stop: threading.Event
    on_output: OutputListener
    deadline: float
    output: Output = field(default_factory=Output)
    reported_size: int = 0
    reported_at: float = field(default_factory=time.monotonic)

    def wait(self) -> int:
        """Start the job or attach to it, and wait for its exit code. Raises as `Shell.run` does."""
        self._check_stop_and_limit()
        payload = self.shell.payload(self.host, self.job.script, self.job.env)
        channel: Channel | None = self._first_channel()
        sent, lost_at, why = False, time.monotonic(), ""
        while True:
            if channel:
                if status := self._follow(channel, payload):
                    return self._exit_code(*status)
                why = self.shell.not_answered(self.host, self.output)
                if why and not (sent or self.output.begun):
                    raise Unreachable(why)
                # patience begins anew whenever the job could be followed
                sent, lost_at = True, time.monotonic() if self.output.begun else lost_at
            self._wait_for_reconnect(lost_at, why)
            try:
                channel = self.shell.connection(self.host).channel()
            except Unreachable as error:
                channel, why = None, str(error)

    def _first_channel(self) -> Channel:
        """A channel to start the job. A service that is down may be restarting, so it is tried again for a while."""
        until = min(self.deadline, time.monotonic() + START_PATIENCE) - RETRY_AFTER
        while True:
            try:
                return self.shell.connection(self.host).channel()
            except Down:
                if time.monotonic() > until:
                    raise
            self.stop.wait(RETRY_AFTER)
            self._check_stop_and_limit()

    def _follow(self, channel: Channel, payload: bytes) -> tuple[str, int] | None:
        """Follow the job over one connection; None if the connection was lost."""
        program = job_protocol.run_program(self.job.key, self.output.size, payload)
        limit = self.deadline - time.monotonic()
        with closing(exchange(channel, program, self.output, limit)) as turns:
            for _ in turns:
                self._check_stop_and_limit()
                self._report()
        return self.output.status

    def _report(self) -> None:
        """Report new output, in whole lines only: half a line could hold half a secret."""
        if self.output.size == self.reported_size or time.monotonic() - self.reported_at < REPORT_EVERY:
            return
        was_lost, self.reported_size = self.reported_size < 0, self.output.size
        lines = self._whole_lines()
        if lines or was_lost:
            self.on_output(lines)

    def _report_lost(self, lost_at: float) -> None:
        """Say below its last lines that nobody follows the job now. The next report takes that back."""
        away = time.monotonic() - lost_at
        if min(away, time.monotonic() - self.reported_at) < REPORT_EVERY:
            return
        self.reported_size = -1
        since = f"Host “{self.host}” has not answered for {away:.0f} s; the command may go on there."
        lines = [self._whole_lines(), f"{since} The bot keeps trying for {self.shell.patience:.0f} s."]
        self.on_output("\n".join(filter(None, lines)))

    def _whole_lines(self) -> str:
        """The newest output up to its last line end."""
        self.reported_at = time.monotonic()
        lines, newline, _ = bytes(self.output.tail).rpartition(b"\n")
        # the last line may be the first of a secret that goes on in the next one
        return self.shell.redacted(lines, cut_start=self.output.cut, cut_end=True) if newline else ""

    def _check_stop_and_limit(self) -> None:
        if self.stop.is_set():
            left = self._end("was asked to stop, and its result is unknown")
            raise Stopped(f"Stopped on the host, with every process of its group{left}.")
        if time.monotonic() > self.deadline:
            left = self._end("ran over its limit, and its result is unknown")
            raise Failed(
                f"It ran over its limit of {self.job.limit:.0f} s and was killed{left}.",
                self.shell.redacted(bytes(self.output.tail), cut_start=self.output.cut, cut_end=True),
            )

    def _end(self, otherwise: str) -> str:
        try:
            return self.shell.end_group(self.host, self.job.key)
        except (Unreachable, Failed):
            raise LostTrack(f"Host “{self.host}” cannot be reached: the command {otherwise}.") from None

    def _exit_code(self, state: str, code: int) -> int:
        if state == "finished":
            return code
        if state == "nosetsid":
            raise Failed(f"Host “{self.host}” has no setsid; install util-linux there.")
        if state == "nofolder":
            raise Failed(f"Host “{self.host}” cannot create ~/.gonogo/jobs; check its disk and the user's permissions.")
        if state == "full":
            raise Failed(
                f"Host “{self.host}” cannot write to ~/.gonogo/jobs, so the command was not started; "
                "check the space and the quota there (df -h, df -i)."
            )
        raise LostTrack(
            f"The command on host “{self.host}” is gone and left no exit code; "
            "check what it did before you run it again."
        )

    def _wait_for_reconnect(self, lost_at: float, why: str) -> None:
        """Wait until the next attempt. Raises LostTrack after too long."""
        if time.monotonic() - lost_at > self.shell.patience:
            raise LostTrack(
                f"The connection to host “{self.host}” was lost while the command ran, and did not come back within "
                f"{self.shell.patience:.0f} s. {why}".rstrip()
            )
        self._check_stop_and_limit()
        self._report_lost(lost_at)
        self.stop.wait(RETRY_AFTER)
