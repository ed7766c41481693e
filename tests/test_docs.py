"""CONTRIBUTING, CHANGELOG and the version are held to the tree."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_every_path_that_contributing_names_exists() -> None:
    named = set(re.findall(r"`((?:bot|commands|state|tests)/[\w/.-]*)", CONTRIBUTING))
    missing = sorted(path for path in named if not (ROOT / path).exists())
    assert len(named) > 15, "the table of where things go names hardly a path"
    assert not missing, f"CONTRIBUTING.md names what is not there: {missing}"


def test_the_first_line_of_each_file_is_short() -> None:
    files = [path for top in ("bot", "commands", "state", "tests") for path in (ROOT / top).rglob("*.py")]
    first_lines = {path.relative_to(ROOT): path.read_text().partition("\n")[0] for path in files}
    long = sorted(f"{path} ({len(line)})" for path, line in first_lines.items() if len(line) >= 100)
    assert len(files) > 300, "hardly a file was read"
    assert not long, f"the first line says in under 100 characters what a file is; too long: {long}"


def test_every_room_of_the_core_stands_in_the_picture() -> None:
    picture = CONTRIBUTING.split("```text", 1)[1].split("```", 1)[0]
    rooms = {path.name for path in (ROOT / "commands").iterdir() if (path / "__init__.py").exists()}
    missing = sorted(room for room in rooms if not re.search(rf"\b{room}\b", picture))
    assert not missing, f"rooms of commands/ that the picture in CONTRIBUTING.md does not show: {missing}"


def test_every_make_target_that_contributing_names_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^make (\w+)", CONTRIBUTING, re.MULTILINE))
    assert named <= targets, f"the Makefile has no {sorted(named - targets)}"


def test_the_version_stands_in_one_place_and_has_its_entries() -> None:
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", CHANGELOG, re.MULTILINE)
    assert newest, "CHANGELOG.md has no dated release"
    assert newest[1] == VERSION, "the newest dated release of CHANGELOG.md is not the version in pyproject.toml"
    assert version("gonogo") == VERSION, "the installed gonogo is another version: make .venv/.ready"
    elsewhere = [
        str(path.relative_to(ROOT))
        for room in ("bot", "commands", "state")
        for path in (ROOT / room).rglob("*.py")
        if re.search(rf"""["']{re.escape(VERSION)}["']""", path.read_text())
    ]
    assert not elsewhere, f"the version is written a second time in {elsewhere}"


def test_a_release_fits_on_two_screens() -> None:
    for part in CHANGELOG.split("\n## [")[1:]:
        lines = part.strip().splitlines()
        assert len(lines) <= 100, f"{lines[0]} has {len(lines)} lines; a reader sees about 50 at once"
        assert max(map(len, lines)) <= 160, f"a line of {lines[0]} is too long to read in one look"
