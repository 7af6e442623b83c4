"""Programs from PyPI, each in an environment of its own."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


class NotInstalled(Exception):
    """pip could not get it."""


def install(folder: Path, name: str, packages: Sequence[str]) -> Path:
    """Install some packages once, whoever else wants them meanwhile.

    Args:
        folder: shared by all who want them.
        name: of the environment.
        packages: as pip understands them.

    Returns:
        the folder of the environment's programs.

    Raises:
        NotInstalled: with what pip said.
    """
    venv, done = folder / name, folder / f"{name}.done"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            _pip(venv, packages)
            done.touch()
    return venv / "bin"


def _pip(venv: Path, packages: Sequence[str]) -> None:
    python = venv / "bin/python"
    # Our own pip does it, and compiles nothing: most of what comes is never run.
    steps = (
        [sys.executable, "-m", "venv", "--clear", "--without-pip", str(venv)],
        [
            *(sys.executable, "-m", "pip", "--python", str(python), "install"),
            *("--quiet", "--no-compile", "--disable-pip-version-check", "--no-input"),
            *packages,
        ],
    )
    for step in steps:
        try:
            result = subprocess.run(
                step, capture_output=True, text=True, timeout=180, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotInstalled(str(error)) from None
        if result.returncode != 0:
            raise NotInstalled(result.stderr[-2000:])
