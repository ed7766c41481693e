"""Shell text cut into statements, and these into simple commands, as far as that is sure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from state.frozen import dataclass

_PIECE = re.compile(
    r"""
    (?P<quoted> \\. | \$'(?:[^'\\]|\\.)*' | '[^']*' | "(?:[^"\\]|\\.)*" | `[^`]*` )
    | (?P<open> ['"`] )                                   # closed nowhere
    | (?P<comment> (?<![^\s;&|()]) \# [^\n]* )
    | (?P<heredoc> <<-? \s* (?P<mark> '[^'\n]+' | "[^"\n]+" | \\?[A-Za-z_]\w* ) )
    | (?P<down> \$?\( ) | (?P<up> \) )
    | (?P<placeholder> <[A-Za-z][\w.-]*(?:\ [\w.-]+)*> )   # what people put in, as `<version>`
    | (?P<operator> ;; | && | \|\| | \|& | &> | >\| | [<>]& | >> | <<< | [;|&<>] )
    | (?P<space> \s+ )
    | (?P<word> [^\s'"`\\;|&<>()\#$]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENS = frozenset(("if", "for", "while", "until", "case", "select", "{"))
_CLOSES = frozenset(("fi", "done", "esac", "}"))
_BEFORE_COMMAND = frozenset(("then", "else", "elif", "do", "!", "time", "if", "while", "until", "{"))
_RESERVED = _OPENS | _CLOSES | _BEFORE_COMMAND | {"function", "in", "[["}
_GOES_ON = re.compile(r"(?:&&|\|\|?|(?<!\\)\\)[ \t]*(?:\#.*)?$")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_DUMP_FILE = ("-f", "--file")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One whole statement of a shell text, with the comments right above it.

    `line` is the line of its first command, `start` that of its first comment, both counted from 0. Without `code` it
    is a comment alone.
    """

    start: int
    line: int
    comments: tuple[str, ...]
    code: str

    @property
    def text(self) -> str:
        """All of its lines, as they were written."""
        return "\n".join([*self.comments, self.code] if self.code else self.comments)


@dataclass(frozen=True, kw_only=True)
class Command:
    """A simple command: its words without their quotes, what it reads and writes, and what it is piped into.

    `text` is the command as it was written, `line` its line inside its statement, counted from 0. `sets` are the
    variables that it sets before its words. `plain` is False where a word holds what only a shell can tell.
    """

    text: str
    words: tuple[str, ...]
    line: int = 0
    sets: tuple[tuple[str, str], ...] = ()
    reads: str = ""
    writes: str = ""
    into: tuple[Command, ...] = ()
    plain: bool = True

    @property
    def program(self) -> str:
        """The program's name without its folder; empty without one."""
        return self.words[0].rsplit("/", 1)[-1] if self.words else ""


def statements(text: str) -> list[Statement]:
    """The statements of a shell text, in order. A text that is never complete is one statement from there on."""
    lines = text.split("\n")
    found: list[Statement] = []
    comments: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if not line or line.startswith("#"):
            if line:
                comments.append(lines[at])
            elif comments:
                found.append(_comment(comments, at))
                comments = []
            at += 1
            continue
        end = _end(lines, at)
        code = "\n".join(lines[at:end])
        found.append(Statement(start=at - len(comments), line=at, comments=tuple(comments), code=code))
        comments, at = [], end
    return [*found, _comment(comments, at)] if comments else found


def _comment(lines: list[str], end: int) -> Statement:
    return Statement(start=end - len(lines), line=end - len(lines), comments=tuple(lines), code="")


def _end(lines: list[str], start: int) -> int:
    """Behind the last line of the statement that begins here."""
    for end in range(start + 1, min(len(lines), start + _LONGEST) + 1):
        if _is_complete("\n".join(lines[start:end])):
            return end
    return len(lines)


_LONGEST = 200  # lines of one statement; each further line reads all of them again


def _is_complete(text: str) -> bool:
    if _GOES_ON.search(text.rsplit("\n", 1)[-1]):
        return False
    brackets, depth, starts_command, at = 0, 0, True, 0
    while piece := _PIECE.match(text, at):
        at, kind = piece.end(), piece.lastgroup
        kind = "heredoc" if piece["heredoc"] else kind
        if kind == "open":
            return False
        if kind == "heredoc":
            mark = piece["mark"].strip("'\"\\")
            ended = re.compile(rf"^\t*{re.escape(mark)}[ \t]*$", re.MULTILINE).search(text, text.find("\n", at))
            if "\n" not in text[at:] or not ended:
                return False
            rest = text[at : text.find("\n", at)]
            text = text[:at] + rest + text[ended.end() :]
        word = _whole_word(text, piece.start()) if kind == "word" and starts_command else ""
        # the pattern of a case has a bracket that closes none
        brackets = max(0, brackets + (kind == "down") - (kind == "up"))
        depth += (word in _OPENS) - (word in _CLOSES)
        if kind == "word" and word:
            at = piece.start() + len(word)
        newline = kind == "space" and "\n" in piece[0]
        if kind != "space" or newline:
            starts_command = newline or kind in {"operator", "down", "up"} or word in _BEFORE_COMMAND
    return depth <= 0 and not brackets


def _whole_word(text: str, at: int) -> str:
    found = re.compile(r"[^\s;|&<>()'\"`\\]+").match(text, at)
    return found[0] if found else ""


def commands_in(code: str) -> list[Command]:
    """The simple commands of a statement that runs them one after another (`a && b; c`).

    Empty for anything else: alternatives, compounds, loops, functions, heredocs, jobs in the background.
    """
    try:
        chains = list(_chains(code))
    except ValueError:
        return []
    commands = [_piped(chain) for chain in chains if all(chain)]
    compound = any(one.words[:1] and one.words[0] in _RESERVED - {"time"} for one in commands)
    return commands if len(commands) == len(chains) and not compound else []


_Part = list[tuple[str, str, int]]  # (sort, text, line)


def _chains(code: str) -> Iterator[list[_Part]]:
    """The pipelines of a statement, each as its commands. Raises ValueError where it is more than that."""
    chain: list[_Part] = [[]]
    at = line = 0
    while piece := _PIECE.match(code, at):
        at, kind, text = piece.end(), piece.lastgroup, piece[0]
        if piece["heredoc"] or kind in {"open", "up"} or text in {"||", ";;", "&", "|&", "("}:
            raise ValueError(text)
        if kind == "down":
            at = _behind_substitution(code, at)
            kind, text = "word", code[piece.start() : at]
        if text in {"&&", ";"} or (kind == "space" and "\n" in text and chain != [[]]):
            if any(chain):
                yield chain
            chain = [[]]
        elif text == "|":
            chain.append([])
        elif kind not in {"space", "comment"} and text != "\\\n":
            chain[-1].append((kind or "", text, line))
        elif kind != "comment" and chain[-1]:
            chain[-1].append(("space", "", line))
        line += text.count("\n")
    if any(chain):
        yield chain


def _behind_substitution(code: str, at: int) -> int:
    depth = 1
    while depth and (piece := _PIECE.match(code, at)):
        at = piece.end()
        depth += (piece.lastgroup == "down") - (piece.lastgroup == "up")
    if depth:
        raise ValueError("$(")
    return at


def _piped(chain: list[_Part]) -> Command:
    first, *rest = (_simple(part) for part in chain)
    text = " | ".join(one.text for one in (first, *rest))
    plain = all(one.plain for one in (first, *rest))
    return Command(
        text=text,
        words=first.words,
        line=first.line,
        sets=first.sets,
        reads=first.reads,
        writes=rest[-1].writes if rest else first.writes,
        into=tuple(rest),
        plain=plain,
    )


def _simple(part: _Part) -> Command:
    """One command. A redirection's number belongs to it; only `<` and `>` are told from the rest."""
    raw, operator = [""], ""
    words: list[str] = []
    ends: dict[str, str] = {}
    for kind, text, _ in [*part, ("space", "", 0)]:
        if kind == "operator":
            if raw[-1] and not raw[-1].isdigit():
                words.append(raw[-1])
            operator, raw[-1] = (raw[-1] if raw[-1].isdigit() else "") + text, ""
        elif kind != "space":
            raw[-1] += text
        elif raw[-1]:
            if operator:
                ends[operator] = raw[-1]
            else:
                words.append(raw[-1])
            operator, raw[-1] = "", ""
    sets = []
    while words and _ASSIGNMENT.match(words[0]):
        name, _, value = words.pop(0).partition("=")
        sets.append((name, _unquoted(value)))
    text = "".join(text or " " for _, text, _ in part).strip()
    return Command(
        text=text,
        words=tuple(map(_unquoted, words)),
        line=part[0][2],
        sets=tuple(sets),
        reads=_unquoted(ends.get("<", "")),
        writes=_unquoted(ends.get(">", "")),
        plain=set(ends) <= {"<", ">", "2>", "2>&"} and _is_plain(words),
    )


def _is_plain(words: list[str]) -> bool:
    """Whether no word is computed; as behind `>`, the name of the file that pg_dump writes may be."""
    dumps = words[:1] == ["pg_dump"] or "".join(words[:1]).endswith("/pg_dump")
    for before, word in zip(["", *words], words, strict=False):
        names_file = dumps and (before in _DUMP_FILE or word.startswith("--file="))
        if not names_file and ("`" in word or "$(" in word):
            return False
    return True


def _unquoted(word: str) -> str:
    try:
        return "".join(shlex.split(word, posix=True)) if word else ""
    except ValueError:
        return word
