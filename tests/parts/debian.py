"""A Debian in a folder of the user's cache: made once, then read only."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_SUITE = "bookworm"
_MIRROR = "http://deb.debian.org/debian"
_PACKAGES = "systemd,systemd-sysv,dbus,sudo,procps,openssh-server,python3-minimal,libpython3-stdlib"
# what the productions of the recipes need more
_DJANGO = ("python3-django", "python3-celery")
RECIPES = ("git", "postgresql", "nginx", "python3-venv", "gunicorn", "python3-psycopg2", *_DJANGO, "alembic")
# What a new root gets: users of which one may ask systemd for everything and one for nothing, a journal that is kept
# in memory, and nothing that takes a port or starts by itself.
_SETUP = r"""
echo machine > /etc/hostname
echo '127.0.0.1 localhost machine' > /etc/hosts
for user in deploy guest; do useradd --create-home --shell /bin/bash "$user"; done
usermod --append --groups systemd-journal deploy
echo 'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl, /usr/bin/journalctl' > /etc/sudoers.d/deploy
chmod 440 /etc/sudoers.d/deploy
systemctl mask --quiet ssh.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
rm -rf /var/log/journal /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb /usr/share/doc
rm -rf /usr/share/man /usr/share/locale
"""
# the root that there is, the new one, and the packages; a server among them starts when a test starts it
_MORE = r"""
base=$1 new=$2
shift 2
cp -a -- "$base" "$new"
mount -t proc proc "$new/proc"
trap 'umount "$new/proc"' EXIT
cp /etc/resolv.conf "$new/etc/resolv.conf"
export DEBIAN_FRONTEND=noninteractive
chroot "$new" apt-get update -qq
chroot "$new" apt-get install -y -qq --no-install-recommends "$@"
rm -f "$new"/etc/systemd/system/multi-user.target.wants/{nginx,postgresql}.service
rm -rf "$new"/var/lib/apt/lists/* "$new"/var/cache/apt/archives/*.deb
"""


def debian_root(*packages: str) -> Path:
    """The folder, with more packages. Skips the test where this machine can make none."""
    base = debian_root() if packages else None
    made_of = " ".join((_SUITE, _MIRROR, _PACKAGES, _SETUP, *((_MORE, *packages) if packages else ())))
    recipe = hashlib.sha256(made_of.encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gonogo-tests"
    root = cache / f"debian-{_SUITE}-{recipe}"
    if root.exists():
        return root
    program = shutil.which("debootstrap", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or os.geteuid() != 0:
        pytest.skip("this machine has no debootstrap, or the user is not root")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:  # several workers want it at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            new = root.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)  # of a process that was killed
            bootstrap = [program, "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(new), _MIRROR]
            setup = ["chroot", str(new), "bash", "-euc", _SETUP]
            more = ["bash", "-euc", _MORE, "more", str(base), str(new), *packages]
            for command in (more,) if base else (bootstrap, setup):
                _run(command)
            new.rename(root)
    return root


def _run(command: list[str]) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = (ended.stdout + ended.stderr)[-300:]
        pytest.skip(f"{command[0]} could not make a Debian here: {said}")


if __name__ == "__main__":  # before the tests, which have no minutes for it
    try:
        print(debian_root(), debian_root(*RECIPES), sep="\n")
    except pytest.skip.Exception as missing:
        print(f"Tests that boot a machine will be skipped: {missing}.", file=sys.stderr)
