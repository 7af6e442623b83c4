"""Small disks to be filled."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from acd_tui.local.disk import rename_to_free
from acd_tui.local.names import path_on_disk


@contextlib.contextmanager
def small_disk(tmp_path: Path, mib: int) -> Iterator[Path]:
    """A disk of that size meanwhile; skips the test where none can be mounted."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "none", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        yield small
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=True)


def fold_names(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    """Have a folder, and all in it, take names for one as APFS does: by case and form.

    For what `local.partial` calls and `os.lstat`; there the system does so for all.
    """
    lstat = os.lstat

    def key(name: str) -> str:
        return unicodedata.normalize(
            "NFC", unicodedata.normalize("NFD", name).casefold()
        )

    def folded(parts: Sequence[str]) -> str:
        path = Path("/", *parts)
        if not path.is_relative_to(root):
            return path_on_disk(parts)
        there = root
        for name in path.relative_to(root).parts:
            listed = [each.name for each in there.iterdir()] if there.is_dir() else []
            found = (each for each in listed if key(each) == key(name))
            there /= next(found, name)
        return str(there)

    def folded_lstat(path: str | Path, **how: int) -> os.stat_result:
        name = os.fsdecode(path)
        inside = name.startswith(f"{root}/")
        return lstat(folded(name.split("/")[1:]) if inside else path, **how)

    one_at_a_time = threading.Lock()  # as a system does it

    def rename(source: bytes, target: bytes) -> None:
        with one_at_a_time:
            goal = folded(os.fsdecode(target).split("/")[1:])
            rename_to_free(source, os.fsencode(goal))

    monkeypatch.setattr("acd_tui.local.partial.rename_to_free", rename)
    monkeypatch.setattr("acd_tui.local.partial.path_on_disk", folded)
    monkeypatch.setattr(os, "lstat", folded_lstat)
