"""The commands with a real Secret Service, also when it locks or goes away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.auth.test_keyring_peer import UNLOCKED, in_session
from tests.cli.test_config import TOKEN

pytestmark = pytest.mark.peer

_BEGIN = f"""
import io, json, os, signal, sys
import secretstorage
import acd_tui.cli

TOKEN = {TOKEN!r}
said = {{}}

def acd(*arguments, given="", **environment):
    os.environ.update(environment)
    real = sys.stdin, sys.stdout, sys.stderr
    streams = sys.stdin, sys.stdout, sys.stderr = [
        io.TextIOWrapper(io.BytesIO(given.encode()), write_through=True)
        for given in (given, "", "")
    ]
    try:
        code = acd_tui.cli.run(arguments)
    finally:
        sys.stdin, sys.stdout, sys.stderr = real
        for name in environment:
            del os.environ[name]
    output, complaint = [each.buffer.getvalue().decode() for each in streams[1:]]
    assert "unexpected" not in complaint, complaint
    assert "canary" not in complaint, complaint
    return code, output, complaint

def entries():
    bus = secretstorage.dbus_init()
    items = secretstorage.get_default_collection(bus).get_all_items()
    whose = [item.get_attributes().get("username", "") for item in items]
    return sorted(name.partition(" (")[0] + name.rpartition(")")[2] for name in whose)

def where(**environment):
    listed = json.loads(acd("config", "list", "--json", **environment)[1])
    return {{each["name"]: each["secrets"] for each in listed}}

def in_file():
    with open(acd("config", "file")[1].rstrip()) as file:
        return file.read()

def create(name):
    return acd(
        "config", "create", name, "client_id=id", "client_secret=canary-secret",
        "token=-", given=TOKEN,
    )
"""

_ROUND = (
    _BEGIN
    + """
said["created"] = create("photos")[0]
said["entries"] = entries()
said["where"] = where()
said["file"] = "canary" in in_file()
acd("config", "copy", "photos", "again")
acd("config", "rename", "again", "third")
said["copied"] = entries()
said["exported"] = TOKEN in acd("config", "export", "third")[1]
said["deleted"] = acd("config", "delete", "third")[0], entries()
said["to file"] = acd("config", "update", "photos", "--encrypted-file", RCLONE_CONFIG_PASS="pw")[0]
said["encrypted"] = where(RCLONE_CONFIG_PASS="pw"), entries(), "canary" in in_file()
said["back"] = acd("config", "update", "photos", "--keyring", RCLONE_CONFIG_PASS="pw")[0]
said["again"] = entries(), where(RCLONE_CONFIG_PASS="pw")
said["plain"] = acd("config", "password", "--remove", RCLONE_CONFIG_PASS="pw")[0], "canary" in in_file()
acd("config", "update", "photos", "client_secret=-", given="canary-new")
said["secret"] = "client_secret = canary-new" in acd("config", "export", "photos")[1], "canary" in in_file()
print(json.dumps(said))
"""
)

_LOCKED = (
    _BEGIN
    + """
create("photos")
bus = secretstorage.dbus_init()
secretstorage.get_default_collection(bus).lock()
said["tried"] = [
    acd(*command, RCLONE_CONFIG_PASS="pw")[::2]
    for command in (
        ["ls", "photos:"],
        ["config", "export", "photos"],
        ["config", "copy", "photos", "again"],
        ["config", "rename", "photos", "again"],
        ["config", "update", "photos", "--encrypted-file"],
        ["config", "update", "photos", "--plain-file"],
    )
]
said["second"] = create("second")
said["names"] = acd("config", "list", RCLONE_CONFIG_PASS="pw")[1]
said["file"] = "canary" in in_file()
said["forced"] = acd(
    "config", "create", "second", "client_id=id", "token=-", "--plain-file", given=TOKEN,
    RCLONE_CONFIG_PASS="pw",
)[0]
print(json.dumps(said))
"""
)

_GONE = (
    _BEGIN
    + """
create("photos")
def is_ours(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as line, open(f"/proc/{pid}/environ") as names:
            ours = f"XDG_RUNTIME_DIR={os.environ['XDG_RUNTIME_DIR']}\\0" in names.read()
            return line.read().startswith("gnome-keyring-daemon") and ours
    except OSError:
        return False

[pid] = [int(each) for each in os.listdir("/proc") if each.isdigit() and is_ours(each)]
os.kill(pid, signal.SIGKILL)
said["tried"] = acd("config", "export", "photos")[::2]
said["deleted"] = acd("config", "delete", "photos")[0]
print(json.dumps(said))
"""
)

BOTH = ["photos: client secret", "photos: token"]


def test_to_the_keyring_and_back(tmp_path: Path) -> None:
    said: dict[str, Any] = in_session(tmp_path, UNLOCKED, _ROUND)

    assert said["created"] == 0
    assert said["entries"] == BOTH
    assert said["where"] == {"photos": "keyring"}
    assert said["file"] is False
    assert said["copied"] == [*BOTH, "third: client secret", "third: token"]
    assert said["exported"] is True
    assert said["deleted"] == [0, BOTH]
    assert said["to file"] == 0
    assert said["encrypted"] == [{"photos": "encrypted-file"}, [], False]
    assert said["back"] == 0
    assert said["again"] == [BOTH, {"photos": "keyring"}]
    assert said["plain"] == [0, False]
    assert said["secret"] == [True, False]


def test_a_keyring_that_is_locked_meanwhile(tmp_path: Path) -> None:
    said: dict[str, Any] = in_session(tmp_path, UNLOCKED, _LOCKED)

    for code, complaint in said["tried"]:
        assert code == 7, complaint
        assert "keyring" in complaint
        assert "hint: " in complaint
    assert said["second"][0] == 1
    assert "--encrypted-file" in said["second"][2]
    assert said["names"] == "photos:\n"
    assert said["file"] is False
    assert said["forced"] == 0


def test_a_keyring_that_goes_away(tmp_path: Path) -> None:
    said: dict[str, Any] = in_session(tmp_path, UNLOCKED, _GONE)

    assert said["tried"][0] == 7
    assert "keyring" in said["tried"][1]
    assert said["deleted"] == 0
