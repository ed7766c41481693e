"""`gonogo check --json` and `--github`: every error and warning, for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.check import Finding, PageCheck, check_page, github_lines
from bot.cli import main
from tests.pages import SMALL, spoil

Capture = pytest.CaptureFixture[str]
SPOILT = (
    ('role = "lead" },', 'role = "leader" },'),
    ('takes = "10 min"', 'takes = "10m"'),
    ('path = "/health"\n', 'status = "200"\n'),
    ('every = "15 min"', 'evry = "15 min"'),
)
NO_WAY_BACK = ('undoes = "put-the-code-there"\n', "")
CHECKOUT = """### Fetch 100 %, now: a, b

```toml checkout
host = "backend"
repository = "$REPO"
commit = "1"
```

## Smoke tests"""


def page(folder: Path, *changes: tuple[str, str], name: str = "page.md") -> str:
    """A spoilt small page as a file."""
    (folder / name).write_text(spoil(*changes))
    return str(folder / name)


def checked(capsys: Capture, *arguments: str) -> tuple[int, Any]:
    """The exit code of `gonogo check --json` and what it prints."""
    code = main(["check", "--json", *arguments])
    printed = capsys.readouterr()
    assert printed.err == ""
    return code, json.loads(printed.out)


def line_of(changed: str, text: str) -> int:
    return next(number for number, line in enumerate(changed.splitlines(), 1) if text in line)


def test_every_error_has_its_line_step_field_value_and_cure(tmp_path: Path, capsys: Capture) -> None:
    code, printed = checked(capsys, page(tmp_path, *SPOILT))
    text = spoil(*SPOILT)
    (found,) = printed["pages"]
    assert (code, printed["ok"], found["ok"], found["warnings"]) == (1, False, False, [])
    assert [(one["line"], one["field"], one["value"]) for one in found["errors"]] == [
        (line_of(text, "### ✅"), "role", "leader"),
        (line_of(text, 'takes = "10m"'), "takes", "10m"),
        (line_of(text, "```toml http"), "path", None),
        (line_of(text, 'status = "200"'), "status", "200"),
        (line_of(text, "evry"), "evry", "15 min"),
    ]
    takes, evry = found["errors"][1], found["errors"][4]
    assert takes["step"] == "Put the code there"
    assert (takes["problem"], takes["cure"]) == (
        "'10m' is not a duration",
        'write it as "30 s", "15 min", "4 h" or "2 d"',
    )
    assert (evry["problem"], evry["cure"]) == ("is not a field of this box", 'did you mean "every"?')
    assert takes["message"] == (
        f"line {takes['line']}, Put the code there: takes: '10m' is not a duration; "
        'write it as "30 s", "15 min", "4 h" or "2 d"'
    )


def test_warnings_do_not_spoil_a_page_and_have_their_line_and_step(tmp_path: Path, capsys: Capture) -> None:
    code, printed = checked(
        capsys, page(tmp_path, NO_WAY_BACK, ("## Smoke tests", CHECKOUT)), page(tmp_path, name="b.md")
    )
    warned, good = printed["pages"]
    assert (code, printed["ok"]) == (0, True)
    assert (good["errors"], good["warnings"], good["target"], good["steps"]) == ([], [], "shop", 5)
    (warning,) = [one for one in warned["warnings"] if one["step"].startswith("Fetch")]
    assert warning["line"] == line_of((tmp_path / "page.md").read_text(), "### Fetch")
    assert warning["problem"] == "it makes a change, and no step of the rollback undoes it"
    assert warning["cure"].startswith("write undoes = ")


def test_a_warning_at_the_terminal_names_its_line(tmp_path: Path, capsys: Capture) -> None:
    file = page(tmp_path, ("## Smoke tests", CHECKOUT))
    main(["check", file])
    line = line_of((tmp_path / "page.md").read_text(), "### Fetch")
    assert f"{file}: warning: line {line}, “Fetch 100 %, now: a, b”: it makes a change" in capsys.readouterr().out


def test_a_warning_about_people_is_about_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    for role in ("SHOP_DBA", "SHOP_LEAD"):
        monkeypatch.setenv(role, "U1")
    _, printed = checked(capsys, page(tmp_path))
    (warning,) = printed["pages"][0]["warnings"]
    assert (warning["line"], warning["step"]) == (None, "")
    assert warning["message"].startswith("Too few people hold a role")


def test_a_file_that_is_no_page_is_an_error_without_a_line(tmp_path: Path, capsys: Capture) -> None:
    code, printed = checked(capsys, str(tmp_path / "none.md"))
    (error,) = printed["pages"][0]["errors"]
    assert (code, error["line"]) == (1, None)
    assert "cannot be read as a runbook page" in error["message"]


def test_the_json_acts_on_no_terminal(tmp_path: Path, capsys: Capture) -> None:
    main(["check", "--json", page(tmp_path, ('takes = "10 min"', 'takes = "\\u001b[2J\\u202e\\u0085"'))])
    out = capsys.readouterr().out
    assert out.isascii()
    assert "\x1b" not in out
    assert json.loads(out)["pages"][0]["errors"][0]["value"] == "\x1b[2J\u202e\x85"


def test_the_documentation_shows_the_names_that_are_printed(tmp_path: Path, capsys: Capture) -> None:
    docs = (Path(__file__).parents[2] / "docs" / "editors-and-ci.md").read_text()
    shown = json.loads(docs.split("```json\n")[1].split("```")[0])
    _, printed = checked(capsys, page(tmp_path, SPOILT[1]))
    assert list(shown) == list(printed)
    assert list(shown["pages"][0]) == list(printed["pages"][0])
    assert list(shown["pages"][0]["errors"][0]) == list(printed["pages"][0]["errors"][0])


def github(capsys: Capture, path: str) -> tuple[int, list[str]]:
    code = main(["check", "--github", path])
    printed = capsys.readouterr()
    assert printed.err == ""
    return code, printed.out.splitlines()


def test_each_error_is_an_annotation_at_its_line(tmp_path: Path, capsys: Capture) -> None:
    code, lines = github(capsys, page(tmp_path, *SPOILT))
    at = line_of(spoil(*SPOILT), 'takes = "10m"')
    assert code == 1
    assert len(lines) == 5
    assert lines[1] == (
        f"::error file={tmp_path}/page.md,line={at},title=Put the code there::takes: '10m' is not a duration; "
        'write it as "30 s", "15 min", "4 h" or "2 d"'
    )


def test_a_good_page_with_warnings_is_named_with_its_annotations(tmp_path: Path, capsys: Capture) -> None:
    code, lines = github(capsys, page(tmp_path, ("## Smoke tests", CHECKOUT)))
    at = line_of((tmp_path / "page.md").read_text(), "### Fetch")
    assert code == 0
    assert lines[0] == f"{tmp_path}/page.md: ok, 6 steps for shop"
    # GitHub splits at , and : in a title, and reads %25 as %
    place = f"file={tmp_path}/page.md,line={at},title=Fetch 100 %25%2C now%3A a%2C b"
    assert lines[1].startswith(f"::warning {place}::it makes a change, and no step")


def test_a_text_of_the_page_cannot_begin_an_annotation_of_its_own(tmp_path: Path) -> None:
    evil = 'takes = """x\n::error file=README.md::hacked"""'
    (line,) = github_lines([check_page(Path(page(tmp_path, ('takes = "10 min"', evil))), {})])
    assert line.startswith("::error file=")
    assert "\n" not in line


def test_an_annotation_is_one_line_whatever_is_in_it() -> None:
    finding = Finding(level="error", line=1, problem="", what="a\r\n::b", message="")
    check = PageCheck(path=Path("x,y:z.md"), page=None, findings=(finding,))
    assert list(github_lines([check])) == ["::error file=x%2Cy%3Az.md,line=1::a%0D%0A::b"]


@pytest.mark.parametrize("flags", [["--json", "--github"], ["--xml"], []])
def test_a_wrong_command_has_exit_code_2(flags: list[str], tmp_path: Path, capsys: Capture) -> None:
    arguments = ["check", *flags, *([page(tmp_path)] if flags else [])]
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().out == ""


def test_the_help_names_the_exit_codes(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "0 if every page is good (warnings may remain), 1 if a page has errors or cannot be read" in text


def test_without_a_flag_errors_go_to_people(tmp_path: Path, capsys: Capture) -> None:
    environ: Mapping[str, str] = {}
    assert check_page(Path(page(tmp_path)), environ).good
    assert main(["check", page(tmp_path, SPOILT[1])]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"{tmp_path}/page.md: line {line_of(SMALL, 'takes = ')}, Put the code there: takes:")
