"""Stamps of folders: the same one only for what is known to be the same."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from acd_tui.local import surveying
from acd_tui.local.hashes import HashCache
from acd_tui.local.reading import let_tick_pass
from acd_tui.local.surveying import stamps
from acd_tui.vfs.path import VPath

_NAMES = st.sampled_from(["a", "b", "c"])
_STEPS = st.tuples(
    st.sampled_from(["write", "rename", "swap", "remove", "folder", "link", "replace"]),
    _NAMES,
    _NAMES,
)


def stamp_of(folder: Path) -> bytes | None:
    (stamp,) = stamps([VPath.parse(str(folder))])
    return stamp


def _step(folder: Path, step: tuple[str, str, str]) -> None:
    """Change something; a file that is written keeps its size and its own time."""
    what, name, other = step
    one, two = folder / name, folder / other
    try:
        if what == "write":
            status = one.stat()
            one.write_bytes(bytes(255 - byte for byte in one.read_bytes()))
            os.utime(one, ns=(status.st_atime_ns, status.st_mtime_ns))
        elif what == "rename":
            one.rename(two)
        elif what == "swap":
            one.rename(folder.parent / "aside")
            two.rename(one)
            (folder.parent / "aside").rename(two)
        elif what == "remove":
            one.unlink()
        elif what == "folder":
            one.mkdir()
        elif what == "link":
            one.symlink_to(other)
        else:
            (folder.parent / "aside").write_bytes(b"9")
            (folder.parent / "aside").replace(one)
    except OSError:
        return


def _facts(folder: Path) -> object:
    """What a folder holds, byte for byte; None if it cannot have a stamp.

    As whoever reads a file to know its MD5, it waits until a further change would show.
    """
    held = []
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            return None
        let_tick_pass(path.stat())
        held.append((path.name, None if path.is_dir() else path.read_bytes()))
    return held


@given(steps=st.lists(_STEPS, max_size=8))
@example(steps=[("write", "a", "a")])
@example(steps=[("swap", "a", "b")])
@example(steps=[("rename", "a", "c")])
@example(steps=[("folder", "c", "c")])
@example(steps=[("link", "c", "a")])
@example(steps=[("replace", "a", "a")])
@settings(max_examples=40, deadline=None)
def test_what_has_one_stamp_holds_the_same(steps: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "folder"
        folder.mkdir()
        for number, file in enumerate("ab"):
            (folder / file).write_bytes(bytes([number]))
        seen = {stamp_of(folder): _facts(folder)}
        assert None not in seen
        for step in steps:
            _step(folder, step)
            stamp, facts = stamp_of(folder), _facts(folder)
            assert (stamp is None) == (facts is None)
            assert seen.setdefault(stamp, facts) == facts


def test_what_did_not_change_keeps_its_stamp(tmp_path: Path, hashes: HashCache) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"1")
    stamp = stamp_of(tmp_path)
    (tmp_path / "folder/more").write_bytes(b"1")  # of its own folder
    (survey,) = surveying.survey([VPath.parse(str(tmp_path))], hashes)
    assert survey is not None
    assert survey.stamp == stamp == stamp_of(tmp_path)


@pytest.mark.parametrize("name", ["file", "missing", "link", "odd"])
def test_what_has_no_stamp(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"1")
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "odd").mkdir()
    os.mkfifo(tmp_path / "odd/pipe")
    assert stamp_of(tmp_path / name) is None


def test_names_that_are_no_text_have_no_stamp(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff")).touch()
    assert stamp_of(tmp_path) is None


def test_what_is_too_large_has_no_stamp(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surveying, "_MOST", 3)
    for name in "abc":
        (disk / name).write_bytes(b"1")
    assert stamp_of(disk) is not None
    (disk / "folder").mkdir()
    assert stamp_of(disk) is None
    (disk / "folder").rmdir()
    (disk / "d").write_bytes(b"1")
    assert stamp_of(disk) is None
