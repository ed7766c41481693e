"""The throw-away PostgreSQL of the bot's machine: reached from a host through SSH, refused with reasons, and never left behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer

import psutil
import pytest

from bot.rehearsal.target.programs import postgres_programs
from bot.rehearsal.target.ssh_server import SshServer
from bot.tools.places import HostPlace
from bot.tools.postgres import scratch_server as throwaway
from bot.tools.postgres.scratch import EmbeddedScratch
from bot.tools.secrets import Redactor
from bot.tools.ssh.shell import SshShell
from commands.ports.scratch_server import ScratchNeeds
from commands.text.redaction import HIDDEN
from state.errors import Failed, Stopped
from tests.bot.tools.scratches import NEED, servers
from tests.bot.tools.ssh.test_forward import carrying
from tests.bot.tools.ssh.test_shell import eventually

PSQL = 'psql -XqAt -v ON_ERROR_STOP=1 "$SCRATCH_URL" -c'


class Bot:
    """A scratch tool with a shell, secrets and a temporary folder of its own."""

    def __init__(self, ssh: SshServer, temp: Path) -> None:
        place = HostPlace(
            address=ssh.address, key=str(ssh.key), known_hosts=str(ssh.known_hosts), path=str(postgres_programs())
        )
        made: dict[str, str] = {}
        redact = Redactor([])
        self.temp = temp
        self.shell = SshShell({"box": place}, made, redact)
        self.made = made
        self.scratch = EmbeddedScratch(self.shell, made, redact, temp=temp)

    def asks(self, address: str, sql: str) -> str:
        """What psql says on the host."""
        return self.shell.ask("box", f"{PSQL} {sql!r}", env={"SCRATCH_URL": address}).tail.strip()

    def left(self) -> tuple[list[Path], list[psutil.Process], list[str], dict[str, str]]:
        """Folders, processes, threads and addresses that are left."""
        return list(self.temp.iterdir()), servers(self.temp), carrying(), self.made


@pytest.fixture
def bot(ssh: SshServer, temp: Path) -> Iterator[Bot]:
    """A bot; whatever happens in the test, nothing is left of what it borrowed."""
    bot = Bot(ssh, temp)
    yield bot
    assert eventually(lambda: bot.left() == ([], [], [], {})), bot.left()
    bot.shell.close()


def test_the_host_reaches_an_empty_server_with_productions_roles(bot: Bot) -> None:
    need = replace(NEED, roles=(("dj_owner", False), ("Größe ไทย", True)), members=(("dj_owner", "Größe ไทย"),))
    with bot.scratch.beside("box", need, stop=Event()) as lent:
        assert bot.asks(lent.address, "SELECT count(*) FROM pg_class WHERE relnamespace = 2200") == "0"
        roles = "SELECT rolname, rolsuper, rolcanlogin FROM pg_roles WHERE oid > 16383 ORDER BY 1"
        assert bot.asks(lent.address, roles).splitlines() == ["Größe ไทย|t|f", "dj_owner|f|f"]
        assert bot.asks(lent.address, "SELECT pg_has_role(to_regrole($$dj_owner$$), $$MEMBER$$)") == "t"
        assert bot.asks(lent.address, "SELECT lower($$ÄÖ$$)") == "äö", "letters are those of ASCII alone"
        assert lent.lost() == ""


def test_it_listens_at_no_port_of_the_bots_machine_and_nobody_else_enters_its_folder(bot: Bot) -> None:
    with bot.scratch.beside("box", NEED, stop=Event()):
        ports = [
            one for process in servers(bot.temp) for one in process.net_connections("inet") if one.status == "LISTEN"
        ]
        assert ports == []
        [folder] = bot.temp.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert not (folder / "password").exists()


def test_another_password_is_refused_and_the_right_one_is_never_shown(bot: Bot) -> None:
    with bot.scratch.beside("box", NEED, stop=Event()) as lent:
        script = 'echo "$SCRATCH_URL"; psql "${SCRATCH_URL/:*@/:gonogo@}" -c "" 2>&1 || true; '
        script += 'psql "${SCRATCH_URL/%:*@/x}" -c "SELECT 1" 2>&1 || true; PGPASSWORD=no psql -h 127.0.0.1 '
        script += (
            '-p "$(sed -E "s/.*:([0-9]+).*/\\1/" <<< "$SCRATCH_URL")" -U gonogo_scratch postgres -c "" 2>&1 || true'
        )
        said = bot.shell.ask("box", script, env={"SCRATCH_URL": lent.address}).tail
        secret = bot.made[lent.address.removeprefix("$")]
    assert "password authentication failed" in said
    assert HIDDEN in said
    assert secret not in said
    assert secret.split(":")[2].partition("@")[0] not in said


def test_two_at_once_keep_apart(bot: Bot) -> None:
    with bot.scratch.beside("box", NEED, stop=Event()) as one:
        with bot.scratch.beside("box", NEED, stop=Event()) as other:
            assert bot.asks(one.address, "CREATE TABLE here (id int)") == ""
            assert bot.asks(other.address, "SELECT to_regclass($$here$$) IS NULL") == "t"
        assert bot.asks(one.address, "SELECT count(*) FROM here") == "0", "the end of one was the end of the other"


def refused(bot: Bot, need: ScratchNeeds) -> str:
    """Why none is lent, which must be the same in advance and in earnest."""
    with pytest.raises(Failed) as early:
        bot.scratch.ready("box", need)
    with pytest.raises(Failed) as late, bot.scratch.beside("box", need, stop=Event()):
        pass
    assert str(early.value) == str(late.value)
    return str(late.value)


def test_what_can_be_lent_is_told_in_advance_and_nothing_is_started_for_it(bot: Bot) -> None:
    bot.scratch.ready("box", NEED)
    assert bot.left() == ([], [], [], {})


def test_a_machine_without_the_programs_is_named_with_what_to_install(bot: Bot) -> None:
    bot.scratch._folders = list
    said = refused(bot, NEED)
    assert said.startswith(
        "no PostgreSQL server that runs is on the bot's machine; install PostgreSQL 18 or newer there"
    )


def test_programs_older_than_production_are_named(bot: Bot) -> None:
    assert "production runs PostgreSQL 99 and the bot's machine has only" in refused(bot, replace(NEED, oldest=99))


def test_programs_newer_than_the_hosts_pg_dump_are_named_where_it_must_read_the_copy(bot: Bot) -> None:
    bot.scratch._folders = lambda: [postgres_programs()]
    assert "the host's pg_dump 12 cannot read the PostgreSQL 18" in refused(bot, replace(NEED, oldest=12, newest=12))


def test_an_extension_that_is_not_installed_is_named(bot: Bot) -> None:
    bot.scratch._folders = lambda: [postgres_programs()]
    said = refused(bot, replace(NEED, extensions=("plpgsql", "postgis")))
    assert "lacks (extensions: postgis)" in said


def test_too_little_room_is_told_in_numbers_and_what_others_were_promised_counts(bot: Bot) -> None:
    free = psutil.disk_usage(str(bot.temp)).free
    assert f"the copy needs {2 * free / 1e9 + 0.5:.1f} GB and {bot.temp}" in refused(bot, replace(NEED, size=free))
    nearly = replace(NEED, size=int(free * 0.35))
    with bot.scratch.beside("box", nearly, stop=Event()):
        assert "GB for other copies; make room there" in refused(bot, nearly)


def test_a_path_that_is_too_long_for_a_socket_is_named(bot: Bot) -> None:
    deep = bot.temp / ("d" * 90)
    deep.mkdir(mode=0o777)
    bot.scratch._temp = deep
    with pytest.raises(Failed, match="is too long for a socket"), bot.scratch.beside("box", NEED, stop=Event()):
        pass
    deep.rmdir()


def test_a_cluster_that_cannot_be_made_is_told_with_its_last_word(bot: Bot) -> None:
    with (
        pytest.raises(Failed, match=r"PostgreSQL \d+ does not start on the bot's machine \(initdb: .*encoding"),
        bot.scratch.beside("box", replace(NEED, encoding="KLINGON"), stop=Event()),
    ):
        pass


def test_one_that_is_not_ready_in_time_is_given_up(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throwaway, "READY", 0.05)
    with (
        pytest.raises(Failed, match=r"was not ready on the bot's machine within"),
        bot.scratch.beside("box", NEED, stop=Event()),
    ):
        pass


def test_a_person_can_stop_it_while_it_is_made(bot: Bot) -> None:
    for seconds in (0.05, 0.1, 0.2, 0.3, 0.4):
        stop = Event()
        Timer(seconds, stop.set).start()
        with pytest.raises(Stopped), bot.scratch.beside("box", NEED, stop=stop):
            pass
        assert list(bot.temp.iterdir()) == [], f"stopped after {seconds} s, something still wrote into its folder"
        assert eventually(lambda: not servers(bot.temp)), f"stopped after {seconds} s, a program went on"


def test_a_lost_connection_a_full_disk_and_an_ended_server_are_told(bot: Bot) -> None:
    with bot.scratch.beside("box", NEED, stop=Event()) as lent:
        bot.asks(lent.address, "DO $$BEGIN RAISE EXCEPTION 'could not extend file: No space left on device'; END$$")
        assert lent.lost().startswith(f"the disk of the bot's machine ({bot.temp}) became full")
    with bot.scratch.beside("box", NEED, stop=Event()) as lent:
        for process in servers(bot.temp):
            if process.name() == "postgres":
                process.kill()
        assert eventually(lambda: lent.lost().startswith("the PostgreSQL on the bot's machine ended"))
    with bot.scratch.beside("box", NEED, stop=Event()) as lent:
        bot.shell.close()
        assert "the connection to host “box”, through which the copy was made, was lost" in lent.lost()
