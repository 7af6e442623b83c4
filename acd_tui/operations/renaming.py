"""Many names changed at once: as lines of a text, as a plan, and in which order.

Nothing here renames; `commands.MoveAll` takes the steps.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import msgspec

from acd_tui.errors import AcdError, Denied, UsageError
from acd_tui.printable import printable
from acd_tui.vfs.path import VPath

Chain = list[tuple[VPath, VPath]]
"""Moves that only make sense together, in their order: from where, and where to."""

_KEPT = 40  # characters of a name that its temporary one begins with
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
_ESCAPES = {character: f"\\{letter}" for letter, character in _ESCAPED.items()}
_ESCAPE = re.compile(
    r"\\(?:([nrt\\])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))"
)


def as_line(name: str) -> str:
    """Write a name as a line that any editor keeps, and that `from_line` reads.

    What an editor would not show, or might strip from an end, becomes an escape; so
    does the backslash itself.
    """
    stripped = name.strip()
    if stripped == name == printable(name) and "\\" not in name:
        return name
    start = name.index(stripped) if stripped else len(name)
    end = start + len(stripped)
    return "".join(
        _escaped(each) if not start <= at < end or _is_special(each) else each
        for at, each in enumerate(name)
    )


def _is_special(character: str) -> bool:
    return character == "\\" or printable(character) != character


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def from_line(line: str) -> str:
    """Return the name that a line stands for.

    Raises:
        UsageError: there is a backslash that begins no escape.
    """

    def character(match: re.Match[str]) -> str:
        letter, two, four, eight, other = match.groups()
        code = int(two or four or eight or "0", 16)
        if other is not None or code > 0x10FFFF:
            raise UsageError(f"{match[0]} is no escape; a backslash is written \\\\")
        return _ESCAPED[letter] if letter else chr(code)

    return _ESCAPE.sub(character, line.strip())


class Change(msgspec.Struct, frozen=True):
    """A name that is to become another.

    Attributes:
        path: what is renamed.
        name: its new name, or what was written for it.
        problem: why it cannot be, as the end of a sentence; None if it can.
    """

    path: VPath
    name: str
    problem: str | None = None


class Rules(msgspec.Struct, frozen=True):
    """What a filesystem takes for a name.

    Attributes:
        case_insensitive: whether `A` and `a` are one.
        name_problem: as `vfs.filesystem.Naming`.
    """

    case_insensitive: bool
    name_problem: Callable[[str], str | None]

    def key(self, name: str) -> str:
        """What two names have in common that cannot both be in a folder."""
        return name.lower() if self.case_insensitive else name


def base_of(paths: Sequence[VPath]) -> VPath:
    """Return the folder that all of some paths lie in, the deepest there is."""
    folder = paths[0].parent
    while not all(path.is_within(folder) for path in paths):
        folder = folder.parent
    return folder


def as_lines(paths: Sequence[VPath]) -> list[str]:
    """Write what is to be renamed, a line each: with folders where there are several."""
    base = base_of(paths)
    return ["/".join(map(as_line, path.relative_to(base))) for path in paths]


def read_lines(paths: Sequence[VPath], lines: Sequence[str]) -> list[Change]:
    """Return what lines, one for each path, want changed, read in the same order."""
    base = base_of(paths)
    found = []
    for path, before, line in zip(paths, as_lines(paths), lines, strict=True):
        if line.strip() == before:
            continue
        folders = path.relative_to(base)[:-1]
        try:
            *above, name = map(from_line, line.split("/"))
            problem = _unlike(folders, above) or _no_name(name)
        except UsageError as error:
            name, problem = line.strip(), error.message
        if problem or name != path.name:
            found.append(Change(path, name, problem))
    return found


def _unlike(folders: Sequence[str], written: Sequence[str]) -> str | None:
    if list(folders) == list(written):
        return None
    if not folders:
        return "a name holds no /"
    return "only the name may change, not the folder before it"


def _no_name(name: str) -> str | None:
    if not name:
        return "a name cannot be empty"
    try:
        VPath() / name
    except Denied as error:
        return error.message
    return None


def checked(
    changes: Sequence[Change], taken: Mapping[VPath, Collection[str]], rules: Rules
) -> list[Change]:
    """Say of each change what stands in its way.

    Args:
        changes: what is wanted.
        taken: the names there are now in each folder concerned.
        rules: what makes a name.
    """
    leaving = {(c.path.parent, c.path.name) for c in changes}
    stay = {
        folder: {rules.key(name) for name in names if (folder, name) not in leaving}
        for folder, names in taken.items()
    }
    wanted = Counter((c.path.parent, rules.key(c.name)) for c in changes)

    def problem(change: Change) -> str | None:
        folder, key = change.path.parent, rules.key(change.name)
        if wanted[folder, key] > 1:
            return "several would have this name"
        if key in stay.get(folder, ()):
            return "the name is taken"
        return rules.name_problem(change.name)

    return [
        each if each.problem else Change(each.path, each.name, problem(each))
        for each in changes
    ]


def chains(
    changes: Sequence[Change], taken: Mapping[VPath, Collection[str]], rules: Rules
) -> list[Chain]:
    """Return the moves that change all names, none of them onto a name in use.

    The deepest come first, so that each path still holds when its turn comes. Names
    that are passed on in a circle go by way of a temporary one.
    """
    by_folder: dict[VPath, list[Change]] = {}
    for change in changes:
        if change.problem:
            raise AcdError(f"{change.path} cannot be renamed: {change.problem}")
        by_folder.setdefault(change.path.parent, []).append(change)
    deepest_first = sorted(by_folder, key=lambda folder: -len(folder.parts))
    return [
        chain
        for folder in deepest_first
        for chain in _in_order(folder, by_folder[folder], taken.get(folder, ()), rules)
    ]


def _in_order(
    folder: VPath, changes: Sequence[Change], taken: Collection[str], rules: Rules
) -> Iterator[Chain]:
    waiting = {rules.key(change.path.name): change for change in changes}
    used = {rules.key(name) for name in taken} | {rules.key(c.name) for c in changes}
    while waiting:
        passed = [next(iter(waiting.values()))]
        # Whoever has the name that one wants has to go first.
        after = waiting.get(rules.key(passed[-1].name))
        while after is not None and after is not passed[0]:
            passed.append(after)
            after = waiting.get(rules.key(after.name))
        for change in passed:
            del waiting[rules.key(change.path.name)]
        chain: Chain = []
        # One alone that is its own successor changes but the case of its name.
        if after is not None and len(passed) > 1:
            aside = folder / _free_name(passed[0].path.name, used, rules)
            chain.append((passed[0].path, aside))
            passed[0] = Change(aside, passed[0].name)
        chain += [(each.path, folder / each.name) for each in reversed(passed)]
        yield chain


def _free_name(name: str, used: set[str], rules: Rules) -> str:
    """Make up a name that tells whoever finds it what it was."""
    number = 0
    while True:
        free = f".{name[:_KEPT]}.renaming{number or ''}"
        if rules.key(free) not in used:
            used.add(rules.key(free))
            return free
        number += 1
