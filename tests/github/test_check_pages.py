"""The action that checks changed pages, with real git and the real `gonogo`; not run on GitHub."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import SMALL

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "check-pages"


class Branch:
    """A repository with two pages on main, and a branch of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.summary = folder / "repository", folder / "summary"
        (self.folder / "runbooks").mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.write("runbooks/api.md", SMALL)
        self.write("runbooks/web page.md", SMALL)
        self.write("README.md", "# No page\n")
        self.commit()
        self.base = self.git("rev-parse", "HEAD")
        self.git("checkout", "-q", "-b", "work")

    def git(self, *words: str) -> str:
        options = ["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        ended = subprocess.run(
            ["git", *options, *words], cwd=self.folder, capture_output=True, text=True, check=True, timeout=60
        )
        return ended.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "x")

    def check(self, pages: str = "runbooks/*.md", base: str = "") -> tuple[int, str]:
        """Run the action's script. Returns its exit code and what it prints."""
        self.summary.write_text("")
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        env = {"PATH": path, "PAGES": pages, "BASE": base or self.base, "GITHUB_STEP_SUMMARY": str(self.summary)}
        words = ["bash", str(ACTION / "check_pages.sh")]
        ended = subprocess.run(
            words, cwd=self.folder, env=env, capture_output=True, text=True, check=False, timeout=120
        )
        assert ended.stderr == ""
        return ended.returncode, ended.stdout


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    return Branch(tmp_path)


def test_only_changed_pages_are_checked_and_their_plans_compared(branch: Branch) -> None:
    branch.write("runbooks/web page.md", SMALL.replace('commands = ["deploy"]', 'commands = ["deploy --all"]'))
    branch.write("README.md", "# Still no page\n")
    branch.commit()
    assert branch.check() == (0, "runbooks/web page.md: ok, 5 steps for shop\n")
    shown = branch.summary.read_text()
    assert "### Plan of `runbooks/web page.md`" in shown
    assert re.findall(r"^[-+] .*", shown, re.MULTILINE) == ["-    on backend: deploy", "+    on backend: deploy --all"]
    assert "api.md" not in shown


def test_an_error_is_an_annotation_at_its_line_and_fails_the_job(branch: Branch) -> None:
    branch.write("runbooks/api.md", SMALL.replace('commands = ["deploy"]', "commands = []"))
    branch.commit()
    code, printed = branch.check()
    assert code == 1
    assert re.search(r"^::error file=runbooks/api\.md,line=\d+,", printed, re.MULTILINE)
    assert "+(no plan) " in branch.summary.read_text()


def test_new_and_removed_pages_are_told_and_what_main_did_meanwhile_is_not(branch: Branch) -> None:
    branch.git("checkout", "-q", "main")
    branch.write("runbooks/api.md", SMALL.replace("deploy", "deploy-all"))
    branch.commit()
    main = branch.git("rev-parse", "HEAD")
    branch.git("checkout", "-q", "work")
    branch.git("rm", "-q", "runbooks/web page.md")
    branch.write("runbooks/new.md", SMALL)
    branch.commit()
    assert branch.check(base=main) == (0, "runbooks/new.md: ok, 5 steps for shop\n")
    shown = branch.summary.read_text()
    assert "Removed: `runbooks/web page.md`" in shown
    assert "### Plan of `runbooks/new.md`" in shown
    assert "api.md" not in shown


def test_a_plan_cannot_leave_its_fence(branch: Branch) -> None:
    branch.write("runbooks/api.md", SMALL.replace('commands = ["deploy"]', "commands = [\"echo '````'\"]"))
    branch.commit()
    assert branch.check()[0] == 0
    lines = branch.summary.read_text().splitlines()
    assert "`````diff" in lines
    assert [line for line in lines if line.startswith("`````")] == ["`````diff", "`````"]


def test_without_a_changed_page_it_says_so(branch: Branch) -> None:
    assert branch.check() == (0, "No runbook page was changed.\n")
    assert branch.summary.read_text() == ""


@pytest.mark.parametrize(
    ("pages", "base", "says"), [("\n \n", "", "pages is empty"), ("*.md", "0" * 40, "fetch-depth: 0")]
)
def test_what_is_wrong_is_one_sentence(branch: Branch, pages: str, base: str, says: str) -> None:
    code, printed = branch.check(pages, base)
    assert code == 1
    assert printed.startswith("::error::")
    assert says in printed


def test_the_action_hands_its_inputs_over_as_variables_only() -> None:
    lines = [line.strip() for line in (ACTION / "action.yml").read_text().splitlines() if "${{" in line]
    assert lines
    assert all(re.match(r"(ROOT|SCRIPT|PAGES|BASE|default): ", line) for line in lines), "in a script it would be code"
