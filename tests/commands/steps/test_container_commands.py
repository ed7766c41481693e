"""A container that would go on after its step is named to the page's author."""

from __future__ import annotations

import pytest

from commands.steps.container_commands import container_warning
from tests.commands.steps.builders import box

LABELLED = 'docker run --rm --label "gonogo.job=$GONOGO_JOB" app bin/migrate'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("docker run --rm app bin/migrate", True),
        ("cd app && podman container run app", True),
        ("docker run \\\n  --rm app", True),
        (f"{LABELLED}; docker run app", True),
        ("docker run --rm app --dry-run", True),
        (LABELLED, False),
        ("docker run \\\n  --label gonogo.job=$GONOGO_JOB app", False),
        ("docker run -d --name cache redis", False),
        ("docker run -itd redis", False),
        ("docker run --detach redis", False),
        ("docker exec app run", False),
        ("docker-compose run --rm migrate", False),
        ("./docker run app", False),
    ],
)
def test_only_a_container_that_the_step_waits_for_and_does_not_end_is_named(text: str, named: bool) -> None:
    assert bool(container_warning([text])) is named


def test_the_steps_that_run_the_page_s_commands_say_so() -> None:
    run = box("run", 'host = "h"\ncommands = ["docker run --rm app bin/warm-up"]')
    assert run.page_warning({}) == (
        "what `docker run` starts goes on when the step is stopped or runs over its limit; let it end with the step: "
        'docker run --label "gonogo.job=$GONOGO_JOB"'
    )
    migrate = box("migrate", 'host = "h"\nfolder = "/srv"\ntool = "alembic"\nprogram = "docker run --rm app alembic"')
    assert migrate.page_warning({}) == run.page_warning({})
