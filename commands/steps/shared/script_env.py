"""The variables of a script of the page, and which of them no value may set."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from commands.ports.page_text import PLACEHOLDER
from commands.steps.page_fields import VariableTexts

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# with these, a shell or a program chooses what it runs
_CHOOSES_CODE = re.compile(
    r"PATH|HOME|IFS|ENV|BASH\w*|SHELL\w*|PS4|PROMPT_COMMAND|CDPATH|(LD|DYLD)_\w+|EDITOR|VISUAL|PAGER|BROWSER|LESS\w*|TMPDIR"
    r"|GIT_(SSH\w*|EXEC_PATH|CONFIG\w*|\w*EDITOR|PAGER|ASKPASS|PROXY_COMMAND|TEMPLATE_DIR|DIR|WORK_TREE|EXTERNAL_DIFF)"
    r"|SSH_ASKPASS|NODE_(OPTIONS|PATH)|npm_config_\w+|NPM_CONFIG_\w+|PYTHON(PATH|STARTUP|HOME)|PERL5(LIB|OPT|DB)|RUBY(OPT|LIB)"
    r"|_?JAVA_(TOOL_)?OPTIONS|MAKEFLAGS"
)


def _variables(env: dict[str, str]) -> dict[str, str]:
    for name, value in env.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a variable; use letters, digits and _")
        if _CHOOSES_CODE.fullmatch(name) and PLACEHOLDER.search(value):
            raise ValueError(f"{name} decides what programs run, so no value of an earlier step may set it; rename it")
    return env


# variable -> text of the page
ScriptEnv = Annotated[
    VariableTexts,
    AfterValidator(_variables),
    Field(
        description="Variables of the shell, by name. Each is a `$NAME` of the bot's environment, a value, or a text.",
        examples=[{"flag": "$PROD_MAINTENANCE"}],
    ),
]
