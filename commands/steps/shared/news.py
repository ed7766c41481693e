"""What a step has told people in an earlier attempt: the same is not asked twice."""

from __future__ import annotations

from commands.steps.outcome import Context


def attempt_of(ctx: Context) -> str:
    """The number of the attempt, as text."""
    return ctx.key.rsplit("/", 1)[-1].split("+")[0]


def is_news(ctx: Context, about: str, text: str) -> bool:
    """Whether no earlier attempt at this step has told people this. It is noted as told."""
    notes = [f"{about} {ctx.step_key.rsplit('/', 1)[-1]} {n}" for n in range(1, int(attempt_of(ctx)) + 1)]
    if text in map(ctx.file, notes[:-1]):
        return False
    ctx.save_file(notes[-1], text)
    return True
