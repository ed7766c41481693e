"""The scratch PostgreSQL: reached from a host, refused with reasons, never left behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer

import psutil
import pytest

from bot.rehearsal.target.programs import postgres_programs
from bot.rehearsal.target.ssh_server import SshServer
from bot.tools.places import HostPlace
from bot.tools.postgres import scratch_server
from bot.tools.postgres.scratch import EmbeddedScratch
from bot.tools.secrets import Redactor
from bot.tools.ssh.shell import SshShell
from commands.ports.page_text import PageText
from commands.ports.scratch_server import ScratchNeeds
from commands.text.redaction import HIDDEN
from state.errors import Failed, Stopped
from tests.bot.tools.helpers import NEED, eventually, forward_threads, scratch_processes

PSQL = 'psql -XqAt -v ON_ERROR_STOP=1 "$SCRATCH_URL" -c'


class Bot:
    """A scratch tool with its own shell, secrets and temporary folder."""

    def __init__(self, ssh: SshServer, temp: Path) -> None:
        place = HostPlace(
            address=ssh.address, key=str(ssh.key), known_hosts=str(ssh.known_hosts), path=str(postgres_programs())
        )
        redact = Redactor([])
        self.temp = temp
        self.addresses: dict[str, str] = {}
        self.shell = SshShell({"box": place}, self.addresses, redact)
        self.scratch = EmbeddedScratch(self.shell, self.addresses, redact, temp=temp)

    def psql(self, address: PageText, sql: str) -> str:
        """What psql prints on the host."""
        return self.shell.ask("box", f"{PSQL} {sql!r}", env={"SCRATCH_URL": PageText(address.text)}).tail.strip()

    def leftovers(self) -> tuple[list[Path], list[psutil.Process], list[str], dict[str, str]]:
        """Folders, processes, threads and addresses of scratch servers."""
        return list(self.temp.iterdir()), scratch_processes(self.temp), forward_threads(), self.addresses


@pytest.fixture
def bot(ssh: SshServer, temp: Path) -> Iterator[Bot]:
    """A bot; whatever happens in the test, no scratch server may be left."""
    bot = Bot(ssh, temp)
    yield bot
    assert eventually(lambda: bot.leftovers() == ([], [], [], {})), bot.leftovers()
    bot.shell.close()


def test_the_host_reaches_an_empty_server_with_productions_roles(bot: Bot) -> None:
    need = replace(NEED, roles=(("dj_owner", False), ("Größe ไทย", True)), members=(("dj_owner", "Größe ไทย"),))
    with bot.scratch.start("box", need, stop=Event()) as server:
        assert bot.psql(server.address, "SELECT count(*) FROM pg_class WHERE relnamespace = 2200") == "0"
        roles = "SELECT rolname, rolsuper, rolcanlogin FROM pg_roles WHERE oid > 16383 ORDER BY 1"
        assert bot.psql(server.address, roles).splitlines() == ["Größe ไทย|t|f", "dj_owner|f|f"]
        assert bot.psql(server.address, "SELECT pg_has_role(to_regrole($$dj_owner$$), $$MEMBER$$)") == "t"
        assert bot.psql(server.address, "SELECT lower($$ÄÖ$$)") == "äö", "the locale knows ASCII letters only"
        assert server.failure() == ""


def test_the_roles_have_productions_settings_and_one_that_the_server_refuses_is_left_out(bot: Bot) -> None:
    settings = (
        ("dj_owner", "search_path", '"$user", "a, b"'),
        ("dj_owner", "app.key", "0123"),
        ("dj_owner", "no_such_parameter", "1"),
        ("dj_owner", "work_mem", "7MB"),
    )
    need = replace(NEED, roles=(("dj_owner", False),), settings=settings)
    with bot.scratch.start("box", need, stop=Event()) as server:
        found = bot.psql(server.address, "SELECT unnest(setconfig) FROM pg_db_role_setting").splitlines()
        assert found == ['search_path="$user", "a, b"', "app.key=0123", "work_mem=7MB"]


def test_it_listens_on_no_port_of_the_bots_machine_and_its_folder_is_private(bot: Bot) -> None:
    with bot.scratch.start("box", NEED, stop=Event()):
        connections = [one for process in scratch_processes(bot.temp) for one in process.net_connections("inet")]
        assert [one for one in connections if one.status == "LISTEN"] == []
        [folder] = bot.temp.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert not (folder / "password").exists()


def test_a_wrong_password_is_refused_and_the_right_one_is_never_shown(bot: Bot) -> None:
    with bot.scratch.start("box", NEED, stop=Event()) as server:
        script = 'echo "$SCRATCH_URL"; psql "${SCRATCH_URL/:*@/:gonogo@}" -c "" 2>&1 || true; '
        script += 'psql "${SCRATCH_URL/%:*@/x}" -c "SELECT 1" 2>&1 || true; PGPASSWORD=no psql -h 127.0.0.1 '
        script += (
            '-p "$(sed -E "s/.*:([0-9]+).*/\\1/" <<< "$SCRATCH_URL")" -U gonogo_scratch postgres -c "" 2>&1 || true'
        )
        output = bot.shell.ask("box", script, env={"SCRATCH_URL": PageText(server.address.text)}).tail
        secret = bot.addresses[str(server.address).removeprefix("$")]
    assert "password authentication failed" in output
    assert HIDDEN in output
    assert secret not in output
    assert secret.split(":")[2].partition("@")[0] not in output


def test_two_servers_at_once_are_separate(bot: Bot) -> None:
    with bot.scratch.start("box", NEED, stop=Event()) as one:
        with bot.scratch.start("box", NEED, stop=Event()) as other:
            assert bot.psql(one.address, "CREATE TABLE here (id int)") == ""
            assert bot.psql(other.address, "SELECT to_regclass($$here$$) IS NULL") == "t"
        assert bot.psql(one.address, "SELECT count(*) FROM here") == "0", (
            "the end of one server was the end of the other"
        )


def refused(bot: Bot, need: ScratchNeeds) -> str:
    """The reason for a refusal: the same for the check and the start, but for the space that others use meanwhile."""
    with pytest.raises(Failed) as checked:
        bot.scratch.check("box", need)
    with pytest.raises(Failed) as started, bot.scratch.start("box", need, stop=Event()):
        pass
    reasons = [re.sub(r"[\d.]+ GB free", "some GB free", str(error.value)) for error in (checked, started)]
    assert reasons[0] == reasons[1]
    return str(started.value)


def test_the_check_starts_nothing(bot: Bot) -> None:
    bot.scratch.check("box", NEED)
    assert bot.leftovers() == ([], [], [], {})


def test_a_machine_without_the_programs_is_named_with_what_to_install(bot: Bot) -> None:
    bot.scratch._folders = list
    reason = refused(bot, NEED)
    assert reason.startswith(
        "the bot's machine has no PostgreSQL server that runs; install PostgreSQL 18 or newer there"
    )


def test_programs_newer_than_the_hosts_pg_dump_are_named_if_it_must_read_the_copy(bot: Bot) -> None:
    bot.scratch._folders = lambda: [postgres_programs()]
    assert "the host's pg_dump 12 cannot read the PostgreSQL 18" in refused(bot, replace(NEED, oldest=12, newest=12))


def test_an_extension_that_is_not_installed_is_named(bot: Bot) -> None:
    bot.scratch._folders = lambda: [postgres_programs()]
    reason = refused(bot, replace(NEED, extensions=("plpgsql", "postgis")))
    assert "lacks extensions that the database uses (postgis)" in reason


def test_too_little_space_is_reported_in_numbers_and_reservations_count(bot: Bot) -> None:
    free = psutil.disk_usage(str(bot.temp)).free
    assert f"the copy needs {2 * free / 1e9 + 0.5:.1f} GB and {bot.temp}" in refused(bot, replace(NEED, size=free))
    nearly = replace(NEED, size=int(free * 0.35))
    with bot.scratch.start("box", nearly, stop=Event()):
        assert "GB reserved for other copies; free some space there" in refused(bot, nearly)


def test_a_path_that_is_too_long_for_a_socket_is_named(bot: Bot) -> None:
    deep = bot.temp / ("d" * 90)
    deep.mkdir(mode=0o777)
    bot.scratch._temp = deep
    with pytest.raises(Failed, match="is too long for a socket"), bot.scratch.start("box", NEED, stop=Event()):
        pass
    deep.rmdir()


def test_a_cluster_that_cannot_be_created_is_reported_with_its_error(bot: Bot) -> None:
    with (
        pytest.raises(Failed, match=r"PostgreSQL \d+ does not start on the bot's machine \(initdb: .*encoding"),
        bot.scratch.start("box", replace(NEED, encoding="KLINGON"), stop=Event()),
    ):
        pass


def test_a_server_that_is_not_ready_in_time_is_given_up(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch_server, "READY_LIMIT", 0.05)
    with (
        pytest.raises(Failed, match=r"was not ready on the bot's machine within"),
        bot.scratch.start("box", NEED, stop=Event()),
    ):
        pass


def test_a_stop_while_it_starts_leaves_nothing(bot: Bot) -> None:
    for seconds in (0.05, 0.1, 0.2, 0.3, 0.4):
        stop = Event()
        Timer(seconds, stop.set).start()
        with pytest.raises(Stopped), bot.scratch.start("box", NEED, stop=stop):
            pass
        assert list(bot.temp.iterdir()) == [], f"stopped after {seconds} s, a program still wrote into its folder"
        assert eventually(lambda: not scratch_processes(bot.temp)), f"stopped after {seconds} s, a program still runs"


def test_a_lost_connection_a_full_disk_and_a_dead_server_are_reported(bot: Bot) -> None:
    with bot.scratch.start("box", NEED, stop=Event()) as server:
        bot.psql(server.address, "DO $$BEGIN RAISE EXCEPTION 'could not extend file: No space left on device'; END$$")
        assert server.failure().startswith(f"the disk of the bot's machine ({bot.temp}) became full")
    with bot.scratch.start("box", NEED, stop=Event()) as server:
        for process in scratch_processes(bot.temp):
            if process.name() == "postgres":
                process.kill()
        assert eventually(lambda: server.failure().startswith("the PostgreSQL on the bot's machine stopped"))
    with bot.scratch.start("box", NEED, stop=Event()) as server:
        bot.shell.close()
        assert server.failure() == "the SSH connection to host “box” was lost; the copy was reached through it"
