"""Which files of a tree are meant: rclone's filter rules.

A rule is `+ glob` or `- glob`; the first one that matches decides, and what none
matches is meant. In a glob, `*` and `?` stop at slashes and `**` does not, `{a,b}` are
alternatives, `[a-z]` is one of these characters, `{{…}}` a regular expression, and a
backslash takes the meaning from what follows it. A slash in front ties it to the
folder that is looked through, one at its end makes it a rule for folders.
Source: rclone 1.60, which `tests/peers/test_rclone_filters.py` asks.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence

import msgspec

from acd_tui.errors import UsageError
from acd_tui.transfers.model import Filters
from acd_tui.vfs.entry import Entry

_TOKEN = re.compile(
    r"\\(?P<escaped>.)"
    r"|(?P<stars>\*+)"
    r"|(?P<one>\?)"
    r"|(?P<set>\[(?:[^\[\]]|\[[^\[\]]*\])*\])"
    r"|\{\{(?P<expression>.*?)\}\}(?!\})"
    r"|(?P<open>\{)|(?P<close>\})|(?P<comma>,)|(?P<other>.)",
    re.DOTALL,
)
_POSIX = {
    "[:alnum:]": "0-9A-Za-z",
    "[:alpha:]": "A-Za-z",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:punct:]": r"!-/:-@\[-`{-~",
    "[:space:]": r"\t\n\v\f\r ",
    "[:upper:]": "A-Z",
    "[:word:]": "0-9A-Za-z_",
    "[:xdigit:]": "0-9A-Fa-f",
}
_POSIX_NAME = re.compile(r"\[:[a-z]+:\]")
# What leads into such braces cannot be told by looking at them.
_OPAQUE = re.compile(r"\{[^{}]*(?:\*\*|/)[^{}]*\}|\{\{|\}\}")
_BORDER = re.compile(r"\*\*|/")
_ANYWHERE = "/**"


class _Rule(msgspec.Struct, frozen=True):
    includes: bool
    pattern: re.Pattern[str]


class Filter:
    """Decides about paths and sizes.

    Args:
        filters: the rules and limits.

    Raises:
        UsageError: a rule is no rule.
    """

    def __init__(self, filters: Filters) -> None:
        self._filters = filters
        self._files: list[_Rule] = []
        self._folders: list[_Rule] = []
        for rule in filters.rules:
            self._add(rule)

    @property
    def active(self) -> bool:
        """Whether anything at all may be left out."""
        return self._filters != Filters()

    def _add(self, rule: str) -> None:
        sign, glob = rule[:2], rule[2:]
        if sign not in {"+ ", "- "}:
            raise UsageError(
                f"{rule!r} is no filter rule",
                hint="write `+ PATTERN` to include, `- PATTERN` to exclude",
            )
        includes = sign == "+ "
        for_folders = glob.endswith("/")
        for_files = not for_folders
        if for_folders and not includes:
            glob += "**"
        if "**" in glob:
            for_folders = for_files = True
        pattern = _Rule(includes, compile_glob(glob))
        if for_files:
            self._files.append(pattern)
            if includes or glob == "*":
                self._folders += (
                    _Rule(includes, compile_glob(folder))
                    for folder in _leading_folders(glob)
                    if folder != "/"
                )
        if for_folders:
            self._folders.append(pattern)

    def takes_file(self, names: Sequence[str], size: int | None) -> bool:
        """Say whether a file is meant.

        Args:
            names: from the folder that is looked through down to the file.
            size: bytes, None where it is not known.
        """
        limits = self._filters
        if limits.max_depth is not None and len(names) > limits.max_depth:
            return False
        if size is not None:
            if limits.min_size is not None and size < limits.min_size:
                return False
            if limits.max_size is not None and size > limits.max_size:
                return False
        return _decide(self._files, "/".join(names))

    def takes(self, names: Sequence[str], entry: Entry) -> bool:
        """Say whether a file is meant, or may be in a folder."""
        if entry.is_folder:
            return self.takes_folder(names)
        return self.takes_file(names, entry.size)

    def takes_folder(self, names: Sequence[str]) -> bool:
        """Say whether there may be anything in a folder that is meant."""
        depth = self._filters.max_depth
        if depth is not None and len(names) >= depth:
            return False
        return _decide(self._folders, "/".join(names) + "/")


def _decide(rules: Iterable[_Rule], path: str) -> bool:
    for rule in rules:
        if rule.pattern.search(path):
            return rule.includes
    return True


def compile_glob(glob: str) -> re.Pattern[str]:
    """Turn a glob into what is searched for in a path.

    Raises:
        UsageError: it is no glob.
    """
    parts = ["^" if glob.startswith("/") else "(?:^|/)"]
    in_braces = False
    for token in _TOKEN.finditer(glob, glob.startswith("/")):
        kind, text = token.lastgroup, token[0]
        match kind:
            case "open" | "close" if in_braces == (kind == "open"):
                raise _bad(glob, "braces do not pair up, or are nested")
            case "open" | "close":
                in_braces = kind == "open"
                parts.append("(?:" if in_braces else ")")
            case "comma" if in_braces:
                parts.append("|")
            case _:
                parts.append(_translated(glob, kind, token[kind or 0], text))
    if in_braces:
        raise _bad(glob, "braces do not pair up")
    try:
        with warnings.catch_warnings():
            # `[[` and `--` in a set mean what they always did.
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile("".join((*parts, r"\Z")), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise _bad(glob, str(error)) from None


def _translated(glob: str, kind: str | None, inner: str, text: str) -> str:
    """Return the regular expression for one piece of a glob."""
    match kind:
        case "escaped":
            return text if inner.isascii() and inner.isalnum() else re.escape(inner)
        case "stars":
            if len(inner) > 2:
                raise _bad(glob, "more than two stars stand together")
            return "[^/]*" if len(inner) == 1 else ".*"
        case "one":
            return "[^/]"
        case "set":
            return "[" + _POSIX_NAME.sub(lambda m: _posix(glob, m[0]), inner[1:])
        case "expression":
            return f"(?:{inner})"
        case _ if inner in "[]\\":
            raise _bad(glob, "a bracket or a backslash stands alone")
        case _:
            return re.escape(inner)


def _posix(glob: str, name: str) -> str:
    if name not in _POSIX:
        raise _bad(glob, f"{name} is not known")
    return _POSIX[name]


def _bad(glob: str, why: str) -> UsageError:
    return UsageError(
        f"the pattern {glob!r} cannot be read: {why}",
        hint="put a backslash before a character that is meant as such",
    )


def _leading_folders(glob: str) -> list[str]:
    """Return globs for the folders through which one gets to what a glob matches."""
    if _OPAQUE.search(glob):
        return [_ANYWHERE]
    glob = re.sub("/{2,}", "/", glob)
    found = [
        glob[: border.start()] + border[0].replace("**", "**/")
        for border in _BORDER.finditer(glob)
    ]
    return list(dict.fromkeys(reversed(found))) or [_ANYWHERE]


def collect_rules(
    *,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    rules: Iterable[str] = (),
) -> tuple[str, ...]:
    """Put rules in the order in which rclone takes them.

    Args:
        include: globs; where there is one, nothing else is meant unless a rule says so.
        exclude: globs.
        rules: whole rules, or lines of a file of them; `!` forgets all before it.

    Raises:
        UsageError: one is no rule.
    """
    include = list(include)
    found = [f"+ {glob}" for glob in include] + [f"- {glob}" for glob in exclude]
    for rule in rules:
        if rule == "!":
            found.clear()
        else:
            found.append(rule)
    if include:
        found.append(f"- {_ANYWHERE}")
    Filter(Filters(rules=tuple(found)))
    return tuple(found)


def rule_lines(text: str) -> list[str]:
    """Return the rules in a file; empty lines and comments (`#`, `;`) are none."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and line[0] not in "#;"]
