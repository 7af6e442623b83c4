"""Edits a file in the user's own editor (F4): where it lies, or a copy of it.

A file of the disk is handed to the editor as it is. Of any other file the editor gets a
copy in a folder for the user alone; what it leaves there is written back over the file
only if that is still the one that was read. An edited copy that could not be written
back is never removed.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import os
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from acd_tui.clock import Clock
from acd_tui.environment import for_children
from acd_tui.errors import AcdError, Denied, Exists, UsageError
from acd_tui.locations import Locations, private_folder
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.transfers.planner import numbered
from acd_tui.ui.format import show_place
from acd_tui.ui.unforeseen import unforeseen
from acd_tui.units import show_size
from acd_tui.vfs.capabilities import OnDisk
from acd_tui.vfs.content import BytesContent
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.services import Runner

LARGEST = 20 * 1024 * 1024
"""Bytes of a file of a remote that is still edited."""

_USUAL = ("nano", "vim", "vi")
_LONGEST_NAME = 200  # bytes; editors add endings of their own, and 255 is the limit
_LONGEST_SUFFIX = 20
_MOST_NAMES = 50  # tried beside a file
_HINT = "set EDITOR to the command of an editor, such as nano"


def editor(
    environment: Mapping[str, str] = os.environ,
    which: Callable[[str], str | None] = shutil.which,
) -> list[str]:
    """Return the command of the user's editor, with its arguments.

    Args:
        environment: where VISUAL and EDITOR may be.
        which: finds a program.

    Raises:
        UsageError: there is none, or none of that name.
    """
    for variable in ("VISUAL", "EDITOR"):
        if not (text := environment.get(variable, "").strip()):
            continue
        try:
            command = shlex.split(text)
        except ValueError as error:
            raise UsageError(
                f"{variable} cannot be read: {error}", hint=_HINT
            ) from None
        if not command or which(command[0]) is None:
            raise UsageError(f"there is no editor {text} ({variable})", hint=_HINT)
        return command
    for name in _USUAL:
        if which(name) is not None:
            return [name]
    raise UsageError("no editor was found", hint=_HINT)


def run_in_terminal(
    app: AcdApp, command: Sequence[str], *, folder: str | None = None, words: str = ""
) -> int:
    """Give the terminal to a program until it ends; the screen stands still meanwhile.

    Args:
        app: has the terminal.
        command: the program, with its arguments.
        folder: where it runs; without, where we do.
        words: to be said before it begins.

    Returns:
        Its exit code; negative if a signal ended it.

    Raises:
        AcdError: the program cannot be started, or not from this terminal.
    """
    from textual.app import SuspendNotSupported

    failure: AcdError | None = None
    status = 0
    try:
        with interrupts_left_to_programs(), app.suspend():
            # What is raised in here would leave the screen switched off for good.
            try:
                if words:
                    print(words, file=sys.__stdout__, flush=True)
                status = run_program(command, folder)
            except AcdError as error:
                failure = error
    except SuspendNotSupported:
        raise AcdError(
            "no program can be started here",
            hint="run acd-tui in a terminal of its own",
        ) from None
    if failure is not None:
        raise failure
    return status


@contextlib.contextmanager
def interrupts_left_to_programs() -> Iterator[None]:
    """Have Ctrl-C mean nothing to us: a program that has the terminal gets it as well."""
    # A handler, unlike ignoring, is not handed down to it.
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def run_program(command: Sequence[str], folder: str | None = None) -> int:
    """Run one of the user's own programs in the terminal; see `run_in_terminal`.

    Raises:
        AcdError: it cannot be started, whatever the reason.
    """
    import subprocess

    try:
        ended = subprocess.run(  # noqa: S603 - the user's own
            command, check=False, env=for_children(), cwd=folder
        )
    except Exception as error:
        reason = getattr(error, "strerror", None) or error
        raise AcdError(
            f"{command[0]} cannot be started: {reason}",
            hint=None if folder else _HINT,
        ) from error
    return ended.returncode


class NotSaved(AcdError):
    """What was edited is not where it should be.

    Attributes:
        kept: where the edited copy is.
    """

    def __init__(self, message: str, *, hint: str | None, kept: Path) -> None:
        super().__init__(message, hint=hint)
        self.kept = kept


async def edit(
    app: AcdApp, filesystem: FileSystem, place: Place, *, is_new: bool = False
) -> None:
    """Let the user edit a file, and say how it went if there is something to say.

    Args:
        app: has the terminal.
        filesystem: that the file is of.
        place: of the file.
        is_new: there is none yet; what the editor saves is to be it.

    Raises:
        NotSaved: what was edited is not where it should be, but kept.
        AcdError: it was not edited.
    """
    command = editor()
    if isinstance(filesystem, OnDisk):
        path = filesystem.disk_path(place.path)
        if not is_new:
            path = await path_to_edit(filesystem, place)
        if status := app.run_in_terminal([*command, path]):
            app.tell(ended_badly(status), severity="warning")
        return
    remote = RemoteEdit(app.engine, app.clock, filesystem, place)
    copy = await (remote.begin() if is_new else remote.fetch())
    try:
        status = app.run_in_terminal([*command, str(copy)])
    except AcdError:
        await remote.drop()
        raise
    if await remote.save(status):
        app.tell(f"Saved to {show_place(place)}")
    elif status:
        app.tell(ended_badly(status), severity="warning")


async def path_to_edit(filesystem: OnDisk, place: Place) -> str:
    """Return where a file of the disk lies.

    Raises:
        Denied: it is no file.
    """
    path = filesystem.disk_path(place.path)
    if not await asyncio.to_thread(os.path.isfile, path):
        raise Denied(f"{place.path} is not a file that can be edited")
    return path


class RemoteEdit:
    """One file that is fetched for an editor, and written back.

    Args:
        runner: runs what is asked of the filesystem.
        clock: tells when it was written.
        filesystem: that the file is of.
        place: of the file.
    """

    def __init__(
        self, runner: Runner, clock: Clock, filesystem: FileSystem, place: Place
    ) -> None:
        self._runner, self._clock = runner, clock
        self._filesystem, self._place = filesystem, place
        self._before: Entry | None = None
        self._data = b""
        self._copy = Path()

    async def fetch(self) -> Path:
        """Fetch the file; return where the copy for the editor is."""
        read = _read(self._filesystem, self._place)
        self._before, self._data = await self._runner.run(read)
        name = self._place.path.name
        self._copy = await asyncio.to_thread(put_down, name, self._data)
        return self._copy

    async def begin(self) -> Path:
        """Begin a file that is not there yet; return where the editor has it."""
        self._copy = await asyncio.to_thread(put_down, self._place.path.name, b"")
        return self._copy

    async def drop(self) -> None:
        """Remove the copy, which nobody has edited."""
        await asyncio.to_thread(remove, self._copy)

    async def save(self, status: int) -> bool:
        """Write back what the editor left; return whether there was something.

        Args:
            status: the editor's exit code.

        Raises:
            NotSaved: it could not be written back, and is kept.
            AcdError: there was nothing to keep.
        """
        # The copy may be worth something: it goes when all went well.
        try:
            edited = await asyncio.to_thread(pick_up, self._copy)
            if edited != self._data:
                if status:
                    raise AcdError(f"{ended_badly(status)}, so nothing was saved")
                await self._write(edited)
        except AcdError as error:
            where = await asyncio.to_thread(_keep, self._copy)
            raise _with_copy(error, self._place, where) from error
        await self.drop()
        return edited != self._data

    async def _write(self, edited: bytes) -> None:
        """Write back what was edited; whatever goes wrong is an `AcdError`."""
        md5 = await asyncio.to_thread(_md5, edited)
        content = BytesContent(edited, _written_at(self._clock), md5)
        write = self._filesystem.write(
            self._place.path, content, replacing=self._before
        )
        try:
            await self._runner.run(write)
        except AcdError:
            raise
        except Exception as error:
            raise unforeseen(error) from error


async def save_beside(
    runner: Runner, clock: Clock, filesystem: FileSystem, *, path: VPath, kept: Path
) -> VPath:
    """Write an edited copy to the first free name beside a file; return that.

    Raises:
        AcdError: it cannot be saved there either; the copy stays.
    """
    data = await asyncio.to_thread(kept.read_bytes)
    content = BytesContent(data, _written_at(clock), _md5(data))
    for number in itertools.count(2):
        beside = path.parent / numbered(path.name, number)
        try:
            await runner.run(filesystem.write(beside, content))
        except Exists:
            if number > _MOST_NAMES:
                raise
        else:
            return beside
    raise AssertionError("unreachable")  # pragma: no cover


def _written_at(clock: Clock) -> int:
    """What a file that is written now is to have for its time."""
    return round(clock.now() * 1000) * 1_000_000


async def _read(filesystem: FileSystem, place: Place) -> tuple[Entry, bytes]:
    """Read a file whole; the entry is from before, so that a change since shows."""
    before = await filesystem.stat(place.path)
    content = await filesystem.read(place.path)
    data = bytearray()
    if content.size <= LARGEST:
        async with content.open(0) as pieces:
            async for piece in pieces:
                data += piece
                if len(data) > LARGEST:
                    break
    if max(content.size, len(data)) > LARGEST:
        raise Denied(
            f"too large to edit: {place.path.name}, {show_size(content.size)}",
            hint=f"up to {show_size(LARGEST)} are edited here; copy it (F5) instead",
        )
    return before, bytes(data)


def _with_copy(error: AcdError, place: Place, where: Path | None) -> AcdError:
    """The same error, saying where the edited copy is, if there is one."""
    if where is None:
        return error
    message, hint = error.message, f"what you edited is kept in {where}"
    if isinstance(error, Exists):
        message = (
            f"somebody changed {show_place(place)} meanwhile, so it was left alone"
        )
    elif error.hint:
        hint = f"{error.hint}; {hint}"
    return NotSaved(message, hint=hint, kept=where)


def ended_badly(status: int) -> str:
    """Say how an editor ended that did not end well."""
    how = f"signal {-status}" if status < 0 else f"exit code {status}"
    return f"The editor ended with an error ({how})"


def safe_name(name: str) -> str:
    """Return a name that any disk takes and that does nothing to a terminal."""
    name = printable(name)
    suffix = Path(name).suffix
    if len(suffix.encode()) > _LONGEST_SUFFIX:
        suffix = ""
    stem = name.removesuffix(suffix).encode()[: _LONGEST_NAME - len(suffix.encode())]
    return stem.decode(errors="ignore") + suffix


def put_down(name: str, data: bytes) -> Path:
    """Write the copy for the editor: in a folder of its own, for the user alone."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="acd-tui-edit-"))
    except OSError as error:
        raise Denied(f"there is no room for a copy: {error.strerror}") from error
    path = folder / safe_name(name)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - opened already
            file.write(data)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Denied(f"the copy cannot be written: {error.strerror}") from error
    return path


def pick_up(copy: Path) -> bytes:
    """Read what the editor left."""
    try:
        return copy.read_bytes()
    except OSError as error:
        raise AcdError(f"the editor left nothing to save: {error.strerror}") from error


def _keep(copy: Path) -> Path | None:
    """Move the copy to where nothing clears it away; return where it is, if it is."""
    if not copy.exists():
        remove(copy)
        return None
    try:
        edited = private_folder(Locations.from_environment().state) / "edited"
        folder = Path(tempfile.mkdtemp(dir=private_folder(edited), prefix="copy-"))
        kept = Path(shutil.move(copy, folder / copy.name))
    except (OSError, AcdError):
        return copy  # it stays where it is
    remove(copy)
    return kept


def remove(copy: Path) -> None:
    """Remove a copy with its folder."""
    shutil.rmtree(copy.parent, ignore_errors=True)


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
