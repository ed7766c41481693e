"""What is installed is what the lock says, by hash, and under licences that fit an MIT project."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.licences import ALLOWED, NAMED, licence_problem, locked

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def package(folder: Path, *lines: str) -> Distribution:
    """A package as pip leaves it on the disk, with these lines in its metadata."""
    info = folder / "added-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("\n".join(("Metadata-Version: 2.4", "Name: Added", "Version: 1.0", *lines)) + "\n")
    return PathDistribution(info)


def here() -> list[str]:
    """The names of the locked packages that this platform needs."""
    return [name for name, wanted in locked(LOCK).items() if wanted.marker is None or wanted.marker.evaluate()]


def test_every_locked_package_has_a_licence_that_fits() -> None:
    problems = [problem for name in here() if (problem := licence_problem(distribution(name)))]
    assert not problems, f"see tests/licences.py: {problems}"


def test_every_npm_package_that_tests_need_is_locked_by_hash_under_a_licence_that_fits() -> None:
    lock = json.loads((ROOT / "tests" / "slack_types" / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert len(packages) > 3
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert package["license"] in ALLOWED, name


def test_a_package_that_is_named_with_a_reason_is_still_locked() -> None:
    assert set(NAMED) <= set(locked(LOCK)), "an exception is for a package that is no longer there"


@pytest.mark.parametrize(
    "line",
    [
        "License-Expression: GPL-3.0-or-later",
        "License-Expression: MIT AND GPL-2.0-only",
        "License-Expression: AGPL-3.0-only OR GPL-3.0-only",
        "License-Expression: GPL-2.0-only WITH Classpath-exception-2.0",
        "License-Expression: (MIT OR Apache-2.0) AND AGPL-3.0-or-later",
        "License-Expression: LGPL-3.0-only",
        "License-Expression: LicenseRef-Commercial",
        "License-Expression: MIT or so",
        "License: GPLv3",
        "License: UNKNOWN",
        "License: All rights reserved",
        "Classifier: License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)",
        "Classifier: License :: OSI Approved",
        "Classifier: Programming Language :: Python",
    ],
)
def test_a_package_under_the_gpl_or_an_unknown_licence_is_red(tmp_path: Path, line: str) -> None:
    assert licence_problem(package(tmp_path, line)).startswith("added: ")


def test_a_classifier_does_not_hide_what_the_license_field_says(tmp_path: Path) -> None:
    lines = ("License: GPL-3.0-or-later", "Classifier: License :: OSI Approved :: MIT License")
    assert licence_problem(package(tmp_path, *lines)) == "added: GPL-3.0-or-later is not in the list"


@pytest.mark.parametrize(
    "line",
    [
        "License-Expression: MIT",
        "License-Expression: Apache-2.0 OR GPL-2.0-only",
        "License-Expression: GPL-3.0-only OR (MIT AND Zlib)",
        "License: EPL-2.0 OR GPL-2.0-or-later",
        "Classifier: License :: OSI Approved :: BSD License",
    ],
)
def test_a_licence_that_leaves_a_fitting_choice_is_good(tmp_path: Path, line: str) -> None:
    assert licence_problem(package(tmp_path, line)) == ""


def test_the_lock_names_one_version_and_the_hashes_of_every_package() -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK.read_text().strip())
    assert len(blocks) == len(locked(LOCK)) > 80
    for block in blocks:
        assert re.match(r"[a-z0-9.-]+==[^\s;]+", block), block.splitlines()[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block), f"no hash: {block.splitlines()[0]}"


def test_the_lock_is_what_pyproject_asks_for() -> None:
    versions = {name: str(wanted.specifier).removeprefix("==") for name, wanted in locked(LOCK).items()}
    asked = [*PROJECT["dependencies"], *(line for lines in PROJECT["optional-dependencies"].values() for line in lines)]
    for wanted in map(Requirement, asked):
        assert wanted.name in versions, f"{wanted.name} is not locked: make lock"
        assert wanted.specifier.contains(versions[wanted.name]), f"{wanted.name} is another version: make lock"


def test_what_is_installed_is_what_is_locked() -> None:
    wrong = [name for name in here() if f"=={distribution(name).version}" != str(locked(LOCK)[name].specifier)]
    assert not wrong, f"installed in another version: {wrong}"


def test_make_installs_nothing_without_its_hash_and_runs_no_setup_script() -> None:
    installs = re.findall(r"pip install (.*)", (ROOT / "Makefile").read_text())
    assert len(installs) == 2
    assert "--require-hashes --only-binary :all: -r requirements.lock" in installs[0]
    assert "--no-deps --no-build-isolation" in installs[1], "the build would fetch its backend without a hash"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_and_names_each_action_by_its_commit(workflow: Path) -> None:
    text = workflow.read_text()
    assert "\npermissions:\n  contents: read\n" in text
    assert "write" not in text
    for action in re.findall(r"uses: (.+)", text):
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", action), f"{action} is not a commit"
