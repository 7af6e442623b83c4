"""Decisions of the queue, made from listings alone: what to copy where, what not, why."""

from __future__ import annotations

import enum
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

import msgspec
from msgspec.structs import replace

from acd_tui.errors import Denied
from acd_tui.printable import printable
from acd_tui.transfers.by_name import ByName
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import Conflict, ConflictPolicy, CopyRequest, Side
from acd_tui.units import show_size
from acd_tui.vfs.capabilities import Naming
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.paths import without_repeated

# What a download that was interrupted leaves; a filesystem does not list its own, but
# such a file may have been carried elsewhere.
_PARTIAL = re.compile(r"\.[0-9a-f]{16}\.acd-part")
_NUMBERED = re.compile(r".* \(\d+\)(\.[^.]*)?", re.DOTALL)


class FoundFile(msgspec.Struct, frozen=True):
    """A file to be copied.

    Attributes:
        conflict: why it needs a decision first, if it does: with another one of the
            same folder, that is.
        reason: the same as a sentence.
    """

    source: VPath
    target: VPath
    size: int
    conflict: Conflict | None = None
    reason: str | None = None


class FoundFolder(msgspec.Struct, frozen=True):
    """A folder to be walked."""

    source: VPath
    target: VPath


@dataclass(slots=True)
class Found:
    """What is to be done about one folder's entries.

    Attributes:
        same: files whose content is there already.
        problems: what cannot be copied, one sentence each.
        failures: of the problems, as `Row.failures` of a transfer.
        left_out: what never is (links, devices), likewise.
        warnings: what will be tried and may well fail, likewise.
    """

    files: list[FoundFile] = field(default_factory=list)
    folders: list[FoundFolder] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    failures: int = 0
    left_out: list[str] = field(default_factory=list)
    same: list[FoundFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def any_name(name: str) -> str | None:  # noqa: ARG001 - no name is a problem
    """Say nothing against any name."""
    return None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On what terms a target takes what is copied into it.

    Attributes:
        case_insensitive: whether `A` and `a` are one name there.
        policy: what to do about two that would have one name.
        name_problem: says why nothing there can have a name; None if it can.
        doubtful_size: bytes above which it often does not take a file.
    """

    case_insensitive: bool = False
    policy: ConflictPolicy = ConflictPolicy.FAIL
    name_problem: Callable[[str], str | None] = any_name
    doubtful_size: int | None = None

    @classmethod
    def of(cls, target: FileSystem, policy: ConflictPolicy) -> Self:
        """Return those of a filesystem."""
        return cls(
            case_insensitive=target.features.case_insensitive,
            policy=policy,
            doubtful_size=target.features.doubtful_size,
            name_problem=target.name_problem
            if isinstance(target, Naming)
            else any_name,
        )

    def key(self, name: str) -> str:
        """Return what the target tells names apart by."""
        return name.lower() if self.case_insensitive else name


def check_request(request: CopyRequest) -> CopyRequest:
    """Return the request without what it says twice.

    A path inside another one of its paths is copied along with that.

    Raises:
        Denied: it would copy something onto or into itself, or makes no sense.
    """
    paths = without_repeated(request.paths)
    if not paths:
        raise Denied("there is nothing to copy")
    if len(paths) > 1 and (request.rename is not None or request.contents):
        raise Denied("only one thing at a time can be copied under another name")
    if request.rename is not None:
        VPath() / request.rename  # raises if it is no name
    if VPath() in paths and not (request.contents or request.rename):
        raise Denied(
            "the root folder has no name to copy it under",
            hint="copy what it holds, or say what the copy is to be called",
        )
    Filter(request.options.filters)  # raises if a rule is none
    request = replace(request, paths=paths)
    if request.source == request.target:
        _check_within_one(request)
    return request


def _check_within_one(request: CopyRequest) -> None:
    if request.options.move:
        raise Denied("what stays on one drive is moved by renaming it")
    for source, target in roots(request):
        refuse_into_itself(source, target, request.folder)
        if source == target and request.policy is not ConflictPolicy.RENAME:
            raise already_there(source)


def folded(path: VPath, *, case_insensitive: bool) -> VPath:
    """Return a path by what a filesystem tells it apart from others by."""
    if not case_insensitive:
        return path
    return VPath(tuple(name.lower() for name in path.parts))


def already_there(path: VPath) -> Denied:
    """Return why something is not copied into the folder in which it lies."""
    return Denied(
        f"{printable(str(path))} is already there",
        hint="to get a second one beside it, keep both (--conflict rename)",
    )


def refuse_into_itself(
    source: VPath, target: VPath, folder: VPath, *, case_insensitive: bool = False
) -> None:
    """Refuse what would be copied into itself within one filesystem.

    Raises:
        Denied: it would.
    """
    source, target, folder = (
        folded(path, case_insensitive=case_insensitive)
        for path in (source, target, folder)
    )
    if folder.is_within(source) or (target != source and target.is_within(source)):
        raise Denied(f"{printable(str(source))} cannot be copied into itself")


def refuse_within_source(
    request: CopyRequest, folder: VPath, target: VPath, *, case_insensitive: bool
) -> None:
    """Refuse to copy into a folder that is being copied itself.

    It may be met below: `d/d`, copied beside `d`, would take the place of `d` itself.

    Raises:
        Denied: it would.
    """
    if request.source != request.target:
        return
    goal, *copied = (
        folded(path, case_insensitive=case_insensitive)
        for path in (target, *request.paths)
    )
    if any(goal.is_within(path) for path in copied):
        shown = printable(str(folder))
        raise Denied(f"what {shown} holds would go into a folder that is being copied")


def roots(request: CopyRequest) -> Iterator[tuple[VPath, VPath]]:
    """Return what the request names, with where each goes."""
    if request.contents:
        yield request.paths[0], request.folder
        return
    for path in request.paths:
        yield path, request.folder / (request.rename or path.name)


def is_root(request: CopyRequest, target: VPath) -> bool:
    """Whether what goes there is named by the request, rather than met below."""
    return (target if request.contents else target.parent) == request.folder


def names_in(request: CopyRequest, path: VPath) -> tuple[str, ...]:
    """Return what filters are asked about: the names below what is copied from."""
    if request.contents:
        return path.relative_to(request.paths[0])
    return next(
        path.relative_to(root.parent) for root in request.paths if path.is_within(root)
    )


def plan_folder(
    entries: Iterable[Entry],
    source: VPath,
    target: VPath,
    *,
    twins: Twins,
    wanted: Callable[[Entry], bool] | None = None,
) -> Found:
    """Decide about each entry of a folder, or of a piece of it.

    Args:
        entries: what the folder holds.
        source: its path.
        target: the folder its content goes to.
        twins: those of the pieces before; gets those of this one.
        wanted: says what is meant at all; None for everything.
    """
    found = Found()
    meant = entries if wanted is None else filter(wanted, entries)
    for entry in sorted(meant, key=lambda entry: entry.name):
        try:
            here, there = source / entry.name, target / entry.name
        except Denied as error:
            found.problems.append(f"in {printable(str(source))}: {error.message}")
            continue
        twins.place(found, entry, here, there)
    return found


class Twins:
    """Those of a folder that the target would have under one name, although they are two.

    Entries are to come in the order of their names, so that it is always the same one of
    them that comes first.

    Args:
        terms: of the target.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._first = ByName(terms.key)
        self._renamed: dict[str, Entry] = {}

    def before(self, entry: Entry) -> Entry | None:
        """Return the one that has had this one's name at the target, if any has."""
        if not self._terms.case_insensitive:
            return None
        if self._renamed and (given := self._renamed.get(self._terms.key(entry.name))):
            return given
        first = self._first.first(entry)
        return None if first is entry else first

    def _with(self, key: str) -> Entry | None:
        return self._first.get(key) or self._renamed.get(key)

    def free_name(self, entry: Entry) -> str:
        """Return a name for it that none before has, and none after will get."""
        names = (numbered(entry.name, number) for number in itertools.count(2))
        name = next(one for one in names if self._with(self._terms.key(one)) is None)
        self._renamed[self._terms.key(name)] = entry
        return name

    def place(self, found: Found, entry: Entry, here: VPath, there: VPath) -> None:
        """Add an entry to what is to be copied, or say why it is not."""
        if reason := left_out(entry, here):
            found.left_out.append(reason)
            return
        if problem := self._terms.name_problem(there.name):
            found.problems.append(f"{printable(str(here))} is not copied: {problem}")
            return
        first = self.before(entry)
        policy = self._terms.policy
        if first is not None and policy is ConflictPolicy.RENAME:
            there, first = there.parent / self.free_name(entry), None
        if first is None:
            _take(found, entry, here, there)
            if warning := size_warning(here, entry.size, self._terms.doubtful_size):
                found.warnings.append(warning)
        elif policy is ConflictPolicy.ASK and not (entry.is_folder or first.is_folder):
            file = FoundFile(
                here,
                there,
                entry.size or 0,
                conflict=conflict([(side, side.md5) for side in (entry, first)]),
                reason=f"{printable(first.name)} would be under the same name there",
            )
            found.files.append(file)
        else:
            found.problems.append(collision(here, first.name))


def size_warning(path: VPath, size: int | None, doubtful: int | None) -> str | None:
    """Say that a file may be too large for the target; None if nothing speaks for it.

    Args:
        path: of the file.
        size: its bytes.
        doubtful: see `Features`.
    """
    if size is None or doubtful is None or size <= doubtful:
        return None
    return (
        f"{printable(str(path))} has {show_size(size)}: files over {show_size(doubtful)} "
        "often fail at their end; --max-size leaves them out"
    )


def _take(found: Found, entry: Entry, here: VPath, there: VPath) -> None:
    if entry.is_folder:
        found.folders.append(FoundFolder(here, there))
    else:
        found.files.append(FoundFile(here, there, entry.size or 0))


def collision(path: VPath, first: str) -> str:
    """Say that a name is the same as one before it, at the target."""
    return (
        f"{printable(str(path))} is not copied: {printable(first)} would be under the "
        "same name at the target; rename one of them, or keep both (--conflict rename)"
    )


def left_out(entry: Entry, path: VPath) -> str | None:
    """Say why something is not copied although it was asked for."""
    if not never_copied(entry):
        return None
    is_file = entry.kind is Kind.FILE
    what = "the part of an unfinished download" if is_file else KINDS[entry.kind]
    return f"{printable(str(path))} is not copied: it is {what}"


def never_copied(entry: Entry) -> bool:
    """Whether it is left out, whoever asks for it."""
    kind = entry.kind
    if kind is Kind.FILE:
        return is_partial(entry.name)
    return kind is not Kind.FOLDER


def is_partial(name: str) -> bool:
    """Whether that is what an unfinished download is called."""
    return name.endswith(".acd-part") and _PARTIAL.fullmatch(name) is not None


def plan_roots(named: Sequence[tuple[Entry, VPath, VPath]], *, twins: Twins) -> Found:
    """Decide about things that the request names itself, or some of them.

    Args:
        named: each with where it is and where it goes.
        twins: those of the ones before; gets those of these.
    """
    found = Found()
    for entry, here, there in named:
        twins.place(found, entry, here, there)
    return found


class Verdict(enum.Enum):
    """What to do where something is at the target already."""

    SKIP = enum.auto()
    OVERWRITE = enum.auto()
    RENAME = enum.auto()
    ASK = enum.auto()
    FAIL = enum.auto()


class Decision(msgspec.Struct, frozen=True):
    """A verdict and, where the user will see it, why."""

    verdict: Verdict
    reason: str | None = None


def decide(source: Entry, target: Entry, policy: ConflictPolicy) -> Decision:
    """Say what to do about a file whose name is taken by something else."""
    is_file = target.kind is Kind.FILE
    what = "another file" if is_file else KINDS[target.kind]
    there = f"{what} of that name is there"
    if policy in _ALWAYS:
        return Decision(_ALWAYS[policy], there)
    if policy is ConflictPolicy.OVERWRITE and is_file:
        return Decision(Verdict.OVERWRITE)
    if (
        policy is ConflictPolicy.NEWER
        and is_file
        and source.modified_ns is not None
        and target.modified_ns is not None
    ):
        if source.modified_ns > target.modified_ns:
            return Decision(Verdict.OVERWRITE)
        return Decision(Verdict.SKIP, "the file there is as new or newer")
    return Decision(Verdict.ASK, there)


_ALWAYS = {
    ConflictPolicy.SKIP: Verdict.SKIP,
    ConflictPolicy.RENAME: Verdict.RENAME,
    ConflictPolicy.FAIL: Verdict.FAIL,
}
KINDS = {
    Kind.FILE: "a file",
    Kind.FOLDER: "a folder",
    Kind.LINK: "a symbolic link",
    Kind.LOST_LINK: "a symbolic link that leads nowhere",
    Kind.BACK_LINK: "a symbolic link to a folder that it lies in",
    Kind.OTHER: "a socket, pipe or device",
}
"""What each kind is called."""


def conflict(sides: Sequence[tuple[Entry, str | None]]) -> Conflict:
    """Describe source and target, each with its MD5 if known, for the user."""
    source, target = (
        Side(
            size=entry.size,
            modified_ns=entry.modified_ns,
            md5=md5,
            is_folder=entry.is_folder,
        )
        for entry, md5 in sides
    )
    return Conflict(source=source, target=target)


def numbered(name: str, number: int) -> str:
    """Return `name (2).ext` for `name.ext`."""
    stem, dot, extension = name.rpartition(".")
    if not stem:  # `name` or `.name`
        return f"{name} ({number})"
    return f"{stem} ({number}){dot}{extension}"


def is_numbered(name: str) -> bool:
    """Whether `numbered` may have made it of another one."""
    return ")" in name and _NUMBERED.fullmatch(name) is not None
