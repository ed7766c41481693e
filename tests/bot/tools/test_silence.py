"""Databases and hosts that fall silent, real ones behind a proxy or stopped: each ends in time, in one sentence, in a true state."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.rehearsal.target.ssh_server import SshServer
from bot.tools.postgres import sql as sql_tool
from bot.tools.postgres.sql import PostgresDatabase
from bot.tools.ssh import connection as ssh_tool
from bot.tools.ssh.shell import SshShell
from commands.ports.database import Migration
from commands.ports.shell import Job
from state.errors import Failed, LostTrack, Stopped, Unreachable
from tests.bot.tools.postgres.test_sql import tool
from tests.bot.tools.proxy import Proxy
from tests.bot.tools.ssh.test_shell import shell_for
from tests.conftest import make_host

GO = threading.Event()


@pytest.fixture
def proxied(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Proxy, PostgresDatabase]]:
    """The database behind a proxy, with little patience."""
    monkeypatch.setattr(sql_tool, "GRACE", 0.5)
    monkeypatch.setattr(sql_tool, "CONNECT_LIMIT", 2)
    url = postgres.url(OWNER)
    port = urlsplit(url).port
    assert port
    proxy = Proxy(port)
    yield proxy, tool(url.replace(f":{port}/", f":{proxy.port}/"))
    proxy.close()


def test_a_query_whose_answer_never_comes_fails_in_time(proxied: tuple[Proxy, PostgresDatabase]) -> None:
    proxy, sql = proxied
    assert sql.query("db", "SELECT 1").rows == ((1,),)
    threading.Timer(0.3, proxy.silent.set).start()
    with pytest.raises(Failed, match=r"Database “db” gave no answer within 1\.5 s"):
        sql.query("db", "SELECT pg_sleep(0.8)", limit=1)


def test_a_database_that_is_silent_from_the_first_byte_cannot_be_reached(
    proxied: tuple[Proxy, PostgresDatabase],
) -> None:
    proxy, sql = proxied
    proxy.silent.set()
    with pytest.raises(Unreachable, match="Database “db” cannot be reached"):
        sql.query("db", "SELECT 1")


def test_a_migration_whose_end_never_comes_is_unknown_and_can_be_looked_at(
    proxied: tuple[Proxy, PostgresDatabase], postgres: Postgres
) -> None:
    proxy, sql = proxied
    text = "CREATE TABLE silent_things (n int);\nSELECT pg_sleep(0.8);\n"
    migration = Migration(key="silent", name="016.sql", text=text, lock_timeout=0.2, limit=1)
    threading.Timer(0.3, proxy.silent.set).start()
    with pytest.raises(LostTrack, match=r"connection to “db” broke while 016\.sql was applied"):
        sql.apply("db", migration, stop=GO)
    direct = tool(postgres.url(OWNER))
    applied = direct.has_receipt("db", "silent")
    with psycopg.connect(postgres.url(OWNER), autocommit=True) as connection:
        there = connection.execute("SELECT to_regclass('silent_things') IS NOT NULL").fetchone()
        connection.execute("DROP TABLE IF EXISTS silent_things")
    assert there == (applied,), "the receipt and the tables must agree"


@pytest.fixture
def frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SshShell, SshServer]]:
    """An SSH server of its own that a test may stop, and little patience with it."""
    monkeypatch.setattr(ssh_tool, "CONNECT_LIMIT", 1.0)
    box = make_host(tmp_path)
    server = SshServer(box)
    server.start()
    yield shell_for(server), server
    for process in box.processes():
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)
    box.stop_processes()


def freeze(ssh: SshServer) -> None:
    """Stop the server and every session of it."""
    for process in ssh.host.processes():
        with suppress(psutil.NoSuchProcess):  # it may end by itself meanwhile
            if "ssh" in " ".join(process.cmdline()[:3]):
                process.suspend()


def freeze_in(job: Path, ssh: SshServer, then: threading.Event | None = None) -> None:
    """Stop the server as soon as a job has written its file there, however long the log-in took; `then` is set after it."""
    until = time.monotonic() + 20
    while not job.exists() and time.monotonic() < until:
        time.sleep(0.02)
    freeze(ssh)
    if then:
        then.set()


def thaw(ssh: SshServer) -> None:
    """Let it go on."""
    for process in ssh.host.processes():
        with suppress(psutil.NoSuchProcess):  # it may end by itself meanwhile
            process.resume()


def test_a_host_that_hangs_lets_a_job_go_on_there_and_its_end_is_unknown(frozen: tuple[SshShell, SshServer]) -> None:
    shell, server = frozen
    mark, begun = server.host.folder / "mark", server.host.folder / "begun"
    job = Job(key="hung/step/1", script=f"sleep 0.4; touch {begun}; sleep 2; echo once >> {mark}", limit=1.5)
    threading.Thread(target=freeze_in, args=(begun, server)).start()
    began = time.monotonic()
    with pytest.raises(
        LostTrack, match="“box” cannot be reached: the command ran over its limit, and its end is not known"
    ):
        shell.run("box", job, stop=GO)
    assert time.monotonic() - began < 10
    thaw(server)
    until = time.monotonic() + 10
    while (looked := shell.job_status("box", "hung/step/1")).state == "running" and time.monotonic() < until:
        time.sleep(0.1)
    assert looked.state == "finished"
    assert mark.read_text() == "once\n"
    assert shell.run("box", job, stop=GO).code == 0, "attached to, not begun again"
    assert mark.read_text() == "once\n"


def test_a_stop_on_a_host_that_hangs_says_that_the_end_is_not_known(frozen: tuple[SshShell, SshServer]) -> None:
    shell, server = frozen
    stop, begun = threading.Event(), server.host.folder / "begun"
    threading.Thread(target=freeze_in, args=(begun, server, stop)).start()
    with pytest.raises((LostTrack, Stopped), match="its end is not known"):
        shell.run("box", Job(key="hung/stop/1", script=f"sleep 0.3; touch {begun}; sleep 30", limit=60), stop=stop)


def test_a_host_that_hangs_and_one_that_is_no_ssh_server_say_so(frozen: tuple[SshShell, SshServer]) -> None:
    shell, server = frozen
    freeze(server)
    with pytest.raises(Unreachable, match="accepts the connection and says nothing within 1 s; it hangs, or"):
        shell.ask("box", "true")


def test_a_full_disk_on_the_host_fails_the_command_with_its_words_and_it_can_be_run_again(
    frozen: tuple[SshShell, SshServer],
) -> None:
    shell, server = frozen
    small = server.host.folder / "small"
    small.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], capture_output=True, check=False
    ).returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        write = f"head -c 200000 /dev/zero > {small}/dump"
        ended = shell.run("box", Job(key="full/step/1", script=write, limit=20), stop=GO)
        assert ended.code != 0
        assert "No space left on device" in ended.tail
        (small / "dump").unlink()
        again = Job(key="full/step/2", script=write.replace("200000", "200"), limit=20)
        assert shell.run("box", again, stop=GO).code == 0
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_full_disk_where_running_commands_are_kept_is_told(frozen: tuple[SshShell, SshServer]) -> None:
    shell, server = frozen
    jobs = server.host.home / ".gonogo"
    jobs.mkdir(parents=True, exist_ok=True)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", jobs], capture_output=True, check=False
    ).returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        ended = shell.run("box", Job(key="full/out/1", script="echo begun; seq 1 40000", limit=20), stop=GO)
        said = f"exit {ended.code}"
    except (Failed, LostTrack) as error:
        said = str(error)
    finally:
        subprocess.run(["umount", "-l", jobs], check=True)
    assert "left no exit code; look before you run it again" in said or said == "exit 1", said
    assert psutil.pid_exists(server.host.children[-1].pid)
