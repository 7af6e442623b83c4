"""`move` and `rename`: to another drive by the queue, within one by renaming."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from msgspec.structs import replace

from acd_tui.cli.copying import carry_out, copying_options
from acd_tui.cli.how import How
from acd_tui.cli.output import Data, examples, json_option, note
from acd_tui.cli.places import filesystem_at, in_session, show_place
from acd_tui.errors import (
    AcdError,
    Changed,
    Exists,
    NotFound,
    PartlyFailed,
    SignInNeeded,
    Unreachable,
    UsageError,
)
from acd_tui.printable import printable
from acd_tui.transfers.model import Filters, Place
from acd_tui.vfs.capabilities import Mirrored, OnDisk
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.cli.ends import Ends
    from acd_tui.session.core import Session
    from acd_tui.vfs.entry import Entry
    from acd_tui.vfs.filesystem import FileSystem

_MOST_NUMBERED = 1000  # `name (1000).ext`


@click.command(
    epilog=examples(
        "move ~/Pictures/2019 photos:2019 --progress",
        "move photos:inbox/a.jpg photos:2019",
        "move photos:2019 backup:2019 --conflict skip --dry-run",
    )
)
@copying_options
def move(source: str, target: str, how: How) -> None:
    """Move a file, or what a folder holds, into the folder DST.

    To another drive each file is copied, checked by its MD5, and only then its source
    goes to the trash. Within one drive nothing is copied: names change, and `u` in the
    panes takes it back.
    """

    async def work(session: Session) -> None:
        from acd_tui.cli.ends import both_ends, check_apart

        ends = await both_ends(session, source, target)
        check_apart(ends, hint="`acd-tui rename` gives it another name")
        if ends.origin is ends.goal:
            await _Within(session, ends, how).carry_out()
        else:
            options = replace(how.options, move=True)
            await carry_out(session, ends, replace(how, options=options))

    in_session(work, tries=how.tries)


@click.command(
    epilog=examples("rename photos:2019/a.jpg b.jpg", "rename ~/notes.txt ideas.txt")
)
@click.argument("place", metavar="PATH")
@click.argument("name", metavar="NAME")
@json_option
def rename(place: str, name: str, as_json: bool) -> None:
    """Give a file or folder another name; it stays in its folder.

    In the panes `u` takes it back.
    """

    async def work(session: Session) -> None:
        filesystem, at = await filesystem_at(session, place)
        if at.path.is_root:
            raise UsageError(
                "the root of a drive cannot be renamed",
                hint="`acd-tui config rename` gives the remote another name",
            )
        if "/" in name:
            raise UsageError(
                f"`{name}` is a path, and the new name has to be one without folders",
                hint="`acd-tui move` moves to another folder",
            )
        await filesystem.stat(at.path)  # so that what is missing is told as such
        target = Place(at.filesystem, at.path.parent / name)
        await session.operations.move(at, target)
        if as_json:
            Data().json({"from": show_place(at), "to": show_place(target)})

    in_session(work)


class _Step(msgspec.Struct, frozen=True):
    """Something that is moved, or why it is not.

    Attributes:
        source: where it is.
        target: where it is to be.
        act: what is done.
        reason: why.
        seen: what was at both when that was decided, where it is decisive.
    """

    source: VPath
    target: VPath
    act: str
    reason: str | None = None
    seen: tuple[Entry, Entry] | None = None


class _Within:
    """Moves within one drive; folders that are there already are filled up.

    Args:
        session: the program.
        ends: both on one drive.
        how: what to do about conflicts.
    """

    def __init__(self, session: Session, ends: Ends, how: How) -> None:
        if how.options.filters != Filters():
            raise UsageError(
                "within one drive whole folders are moved, so filters mean nothing",
                hint="name the files, or leave the filters away",
            )
        self._operations = session.operations
        self._ends = ends
        self._fs: FileSystem = ends.goal
        self._how = how
        self._data = Data()
        self._steps: list[_Step] = []

    async def carry_out(self) -> None:
        """Move it all and say what came of it.

        Raises:
            PartlyFailed: some of it stays where it was.
        """
        ends = self._ends
        if ends.missing and not self._how.dry_run:
            await self._operations.make_folder(ends.target)
        if ends.entry.is_folder:
            await self._fill(ends.path, ends.target.path, missing=ends.missing)
        else:
            there = await self._there(ends.target.path, missing=ends.missing)
            await self._one(ends.path, ends.entry, ends.target.path, there)
        self._tell()

    async def _there(self, folder: VPath, *, missing: bool) -> dict[str, Entry]:
        """What a folder holds, by the name by which the drive tells it apart."""
        if missing:
            return {}
        return {self._key(one.name): one for one in await self._fs.list(folder)}

    def _key(self, name: str) -> str:
        return name.lower() if self._fs.features.case_insensitive else name

    async def _fill(self, source: VPath, target: VPath, *, missing: bool) -> None:
        there = await self._there(target, missing=missing)
        for entry in sorted(await self._fs.list(source), key=lambda one: one.name):
            path = source / entry.name
            try:
                await self._one(path, entry, target, there)
            except (SignInNeeded, Unreachable):
                raise
            except AcdError as error:  # the rest goes on
                await self._do(_Step(path, target / path.name, "fail", error.message))

    async def _one(
        self, source: VPath, entry: Entry, folder: VPath, there: dict[str, Entry]
    ) -> None:
        target = folder / source.name
        other = there.get(self._key(source.name))
        if self._holds_source(target):
            # What is in it now goes where it is; it would take its own files' places.
            reason = "a folder of that name is there: the one whose content is moved"
            await self._do(_Step(source, target, "fail", reason))
        elif other is not None and _are_one(entry, other):
            step = await self._parting(source, folder / other.name)
            await self._do(replace(step, seen=(entry, other)))
        elif other is None:
            there[self._key(source.name)] = entry
            await self._do(_Step(source, target, "move"))
        elif entry.is_folder and other.is_folder:
            target = folder / other.name
            await self._fill(source, target, missing=False)
            await self._drop_if_empty(source)
        else:
            await self._clash(source, entry, target, other, there)

    async def _parting(self, source: VPath, target: VPath) -> _Step:
        """Return what moves something to a folder that holds it as well: leaving."""
        holders = [(await self._fs.stat(path.parent)).id for path in (source, target)]
        if holders[0] == holders[1]:
            return _Step(source, target, "fail", "both are the same file")
        return _Step(
            source, target, "leave", "both folders hold it: it leaves this one"
        )

    def _holds_source(self, target: VPath) -> bool:
        """Whether something at `target` would be, or hold, the folder that is emptied."""
        from acd_tui.transfers.planner import folded

        insensitive = self._fs.features.case_insensitive
        source, place = (
            folded(path, case_insensitive=insensitive)
            for path in (self._ends.path, target)
        )
        return self._ends.entry.is_folder and source.is_within(place)

    async def _clash(
        self,
        source: VPath,
        entry: Entry,
        target: VPath,
        other: Entry,
        there: dict[str, Entry],
    ) -> None:
        from acd_tui.transfers.planner import Verdict, decide
        from acd_tui.transfers.verify import same_content
        from acd_tui.vfs.hashing import Located

        if entry.is_folder or other.is_folder:
            kind = "folder" if other.is_folder else "file"
            reason = f"a {kind} of that name is there"
            await self._do(_Step(source, target, "fail", reason))
            return
        if self._same_file(source, target):
            await self._do(_Step(source, target, "fail", "both are the same file"))
            return
        mine = Located(self._fs, source, entry)
        if await same_content(mine, Located(self._fs, target, other)):
            step = _Step(source, target, "trash", "the same content is there")
            await self._do(replace(step, seen=(entry, other)))
            return
        decision = decide(entry, other, self._how.policy)
        if decision.verdict is Verdict.OVERWRITE:
            step = _Step(source, target, "overwrite")
            await self._do(replace(step, seen=(entry, other)))
        elif decision.verdict is Verdict.RENAME:
            free = self._free(target.name, there)
            there[self._key(free)] = entry
            await self._do(_Step(source, target.parent / free, "move"))
        else:
            act = "skip" if decision.verdict is Verdict.SKIP else "fail"
            await self._do(_Step(source, target, act, decision.reason))

    def _same_file(self, source: VPath, target: VPath) -> bool:
        """Whether both lead to one file of the disk, by a link or a second mount."""
        if not isinstance(self._fs, OnDisk):
            return False
        paths = [self._fs.disk_path(path) for path in (source, target)]
        with contextlib.suppress(OSError):
            return Path(paths[0]).samefile(paths[1])
        return False

    def _free(self, name: str, there: dict[str, Entry]) -> str:
        for candidate in _numbered(name):
            if self._key(candidate) not in there:
                return candidate
        raise Exists(f"no free name like {name} was found")

    async def _do(self, step: _Step) -> None:
        """Do a step, or note why it cannot be done; the rest goes on."""
        try:
            if not self._how.dry_run:
                await _to_its_end(self._take(step))
        except AcdError as error:
            step = replace(step, act="fail", reason=error.message)
        self._steps.append(step)
        if self._how.verbose or self._how.dry_run or step.act == "fail":
            self._show(step)

    async def _take(self, step: _Step) -> None:
        name = self._ends.source.filesystem
        source, target = Place(name, step.source), Place(name, step.target)
        if step.act == "move":
            await self._operations.move(source, target)
        elif step.act in {"trash", "leave"}:
            await self._check_still(step)
            await self._operations.trash([source])
        elif step.act == "overwrite":
            await self._check_still(step)
            await self._replace(source, target)

    async def _check_still(self, step: _Step) -> None:
        """Make sure that both are what they were when the folders were listed.

        Raises:
            Changed: one is not; what would be trashed may be nowhere else.
        """
        from acd_tui.transfers.verify import same_content, same_entry
        from acd_tui.vfs.hashing import Located

        assert step.seen is not None
        there: list[Located] = []
        for path, seen in zip((step.source, step.target), step.seen, strict=True):
            now = await self._now(path)
            # Of what both folders hold, only that they do counts, not what is in it.
            same = _are_one if step.act == "leave" else same_entry
            if now is None or not same(seen, now):
                raise Changed(f"{printable(str(path))} has changed meanwhile")
            there.append(Located(self._fs, path, now))
        if step.act == "trash" and not await same_content(*there):
            raise Changed("they do not hold the same any more")

    async def _now(self, path: VPath) -> Entry | None:
        """Return what is at a path, of a drive by the word of the service itself."""
        if isinstance(self._fs, Mirrored):
            return await self._fs.confirm(path)
        with contextlib.suppress(NotFound):
            return await self._fs.stat(path)
        return None

    async def _replace(self, source: Place, target: Place) -> None:
        trashed = await self._operations.trash([target])
        try:
            await self._operations.move(source, target)
        except AcdError:
            await self._operations.undo(trashed)  # what was there comes back
            raise

    async def _drop_if_empty(self, folder: VPath) -> None:
        from acd_tui.vfs.walking import holds_more_than

        if self._how.dry_run or await holds_more_than(self._fs, folder, 0):
            return
        with contextlib.suppress(NotFound):
            await self._operations.trash([Place(self._ends.source.filesystem, folder)])

    def _show(self, step: _Step) -> None:
        if self._how.as_json:
            return
        name = self._data.name(str(step.source))
        why = f"  ({step.reason})" if step.reason else ""
        line = f"{step.act:<9}  {name} → {self._data.name(str(step.target))}{why}"
        self._data.line(line)

    def _tell(self) -> None:
        acts = Counter(step.act for step in self._steps)
        moved = acts["move"] + acts["overwrite"] + acts["leave"]
        if self._how.as_json:
            self._data.json(
                {
                    "dry_run": self._how.dry_run,
                    "moved": moved,
                    "trashed": acts["trash"],
                    "skipped": acts["skip"],
                    "failed": acts["fail"],
                    "actions": [
                        {
                            "action": step.act,
                            "from": str(step.source),
                            "to": str(step.target),
                            "reason": step.reason,
                        }
                        for step in self._steps
                    ],
                }
            )
        dry = "dry run: " if self._how.dry_run else ""
        done = "; nothing was done" if self._how.dry_run else ""
        there = (
            f", {acts['trash']} there already, trashed here" if acts["trash"] else ""
        )
        note(
            f"{dry}{moved} moved{there}, {acts['skip']} skipped, "
            f"{acts['fail']} failed{done}"
        )
        if acts["fail"]:
            raise PartlyFailed(f"{acts['fail']} of {len(self._steps)} were not moved")


async def _to_its_end(work: Coroutine[None, None, None]) -> None:
    """Do something whole: Ctrl-C stops after it, and only a second one stops it.

    Half of it would be a file that is in the trash, and no other in its place.
    """
    import asyncio

    doing = asyncio.ensure_future(work)
    try:
        await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.gather(doing, return_exceptions=True)
        raise


def _are_one(entry: Entry, other: Entry) -> bool:
    """Whether both are one thing, which folders of a drive may hold together."""
    return entry.id is not None and entry.id == other.id


def _numbered(name: str) -> Iterator[str]:
    from acd_tui.transfers.planner import numbered

    for number in range(2, _MOST_NUMBERED + 1):
        yield numbered(name, number)
