"""What a block of code is: a shell's text, a checklist, or something that is only shown."""

from __future__ import annotations

import re

from commands.adopt.document import Block
from commands.adopt.lists import checklist_in

_SHELLS = frozenset(
    ("bash", "sh", "shell", "zsh", "ksh", "dash", "console", "shell-session", "shellsession", "sh-session", "terminal")
)
# what somebody would run, by another program than a shell
OTHER_CODE = frozenset(
    (
        *("sql", "psql", "mysql", "postgresql", "python", "py", "powershell", "ps1", "pwsh", "bat", "cmd", "batch"),
        *("ruby", "js", "javascript", "typescript", "php", "fish", "groovy", "redis", "cypher", "perl"),
    )
)
_PROMPT = re.compile(
    r"\s*(?:\([\w.-]+\) ?)?(?:[\w.-]+@[\w.-]+[:\s]?\S*\s?)?[$%❯] (?=\S)|\s*[\w.-]+@[\w.-]+[:\s]\S*# (?=\S)"
)
_PROGRAM = re.compile(
    r"(?:\./|bin/|scripts/|(?:cd|git|npm|npx|yarn|pnpm|node|pm2|docker|docker-compose|podman|kubectl|helm|terraform|ansible"
    r"|ansible-playbook|make|sudo|ssh|scp|rsync|curl|wget|systemctl|service|supervisorctl|journalctl|psql"
    r"|pg_dump|pg_restore|mysql|mysqldump|redis-cli|python|python3|pip|pip3|poetry|uv|alembic|flask"
    r"|gunicorn|bundle|rails|rake|php|composer|artisan|mvn|gradle|java|go|cargo|dotnet|aws|gcloud|az|gh"
    r"|heroku|fly|flyctl|cap|kamal|export|source|echo|cat|cp|mv|rm|mkdir|ln|tar|unzip|chmod|chown|tail|grep"
    r"|sed|awk|ls|apt|apt-get|yum|dnf|apk|brew|nginx|apachectl|certbot|openssl|crontab|sleep|touch|bash|sh"
    r"|vercel|netlify|firebase|serverless|cdk|pulumi|skaffold|argocd|flux|vault|consul|nomad)$)"
)


def shell_text(block: Block) -> str | None:
    """The commands of a block, each on its own line; None if it is no shell's text.

    Of a session only what stands behind a prompt is a command; what was printed becomes empty lines.
    """
    language = block.language.split(" ")[0].strip("{}.")
    lines = block.content.split("\n")
    prompted = [bool(_PROMPT.match(line)) for line in lines]
    if language not in _SHELLS and not (not language and (any(prompted) or _looks_like_commands(lines))):
        return None
    first = next((place for place, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 0)
    return _without_output(lines, prompted) if prompted[first] else block.content


def looks_like_command(text: str) -> bool:
    """Whether a text is a command of a known program with at least one word behind it."""
    return " " in text.strip() and _looks_like_commands([re.sub(r"^\$ ", "", text.strip())])


def _looks_like_commands(lines: list[str]) -> bool:
    words = [line.split()[0] for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return bool(words and _PROGRAM.match(words[0]))


def _without_output(lines: list[str], prompted: list[bool]) -> str:
    shown: list[str] = []
    goes_on = False
    for line, is_command in zip(lines, prompted, strict=True):
        text = _PROMPT.sub("", line, count=1) if is_command else re.sub(r"^\s*> ?", "", line) if goes_on else ""
        if not is_command and not goes_on and line.lstrip().startswith("# "):
            text = line
        shown.append(text)
        goes_on = (is_command or goes_on) and text.rstrip().endswith("\\")
    return "\n".join(shown)


def drawn_checklist(block: Block) -> list[tuple[int, str]]:
    """The items of a checklist that stands in a block of code, with their lines; empty if it is none."""
    items = checklist_in(block.content)
    drawn = {number for number, _ in items}
    others = [line for number, line in enumerate(block.content.split("\n")) if number not in drawn and line.strip()]
    if block.language and not all(line.lstrip().startswith("#") for line in others):
        return []
    if len(items) == 1 and others:  # one mark in a text makes no checklist
        return []
    return [(block.first + number, text) for number, text in items]
