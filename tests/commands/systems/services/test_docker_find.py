"""The containers of a host are found although docker cannot tell all of one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.ports.shell import CommandResult
from commands.systems.scripts import script
from tests.local_shell import LocalShell

DOCKER = """\
#!/bin/bash
[ "$1" != ps ] || { printf 'aaa\\nbbb\\n'; exit; }
code=0
for word; do
  case $word in
    %s) echo "Error response from daemon: RWLayer of container $word is unexpectedly nil" >&2; code=1 ;;
    aaa | bbb) echo "the facts of $word" ;;
  esac
done
exit $code
"""


def containers(folder: Path, broken: str) -> CommandResult:
    """What is found where docker lists two containers, and fails at those of the pattern."""
    (folder / "docker").write_text(DOCKER % broken)
    (folder / "docker").chmod(0o755)
    program = f"SUDO=\n{script('services/docker_find.sh')}containers '{{{{.ID}}}}' --all"
    return LocalShell({}, path=folder).ask("h", program)


@pytest.mark.fault("one bad old thing stops all")
def test_one_that_is_half_removed_does_not_hide_the_others(tmp_path: Path) -> None:
    found = containers(tmp_path, "bbb")
    assert (found.code, found.tail.strip()) == (0, "the facts of aaa")


def test_where_docker_tells_nothing_that_is_no_empty_list(tmp_path: Path) -> None:
    found = containers(tmp_path, "aaa | bbb")
    assert found.code != 0
    assert "is unexpectedly nil" in found.tail
