"""Moves secrets and dies at each step in turn; run by `test_secrets.py`.

For each number N a child process does the move and is killed just before its Nth deed
(an opened, renamed, removed or locked file, or a call of the keyring). What it leaves is
looked at, and the move is done again to its end.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import stat
import sys
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors

from acd_tui.clock import SystemClock
from acd_tui.config.password import Passwords
from acd_tui.config.remotes import Remotes
from acd_tui.locations import Locations
from acd_tui.session.secrets import Secrets, Where

TOKEN = (
    '{"access_token":"Atza|canary","token_type":"bearer",'
    '"refresh_token":"Atzr|canary","expiry":"2100-01-01T00:00:00Z"}'
)
SECRET = "canary-secret"
PASSWORD = "pw"
_DEEDS = {"open", "os.rename", "os.remove", "os.chmod", "fcntl.flock", "keyring"}

KEYRING, ENCRYPTED, PLAIN = "keyring", "encrypted", "plain"
PLACES = (KEYRING, ENCRYPTED, PLAIN)


class FolderKeyring(keyring.backend.KeyringBackend):
    """A keyring that survives its user's death."""

    priority = 1
    folder: Path

    def _path(self, service: str, username: str) -> Path:
        return self.folder / f"{service} {username}".encode().hex()

    def get_password(self, service: str, username: str) -> str | None:
        sys.audit("keyring")
        path = self._path(service, username)
        return path.read_text() if path.exists() else None

    def set_password(self, service: str, username: str, password: str) -> None:
        sys.audit("keyring")
        new = self.folder / "new"
        new.write_text(password)
        new.replace(self._path(service, username))

    def delete_password(self, service: str, username: str) -> None:
        sys.audit("keyring")
        try:
            self._path(service, username).unlink()
        except FileNotFoundError:
            raise keyring.errors.PasswordDeleteError from None


class World:
    """One configuration with one remote."""

    def __init__(self, root: Path) -> None:
        self.home, self.ring = root / "home", FolderKeyring()  # type: ignore[no-untyped-call]
        self.ring.folder = root / "ring"
        self.locations = Locations.from_environment({"ACD_TUI_HOME": str(self.home)})
        keyring.set_keyring(self.ring)

    @property
    def remotes(self) -> Remotes:
        environment = {"RCLONE_CONFIG_PASS": PASSWORD}
        return Remotes(
            self.locations.remotes_file, {}, passwords=Passwords(environment)
        )

    def begin(self, place: str) -> None:
        for folder in (self.home, self.ring.folder):
            shutil.rmtree(folder, ignore_errors=True)
        self.ring.folder.mkdir(parents=True)
        values = {"client_id": "id", "client_secret": SECRET, "token": TOKEN}
        where: Where = "keyring" if place == KEYRING else "file"
        if place == ENCRYPTED:
            self.remotes.encrypt(PASSWORD)
        asyncio.run(self.secrets(self.remotes).add("photos", values, where))

    def secrets(self, remotes: Remotes) -> Secrets:
        return Secrets(self.locations, remotes, SystemClock(), changed=str)

    def move(self, place: str) -> None:
        """Do what the commands do, in their order."""
        remotes = self.remotes
        secrets = self.secrets(remotes)
        if place == "renamed":
            asyncio.run(secrets.rename("photos", "pictures"))
            return
        if place == ENCRYPTED and not remotes.encrypted:
            remotes.encrypt(PASSWORD)
        if place == PLAIN and remotes.encrypted:
            remotes.decrypt()
        asyncio.run(secrets.move("photos", "keyring" if place == KEYRING else "file"))

    def exported(self) -> str:
        remotes = self.remotes
        [name] = remotes.names()
        return asyncio.run(self.secrets(remotes).export(name))

    def in_the_open(self) -> list[Path]:
        """Return the files that show a secret to who reads them."""
        files = [path for path in self.home.rglob("*") if path.is_file()]
        return [path for path in files if b"canary" in path.read_bytes()]


def _killed_at(world: World, place: str, number: int) -> bool:
    """Do the move in a child that dies before its `number`th deed; say whether it did."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
        return os.WIFSIGNALED(status)
    left = number

    def count(event: str, about: tuple[object, ...]) -> None:
        nonlocal left
        here = event != "open" or str(about[0]).startswith(str(world.home))
        if event in _DEEDS and here:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    world.move(place)
    os._exit(0)


def main(root: Path, source: str, target: str) -> None:
    world = World(root)
    world.begin(source)
    world.move(target)  # so that everything is imported
    number = 1
    deaths = []
    while True:
        world.begin(source)
        if not _killed_at(world, target, number):
            break
        exported = world.exported()
        open_ = world.in_the_open()
        deaths.append(
            {
                "token": TOKEN in exported,
                "secret": SECRET in exported,
                "open": [path.name for path in open_],
                "for all": [
                    p.name for p in open_ if stat.S_IMODE(p.stat().st_mode) & 0o77
                ],
            }
        )
        if world.remotes.names() == ["photos"]:
            world.move(target)
        deaths[-1]["after"] = _end(world)
        number += 1
    print(json.dumps({"deaths": deaths, "end": _end(world)}))


def _end(world: World) -> dict[str, object]:
    exported = world.exported()
    return {
        "whole": TOKEN in exported and SECRET in exported,
        "open": [path.name for path in world.in_the_open()],
        "keyring": len(list(world.ring.folder.iterdir())),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
