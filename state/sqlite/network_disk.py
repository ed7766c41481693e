"""Whether a state file lies on a network or shared file system, where SQLite's locks may fail."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
NETWORK_TODO = "set GONOGO_STATE to a file on a local disk, or to the address of a PostgreSQL"
_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|ncpfs|afs|9p|ceph|glusterfs|davfs"
    r"|fuse\.(?:sshfs|glusterfs|ceph\w*|s3fs|rclone|davfs\w*|gcsfuse|blobfuse\d?|juicefs|smbnetfs)"
    # folders of the machine that a virtual one runs on: Docker Desktop, Lima, VirtualBox, Parallels, VMware, WSL 1
    r"|virtiofs|fakeowner|osxfs|vboxsf|prl_fs|vmhgfs|drvfs|fuse\.(?:grpcfuse|osxfs|vmhgfs-fuse)",
)
_ESCAPE = re.compile(r"\\([0-7]{3})")  # how the kernel writes a space in a path
_MOUNT_POINT = 4  # which word of a line; the type follows the word "-"


def network_problem(path: Path) -> str:
    """What is wrong with the disk of this file, as a clause; empty if it is local, or if that cannot be told."""
    try:
        mounts = MOUNTS.read_text(errors="surrogateescape")
    except OSError:
        return ""
    kind = file_system(path.resolve(), mounts)
    if not _NETWORK.fullmatch(kind):
        return ""
    return (
        f"the state file is on a network or shared file system ({kind}), where SQLite's locks may not hold and it may "
        "be damaged"
    )


def file_system(path: Path, mounts: str) -> str:
    """The type of the file system that holds a path, by the kernel's list of mounts; empty if none does."""
    found, longest = "", -1
    for line in mounts.splitlines():
        words, _, after = line.partition(" - ")
        if len(fields := words.split(" ")) <= _MOUNT_POINT or not after:
            continue
        at = Path(_ESCAPE.sub(lambda code: chr(int(code[1], 8)), fields[_MOUNT_POINT]))
        # a later mount at the same place hides the earlier one
        if path.is_relative_to(at) and len(at.parts) >= longest:
            found, longest = after.split(" ")[0], len(at.parts)
    return found
