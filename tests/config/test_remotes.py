"""Remotes: which there are, what counts for them, and how they are written."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from acd_tui.config.options import BY_KEY, TYPE, RemoteOptions
from acd_tui.config.remotes import Remotes, check_name
from acd_tui.errors import Denied, Exists, NotFound, UsageError

FILE = f"""\
# mine
[photos]
type = {TYPE}
client_id = an.id
checkpoint = rclone's own
unknown_key = kept

[bucket]
type = s3
secret_access_key = hush
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "remotes.conf"


@pytest.fixture
def remotes(path: Path) -> Remotes:
    path.write_text(FILE)
    return Remotes(path, {})


def test_no_file_no_remotes(path: Path) -> None:
    assert Remotes(path, {}).names() == []
    assert not path.exists()


def test_other_back_ends_are_not_offered(remotes: Remotes) -> None:
    assert remotes.names() == ["photos"]
    assert remotes.foreign() == {"bucket": "s3"}
    with pytest.raises(UsageError, match="no Amazon Drive"):
        remotes.get("bucket")
    with pytest.raises(UsageError, match="leaves it"):
        remotes.delete("bucket")


def test_defaults(remotes: Remotes) -> None:
    options = remotes.get("photos")

    assert options.client_id == "an.id"
    assert options.auth_url == "https://www.amazon.com/ap/oa"
    assert options.token_url == "https://api.amazon.com/auth/o2/token"
    assert options.endpoint_url == (
        "https://drive.amazonaws.com/drive/v1/account/endpoint"
    )
    assert options.upload_wait_per_gb == 180
    assert options.templink_threshold == 9 * 1024**3
    assert options.encoding == "Slash,InvalidUtf8,Dot"
    assert options.token is None


def test_a_remote_that_is_not_there(remotes: Remotes) -> None:
    for act in (
        remotes.get,
        remotes.delete,
        remotes.values,
        lambda name: remotes.rename(name, "x"),
        lambda name: remotes.update(name, {"client_id": "x"}),
    ):
        with pytest.raises(NotFound, match="there is no remote"):
            act("nothing")


def test_precedence(path: Path) -> None:
    path.write_text(FILE)
    environment = {"RCLONE_ACD_ENCODING": "Slash", "RCLONE_ACD_CLIENT_ID": "of all"}
    remotes = Remotes(path, environment)

    assert remotes.get("photos").client_id == "of all"
    assert remotes.get("photos").encoding == "Slash"
    environment["RCLONE_CONFIG_PHOTOS_CLIENT_ID"] = "of this one"
    assert remotes.get("photos").client_id == "of this one"
    flagged = Remotes(path, environment, flags={"client_id": "flag"})
    assert flagged.get("photos").client_id == "flag"
    assert flagged.get("photos").encoding == "Slash"
    assert remotes.in_file("photos")["client_id"] == "an.id"


def test_the_environment_alone_defines_a_remote(path: Path) -> None:
    remotes = Remotes(
        path,
        {
            "RCLONE_CONFIG_MY-DRIVE_TYPE": TYPE,
            "RCLONE_CONFIG_MY-DRIVE_TOKEN": "{}",
            "RCLONE_CONFIG_BUCKET_TYPE": "s3",
        },
    )

    assert remotes.names() == ["my-drive"]
    assert remotes.get("my-drive").token == "{}"
    with pytest.raises(NotFound):
        remotes.get("nothing")


def test_acd_variables_alone_define_none(path: Path) -> None:
    remotes = Remotes(path, {"RCLONE_ACD_TOKEN": "{}"})

    assert remotes.names() == []
    with pytest.raises(NotFound):
        remotes.get("photos")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("templink_threshold", "9 potatoes", "photos: templink_threshold: "),
        ("upload_wait_per_gb", "soon", "photos: upload_wait_per_gb: "),
    ],
)
def test_senseless_values_name_their_key(
    path: Path, key: str, value: str, words: str
) -> None:
    path.write_text(f"[photos]\ntype = {TYPE}\n{key} = {value}\n")

    with pytest.raises(UsageError, match=words):
        Remotes(path, {}).get("photos")


def test_values_as_rclone_writes_them(path: Path) -> None:
    path.write_text(
        f"[x]\ntype={TYPE}\nupload_wait_per_gb=1h30m\ntemplink_threshold=off\n"
        "region_tld=.de\n"
    )
    options = Remotes(path, {}).get("x")

    assert options.upload_wait_per_gb == 5400
    assert options.templink_threshold is None
    assert options.auth_url == "https://www.amazon.de/ap/oa"


def test_creating(path: Path) -> None:
    remotes = Remotes(path, {})

    remotes.create("my drive", {"client_id": "id", "client_secret": ""})

    assert path.read_text() == f"[my drive]\ntype = {TYPE}\nclient_id = id\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert remotes.names() == ["my drive"]


def test_creating_from_options_and_back(path: Path) -> None:
    remotes = Remotes(path, {})
    options = RemoteOptions(
        client_id="id",
        client_secret="s",
        auth_url="http://127.0.0.1:1/ap/oa",
        token_url="http://127.0.0.1:1/token",
        endpoint_url="http://127.0.0.1:1/endpoint",
        region_tld="co.uk",
        upload_wait_per_gb=90.5,
        templink_threshold=12345,
        encoding="Slash",
        token='{"access_token":"a"}',
    )

    remotes.create("x", options)
    remotes.create("y", RemoteOptions(templink_threshold=None))

    assert remotes.get("x") == options
    assert remotes.get("y").templink_threshold is None
    assert remotes.in_file("y") == {"type": TYPE, "templink_threshold": "off"}


@pytest.mark.parametrize("name", ["photos", "PHOTOS", "bucket"])
def test_names_are_taken_in_any_case(remotes: Remotes, name: str) -> None:
    with pytest.raises(Exists):
        remotes.create(name, {})


def test_creating_with_nonsense(remotes: Remotes) -> None:
    with pytest.raises(UsageError, match="no option 'colour'"):
        remotes.create("x", {"colour": "red"})
    with pytest.raises(UsageError, match="templink_threshold"):
        remotes.create("x", {"templink_threshold": "big"})
    with pytest.raises(UsageError, match="more than one line"):
        remotes.create("x", {"client_id": "a\n[evil]"})
    assert remotes.path.read_text() == FILE


def test_changing_keeps_everything_else(remotes: Remotes) -> None:
    remotes.update("photos", {"client_id": "new", "token": '{"a":1}'})
    remotes.update("photos", {"token": None})
    remotes.rename("photos", "pictures")

    assert remotes.path.read_text() == FILE.replace("an.id", "new").replace(
        "[photos]", "[pictures]"
    )


def test_changing_with_nonsense(remotes: Remotes) -> None:
    with pytest.raises(UsageError, match="no option"):
        remotes.update("photos", {"colour": None})
    with pytest.raises(UsageError, match="upload_wait_per_gb"):
        remotes.update("photos", {"upload_wait_per_gb": "x"})
    assert remotes.path.read_text() == FILE


def test_renaming_to_a_taken_name(remotes: Remotes) -> None:
    with pytest.raises(Exists):
        remotes.rename("photos", "Bucket")
    remotes.rename("photos", "Photos")
    assert remotes.names() == ["Photos"]


def test_deleting(remotes: Remotes) -> None:
    remotes.delete("photos")

    assert remotes.names() == []
    assert remotes.foreign() == {"bucket": "s3"}
    assert "# mine" in remotes.path.read_text()


def test_the_token(remotes: Remotes) -> None:
    assert "token" not in remotes.in_file("photos")
    remotes.write_token("photos", '{"access_token":"a"}')
    assert remotes.in_file("photos")["token"] == '{"access_token":"a"}'
    remotes.write_token("photos", None)
    assert remotes.path.read_text() == FILE


def test_a_byte_order_mark_is_skipped(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + FILE.encode())

    assert Remotes(path, {}).names() == ["photos"]


def test_bytes_that_are_no_text_stay(path: Path) -> None:
    path.write_bytes(FILE.encode() + b"note = \xff\xfe\n")
    Remotes(path, {}).update("photos", {"client_id": "x"})

    assert path.read_bytes().endswith(b"note = \xff\xfe\n")


def test_a_link_is_followed_and_others_kept_out(
    remotes: Remotes, tmp_path: Path
) -> None:
    remotes.path.chmod(0o644)
    link = tmp_path / "link.conf"
    link.symlink_to(remotes.path)

    Remotes(link, {}).update("photos", {"client_id": "x"})

    assert link.is_symlink()
    assert "client_id = x" in remotes.path.read_text()
    assert stat.S_IMODE(remotes.path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith("~")] == []


def test_no_file_is_left_behind(remotes: Remotes, tmp_path: Path) -> None:
    remotes.update("photos", {"client_id": "x"})

    names = {entry.name for entry in tmp_path.iterdir() if entry.is_file()}
    assert names == {"remotes.conf", ".remotes.conf.lock"}


def test_what_a_killed_process_left_is_removed(
    remotes: Remotes, tmp_path: Path
) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    remotes.path.rename(folder / "r.conf")
    remotes.path.symlink_to(folder / "r.conf")
    (folder / ".r.conf.ab3_x9zz").write_text("a token")
    others = [
        folder / name for name in ("r.conf.old", ".r.conf.mine", ".r.confab3_x9zz")
    ]
    for other in others:
        other.touch()

    remotes.update("photos", {"client_id": "x"})

    assert sorted(folder.iterdir()) == sorted([folder / "r.conf", *others])


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    remotes = Remotes(tmp_path / "missing/remotes.conf", {})

    with pytest.raises(Denied, match="cannot write"):
        remotes.create("x", {})
    with pytest.raises(Denied, match="cannot read"):
        Remotes(tmp_path, {}).names()


def test_changes_at_once_do_not_lose_each_other(remotes: Remotes) -> None:
    def add(number: int) -> None:
        Remotes(remotes.path, {}).create(f"r{number}", {})

    threads = [threading.Thread(target=add, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(remotes.names()) == 13


@pytest.mark.parametrize("key", list(BY_KEY))
def test_every_option_by_file_environment_and_flag(path: Path, key: str) -> None:
    """Each way beats the one before; the values are good ones for every key."""
    path.write_text(f"[photos]\ntype = {TYPE}\n{key} = 1\n")
    environment: dict[str, str] = {}
    flags: dict[str, str] = {}

    def found() -> str:
        return Remotes(path, environment, flags=flags).values("photos")[key]

    assert found() == "1"
    environment[f"RCLONE_ACD_{key.upper()}"] = "2"
    assert found() == "2"
    environment[f"RCLONE_CONFIG_PHOTOS_{key.upper()}"] = "3"
    assert found() == "3"
    flags[key] = "4"
    assert found() == "4"
    assert isinstance(
        Remotes(path, environment, flags=flags).get("photos"), RemoteOptions
    )


def test_copying(remotes: Remotes) -> None:
    remotes.copy("photos", "again")

    assert remotes.names() == ["photos", "again"]
    assert remotes.values("again") == remotes.values("photos")
    assert remotes.path.read_text() == FILE + "\n# mine\n" + "\n".join(
        ["[again]", *FILE.split("\n")[2:6], ""]
    )
    with pytest.raises(Exists):
        remotes.copy("photos", "BUCKET")


def test_parts_of_another_file(remotes: Remotes, tmp_path: Path) -> None:
    """Odd spacing, comments, and values that only rclone understands stay."""
    part = "; about it\n  [ old one ]\n  type=amazon cloud drive\n# a note\nx :  1\n"
    other = tmp_path / "rclone.conf"
    other.write_text(f"[a]\ny = 2\n\n{part}\n\n[b]\ntype = crypt\n")
    theirs = Remotes(other, {})

    remotes.add_part("old one", theirs.part("old one"))

    assert remotes.path.read_text() == f"{FILE}\n{part}"
    with pytest.raises(Exists):
        remotes.add_part("Photos", "[Photos]\n")


@pytest.mark.parametrize(
    "name", ["acd", "My Drive", "a.b-c_d+e@f", "été", "0", "_x", "日本"]
)
def test_good_names(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", " ", "-x", " x", "x ", "a:b", "a/b", "a\nb", "[x]", "\x1b", "Local"]
)
def test_bad_names(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)


def test_secrets_do_not_show() -> None:
    assert "hush" not in repr(RemoteOptions(client_secret="hush", token="hush"))
