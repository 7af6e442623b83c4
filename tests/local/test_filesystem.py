from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import shutil
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acd_tui.errors import (
    Changed,
    Denied,
    Exists,
    FolderNotFound,
    Full,
    NotFound,
    Transient,
)
from acd_tui.local import filesystem, reading
from acd_tui.local.disk import rename_to_free
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.vfs.entries import PackedEntries
from acd_tui.vfs.entry import Kind
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given, md5_of, read_all
from tests.disks import small_disk

needs_limits = pytest.mark.skipif(
    os.geteuid() == 0, reason="root is not held back by permissions"
)


def partials(disk: Path) -> list[Path]:
    return list(disk.glob("**/*.acd-part"))


def locked(fd: int) -> bool:
    """Whether somebody else has a lock on that file."""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(fd, fcntl.LOCK_UN)
    return False


class TestListing:
    async def test_a_glance_shows_what_a_large_folder_begins_with(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        (disk / "zoo").mkdir()
        (disk / "a link").symlink_to(disk / "zoo")
        for name in "Bdca":
            (disk / name).write_bytes(name.encode())
        (disk / f".{16 * 'a'}.acd-part").touch()
        listed = {entry.name: entry for entry in await fs.list(base)}
        window = await fs.glance(base, 4)
        assert window == [listed[name] for name in ("zoo", "a", "a link", "B")]
        assert await fs.glance(base, 6) == []
        with pytest.raises(FolderNotFound):
            await fs.glance(base / "nowhere", 4)

    async def test_a_large_folder_is_listed_as_a_small_one_and_packed(
        self,
        fs: LocalFileSystem,
        base: VPath,
        disk: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        for number in range(10):
            (disk / f"{number}").write_bytes(b"x" * number)
        (disk / "folder").mkdir()
        os.utime(disk / "7", ns=(0, (1 << 63) + 10**9))  # in 2262
        small = await fs.list(base)
        monkeypatch.setattr(filesystem, "_LARGE_PAGE", 3)
        large = await fs.list(base)
        assert isinstance(large, PackedEntries)
        assert list(large) == list(small)

    async def test_links_and_special_files_are_named_as_such(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        (disk / "folder").mkdir()
        (disk / "to folder").symlink_to(disk / "folder")
        (disk / "broken").symlink_to(disk / "nowhere")
        (disk / "loop").symlink_to(disk / "loop")
        os.mkfifo(disk / "pipe")
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
            listener.bind(str(disk / "socket"))
        kinds = {entry.name: entry.kind for entry in await fs.list(base)}
        assert kinds == {
            "folder": Kind.FOLDER,
            "to folder": Kind.LINK,
            "broken": Kind.LINK,
            "loop": Kind.LINK,
            "pipe": Kind.OTHER,
            "socket": Kind.OTHER,
        }
        assert (await fs.stat(base / "broken")).kind is Kind.LINK
        with pytest.raises(Denied):
            await fs.read(base / "pipe")
        with pytest.raises(NotFound):
            await fs.read(base / "broken")
        with pytest.raises(Denied):
            await fs.read(base / "loop")

    async def test_a_link_given_as_the_folder_is_followed(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        (disk / "folder").mkdir()
        (disk / "folder" / "file").touch()
        (disk / "link").symlink_to("folder")
        assert [entry.name for entry in await fs.list(base / "link")] == ["file"]

    async def test_names_that_are_no_text(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        raw = b"a\xff\xfeb\xc3"
        (disk / os.fsdecode(raw)).write_bytes(b"data")
        (entry,) = await fs.list(base)
        assert os.fsencode(entry.name) == raw
        assert await read_all(await fs.read(base / entry.name)) == b"data"
        await fs.move(base / entry.name, base / ("x" + entry.name))
        await fs.write(base / entry.name, Given(b"again"))
        names = sorted(os.fsencode(path.name) for path in disk.iterdir())
        assert names == [raw, b"x" + raw]

    async def test_control_characters_are_pictures_and_come_back(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        for name in ("two\nlines", "\u240a", "\u201b", "\x7f", "\u2400"):
            (disk / name).write_text(name)
        shown = {entry.name for entry in await fs.list(base)}
        assert shown == {"two␊lines", "‛␊", "‛‛", "␡", "␀"}
        for name in shown:
            await fs.move(base / name, base / f"new {name}")
        assert {path.name for path in disk.iterdir()} == {
            f"new {name}"
            for name in ("two\nlines", "\u240a", "\u201b", "\x7f", "\u2400")
        }

    async def test_a_name_the_disk_cannot_have(
        self, fs: LocalFileSystem, base: VPath
    ) -> None:
        for name in ("x" * 300, "half \ud800 pair"):
            with pytest.raises(Denied):
                await fs.write(base / name, Given(b"data"))
            with pytest.raises(Denied):
                await fs.make_folder(base / name)

    @needs_limits
    async def test_folders_one_may_not_use(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        (disk / "shut").mkdir(mode=0)
        (disk / "names only").mkdir()
        (disk / "names only" / "file").touch()
        (disk / "names only").chmod(0o400)
        with pytest.raises(Denied):
            await fs.list(base / "shut")
        with pytest.raises(Denied):
            await fs.write(base / "shut" / "file", Given(b""))
        (entry,) = await fs.list(base / "names only")
        assert (entry.name, entry.kind, entry.size) == ("file", Kind.FILE, None)
        (disk / "names only").chmod(0o700)

    @needs_limits
    async def test_a_folder_that_takes_files_and_shows_none(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        box = disk / "box"
        box.mkdir(mode=0o300)
        made = await fs.write(base / "box" / "f", Given(b"new"))
        assert (box / "f").read_bytes() == b"new"
        await fs.write(base / "box" / "f", Given(b"newer"), replacing=made)
        assert (box / "f").read_bytes() == b"newer"
        box.chmod(0o700)


class TestMd5s:
    async def test_listings_have_those_that_are_known(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        for name in ("one", "two"):
            (disk / name).write_bytes(b"data")
        assert await fs.md5(base / "one") == md5_of(b"data")
        known = {entry.name: entry.md5 for entry in await fs.list(base)}
        assert known == {"one": md5_of(b"data"), "two": None}
        content = await fs.read(base / "one")
        assert content.md5 == md5_of(b"data")

    async def test_many_at_once_each_for_itself(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        for number in range(300):
            (disk / str(number)).write_bytes(b"%d" % number)
        (disk / "7").unlink()
        (disk / "8").unlink()
        (disk / "8").mkdir()
        large = [100, 101, 200]  # of which several are read side by side
        for number in large:
            (disk / str(number)).write_bytes(b"%d" % number * 50_000)
        paths = [base / str(number) for number in range(300)]
        found = await fs.md5s(paths, at_a_time=4)
        assert isinstance(found[7], NotFound)
        assert isinstance(found[8], NotFound)
        for number in {*range(300)} - {7, 8}:
            times = 50_000 if number in large else 1
            assert found[number] == md5_of(b"%d" % number * times)
        listed = {entry.name: entry.md5 for entry in await fs.list(base)}
        assert listed["299"] == found[299]
        assert await fs.md5s([], at_a_time=4) == []

    async def test_a_known_file_is_not_read_again(
        self,
        fs: LocalFileSystem,
        base: VPath,
        disk: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (disk / "file").write_bytes(b"data")
        first = await fs.md5(base / "file")

        def no_reading(*_: object) -> str:
            raise AssertionError("read again")

        monkeypatch.setattr(reading, "_digest", no_reading)
        assert await fs.md5(base / "file") == first

    @pytest.mark.parametrize("size", [3, 100_000])
    async def test_a_file_that_changes_meanwhile_has_none(
        self,
        fs: LocalFileSystem,
        base: VPath,
        disk: Path,
        monkeypatch: pytest.MonkeyPatch,
        *,
        size: int,
    ) -> None:
        (disk / "file").write_bytes(b"x" * size)
        os.utime(disk / "file", (1, 1))
        digest = reading._digest

        def changed(*arguments: Any) -> str:
            (disk / "file").write_bytes(b"y" * size)
            return digest(*arguments)

        monkeypatch.setattr(reading, "_digest", changed)
        with pytest.raises(Changed):
            await fs.md5(base / "file")
        assert (await fs.stat(base / "file")).md5 is None

    async def test_a_change_with_the_old_time_is_noticed(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        file = disk / "file"
        file.write_bytes(b"old")
        status = file.stat()
        await fs.md5(base / "file")
        file.write_bytes(b"new")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert (await fs.stat(base / "file")).md5 is None
        assert await fs.md5(base / "file") == md5_of(b"new")

    async def test_a_move_keeps_it(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        (disk / "file").write_bytes(b"data")
        await fs.md5(base / "file")
        moved = await fs.move(base / "file", base / "moved")
        assert moved.md5 == (await fs.stat(base / "moved")).md5 == md5_of(b"data")

    async def test_a_file_that_grows_meanwhile(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        file = disk / "file"
        file.write_bytes(b"x" * 3_000_000)
        content = await fs.read(base / "file")
        async with content.open() as pieces:
            await anext(pieces)
            with file.open("ab") as more:
                more.write(b"y")
            with pytest.raises(Changed):
                async for _ in pieces:
                    pass


class TestReading:
    async def test_many_files_at_a_time_are_read_in_smaller_pieces(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        whole = bytes(range(256)) * 16384  # 4 MiB
        for name in "abc":
            (disk / name).write_bytes(whole)

        async def pieces_of(name: str, begun: asyncio.Barrier) -> list[bytes]:
            pieces: list[bytes] = []
            async with (await fs.read(base / name)).open() as read:
                async for piece in read:
                    if not pieces:
                        await begun.wait()
                    pieces.append(piece)
            return pieces

        (alone,) = await asyncio.gather(pieces_of("a", asyncio.Barrier(1)))
        assert b"".join(alone) == whole
        begun = asyncio.Barrier(3)
        many = await asyncio.gather(*(pieces_of(name, begun) for name in "abc"))
        assert [b"".join(pieces) for pieces in many] == [whole] * 3
        assert min(len(pieces) for pieces in many) > len(alone)
        (after,) = await asyncio.gather(pieces_of("a", asyncio.Barrier(1)))
        assert len(after) == len(alone)

    async def test_a_cancelled_reader_waits_for_its_thread(
        self,
        fs: LocalFileSystem,
        base: VPath,
        disk: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (disk / "file").write_bytes(b"x" * 3_000_000)
        reached, go = threading.Event(), threading.Event()
        open_then: list[bool] = []

        def slow(content: reading.DiskContent, fd: int, offset: int) -> bytes:
            reached.set()
            go.wait()
            with contextlib.suppress(OSError):
                open_then.append(os.fstat(fd).st_size == content.size)
            return b""

        monkeypatch.setattr(reading.DiskContent, "_next", slow)
        task = asyncio.create_task(read_all(await fs.read(base / "file")))
        await asyncio.to_thread(reached.wait)
        task.cancel()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not task.done()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert open_then == [True]


class TestWriting:
    async def test_a_cancelled_write_is_gone_on_with(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        data = os.urandom(5_000_000)
        stuck = Given(data, md5=md5_of(data), stop_after=4_000_000)
        writing = asyncio.create_task(fs.write(base / "file", stuck))
        await stuck.waiting.wait()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        (part,) = partials(disk)
        assert part.name == f".{md5_of(data)[:16]}.acd-part"
        had = part.stat().st_size
        assert 0 < had < len(data)
        again = Given(data, md5=md5_of(data))
        entry = await fs.write(base / "file", again)
        assert again.opened == [had]
        assert (disk / "file").read_bytes() == data
        assert entry.md5 == md5_of(data) == (await fs.stat(base / "file")).md5
        assert partials(disk) == []

    async def test_a_transient_error_keeps_what_arrived(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        data = b"z" * 3_000_000
        failing = Given(
            data, md5=md5_of(data), stop_after=2_500_000, error=Transient("later")
        )
        with pytest.raises(Transient):
            await fs.write(base / "file", failing)
        assert len(partials(disk)) == 1
        await fs.discard_partial(base / "file", md5_of(data))
        assert partials(disk) == []
        await fs.discard_partial(base / "file", md5_of(data))
        await fs.discard_partial(base / "no" / "file", None)

    async def test_what_the_disk_has_lost_is_not_gone_on_with(
        self,
        fs: LocalFileSystem,
        base: VPath,
        disk: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The system tells of a failed write once, and of success from then on."""
        data = os.urandom(3_000_000)
        sync, broken = os.fsync, [OSError(errno.EIO, "Input/output error")]

        def fsync(fd: int) -> None:
            if broken:
                raise broken.pop()
            sync(fd)

        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(Transient):
            await fs.write(base / "file", Given(data, md5=md5_of(data)))
        assert partials(disk) == []
        again = Given(data, md5=md5_of(data))
        await fs.write(base / "file", again)
        assert again.opened == [0]
        assert (disk / "file").read_bytes() == data

    @pytest.mark.parametrize("last", [b"", b"x"])
    async def test_zeros_take_no_room(
        self, fs: LocalFileSystem, base: VPath, disk: Path, last: bytes
    ) -> None:
        data = b"first" + bytes(8_000_000) + last
        stuck = Given(data, md5=md5_of(data), stop_after=4_000_000)
        writing = asyncio.create_task(fs.write(base / "file", stuck))
        await stuck.waiting.wait()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        (part,) = partials(disk)
        had = part.stat().st_size
        assert had > 2_000_000
        again = Given(data, md5=md5_of(data))
        entry = await fs.write(base / "file", again)
        assert again.opened == [had]
        assert (disk / "file").read_bytes() == data
        status = (disk / "file").stat()
        assert status.st_blocks * 512 < 1_000_000
        assert status.st_mtime_ns == entry.modified_ns == again.modified_ns

    async def test_without_an_md5_nothing_is_kept(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        failing = Given(
            b"z" * 3_000_000, stop_after=2_500_000, error=Transient("later")
        )
        with pytest.raises(Transient):
            await fs.write(base / "file", failing)
        assert partials(disk) == []

    async def test_a_broken_partial_is_found_out(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        data = os.urandom(100_000)
        part = disk / f".{md5_of(data)[:16]}.acd-part"
        part.write_bytes(b"something else")
        with pytest.raises(Transient):
            await fs.write(base / "file", Given(data, md5=md5_of(data)))
        assert partials(disk) == []
        await fs.write(base / "file", Given(data, md5=md5_of(data)))
        assert (disk / "file").read_bytes() == data

    async def test_a_partial_that_is_also_somebodys_file(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        data = b"data"
        (disk / "theirs").write_bytes(b"precious")
        part = disk / f".{md5_of(data)[:16]}.acd-part"
        part.hardlink_to(disk / "theirs")
        await fs.write(base / "file", Given(data, md5=md5_of(data)))
        assert (disk / "theirs").read_bytes() == b"precious"
        assert (disk / "file").read_bytes() == data

    async def test_a_partial_that_is_a_link_out(
        self, fs: LocalFileSystem, base: VPath, disk: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "outside").write_bytes(b"precious")
        part = disk / f".{md5_of(b'data')[:16]}.acd-part"
        part.symlink_to(tmp_path / "outside")
        with pytest.raises(Denied):
            await fs.write(base / "file", Given(b"data", md5=md5_of(b"data")))
        assert (tmp_path / "outside").read_bytes() == b"precious"

    async def test_the_same_content_twice_at_once(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        data = b"same" * 500_000
        await asyncio.gather(
            *(fs.write(base / str(n), Given(data, md5=md5_of(data))) for n in range(2))
        )
        assert (disk / "0").read_bytes() == (disk / "1").read_bytes() == data
        assert partials(disk) == []

    async def test_somebody_takes_the_name_meanwhile(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        class Late(Given):
            @contextlib.asynccontextmanager
            async def open(self, offset: int = 0):  # type: ignore[no-untyped-def]
                async with super().open(offset) as pieces:
                    yield pieces
                (disk / "file").write_bytes(b"theirs")

        with pytest.raises(Exists):
            await fs.write(base / "file", Late(b"ours"))
        assert (disk / "file").read_bytes() == b"theirs"
        assert partials(disk) == []

    async def test_permissions_stay_when_overwriting(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        (disk / "file").write_bytes(b"old")
        (disk / "file").chmod(0o640)
        old = await fs.stat(base / "file")
        await fs.write(base / "file", Given(b"new"), replacing=old)
        assert stat.S_IMODE((disk / "file").stat().st_mode) == 0o640

    async def test_a_time_no_disk_can_keep(
        self, fs: LocalFileSystem, base: VPath
    ) -> None:
        for number, time in enumerate((10**30, -(10**30))):
            await fs.write(base / str(number), Given(b"x", modified_ns=time))
        assert len(await fs.list(base)) == 2

    async def test_partials_are_never_listed(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        (disk / ".0123456789abcdef.acd-part").write_bytes(b"x")
        assert list(await fs.list(base)) == []


class TestTrash:
    @pytest.fixture(autouse=True)
    def bin_folder(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        plat = pytest.importorskip("send2trash.plat_other")
        # It looks for the home folder when it is imported.
        folder = home / ".local" / "share" / "Trash"
        monkeypatch.setattr(plat, "HOMETRASH_B", os.fsencode(folder))
        return folder

    async def test_it_goes_to_the_desktops(
        self, fs: LocalFileSystem, base: VPath, disk: Path, bin_folder: Path
    ) -> None:
        for number in range(2):
            (disk / str(number)).mkdir()
            (disk / str(number) / "same name").write_text(str(number))
        await fs.trash(base / "0")
        (disk / "0").mkdir()
        (disk / "0" / "same name").write_text("again")
        await asyncio.gather(*(fs.trash(base / str(n) / "same name") for n in range(2)))
        kept = {path.read_text() for path in (bin_folder / "files").glob("same name*")}
        assert kept == {"again", "1"}

    @pytest.mark.parametrize("name", [b"a.b.txt", b"a:b%3A", b".x", b"\xff\x1b[1m"])
    async def test_it_comes_back(
        self,
        fs: LocalFileSystem,
        base: VPath,
        disk: Path,
        bin_folder: Path,
        name: bytes,
    ) -> None:
        paths, items = [], []
        for number in range(3):
            folder = disk / str(number)
            folder.mkdir()
            (folder / os.fsdecode(name)).write_text(str(number))
            (entry,) = await fs.list(base / str(number))
            paths.append(base / str(number) / entry.name)
            items.append(await fs.trash(paths[-1]))
        for path, item in sorted(zip(paths, items, strict=True), reverse=True):
            assert item is not None
            assert await fs.restore(item) == path
        for number in range(3):
            found = disk / str(number) / os.fsdecode(name)
            assert found.read_text() == str(number)
        assert [*bin_folder.glob("*/*")] == []

    async def test_a_folder_comes_back_with_all_that_is_in_it(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        (disk / "a" / "b").mkdir(parents=True)
        (disk / "a" / "b" / "c").write_text("c")
        item = await fs.trash(base / "a")
        assert item is not None
        assert await fs.restore(item, to=base / "d") == base / "d"
        assert (disk / "d" / "b" / "c").read_text() == "c"

    async def test_what_stands_in_its_way_is_left_alone(
        self, fs: LocalFileSystem, base: VPath, disk: Path, bin_folder: Path
    ) -> None:
        (disk / "a").mkdir()
        (disk / "a" / "b").write_text("old")
        item = await fs.trash(base / "a" / "b")
        assert item is not None
        (disk / "a" / "b").write_text("new")
        with pytest.raises(Exists):
            await fs.restore(item)
        assert (disk / "a" / "b").read_text() == "new"
        shutil.rmtree(disk / "a")
        with pytest.raises(FolderNotFound):
            await fs.restore(item)
        (disk / "a").mkdir()
        (bin_folder / "files" / "b").unlink()  # somebody has emptied it
        with pytest.raises(NotFound, match="any more"):
            await fs.restore(item)


class TestFullDisk:
    @pytest.fixture
    def small(self, tmp_path: Path) -> Iterator[Path]:
        """A disk of one MiB."""
        with small_disk(tmp_path, 1) as small:
            yield small

    async def test_what_was_there_stays(self, fs: LocalFileSystem, small: Path) -> None:
        base = VPath.parse(str(small))
        old = await fs.write(base / "old", Given(b"precious"))
        data = os.urandom(3_000_000)
        for replacing, name in ((None, "new"), (old, "old")):
            with pytest.raises(Full):
                await fs.write(
                    base / name, Given(data, md5=md5_of(data)), replacing=replacing
                )
        assert {path.name for path in small.iterdir()} == {"old"}
        assert (small / "old").read_bytes() == b"precious"
        await fs.write(base / "small", Given(b"x" * 500_000))

    async def test_another_disk(
        self, fs: LocalFileSystem, small: Path, base: VPath, disk: Path
    ) -> None:
        (disk / "file").write_bytes(b"data")
        with pytest.raises(Denied, match="different disks"):
            await fs.move(base / "file", VPath.parse(str(small)) / "file")
        assert (disk / "file").read_bytes() == b"data"


@pytest.mark.parametrize("place", ["/", "/dev/shm"])
async def test_room_is_that_of_the_disk_one_is_on(
    fs: LocalFileSystem, place: str
) -> None:
    space = await fs.space(VPath.parse(place))
    found = os.statvfs(place)
    assert space.total == found.f_blocks * found.f_frsize


class TestWhatIsKnown:
    async def test_a_file_written_while_it_is_renamed_has_no_old_md5(
        self,
        fs: LocalFileSystem,
        base: VPath,
        disk: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (disk / "a").write_bytes(b"old")
        await fs.md5(base / "a")
        rename = rename_to_free

        def busy(source: bytes, target: bytes) -> None:
            (disk / "a").write_bytes(b"new")
            rename(source, target)

        monkeypatch.setattr(filesystem, "rename_to_free", busy)
        assert (await fs.move(base / "a", base / "b")).md5 is None
        assert await fs.md5(base / "b") == md5_of(b"new")

    async def test_only_our_own_partial_files_are_out_of_sight(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        for name in ("mine.acd-part", ".acd-part", ".0123456789abcdef.acd-part"):
            (disk / name).write_bytes(b"x")
        assert {entry.name for entry in await fs.list(base)} == {
            "mine.acd-part",
            ".acd-part",
        }

    async def test_giving_up_does_not_wait_until_what_is_there_is_hashed(
        self, fs: LocalFileSystem, base: VPath, disk: Path
    ) -> None:
        size = 1 << 38  # sparse; hashing it would take minutes
        part = disk / f".{md5_of(b'x')[:16]}.acd-part"
        with part.open("wb") as file:
            file.truncate(size)
        content = Given(b"", md5=md5_of(b"x"), claimed_size=size + 1)
        writing = asyncio.create_task(fs.write(base / "file", content))
        with part.open("rb") as file:
            while not await asyncio.to_thread(locked, file.fileno()):
                await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert part.stat().st_size == size
