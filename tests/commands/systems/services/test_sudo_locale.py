"""What sudo says is read in English, whatever language the host has."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.ports.preflight import PreflightContext
from commands.systems.preflight.hosts import HostCheck
from tests.commands.steps.builders import box, context
from tests.local_shell import LocalShell
from tests.world import World

GERMAN = """#!/bin/sh
case ${LC_ALL:-$LANG} in
C*) echo 'sudo: a password is required' >&2 ;;
*) echo 'sudo: Ein Passwort ist notwendig' >&2 ;;
esac
exit 1
"""


@pytest.mark.fault("a cause that nobody has seen")
def test_a_missing_rule_is_named_where_sudo_speaks_another_language(tmp_path: Path) -> None:
    for name, text in (("sudo", GERMAN), ("docker", "#!/bin/sh\nexit 1\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    shell = LocalShell({}, tmp_path, base={"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"})
    ctx = PreflightContext(tools=context(World(), shell=shell).tools, ref="main")
    step = box("service", 'host = "h"\nmanager = "docker"\nname = "api"\nsudo = true')
    found = [one for check in step.preflight() if isinstance(check, HostCheck) for one in check.run_preflight(ctx)]
    refused = next(one for one in found if "sudo" in one.summary)
    assert refused.summary == "sudo on host “h” lets this user ask docker only with a password"
    assert refused.todo.startswith("allow `sudo -n docker`")
