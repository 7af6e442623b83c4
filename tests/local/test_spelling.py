"""What is written to disks that take names of different spelling for one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd_tui.errors import Denied, Exists
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given
from tests.disks import fold_names

NAMES = [
    ("README", "readme"),
    ("README", "Readme"),
    ("caf\u00e9", "cafe\u0301"),
    ("\u00e9", "\u00c9"),
    ("cafe\u0301.txt", "CAF\u00c9.TXT"),
]


@pytest.fixture(params=["a pretended one", "a real one"])
def folding(
    request: pytest.FixtureRequest,
    disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A folder that takes them for one."""
    if request.param == "a pretended one":
        fold_names(monkeypatch, disk)
        return disk
    return request.getfixturevalue("really_folding")  # type: ignore[no-any-return]


@pytest.fixture
def really_folding(disk: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk")
    mount = ("mount", "-t", "tmpfs", "-o", "casefold", "none", str(disk))
    if not ran(*mount):
        pytest.skip("this system has no tmpfs that folds names")
    try:
        (disk / "folding").mkdir()
        if not ran("chattr", "+F", f"{disk}/folding"):
            pytest.skip("chattr cannot have a folder fold names")
        yield disk / "folding"
    finally:
        ran("umount", "--lazy", str(disk))


def ran(*command: str) -> bool:
    return not subprocess.run(command, capture_output=True, check=False).returncode


@pytest.mark.parametrize(("there", "wanted"), NAMES)
async def test_what_is_spelt_otherwise_is_not_replaced(
    fs: LocalFileSystem, folding: Path, there: str, wanted: str
) -> None:
    base = VPath.parse(str(folding))
    await fs.write(base / there, Given(b"first"))
    with pytest.raises(Exists):
        await fs.write(base / wanted, Given(b"second!"))
    old = await fs.stat(base / wanted)
    with pytest.raises(Denied) as refused:
        await fs.write(base / wanted, Given(b"second!"), replacing=old)
    assert f"/{wanted} is not replaced: " in refused.value.message
    assert f"for {there}, " in refused.value.message
    assert [(each.name, each.read_bytes()) for each in folding.iterdir()] == [
        (there, b"first")
    ]


@pytest.mark.parametrize("name", ["README", "1", "caf\u00e9", "cafe\u0301", "\u2603"])
async def test_what_is_spelt_alike_is_replaced(
    fs: LocalFileSystem, folding: Path, name: str
) -> None:
    path = VPath.parse(str(folding)) / name
    await fs.write(path, Given(b"first"))
    old = await fs.stat(path)
    await fs.write(path, Given(b"second!"), replacing=old)
    assert (folding / name).read_bytes() == b"second!"


async def test_hard_links_are_told_apart(
    fs: LocalFileSystem, base: VPath, disk: Path
) -> None:
    (disk / "a").write_bytes(b"1")
    (disk / "A").hardlink_to(disk / "a")
    old = await fs.stat(base / "A")
    await fs.write(base / "A", Given(b"2"), replacing=old)
    assert [(disk / name).read_bytes() for name in "aA"] == [b"1", b"2"]


async def test_no_folder_is_read_where_names_are_told_apart(
    fs: LocalFileSystem, base: VPath, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "caf\u00e9").write_bytes(b"1")
    old = await fs.stat(base / "caf\u00e9")
    monkeypatch.setattr(os, "scandir", None)
    await fs.write(base / "caf\u00e9", Given(b"2"), replacing=old)
    assert (disk / "caf\u00e9").read_bytes() == b"2"
