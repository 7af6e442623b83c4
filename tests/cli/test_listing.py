from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from acd_tui.cli import listing
from acd_tui.cli.list_tree import Problems, Writer
from acd_tui.cli.listing import Listed
from acd_tui.cli.output import Data
from acd_tui.errors import AcdError, Denied, FolderNotFound, PartlyFailed, Transient
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import Content
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.walking import Walked, walk

NOON = 1_763_907_438_123_456_789  # 2025-11-23 14:17:18.123456789 UTC


@pytest.fixture(autouse=True)
def zone() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Kolkata")
        time.tzset()
        yield
    time.tzset()


def file(
    name: str = "f.txt",
    *,
    size: int = 42,
    modified_ns: int | None = NOON,
    id: str | None = None,  # noqa: A002 - as `Entry` calls it
) -> Entry:
    return Entry(name=name, kind=Kind.FILE, size=size, modified_ns=modified_ns, id=id)


def found(entry: Entry, *folders: str) -> Walked:
    names = (*folders, entry.name)
    return Walked(VPath(names), names, entry)


def listed(*, md5: str | None = None, **entry: Any) -> Listed:
    return Listed(found(file(**entry)), md5)


def test_lines_are_rclones() -> None:
    folder = Entry(name="d", kind=Kind.FOLDER, modified_ns=NOON)
    md5 = "5d41402abc4b2a76b9719d911017c592"
    assert listing.ls_line("a/f.txt", listed()) == "       42 a/f.txt"
    assert listing.ls_line("f", listed(size=12_345_678_901)) == "12345678901 f"
    assert (
        listing.lsl_line("f.txt", listed())
        == "       42 2025-11-23 19:47:18.123456789 f.txt"
    )
    assert (
        listing.lsd_line("d", Listed(found(folder)))
        == "          -1 2025-11-23 19:47:18        -1 d"
    )
    assert listing.md5_line("f.txt", listed(md5=md5)) == f"{md5}  f.txt"
    assert listing.md5_line("f.txt", listed()) == " " * 32 + "  f.txt"


@pytest.mark.parametrize("when", [None, 2**100, -(2**100)])
def test_a_time_that_cannot_be_is_shown_as_none(when: int | None) -> None:
    entry = file(modified_ns=when)
    assert "0001-01-01 00:00:00.000000000" in listing.long_line("f", entry)
    assert '"ModTime":"0001-01-01T00:00:00Z"' in listing.json_line(
        found(entry), remote=False
    )


def test_json_has_the_keys_in_rclones_order() -> None:
    line = listing.json_line(found(file(id="ID1"), "d"), remote=True, md5="0" * 32)
    assert line == (
        '{"Path":"d/f.txt","Name":"f.txt","Size":42,"MimeType":"text/plain",'
        '"ModTime":"2025-11-23T14:17:18Z","IsDir":false,'
        '"Hashes":{"md5":"00000000000000000000000000000000"},"ID":"ID1"}'
    )
    assert listing.json_line(found(file()), remote=False) == (
        '{"Path":"f.txt","Name":"f.txt","Size":42,'
        '"MimeType":"text/plain; charset=utf-8",'
        '"ModTime":"2025-11-23T19:47:18.123456789+05:30","IsDir":false}'
    )
    folder = Entry(name="d", kind=Kind.FOLDER, modified_ns=NOON, id="x")
    assert listing.json_line(found(folder), remote=True) == (
        '{"Path":"d","Name":"d","Size":-1,"MimeType":"inode/directory",'
        '"ModTime":"2025-11-23T14:17:18Z","IsDir":true,"ID":"x"}'
    )


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("<&>é", r"\u003c\u0026\u003eé"),
        ('a"\\', r"a\"\\"),
        ("\n\r\t\b\f\x1b\x7f", "\\n\\r\\t\\u0008\\u000c\\u001b\x7f"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("a\udcffb", r"a\ufffdb"),
        ("😀", "😀"),
    ],
)
def test_json_is_escaped_as_go_does(name: str, quoted: str) -> None:
    line = listing.json_line(found(file(name)), remote=False)
    assert f'"Name":"{quoted}"' in line
    json.loads(line)


async def filled(*paths: str) -> MemoryFileSystem:
    filesystem = MemoryFileSystem()
    for path in paths:
        await filesystem.make_folder(VPath.parse(path))
    return filesystem


async def walked(
    filesystem: MemoryFileSystem, root: str = "", depth: int | None = None
) -> list[list[str]]:
    def no_problem(problem: str) -> None:
        raise AssertionError(problem)

    return [
        [each.shown for each in folder]
        async for folder in walk(
            filesystem, VPath.parse(root), depth=depth, problem=no_problem
        )
    ]


async def test_walks_folder_by_folder_in_the_order_of_names() -> None:
    filesystem = await filled("b", "a", "a/y", "a/x", "a/x/deep", "b/z")
    assert await walked(filesystem) == [
        ["a", "b"], ["a/x", "a/y"], ["a/x/deep"], [], [], ["b/z"], [],
    ]  # fmt: skip
    assert await walked(filesystem, depth=2) == [["a", "b"], ["a/x", "a/y"], ["b/z"]]
    assert await walked(filesystem, "a", depth=1) == [["x", "y"]]


async def test_a_missing_folder_is_an_error() -> None:
    with pytest.raises(FolderNotFound):
        await walked(await filled(), "nowhere")


class Failing(MemoryFileSystem):
    """Cannot list folders of one name."""

    error: Exception = Denied("no entry here")

    async def list(self, path: VPath) -> Sequence[Entry]:
        if path.name == "bad":
            raise self.error
        return await super().list(path)


async def test_a_folder_that_cannot_be_read_does_not_stop_the_rest() -> None:
    filesystem = Failing()
    for path in ("bad", "good", "good/x"):
        await filesystem.make_folder(VPath.parse(path))
    problems: list[str] = []
    names = [
        each.shown
        async for folder in walk(
            filesystem, VPath(), depth=None, problem=problems.append
        )
        for each in folder
    ]
    assert names == ["bad", "good", "good/x"]
    assert problems == ["no entry here"]


async def test_an_account_that_cannot_be_reached_stops_it() -> None:
    filesystem = Failing()
    filesystem.error = Transient("gone")
    await filesystem.make_folder(VPath.parse("bad"))
    with pytest.raises(Transient):
        await walked(filesystem)


class Unreadable(MemoryFileSystem):
    """Tells of an MD5 that the file called `bad` cannot be read."""

    async def md5s(
        self, paths: Sequence[VPath], *, at_a_time: int
    ) -> Sequence[str | AcdError]:
        return [
            Denied("`bad` cannot be read") if p.name == "bad" else "0" * 32
            for p in paths
        ]

    async def md5(self, path: VPath) -> str:
        raise AssertionError("one by one is not asked")

    async def learn_md5(self, path: VPath, content: Content, md5: str) -> Entry:
        raise AssertionError("nothing is read")

    async def forget_md5(self, content: Content) -> None:
        raise AssertionError("nothing was wrong")


async def test_a_file_that_cannot_be_read_does_not_stop_the_rest(
    capfd: pytest.CaptureFixture[str],
) -> None:
    problems = Problems()
    writer = Writer(Data(), Unreadable(), listing.md5_line, problems=problems)
    files = [found(file(name)) for name in ("a", "bad", "z")]
    await writer.write(files, hashes=True)
    said = capfd.readouterr()
    assert said.out.splitlines() == [
        f"{'0' * 32}  a", f"{' ' * 32}  bad", f"{'0' * 32}  z"
    ]  # fmt: skip
    assert said.err == "error: `bad` cannot be read\n"
    with pytest.raises(PartlyFailed):
        problems.end("list")
