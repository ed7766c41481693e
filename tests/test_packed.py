"""The image, the compose file and the manifests: what they promise, and the bot as they run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
import tomllib
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pydantic
import pytest
import yaml  # type: ignore[import-untyped]
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.docker_daemon import docker_daemon
from tests.parts.debian import debian_root

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "docs" / "deploy"
CONTAINERFILE = (ROOT / "Containerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
DEPLOYMENT, BUDGET = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())
BOTS = ("bot-1", "bot-2")
GRACE = 20  # seconds between the word to stop and the kill, everywhere
SITE = Path(pydantic.__file__).parents[1]


def pinned(lock: str) -> dict[str, str]:
    """Each package of a lock, with its version and hashes."""
    blocks = re.findall(r"^([\w.-]+)==((?:.*\\\n)*.*)", (ROOT / lock).read_text(), re.MULTILINE)
    return {canonicalize_name(name): re.sub(r"\s+", " ", rest) for name, rest in blocks}


def needed() -> set[str]:
    """What an installed gonogo without extras needs here, and what that needs."""
    found: set[str] = set()
    left = ["gonogo"]
    while left:
        for line in requires(left.pop()) or ():
            requirement = Requirement(line)
            name = canonicalize_name(requirement.name)
            if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
                continue
            found.add(name)
            left += [name]
    return found


def test_the_image_gets_what_the_bot_needs_with_the_pins_and_hashes_of_the_lock() -> None:
    image, whole = pinned("requirements.image.lock"), pinned("requirements.lock")
    assert {name: image.get(name) for name in image} == {name: whole.get(name) for name in image}, "run make lock"
    assert needed() <= image.keys(), "run make lock"
    assert not {"playwright", "pytest", "mypy"} & image.keys(), "it holds what only tests need"


def test_all_that_the_image_is_made_of_is_there_and_is_sent_to_its_maker() -> None:
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", CONTAINERFILE, re.MULTILINE) for word in line.split()
    }
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == sent
    assert not [name for name in copied if not (ROOT / name).exists()]
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(built["only-include"]) <= copied


def test_nothing_runs_as_root_or_writes_to_its_root_file_system() -> None:
    user = re.findall(r"^USER (\d+):\d+$", CONTAINERFILE, re.MULTILINE)
    assert user == ["10001"]
    pod = DEPLOYMENT["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsNonRoot"]) == (int(user[0]), True)
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/var/lib/gonogo", "/tmp", "/pages"}  # noqa: S108
    for bot in BOTS:
        assert (COMPOSE["services"][bot]["read_only"], COMPOSE["services"][bot]["tmpfs"]) == (True, ["/tmp"])  # noqa: S108


def test_a_bot_has_the_time_to_hand_over_and_another_one_is_there() -> None:
    spec = DEPLOYMENT["spec"]
    assert (spec["replicas"], spec["strategy"]["rollingUpdate"]) == (2, {"maxUnavailable": 0, "maxSurge": 1})
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == GRACE
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == BUDGET["spec"]["selector"]["matchLabels"] == labels
    assert BUDGET["spec"]["minAvailable"] == 1
    assert {COMPOSE["services"][bot]["stop_grace_period"] for bot in BOTS} == {f"{GRACE}s"}
    assert f"TimeoutStopSec={GRACE}s" in (DEPLOY / "gonogo.service").read_text()


def test_compose_takes_its_file(tmp_path: Path) -> None:
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("this machine has no docker-compose")
    shutil.copy(DEPLOY / "compose.yaml", tmp_path)
    for name in ("bot.env", "record.env"):
        (tmp_path / name).write_text("NAME=value\n")
    ended = subprocess.run(
        [program, "-f", str(tmp_path / "compose.yaml"), "config", "--services"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, sorted(ended.stdout.split())) == (0, [*BOTS, "record"]), ended.stderr


def test_the_bot_serves_and_stops_in_order_as_the_compose_file_runs_it(tmp_path: Path) -> None:
    bot: dict[str, Any] = COMPOSE["services"][BOTS[0]]
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 10001, 10001)
    options = ["--network=host", "--user=10001:10001", "--read-only", "--init"]
    options += [f"--tmpfs={path}" for path in bot["tmpfs"]] + [f"--cap-drop={name}" for name in bot["cap_drop"]]
    options += [f"--security-opt={option.split(':')[0]}" for option in bot["security_opt"]]
    options += [f"--volume={folder}:{folder}:ro" for folder in (ROOT, SITE)] + [f"--volume={state}:/var/lib/gonogo"]
    environ = {"HOME": "/var/lib/gonogo", "GONOGO_STATE": "/var/lib/gonogo/gonogo.db", "GONOGO_CHANNEL": "C01DEPLOY"}
    environ |= {"PYTHONPATH": f"{ROOT}:{SITE}", "PYTHONDONTWRITEBYTECODE": "1"}
    options += [f"--env={name}={value}" for name, value in environ.items()] + ["--workdir=/var/lib/gonogo"]
    with docker_daemon() as docker:
        packed, parts = (
            tmp_path / "debian.tar",
            ("bin", "etc", "lib", "lib64", "sbin", "usr/bin", "usr/lib", "usr/lib64"),
        )
        subprocess.run(["tar", "-C", str(debian_root()), "-cf", str(packed), *parts], check=True)
        docker.ask("import", str(packed), "bot")
        docker.ask(
            "run", "-d", "--name=bot", *options, "bot", "/usr/bin/python3", "-m", "bot.cli", "serve", "--no-slack"
        )
        until = time.monotonic() + 40
        while "serving the record /var/lib/gonogo/gonogo.db" not in (said := docker.ask("logs", "bot")):
            assert time.monotonic() < until, said
            time.sleep(0.2)
        with pytest.raises(Exception, match="Read-only file system"):
            docker.ask("exec", "bot", "/usr/bin/python3", "-c", "open('/x', 'w')")
        docker.ask("stop", f"--time={GRACE}", "bot")
        assert docker.ask("inspect", "--format={{.State.ExitCode}}", "bot") == "0\n", docker.ask("logs", "bot")
    assert (state / "gonogo.db").stat().st_uid == 10001
