"""Remotes and their secrets on the way: encrypted, imported, exported, renamed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from acd_tui.config import atomic, crypt
from acd_tui.config.options import BY_KEY
from acd_tui.locations import Locations
from tests.cli.conftest import Command
from tests.cli.terminal import on_a_terminal
from tests.cli.test_config import TOKEN
from tests.server_process import ServerProcess

NEEDS_RCLONE = pytest.mark.skipif(
    not shutil.which("rclone") and not os.environ.get("CI"),
    reason="rclone is not installed",
)
ODD = f"""\
# all my drives
; (two of them)

[old]
type=amazon cloud drive
  client_id  :  an.id
# the secret came by letter
client_secret = canary-secret
token = {TOKEN}

# of the firm
[ The Firm ]
type = amazon cloud drive
upload_wait_per_gb=1h
unknown_to_all = kept

[hidden]
type = crypt
remote = old:enc
password = UmyLSdRHfew6aual28-ggx78qHqSfQ
[inside]
type = alias
remote = hidden:pictures
[bucket]
type = s3
secret_access_key = canary-s3
"""


@pytest.fixture
def conf() -> Path:
    return Locations.from_environment().remotes_file


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    path = tmp_path / "rclone.conf"
    path.write_text(ODD)
    return path


def create(acd: Command, *more: str) -> None:
    made = acd(
        *("config", "create", "photos", "client_id=abc", "client_secret=canary-secret"),
        *("token=-", *more),
        stdin=TOKEN.encode(),
    )
    assert made.returncode == 0, made.stderr.decode()
    assert b"canary" not in made.stdout + made.stderr


def rclone(path: Path, *arguments: str, password: str = "") -> str:
    return subprocess.run(
        ["rclone", "--config", str(path), "--ask-password=false", *arguments],
        env={"PATH": os.environ["PATH"], "RCLONE_CONFIG_PASS": password},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


# --- encrypted


def test_no_secret_is_ever_in_the_open_in_an_encrypted_file(
    here: Command, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RCLONE_CONFIG_PASS", "pw")
    create(here, "--encrypted-file")
    assert crypt.is_encrypted(conf.read_text())
    assert "canary" in crypt.decrypt(conf.read_text(), crypt.key_of("pw"))
    assert json.loads(here("config", "list", "--json").stdout) == [
        {"name": "photos", "secrets": "encrypted-file"}
    ]
    assert here("config", "update", "photos", "region_tld=de").returncode == 0
    for file in conf.parent.iterdir():
        assert b"canary" not in file.read_bytes()


def test_an_encrypted_file_takes_secrets_where_there_is_no_keyring(
    here: Command, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RCLONE_CONFIG_PASS", "pw")
    assert here("config", "password", stdin=b"pw\n").returncode == 0
    create(here)
    assert "canary" in crypt.decrypt(conf.read_text(), crypt.key_of("pw"))


def test_a_new_token_is_not_in_the_open_before_the_file_is_encrypted(
    here: Command, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(here, "--plain-file")
    monkeypatch.setenv("RCLONE_CONFIG_PASS", "pw")
    written: list[str] = []
    real = atomic.replace

    def replace(path: Path, text: str, **options: bool) -> None:
        written.append(text)
        real(path, text, **options)

    monkeypatch.setattr(atomic, "replace", replace)
    token = TOKEN.replace("canary", "fresh")
    done = here(
        *("config", "update", "photos", "token=-", "--encrypted-file"),
        stdin=token.encode(),
    )
    assert done.returncode == 0, done.stderr.decode()
    assert written
    assert not [text for text in written if "fresh" in text]
    monkeypatch.setattr(atomic, "replace", real)
    assert token in here("config", "export", "photos").stdout.decode()


def test_a_password_that_nobody_can_say(here: Command, conf: Path) -> None:
    refused = here(
        *("config", "create", "photos", "token=-", "--encrypted-file"),
        stdin=TOKEN.encode(),
    )
    assert refused.returncode == 2
    assert b"RCLONE_CONFIG_PASS" in refused.stderr
    assert not conf.exists()


def test_what_is_locked_says_how_to_open_it(here: Command, conf: Path) -> None:
    create(here, "--plain-file")
    assert here("config", "password", stdin=b"pw\n").returncode == 0
    for command in (
        ("config", "list"),
        ("config", "update", "photos", "client_id=x"),
        ("ls", "photos:"),
        ("config", "password"),
    ):
        locked = here(*command)
        assert locked.returncode == 1
        assert b"is encrypted" in locked.stderr
        assert b"--password-command" in locked.stderr
    opened = here("config", "list", "--password-command", "echo pw")
    assert opened.stdout == b"photos:\n"
    assert here("--password-command=echo pw", "config", "list").stdout == b"photos:\n"


def test_the_password_is_changed_and_taken_away(
    here: Command, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(here, "--plain-file")
    plain = conf.read_text()
    here("config", "password", stdin=b"first\n")
    monkeypatch.setenv("RCLONE_CONFIG_PASS", "first")
    changed = here("config", "password", stdin=b"second\n")
    assert b"RCLONE_CONFIG_PASS still says the old one" in changed.stderr
    assert here("config", "list").returncode == 1
    monkeypatch.setenv("RCLONE_CONFIG_PASS", "second")
    assert here("config", "password", stdin=b"\n").returncode == 2
    gone = here("config", "password", "--remove")
    assert b"the token of photos: can be read" in gone.stderr
    assert conf.read_text() == plain
    assert b"is not encrypted" in here("config", "password", "--remove").stderr


def test_a_password_that_rclone_would_not_take(here: Command, conf: Path) -> None:
    create(here, "--plain-file")
    before = conf.read_text()
    for blank in (b"\n", b"   \n", "\u3000\n".encode()):
        assert here("config", "password", stdin=blank).returncode == 2
    assert conf.read_text() == before


@pytest.mark.peer
@NEEDS_RCLONE
def test_stock_rclone_opens_what_was_encrypted_here(here: Command, conf: Path) -> None:
    create(here, "--plain-file")
    here("config", "password", stdin="pässword \n".encode())
    shown = rclone(conf, "config", "show", "photos", password="pässword ")
    assert f"token = {TOKEN}\n" in shown


# --- on a terminal


def test_without_a_keyring_the_encrypted_file_is_offered_first(
    tmp_path: Path, conf: Path
) -> None:
    with on_a_terminal(
        *("config", "create", "photos", "client_id=abc", f"token={TOKEN}"), cwd=tmp_path
    ) as terminal:
        terminal.waits_for("Which (1, 2) [1]: ")
        said = terminal.shown
        assert "cannot be used: this machine offers no keyring" in said
        assert said.index("encrypted with a password") < said.index("unencrypted,")
        terminal.types("")
        terminal.waits_for("New password of")
        terminal.types("hunter2")
        terminal.waits_for("Once more:")
        terminal.types("hunter2")
        assert terminal.ends() == 0
        assert "hunter2" not in terminal.shown
    assert "canary" in crypt.decrypt(conf.read_text(), crypt.key_of("hunter2"))

    with on_a_terminal("config", "copy", "photos", "again", cwd=tmp_path) as terminal:
        terminal.waits_for(f"Password of {conf}:")
        terminal.types("wrong")
        terminal.waits_for("That is not it.")
        terminal.types("hunter2")
        assert terminal.ends() == 0
        assert terminal.shown.count("Password of") == 2

    with on_a_terminal("ls", "photos:", cwd=tmp_path) as terminal:
        terminal.waits_for(f"Password of {conf}:")
        terminal.presses_ctrl_c()
        assert terminal.ends() == 130


def test_the_plain_file_only_if_it_is_chosen(tmp_path: Path, conf: Path) -> None:
    with on_a_terminal(
        *("config", "create", "photos", "client_id=abc", f"token={TOKEN}"), cwd=tmp_path
    ) as terminal:
        terminal.waits_for("Which (1, 2) [1]: ")
        terminal.types("2")
        assert terminal.ends() == 0
        assert f"unencrypted in {conf}" in terminal.shown
    assert "canary" in conf.read_text()


def test_two_passwords_that_differ_change_nothing(
    here: Command, tmp_path: Path, conf: Path
) -> None:
    create(here, "--plain-file")
    before = conf.read_text()
    with on_a_terminal("config", "password", cwd=tmp_path) as terminal:
        terminal.waits_for("New password of")
        terminal.types("one")
        terminal.waits_for("Once more:")
        terminal.types("other")
        assert terminal.ends() == 2
    assert conf.read_text() == before


def test_the_panes_ask_before_they_take_the_terminal(
    here: Command, tmp_path: Path, conf: Path
) -> None:
    create(here, "--plain-file")
    here("config", "password", stdin=b"pw\n")
    with on_a_terminal("photos:", cwd=tmp_path) as terminal:
        for _ in range(3):
            terminal.waits_for(f"Password of {conf}:")
            terminal.types("wrong")
        assert terminal.ends() == 1
        assert "\x1b[?1049h" not in terminal.shown


# --- import and export


def test_all_drives_of_an_rclone_conf(here: Command, conf: Path, theirs: Path) -> None:
    done = here("config", "import", str(theirs), "--plain-file")
    assert done.returncode == 0, done.stderr.decode()
    assert b"canary" not in done.stderr
    assert b"nobody is signed in to The Firm:" in done.stderr
    assert theirs.read_text() == ODD
    # As it stood: comments, spacing, unknown keys, obscured values; only what is of
    # no concern is missing.
    start = ODD.index("[old]")
    assert conf.read_text().replace("\n\n", "\n") == (
        ODD[start : ODD.index("[bucket]")].replace("\n\n", "\n")
    )
    shown = here("config", "show", "The Firm").stdout.decode()
    assert "upload_wait_per_gb = 1h\n" in shown

    again = here("config", "import", str(theirs), "--plain-file")
    assert again.returncode == 0
    assert b"old: is there already" in again.stderr
    assert here("config", "import", str(theirs), "old").returncode == 1


@pytest.mark.peer
@NEEDS_RCLONE
@pytest.mark.parametrize("their_password", ["", "their own"])
def test_rclone_finds_the_same_in_both_files(
    here: Command,
    conf: Path,
    theirs: Path,
    their_password: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if their_password:
        key = crypt.key_of(their_password)
        theirs.write_text(crypt.encrypt(ODD, key))
        monkeypatch.setenv("RCLONE_CONFIG_PASS", their_password)
    where = "--encrypted-file" if their_password else "--plain-file"
    assert here("config", "import", str(theirs), where).returncode == 0

    before = json.loads(rclone(theirs, "config", "dump", password=their_password))
    after = json.loads(rclone(conf, "config", "dump", password=their_password))
    del before["bucket"]
    assert after == before


def test_what_was_encrypted_is_not_laid_open_by_an_import(
    here: Command, conf: Path, theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs.write_text(crypt.encrypt(ODD, crypt.key_of("pw")))
    monkeypatch.setenv("RCLONE_CONFIG_PASS", "pw")
    done = here("config", "import", str(theirs), "--plain-file")
    assert done.returncode == 0
    for name in (b"hidden", b"inside"):
        assert b"left out " + name in done.stderr
    assert "UmyLSdRHfew6aual28" not in conf.read_text()

    assert here("config", "password", stdin=b"pw\n").returncode == 0
    again = here("config", "import", str(theirs), "--plain-file")
    assert b"copied hidden" in again.stderr
    assert "UmyLSdRHfew6aual28" in crypt.decrypt(conf.read_text(), crypt.key_of("pw"))


def test_rclones_own_file_is_found(
    here: Command, theirs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert b"there is no rclone.conf" in here("config", "import").stderr
    place = home / ".config/rclone/rclone.conf"
    place.parent.mkdir(parents=True)
    place.write_text("[a]\ntype = local\n")
    assert b"no Amazon Drive in it" in here("config", "import").stderr
    monkeypatch.setenv("RCLONE_CONFIG", str(theirs))
    done = here("config", "import", "--plain-file")
    assert f"reading {theirs}".encode() in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("name", "said"), [("none", b"there is no file"), ("x" * 300, b"too long")]
)
def test_a_file_that_cannot_be_read_is_not_imported(
    here: Command, name: str, said: bytes
) -> None:
    refused = here("config", "import", name)
    assert refused.returncode in {1, 2}
    assert said in refused.stderr
    assert b"unexpected" not in refused.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[x]\ntype = amazon cloud drive\ntoken = Atza|canary", b"x: this is not a"),
        ("[x]\ntype = amazon cloud drive\ntemplink_threshold = b", b"x: templink_thr"),
        ("[local]\ntype = amazon cloud drive\n", b"'local'"),
        ("", b"no Amazon Drive"),
        ("RCLONE_ENCRYPT_V1:\nAAAA\n", b"not known here"),
    ],
)
def test_what_cannot_be_imported(
    here: Command, conf: Path, text: str, words: bytes
) -> None:
    refused = here("config", "import", "-", "--plain-file", stdin=text.encode())
    assert refused.returncode in {2, 4}
    assert words in refused.stderr
    assert b"canary" not in refused.stderr
    assert not conf.exists()


def test_what_is_exported_can_be_imported(here: Command, conf: Path) -> None:
    create(here, "--plain-file")
    here("config", "update", "photos", "region_tld=de", "templink_threshold=1G")
    exported = here("config", "export", "photos").stdout
    assert b"auth_url = https://www.amazon.de/ap/oa\n" in exported
    here("config", "delete", "photos")
    done = here("config", "import", "-", "--plain-file", stdin=exported)
    assert done.returncode == 0, done.stderr.decode()
    assert here("config", "export", "photos").stdout == exported


@pytest.mark.peer
@NEEDS_RCLONE
def test_rclone_understands_what_is_exported(here: Command, tmp_path: Path) -> None:
    create(here, "--plain-file")
    file = tmp_path / "their.conf"
    file.write_bytes(here("config", "export", "photos").stdout)
    dumped = json.loads(rclone(file, "config", "dump"))["photos"]
    assert json.loads(dumped["token"]) == json.loads(TOKEN)
    assert dumped["client_secret"] == "canary-secret"


# --- other changes


def test_options_are_changed_and_taken_away(here: Command, conf: Path) -> None:
    create(here, "--plain-file")
    said = here(
        "config", "update", "photos", "encoding=None", "client_secret=-", stdin=b"new\n"
    )
    assert said.returncode == 0, said.stderr.decode()
    assert "client_secret = new\n" in conf.read_text()
    assert "encoding = None\n" in conf.read_text()
    here("config", "update", "photos", "encoding=", "client_secret=")
    assert "encoding" not in conf.read_text()
    assert "client_secret" not in conf.read_text()
    for wrong in (
        "colour=red",
        "templink_threshold=big",
        "encoding=Slosh",
        "endpoint_url=example.org",
        "type=s3",
        "x",
    ):
        before = conf.read_text()
        assert here("config", "update", "photos", wrong).returncode == 2
        assert conf.read_text() == before
    assert here("config", "update", "photos").returncode == 2
    assert here("config", "update", "nothing", "client_id=x").returncode == 2


def test_what_a_renamed_remote_takes_along(
    acd: Command,
    here: Command,
    shared_server: ServerProcess,
    tmp_path: Path,
) -> None:
    section = acd("server", "remote", str(shared_server.directory), "home")
    done = here("config", "import", "-", "--plain-file", stdin=section.stdout)
    assert done.returncode == 0, done.stderr.decode()
    (tmp_path / "f").write_text("content")
    assert here("copy", str(tmp_path / "f"), "home:renamed").returncode == 0
    assert here("config", "rename", "home", "new home").returncode == 0
    assert b"7 f" in here("ls", "new home:renamed").stdout
    listed = json.loads(here("queue", "list", "--state", "done", "--json").stdout)
    assert "home:" not in json.dumps(listed).replace("new home:", "")
    assert here("ls", "home:").returncode == 2
    assert here("config", "rename", "home", "x").returncode == 2


def test_a_name_that_is_taken(here: Command, theirs: Path) -> None:
    here("config", "import", str(theirs), "--plain-file")
    for command in (("rename", "old", "HIDDEN"), ("copy", "old", "the firm")):
        refused = here("config", *command)
        assert refused.returncode == 1
        assert b"already" in refused.stderr


@pytest.mark.parametrize("key", list(BY_KEY))
def test_every_option_as_a_flag(here: Command, key: str) -> None:
    """By hyphens, as rclone spells it, or as in the file; before the command or behind."""
    create(here, "--plain-file")
    value = '{"access_token":"of the flag"}' if key == "token" else "1h"
    if key == "templink_threshold":
        value = "1G"
    flag = f"--acd-{key.replace('_', '-')}"
    for command in (
        (flag, value, "config", "export", "photos"),
        ("config", "export", "photos", f"{flag}={value}"),
        ("config", "export", f"--acd-{key}", value, "photos"),
    ):
        exported = here(*command)
        assert exported.returncode == 0, exported.stderr.decode()
        assert f"{key} = {value}\n" in exported.stdout.decode()
        warned = b"others on this machine can see arguments" in exported.stderr
        assert warned is (key in {"token", "client_secret"})


def test_a_flag_that_is_none(here: Command) -> None:
    assert here("ls", "photos:", "--acd-colour", "red").returncode == 2


@pytest.mark.parametrize("key", ["token", "client_secret"])
def test_a_secret_among_the_arguments_is_remarked_upon(
    key: str, here: Command, conf: Path
) -> None:
    value = TOKEN if key == "token" else "canary-secret"
    rest = () if key == "token" else ("token=-",)
    said = here(
        *("config", "create", "photos", "client_id=abc", f"{key}={value}", *rest),
        "--plain-file",
        stdin=TOKEN.encode(),
    )
    assert said.returncode == 0
    assert f"{key}=- reads it from standard input".encode() in said.stderr
    assert b"canary" not in said.stderr
    quiet = here("config", "update", "photos", f"{key}=-", stdin=value.encode())
    assert quiet.returncode == 0
    assert b"others on this machine" not in quiet.stderr
