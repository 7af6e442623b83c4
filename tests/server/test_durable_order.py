"""A power cut: what is synced, and that nothing is answered before it is."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.server.conftest import Drive, new_drive, until
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket

_CALLS = "open,openat,fsync,fdatasync,link,linkat,unlink,unlinkat,write,pwrite64,writev,sendto,sendmsg"
_LINE = re.compile(r"(?:\[pid +)?(\d+)\]? +(<\.\.\. )?(\w+)(.*)")


class Call(NamedTuple):
    """A call of the kernel.

    Attributes:
        name: without the 64 at its end.
        arguments: as strace shows them, with the paths of files.
        begun: its place among all lines.
        ended: likewise.
    """

    name: str
    arguments: str
    begun: int
    ended: int


@contextlib.contextmanager
def traced(server: ServerProcess, path: Path) -> Iterator[Callable[[], list[Call]]]:
    """Have strace write down what a server does; skip where it may not."""
    if shutil.which("strace") is None:
        pytest.skip("there is no strace here")
    command = ["strace", "-f", "-y", "-s", "12", "-e", f"trace={_CALLS}"]
    tracer = subprocess.Popen(
        [*command, "-o", str(path), "-p", str(server.pid)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert tracer.stderr is not None
    said = tracer.stderr.readline()
    if "attached" not in said:
        tracer.wait()
        pytest.skip(f"strace is not allowed here: {said}")

    def finish() -> list[Call]:
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        return parsed(path.read_text("utf-8", "replace"))

    try:
        yield finish
    finally:
        tracer.kill()
        tracer.wait()
        tracer.stderr.close()


def parsed(text: str) -> list[Call]:
    calls: list[Call] = []
    pending: dict[str, tuple[str, str, int]] = {}
    for number, line in enumerate(text.splitlines()):
        match = _LINE.match(line)
        if match is None:
            continue
        thread, resumed, name, rest = match.groups()
        name = name.removesuffix("64")
        if resumed:
            begun = pending.pop(thread, None)
            if begun is not None:
                calls.append(Call(*begun, number))
        elif rest.endswith("<unfinished ...>"):
            pending[thread] = (name, rest, number)
        else:
            calls.append(Call(name, rest, number, number))
    return calls


class Order:
    """What came before what."""

    def __init__(self, calls: list[Call]) -> None:
        self._calls = calls

    def last(self, names: str, what: str, *, before: int | None = None) -> Call:
        found = [
            call
            for call in self._calls
            if call.name in names.split()
            and re.search(what, call.arguments)
            and (before is None or call.ended < before)
        ]
        assert found, f"no {names} of {what} before line {before}"
        return found[-1]

    def called(self, names: str, what: str, *, before: int) -> bool:
        return any(
            call.name in names.split() and re.search(what, call.arguments)
            for call in self._calls
            if call.begun < before
        )

    def removals(self) -> list[Call]:
        return [call for call in self._calls if call.name.startswith("unlink")]

    def answered(self) -> Call:
        return self.last("write writev sendto sendmsg", "HTTP/1.1 20[01]")


_CONTENT = r"/content/tmp/[0-9a-f]{32}"
_FOLDER = r"/content/[0-9a-f]{2}>"
_JOURNAL = r"/index\.sqlite-wal>"


def test_a_large_upload_is_synced_before_it_is_answered(tmp_path: Path) -> None:
    order, commit, journal = _upload(tmp_path, 3_000_000)

    folder = order.last("fsync", _FOLDER, before=commit.begun)
    link = order.last("link linkat", _CONTENT, before=folder.begun)
    content = order.last("fsync fdatasync", _CONTENT, before=link.begun)
    order.last("write writev pwrite", _CONTENT, before=content.begun)
    assert not [call for call in order.removals() if call.ended < journal.ended]


def test_a_small_upload_is_in_the_journal_before_it_is_answered(
    tmp_path: Path,
) -> None:
    order, commit, journal = _upload(tmp_path, 4096)

    assert commit.ended < journal.begun
    assert not order.called("open openat link linkat", _CONTENT, before=journal.ended)


def test_a_small_content_gets_its_file_before_the_index_forgets_it(
    tmp_path: Path,
) -> None:
    with running_server(tmp_path) as server:
        drive, files = new_drive(server), server.directory / "content"
        with drive.client, traced(server, tmp_path / "trace") as finish:
            drive.file("f", b"small")
            until(lambda: any(files.glob("[0-9a-f][0-9a-f]/*")))
            until(lambda: not any((files / "tmp").iterdir()))
            order = Order(finish())

    mark = order.last("unlink unlinkat", _CONTENT)
    journal = order.last("fsync fdatasync", _JOURNAL, before=mark.begun)
    commit = order.last("pwrite", _JOURNAL, before=journal.begun)
    folder = order.last("fsync", _FOLDER, before=commit.begun)
    link = order.last("link linkat", _CONTENT, before=folder.begun)
    content = order.last("fsync fdatasync", _CONTENT, before=link.begun)
    order.last("write writev pwrite", _CONTENT, before=content.begun)


def _upload(folder: Path, size: int) -> tuple[Order, Call, Call]:
    """What the kernel was asked for, the commit in it, and what made that durable."""
    with running_server(folder) as server:
        drive = new_drive(server)
        with drive.client, traced(server, folder / "trace") as finish:
            drive.file("f", os.urandom(size))
            order = Order(finish())
    answered = order.answered()
    journal = order.last("fsync fdatasync", _JOURNAL, before=answered.begun)
    commit = order.last("pwrite", _JOURNAL, before=journal.begun)
    return order, commit, journal


Change = Callable[[Drive, str], object]
_CHANGES: dict[str, Change] = {
    "rename": lambda drive, node: drive.ok(
        "PATCH", f"nodes/{node}", json={"name": "g"}
    ),
    "trash": lambda drive, node: drive.ok("PUT", f"trash/{node}"),
    "property": lambda drive, node: drive.call(
        "PUT", f"nodes/{node}/properties/acdtui/k", json={"value": "v"}
    ),
}


@pytest.mark.parametrize("what", _CHANGES)
def test_a_change_is_synced_before_it_is_answered(tmp_path: Path, what: str) -> None:
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            node = drive.file("f", b"content")
            with traced(server, tmp_path / "trace") as finish:
                _CHANGES[what](drive, node)
                order = Order(finish())

    answered = order.answered()
    journal = order.last("fsync fdatasync", _JOURNAL, before=answered.begun)
    order.last("pwrite", _JOURNAL, before=journal.begun)


def test_an_overwrite_removes_what_was_there_last(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            node = drive.file("f", b"old" * 50_000)
            with traced(server, tmp_path / "trace") as finish:
                files = {"content": ("x", b"new" * 50_000, "a/b")}
                drive.ok("PUT", f"{drive.c}nodes/{node}/content", files=files)
                # The old content may go after the answer; a stop waits for it.
                drive.ok("PATCH", f"nodes/{node}", json={"description": "d"})
                assert server.stop() == 0
                order = Order(finish())

    removed = order.last("unlink unlinkat", r"/content/[0-9a-f]{2}/")
    written = order.last("write writev", _CONTENT, before=removed.begun)
    order.last("fsync fdatasync", _JOURNAL, before=removed.begun)
    commits = [
        call
        for call in order._calls
        if call.name in {"fsync", "fdatasync"}
        and re.search(_JOURNAL, call.arguments)
        and written.ended < call.begun
        and call.ended < removed.begun
    ]
    assert commits
