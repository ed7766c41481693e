"""Whatever a runbook looks like, it becomes a page, and each line of a shell stands on it."""

from __future__ import annotations

import random

import pytest

from commands.adopt.adopted import adopt
from commands.runbook.markdown import MAX_PAGE
from tests.commands.adopt.odd_runbooks import ODD, shell_lines


def lost(text: str) -> list[str]:
    """The lines of a shell that are neither on the page nor among what could not be placed."""
    adopted = adopt(text, "A runbook")
    told = "\n".join([adopted.page, *(note.text for note in adopted.unplaced)])
    return [line for line in shell_lines(text) if line not in told]


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_every_shell_line_of_an_odd_runbook_is_on_the_page(text: str) -> None:
    assert lost(text) == []


@pytest.mark.parametrize("seed", range(150))
def test_every_shell_line_of_a_shuffled_runbook_is_on_the_page(seed: int) -> None:
    chance = random.Random(seed)
    blocks = [block for text in ODD.values() for block in text.split("\n\n")]
    text = "\n\n".join(chance.choices(blocks, k=chance.randint(1, 12)))
    assert lost(text) == []


@pytest.mark.parametrize("seed", range(150))
def test_no_torn_runbook_ends_in_an_error(seed: int) -> None:
    chance = random.Random(seed)
    lines = [line for text in ODD.values() for line in text.split("\n")]
    text = "\n".join(chance.choices([*lines, "\t", "\x0c", "\x00", "`" * 3, "'''", "\u2028"], k=chance.randint(1, 60)))
    assert adopt(text, "A runbook").page.startswith("# ")


@pytest.mark.parametrize(
    "piece",
    [
        "## Deploy\n\n```bash\npm2 restart a\n```\n\n",
        "- [ ] a `b` **c**\n",
        "> > > - 1. a\n",
        "\t  x: - y\n",
        "| a | b |\n|---|---|\n| c | d |\n\n",
        "<details>\n",
        "```\n",
    ],
)
def test_a_long_runbook_of_one_odd_piece_is_read_to_its_end(piece: str) -> None:
    text = "---\n" + piece * (MAX_PAGE // len(piece) // 20)
    assert adopt(text, "A runbook").page


@pytest.mark.parametrize(
    "line", ["A=1; pm2 restart a", "export A=$(b)", "echo 'a", "cat <<E", "for a in b; do", "$(", "a | \\"]
)
def test_a_long_block_of_one_odd_line_loses_no_line(line: str) -> None:
    text = f"## Deploy\n\n```bash\n{f'{line}{chr(10)}' * 1_000}```\n"
    assert lost(text) == []
