"""Files of one name that are trashed by two processes at once both lie in the trash."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_EACH = 8
_TRASHES = """
import sys, time
from send2trash import plat_other
from acd_tui.local import trashing
from acd_tui.vfs.path import VPath

check_create = plat_other.check_create

def slowly(folder):
    check_create(folder)
    time.sleep(0.02)  # after the look for a free name: the other one looks now, too

plat_other.check_create = slowly
sys.modules["send2trash"].send2trash = plat_other.send2trash
print("ready", flush=True)
sys.stdin.readline()
for path in sys.argv[1:]:
    trashing.trash(VPath.parse(path))
"""


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    home = tmp_path / "desk"
    home.mkdir()
    env = {
        **os.environ,
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "share"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    texts = set()
    processes = []
    for who in ("a", "b"):
        paths = [tmp_path / who / str(number) / "same" for number in range(_EACH)]
        for path in paths:
            path.parent.mkdir(parents=True)
            path.write_text(str(path))
            texts.add(str(path))
        process = subprocess.Popen(
            [sys.executable, "-c", _TRASHES, *map(str, paths)],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        processes.append(process)
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    trashed = (home / "share" / "Trash" / "files").iterdir()
    assert {file.read_text() for file in trashed} == texts
