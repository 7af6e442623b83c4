"""A real Secret Service: gnome-keyring on a D-Bus session of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.peer

_PROGRAMS = ("dbus-run-session", "gnome-keyring-daemon")

_SCRIPT = """
import asyncio, json, sys
import keyring
from acd_tui.auth.store import KeyringStore, KeyringTrouble, keyring_problem
from acd_tui.auth.token import Token

async def main():
    said = {"problem": keyring_problem(), "backend": type(keyring.get_keyring()).__module__}
    store = KeyringStore("photos é")
    try:
        said["before"] = await store.load() is None
        await store.save(Token("Atza|1", "Atzr|1", 1.5))
        await store.save(Token("Atza|" + "2" * 4000, "Atzr|2", 1.5))
        await store.save_secret("s3cret")
        token = await KeyringStore("photos é").load()
        said["loaded"] = [len(token.access_token), token.refresh_token, token.expiry]
        said["secret"] = await store.load_secret()
        said["other"] = await KeyringStore("other").load() is None
        await store.clear()
        said["after"] = [await store.load(), await store.load_secret()]
    except KeyringTrouble as trouble:
        said["trouble"] = trouble.message
    print(json.dumps(said))

asyncio.run(main())
"""


UNLOCKED = "echo -n pw | gnome-keyring-daemon --unlock --components=secrets"


def in_session(
    tmp_path: Path, start_keyring: str, code: str = _SCRIPT
) -> dict[str, object]:
    """Run a script on a D-Bus session where a keyring was started that way."""
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"{missing[0]} is not installed")
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    script = tmp_path / "script.py"
    script.write_text(code)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY"}
    }
    done = subprocess.run(
        [
            "dbus-run-session",
            "--",
            "sh",
            "-c",
            f'{start_keyring} >/dev/null; "$0" "$1"',
            sys.executable,
            str(script),
        ],
        env=environment | {"XDG_RUNTIME_DIR": str(runtime)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    said: dict[str, object] = json.loads(done.stdout)
    return said


def test_save_load_clear(tmp_path: Path) -> None:
    said = in_session(tmp_path, UNLOCKED)

    assert said == {
        "problem": None,
        "backend": "keyring.backends.SecretService",
        "before": True,
        "loaded": [4005, "Atzr|2", 1.5],
        "secret": "s3cret",
        "other": True,
        "after": [None, None],
    }


def test_a_keyring_nobody_can_unlock_is_named(tmp_path: Path) -> None:
    """There is no desktop that could ask for its password."""
    said = in_session(tmp_path, "gnome-keyring-daemon --start --components=secrets")

    assert said["problem"] in {
        "the system's keyring is locked",
        "the system's keyring cannot be opened",
        "the system's keyring failed: PromptDismissedException",
    }
    assert said["trouble"] == said["problem"]


def test_a_keyring_that_does_not_run_is_named(tmp_path: Path) -> None:
    said = in_session(tmp_path, ":")

    assert said["problem"] in {
        "this machine offers no keyring",
        "the system's keyring cannot be opened",
    }
    assert said["trouble"] == said["problem"]
