"""The boxes of a bot: whose they are, when one ends, and what refuses one."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.drill_box.box import Box
from bot.drill_box.boxes import Boxes
from bot.drill_box.files import KEEPER, MAKER, VALUES
from bot.drill_box.locks import held, is_held
from bot.drill_box.values import WithBoxes, write_values
from bot.settings import read_page_file, read_settings, shipped_runbooks
from commands.run.lost_places import Lost
from commands.runbook.drill import box_of, drill_page
from commands.start.request import StartRequest
from commands.start.starter import start
from state.errors import Refused
from state.facts import Actor, Door
from state.records import Drill, RunState
from state.sqlite.store import Store
from tests.pages import NOON, small

A = read_page_file(shipped_runbooks() / "option-a.md")
BOX = "0A1B2C3D"
HOLD = """
import sys
from pathlib import Path
from bot.drill_box.locks import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    input()
"""
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "gonogo.db", serving=True)
    yield opened
    opened.close()


def boxes_of(store: Store, tmp_path: Path, **environ: str) -> Boxes:
    return Boxes(store, tmp_path / "boxes", environ, tmp_path / "cache")


def empty_box(tmp_path: Path, name: str = BOX) -> Path:
    folder = tmp_path / "boxes" / name
    folder.mkdir(parents=True)
    return folder


def test_a_box_that_no_active_run_has_is_ended_and_one_that_a_run_has_stays(store: Store, tmp_path: Path) -> None:
    ours, other = empty_box(tmp_path), empty_box(tmp_path, "11111111")
    page = drill_page(small(), BOX)
    run = start(store, page, StartRequest(drill=Drill.BOX), Actor(person="U1", door=Door.SLACK), PEOPLE, NOON)
    boxes = boxes_of(store, tmp_path)
    boxes.sweep()
    assert (ours.exists(), other.exists()) == (True, False)
    store.move_run(run.id, RunState.ABORTED, NOON)
    boxes.sweep()
    assert not ours.exists()


def test_a_box_that_a_bot_is_making_is_ended_by_no_other(store: Store, tmp_path: Path) -> None:
    folder = empty_box(tmp_path)
    with held(folder / MAKER):
        boxes_of(store, tmp_path).sweep()
        assert folder.exists()
    boxes_of(store, tmp_path).sweep()
    assert not folder.exists()


def test_while_a_run_cannot_be_read_every_box_stays(store: Store, tmp_path: Path) -> None:
    folder = empty_box(tmp_path)
    start(store, small(), StartRequest(), Actor(person="U1", door=Door.SLACK), PEOPLE, NOON)
    with store.opened.write():
        store.opened.execute("UPDATE runs SET began_at = 'nonsense'")
    boxes_of(store, tmp_path).sweep()
    assert folder.exists()


def test_a_box_whose_drill_is_refused_after_all_is_ended_at_once(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="already has run 1"), boxes_of(store, tmp_path)._new() as box:
        assert box.folder.exists()
        raise Refused("shop (drill) already has run 1")
    assert not box.folder.exists()


def test_where_no_folder_can_be_made_the_drill_is_refused_with_why(store: Store, tmp_path: Path) -> None:
    (tmp_path / "boxes").write_text("a file")
    with (
        pytest.raises(Refused, match=r"No sandbox can be started in .*boxes: "),
        boxes_of(store, tmp_path).played(A),
    ):
        pass


@pytest.mark.fault("one bad old thing stops all")
def test_what_cannot_be_ended_keeps_no_box_from_ending(store: Store, tmp_path: Path) -> None:
    folders = [empty_box(tmp_path, name) for name in ("00000000", "11111111", "22222222")]
    for number in range(20):
        (tmp_path / "boxes" / f"{number:08X}A"[1:]).write_text("a file, which nobody can lock as a folder's")
    boxes_of(store, tmp_path).sweep()
    assert not any(folder.exists() for folder in folders)


def test_nothing_but_boxes_is_touched_in_their_folder(store: Store, tmp_path: Path) -> None:
    mine = empty_box(tmp_path, "notes")
    boxes_of(store, tmp_path).sweep()
    assert mine.exists()


def test_a_page_whose_drill_has_places_is_drilled_there(store: Store, tmp_path: Path) -> None:
    with boxes_of(store, tmp_path, DRILL_SSH="a@b:22").played(A) as page:
        assert page.places.hosts["production"].address == "$DRILL_SSH"
    assert not (tmp_path / "boxes").exists()


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("", r"Add a table \[drill\] to its box “toml runbook”, .* The bot starts a sandbox only for the pages that"),
        (
            '\n\n[drill]\n"SHOP_*" = "$DRILL_*"',
            r"Set the variables of its table \[drill\] in the bot's environment, and restart the bot: DRILL_SSH, DRILL",
        ),
    ],
)
def test_a_page_for_which_there_is_no_box_is_told_what_it_lacks(
    store: Store, tmp_path: Path, table: str, why: str
) -> None:
    page = small(**{'time_zone = "Asia/Bangkok"': f'time_zone = "Asia/Bangkok"{table}'})
    with (
        pytest.raises(Refused, match=rf"small.md cannot be drilled yet\. {why}"),
        boxes_of(store, tmp_path).played(page),
    ):
        pass
    assert not (tmp_path / "boxes").exists()


def test_a_path_that_is_too_long_for_the_targets_sockets_is_refused_and_leaves_nothing(
    store: Store, tmp_path: Path
) -> None:
    deep = tmp_path / ("d" * 80)
    deep.mkdir()
    boxes = Boxes(store, deep / "boxes", {}, tmp_path)
    with pytest.raises(Refused, match="needs a shorter path than"), boxes.played(A):
        pass
    assert list((deep / "boxes").iterdir()) == []


def test_a_bot_that_stops_gives_the_box_up(store: Store, short: Path) -> None:
    boxes = Boxes(store, short / "boxes", {}, short / "cache")
    boxes.stop()
    with pytest.raises(Refused, match="The bot is stopping"), boxes.played(A):
        pass
    assert list((short / "boxes").iterdir()) == []


def test_the_values_of_a_box_are_those_of_its_own_names_alone(tmp_path: Path) -> None:
    folder = empty_box(tmp_path)
    write_values(folder, {"SSH": "dj@box:22"})
    environ = WithBoxes({"PROD_SSH": "p", f"BOX_{BOX}_PROD_KEY": "set by somebody"}, tmp_path / "boxes")
    assert (environ["PROD_SSH"], environ[f"BOX_{BOX}_PROD_SSH"]) == ("p", "dj@box:22")
    for name in (f"BOX_{BOX}_PROD_KEY", "BOX_FFFFFFFF_PROD_SSH", "BOX_../../X_SSH", "SSH"):
        assert environ.get(name) is None
    assert list(environ) == ["PROD_SSH", f"BOX_{BOX}_PROD_KEY"]
    assert (folder / VALUES).stat().st_mode & 0o777 == 0o600
    (folder / VALUES).write_text("[1")
    assert environ.get(f"BOX_{BOX}_PROD_SSH") is None


def test_every_command_finds_the_boxes_beside_the_record(tmp_path: Path) -> None:
    settings = read_settings({"GONOGO_STATE": str(tmp_path / "gonogo.db")})
    folder = settings.boxes / BOX
    folder.mkdir(parents=True)
    write_values(folder, {"SSH": "dj@box:22"})
    assert settings.environ[f"BOX_{BOX}_PROD_SSH"] == "dj@box:22"


def test_bots_of_other_records_have_other_boxes_also_in_the_same_folder() -> None:
    records = ("gonogo.db", "other.db", "postgresql://a@db1/gonogo", "postgresql://a@db2/gonogo")
    assert len({read_settings({"GONOGO_STATE": record}).boxes for record in records}) == len(records)


def test_only_a_drill_in_a_box_can_lose_its_places(store: Store, tmp_path: Path) -> None:
    boxes = boxes_of(store, tmp_path)
    assert boxes.lost(small()) is None
    assert boxes.lost(drill_page(A)) is None
    elsewhere = boxes.lost(drill_page(A, BOX))
    assert elsewhere == Lost(why="its sandbox is gone: it was removed, or is beside another bot", elsewhere=True)
    empty_box(tmp_path)
    assert boxes.lost(drill_page(A, BOX)) == Lost(why="its sandbox is gone: it was stopped")


def test_a_lock_is_free_again_once_its_holder_was_killed(tmp_path: Path) -> None:
    file = tmp_path / KEEPER
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        assert is_held(file)
        with pytest.raises(BlockingIOError), held(file, wait=False):
            pass
        holder.kill()
        holder.wait()
    assert not is_held(file)


def test_a_box_is_named_by_the_page_of_its_drill_alone() -> None:
    drill = drill_page(A, BOX)
    assert box_of(drill) == BOX
    assert (box_of(A), box_of(drill_page(A))) == ("", "")
    assert drill.places.hosts["production"].address == f"$BOX_{BOX}_PROD_SSH"
    assert {name.split("_")[0] for name in drill.env_names()} == {"$BOX", "$GONOGO"}
    assert set(A.env_names()) <= set(drill.masked_names()), "what a message must not show is still known"


def test_a_keeper_that_ends_at_once_is_told_with_its_last_words(short: Path) -> None:
    folder = short / BOX
    (folder / "target").mkdir(parents=True)
    (folder / "target" / "mine.txt").write_text("somebody's")
    with pytest.raises(Refused, match=r"did not start: .* holds other files"):
        Box(folder, short / "cache").start({}, threading.Event())
