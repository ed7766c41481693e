"""Each kind of fault has a test that walks into it, and each such test names a known kind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults import KINDS, Count, main, table

ROOT = Path(__file__).parent
MARK = re.compile(r'^@pytest\.mark\.fault\("(.+)"\)$', re.MULTILINE)


def test_each_kind_has_a_test_and_each_marked_test_names_a_known_kind() -> None:
    marked = {kind for file in ROOT.glob("**/test_*.py") for kind in MARK.findall(file.read_text())}
    assert marked == set(KINDS)


def test_the_table_counts_the_cases_of_each_kind_and_those_that_passed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "test_two.py"
    kind = KINDS[12]
    mark = f"import pytest\n@pytest.mark.fault('{kind}')\n"
    cases = "@pytest.mark.parametrize('n', [1, 2, 3])\ndef test_it(n): assert n < 3\n"
    file.write_text(f"{mark}{cases}def test_no(): pass\n")
    options = ["-p", "no:cacheprovider", "-c", str(ROOT.parent / "pyproject.toml"), "--rootdir", str(tmp_path)]
    code = main([str(file), *options])
    assert code == 1
    assert f"{kind.ljust(max(map(len, KINDS)))} |     3 |      2" in capsys.readouterr().out


def test_a_kind_without_a_case_stands_in_the_table() -> None:
    assert len(table(Count())) == 1 + len(KINDS)
