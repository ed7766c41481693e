"""The wheel has what `gonogo init` writes pages from."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_wheel_has_every_recipe(tmp_path: Path) -> None:
    source = tmp_path / "source"
    left_out = shutil.ignore_patterns(".*", "tests", "*.egg-info", "build", "__pycache__")
    shutil.copytree(ROOT, source, symlinks=True, ignore=left_out)
    code = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=source, check=True, capture_output=True, timeout=120
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        recipes = {name: wheel.read(name) for name in wheel.namelist() if name.startswith("bot/recipes/")}
    assert recipes == {
        f"bot/recipes/{path.name}": path.read_bytes() for path in (ROOT / "docs" / "recipes").glob("*.md")
    }
