"""A state file on a network file system is known by the kernel's list of mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.doctor.record import check_record
from state.sqlite import network_disk
from state.sqlite.network_disk import file_system, network_problem

LIST = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:40 / /srv rw,relatime shared:2 master:1 - nfs4 nas:/srv rw,vers=4.2
41 40 0:41 / /srv/local rw - xfs /dev/sdb1 rw
42 22 0:42 / /mnt/my\\040share rw - cifs //nas/share rw
43 22 0:43 / /over rw - nfs nas:/old rw
44 22 0:44 / /over rw - tmpfs tmpfs rw
not a mount
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/gonogo.db", "ext4"),
        ("/srv/gonogo/gonogo.db", "nfs4"),
        ("/srvx/gonogo.db", "ext4"),
        ("/srv/local/gonogo.db", "xfs"),
        ("/mnt/my share/gonogo.db", "cifs"),
        ("/over/gonogo.db", "tmpfs"),
    ],
)
def test_the_deepest_and_latest_mount_counts(path: str, kind: str) -> None:
    assert file_system(Path(path), LIST) == kind


@pytest.mark.fault("found too late, known before")
def test_the_doctor_warns_of_a_network_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mountinfo"
    monkeypatch.setattr(network_disk, "MOUNTS", mounts)
    path = tmp_path / "gonogo.db"
    assert network_problem(path) == "", "what cannot be told is no problem"
    for kind, warned in (
        ("nfs4", True),
        ("fuse.sshfs", True),
        ("virtiofs", True),
        ("fuse.grpcfuse", True),
        ("vboxsf", True),
        ("ext4", False),
        ("fuse.ext4", False),
        ("overlay", False),
    ):
        mounts.write_text(f"1 0 0:1 / / rw - {kind} x rw\n")
        found = [str(line) for line in check_record(path) if "network or shared file system" in str(line)]
        assert bool(found) == warned, kind
        assert all(line.startswith("warn") and f"({kind})" in line for line in found)
