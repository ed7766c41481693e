"""A real docker daemon with images of its own, and a `docker` that talks to it."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.rehearsal.target.host import TargetError
from bot.rehearsal.target.loopback import wait_until
from tests.local_shell import LocalShell
from tests.parts.debian import debian_root
from tests.parts.service import PATH, Service

# of a shell whose words do all that the containers here need
_PROGRAM = "/bin/dash"
_WORDS = ["--iptables=false", "--ip6tables=false", "--bridge=none", "--log-level=error"]

# what the containers of services need, beside libraries; a docker that stores plain folders copies it for each of them
_OF_DEBIAN = ("/bin/sh", "/usr/bin/python3", "/usr/lib/python3.11", "/etc/passwd")
_HEALTH = "python3 -c 'import urllib.request as u; u.urlopen(\"{url}\")'"


class Docker:
    """The daemon. `bin` has the `docker` that talks to it, and the `docker-compose`, unless `config` has compose 2."""

    def __init__(self, folder: Path, config: Path | None = None) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.own = self.bin  # the programs that the tests themselves ask
        self.config = config
        environ = f"DOCKER_HOST=unix://{folder}/docker.sock DOCKER_CONFIG={config or folder}"
        for name in ("docker", "docker-compose"):
            program = "/nowhere" if config and name != "docker" else shutil.which(name) or f"/nowhere/{name}"
            (self.bin / name).write_text(f'#!/bin/sh\n{environ} exec {program} "$@"\n')
            (self.bin / name).chmod(0o755)

    def ask(self, *words: str, data: bytes = b"") -> str:
        """What docker prints. Raises TargetError."""
        return self._ask("docker", words, data)

    def compose(self, folder: Path, *words: str) -> str:
        """What compose prints, in a project's folder. Skips the test where there is none. Raises TargetError."""
        words = ("--project-directory", str(folder), *words)
        if self.config:
            return self._ask("docker", ("compose", *words))
        if shutil.which("docker-compose") is None:
            pytest.skip("this machine has no docker-compose")
        return self._ask("docker-compose", words)

    def shell(self, **environ: str) -> LocalShell:
        """The Shell of a host with this daemon; `environ` gives the `$NAME`s."""
        return LocalShell(environ, self.bin)

    def service(self, name: str) -> Service:
        """A service in a folder of its own, which its containers see under the same name."""
        return Service(self.folder / "services" / name, name)

    def image(self, tag: str, commit: str = "") -> None:
        """Make an image with a Python; what runs in it answers with this commit, if there is one."""
        packed = self.folder / "debian.tar"
        if not packed.exists():
            pack_debian(packed, debian_root(), _OF_DEBIAN)
        lines = [f"ENV COMMIT={commit}", f"LABEL org.opencontainers.image.revision={commit}"] if commit else []
        self.ask("import", *(f"--change={line}" for line in lines), str(packed), tag)

    def start(self, service: Service, image: str, *words: str) -> None:
        """Start a container with the program of a service; `words` are more options of docker."""
        volume, command = f"--volume={service.folder}:{service.folder}", service.command.split()
        self.ask("run", "-d", "--network=host", f"--name={service.name}", volume, *words, image, *command)

    def health(self, service: Service) -> list[str]:
        """The options that let docker ask a service for its health each second."""
        return [f"--health-cmd={_HEALTH.format(url=service.url + PATH)}", "--health-interval=1s"]

    def _ask(self, program: str, words: Sequence[str], data: bytes = b"") -> str:
        ended = subprocess.run(
            [self.own / program, *words], input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if ended.returncode:
            raise TargetError(f"{program} {' '.join(words)}: {ended.stdout.decode()}")
        return ended.stdout.decode()

    def run(self, name: str, script: str, *words: str, image: str = "small") -> None:
        """Start a container with a shell script, which waits where it reads a line.

        It opens its pipe once, for both ways: at an end that it opens anew it could meet the writer of the last line
        and read an end of file.
        """
        pipe = self.folder / f"{name}.pipe"
        os.mkfifo(pipe)
        self.ask("run", "-d", "--network=host", f"--name={name}", f"--volume={pipe}:/pipe", *words, image,
                 _PROGRAM, "-c", f"exec 0<>/pipe; {script}")  # fmt: skip

    def go_on(self, name: str) -> None:
        """Let a container go on where it waits."""
        with (self.folder / f"{name}.pipe").open("w") as pipe:
            pipe.write("\n")

    def wait_for(self, name: str, line: str) -> None:
        """Wait until a container has printed a line."""
        wait_until(lambda: line in self.ask("logs", name).splitlines(), f"{line} of {name}")

    def mark(self) -> str:
        """The time of the host now."""
        return f"{time.time():.6f}"


@contextmanager
def docker_daemon(config: Path | None = None) -> Iterator[Docker]:
    """A daemon that runs meanwhile. Skips the test where there is none, or where it may not start.

    `config` is the folder of docker's plugins, see `tests.parts.compose`.
    """
    program = shutil.which("dockerd") or shutil.which("dockerd", path="/usr/sbin")
    if program is None or shutil.which("docker") is None or os.geteuid() != 0:
        pytest.skip("this machine has no dockerd, or the user is not root")
    with TemporaryDirectory(prefix="gt-", dir="/tmp", ignore_cleanup_errors=True) as name:
        docker, log = Docker(Path(name), config), Path(name) / "log"
        folders = [f"--data-root={name}/data", f"--exec-root={name}/exec", f"--pidfile={name}/pid"]
        with log.open("w") as out:
            process = subprocess.Popen(
                [program, *folders, f"--host=unix://{name}/docker.sock", *_WORDS], stdout=out, stderr=out
            )
        try:
            _start(docker, process, log)
            yield docker
        finally:
            _stop(docker, process)


def _start(docker: Docker, process: subprocess.Popen[bytes], log: Path) -> None:
    def answers() -> bool:
        if process.poll() is not None:
            pytest.skip(f"dockerd may not run here: {log.read_text()[-200:]}")
        return subprocess.run([docker.bin / "docker", "info"], capture_output=True, check=False).returncode == 0

    wait_until(answers, "dockerd")
    require_container(docker)


def require_container(docker: Docker) -> None:
    """Skip the test where no container may be started; afterwards there is the image `small`, with a shell."""
    docker.ask("import", "-", "small", data=_image())
    try:
        docker.ask("run", "--rm", "--network=host", "small", _PROGRAM, "-c", "echo works")
    except TargetError as error:
        pytest.skip(f"docker may start no container here: {error}")


def _stop(docker: Docker, process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        for container in docker.ask("ps", "-aq").split():
            docker.ask("rm", "-f", container)
        process.terminate()
        process.wait(30)
    # dockerd leaves this mounted
    subprocess.run(["umount", docker.folder / "exec/netns/default"], stderr=subprocess.DEVNULL, check=False)


def pack_debian(packed: Path, root: Path, files: Sequence[str]) -> None:
    """Pack files and folders of a Debian for an image, and the libraries that they need."""
    inside = ["chroot", str(root)]
    binaries = ["-type", "f", "(", "-name", "*.so", "-o", "-path", "*/bin/*", ")"]
    found = subprocess.run([*inside, "find", "-H", *files, *binaries], stdout=subprocess.PIPE, check=True)
    needs = subprocess.run(  # it fails for what is no binary
        [*inside, "ldd", *found.stdout.decode().split()], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    libraries = sorted(set(re.findall(r"(/\S+) \(0x", needs.stdout.decode())))
    words = ["tar", "--dereference", "--exclude=*/static/*", "-c", *files, *libraries]  # there some links lead nowhere
    with packed.open("wb") as out:
        subprocess.run([*inside, *words], stdout=out, stderr=subprocess.DEVNULL, check=True)


def _image() -> bytes:
    """A root folder with one shell and the libraries that it needs."""
    listed = subprocess.run(["ldd", _PROGRAM], capture_output=True, text=True, check=True).stdout
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", dereference=True) as archive:
        for file in [_PROGRAM, *re.findall(r"(/\S+) \(0x", listed)]:
            archive.add(file)
    return packed.getvalue()
