"""Everything wired together, against a real server."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from acd_tui.auth.token import Token
from acd_tui.config import crypt
from acd_tui.config.options import RemoteOptions
from acd_tui.config.password import Locked
from acd_tui.config.remotes import Remotes
from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.errors import (
    AcdError,
    Denied,
    Exists,
    NotFound,
    SignInNeeded,
    Unreachable,
    UsageError,
)
from acd_tui.locations import Locations
from acd_tui.server import admin
from acd_tui.session import core
from acd_tui.session.core import GivenRemote, Session
from acd_tui.session.first_look import first_look
from acd_tui.session.remote_list import RemoteList
from acd_tui.session.secrets import Where
from acd_tui.session.setup import Setup
from acd_tui.transfers.model import CopyRequest, Place, State
from acd_tui.vfs.capabilities import Mirrored
from acd_tui.vfs.path import VPath
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that forgets with the process."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # keyring has no types
        self.kept: dict[tuple[str, str], str] = {}
        self.refuses_to_write = False

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.refuses_to_write:
            raise keyring.errors.PasswordSetError("locked")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("no such entry")


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    ring = MemoryKeyring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def options(server: ServerProcess) -> RemoteOptions:
    return RemoteOptions(
        client_id=server.client_id,
        client_secret=server.client_secret,
        auth_url=server.auth_url,
        token_url=server.token_url,
        endpoint_url=server.endpoint_url,
    )


@pytest.fixture
def token(server: ServerProcess) -> Token:
    return Token.from_blob(json.dumps(server.token()))


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Session.open(Locations.from_environment()) as session:
        yield session


async def root_names(session: Session, name: str) -> set[str]:
    filesystem = await session.filesystem(name)
    return {entry.name for entry in await filesystem.list(VPath())}


async def test_this_machines_disk_is_there_from_the_start(session: Session) -> None:
    local = await session.filesystem("local")
    assert (await local.stat(VPath())).is_folder
    assert session.remote_names() == []


async def test_an_unknown_remote_is_named(session: Session) -> None:
    with pytest.raises(UsageError, match="no remote called nowhere"):
        await session.filesystem("nowhere")


async def test_a_remote_that_another_process_has_renamed_is_not_gone_on_with(
    options: RemoteOptions, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "_LOOK_SECONDS", 0.0)
    async with (
        Session.open(Locations.from_environment()) as session,
        Session.open(Locations.from_environment()) as other,
    ):
        await session.add_remote("mine", options, token, secrets="file")
        await session.filesystem("mine")
        await other.rename_remote("mine", "yours")
        for _ in range(2):
            with pytest.raises(UsageError, match="no remote called mine any more"):
                await session.filesystem("mine")
        await other.rename_remote("yours", "mine")
        await session.filesystem("mine")


async def test_a_remote_of_this_run_leaves_nothing_behind(
    session: Session, options: RemoteOptions, token: Token
) -> None:
    await session.give("demo", GivenRemote(options, token))
    assert session.remote_names() == ["demo"]
    await root_names(session, "demo")
    await session.withdraw("demo")
    assert session.remote_names() == []
    assert not session.locations.remotes_file.exists()
    with pytest.raises(UsageError):
        await session.filesystem("demo")


async def test_what_is_known_of_a_drive_is_seen_before_it_is_open(
    options: RemoteOptions, token: Token
) -> None:
    folder, names = VPath(("seen",)), ["a", "b", "c"]

    async def seen(session: Session, count: int) -> list[str]:
        return [entry.name for entry in await session.glance("x", folder, count)]

    for is_known in (False, True):
        async with Session.open(Locations.from_environment()) as session:
            await session.give("x", GivenRemote(options, token))
            assert await seen(session, 2) == (names[:2] if is_known else [])
            assert await seen(session, 9) == (names if is_known else [])
            drive = await session.filesystem("x")
            if not is_known:
                await drive.make_folder(folder)
                for name in names:
                    await drive.make_folder(folder / name)
            assert len(await drive.list(folder)) == 3
            assert await seen(session, 9) == []  # it is open, and to be asked itself


@pytest.mark.parametrize("left", [b"", b"no database" * 1000], ids=["nothing", "waste"])
async def test_a_first_look_leaves_it_to_others_to_tell_of_damage(
    options: RemoteOptions, token: Token, left: bytes
) -> None:
    async with Session.open(Locations.from_environment()) as session:
        session.offline = True  # or it may soon be whole again
        file = session.locations.mirror_file("x")
        file.parent.mkdir(parents=True)
        file.write_bytes(left)
        await session.give("x", GivenRemote(options, token))
        assert await session.glance("x", VPath(), 9) == ()
        drive: object = await session.filesystem("x")
        assert isinstance(drive, Mirrored)
        assert "made anew" in ((await drive.mirror_status()).damage or "")


async def test_a_first_look_takes_no_session(
    options: RemoteOptions, token: Token
) -> None:
    locations = Locations.from_environment()
    place = Place("x", VPath(("first look",)))

    def seen(place: Place, **more: bool) -> list[str]:
        remotes = Remotes(locations.remotes_file)
        look = first_look(locations, remotes, place, **more)
        return [entry.name for entry in look.result(timeout=30)]

    assert seen(place) == []
    async with Session.open(locations) as session:
        await session.add_remote("x", options, token, secrets="file")
        drive = await session.filesystem("x")
        await drive.make_folder(place.path)
        for name in ("b", "a"):
            await drive.make_folder(place.path / name)
        await drive.list(place.path)
    assert seen(place) == ["a", "b"]
    assert seen(Place("x", VPath(("nowhere",)))) == []
    locations.remotes_file.unlink()
    assert seen(place) == []
    assert seen(place, given=True) == ["a", "b"]
    locations.mirror_file("x").write_bytes(b"no database" * 1000)
    assert seen(place, given=True) == []


@pytest.fixture(scope="module")
def guest(server: ServerProcess) -> Token:
    """Another account's."""
    admin.add_user(server.directory, "guest")
    return Token.from_blob(json.dumps(server.token(user="guest")))


@pytest.mark.parametrize("secrets", ["keyring", "file"])
@pytest.mark.usefixtures("ring")
async def test_a_new_sign_in_is_shown_nothing_of_the_drive_of_the_last(
    options: RemoteOptions, token: Token, guest: Token, secrets: Where
) -> None:
    locations = Locations.from_environment()
    folder = VPath((f"mine, {secrets}",))

    def seen() -> list[str]:
        look = first_look(
            locations, Remotes(locations.remotes_file), Place("x", VPath())
        )
        return [entry.name for entry in look.result(timeout=30)]

    async with Session.open(locations) as session:
        await session.add_remote("x", options, token, secrets=secrets)
        drive: object = await session.filesystem("x")
        assert isinstance(drive, DriveFileSystem)
        await drive.make_folder(folder)
        await drive.refresh()
        assert folder.name in seen()
        # While it is open, it is asked at once.
        await session.renew_token("x", guest)
        assert await root_names(session, "x") == set()
        await session.renew_token("x", token)
        await drive.refresh()
    assert folder.name in seen()
    async with Session.open(locations) as session:
        assert folder.name in [e.name for e in await session.glance("x", VPath(), 9)]
        await session.renew_token("x", guest)  # it is not open
        assert await session.glance("x", VPath(), 9) == ()
        assert seen() == []
    async with Session.open(locations) as session:
        session.offline = True
        with pytest.raises(Unreachable, match="answered from what is known"):
            await root_names(session, "x")  # of which nothing is


async def test_who_is_signed_in_elsewhere_is_taken_note_of(
    options: RemoteOptions, token: Token, guest: Token
) -> None:
    locations = Locations.from_environment()
    async with Session.open(locations) as session, Session.open(locations) as other:
        await session.add_remote("x", options, token, secrets="file")
        ours, theirs = await session.filesystem("x"), await other.filesystem("x")
        assert isinstance(ours, DriveFileSystem)
        assert isinstance(theirs, DriveFileSystem)
        await ours.make_folder(VPath(("only mine",)))
        await ours.refresh()
        await theirs.refresh()
        await other.renew_token("x", guest)
        # Neither goes on with what it held and takes the drive from the other.
        for drive in (theirs, ours, theirs, ours):
            await drive.refresh()
            assert await drive.list(VPath()) == []


async def test_a_drive_is_not_shown_as_long_as_nobody_says_whose_it_is(
    options: RemoteOptions, token: Token, guest: Token, server: ServerProcess
) -> None:
    async with Session.open(Locations.from_environment()) as session:
        await session.give("x", GivenRemote(options, token))
        drive = await session.filesystem("x")
        assert isinstance(drive, DriveFileSystem)
        await drive.refresh()
    server.kill()
    try:
        for offline in (True, False):
            async with Session.open(Locations.from_environment()) as session:
                session.offline, session.tries = offline, 1
                await session.give("x", GivenRemote(options, guest))
                with pytest.raises(Unreachable, match="has signed in anew"):
                    await session.filesystem("x")
                assert await session.glance("x", VPath(), 9) == ()
                await session.withdraw("x")
                await session.give("x", GivenRemote(options, token))
                await session.filesystem("x")
    finally:
        server.start()


async def test_with_the_keyring_no_secret_touches_the_file(
    session: Session, options: RemoteOptions, token: Token, ring: MemoryKeyring
) -> None:
    await session.add_remote("mine", options, token, secrets="keyring")
    await root_names(session, "mine")
    text = session.locations.remotes_file.read_text()
    assert options.client_id in text
    for secret in (token.access_token, token.refresh_token, options.client_secret):
        assert secret not in text
        assert any(secret in kept for kept in ring.kept.values())
    await session.delete_remote("mine")
    assert ring.kept == {}
    assert "mine" not in session.locations.remotes_file.read_text()
    assert not session.accounts.mirror_file("mine").exists()


async def test_the_wizard_encrypts_the_file_before_it_saves(
    session: Session, options: RemoteOptions, token: Token
) -> None:
    async def nothing(_: str = "") -> str:
        raise AssertionError

    setup = Setup(lambda: session, nothing, nothing)
    assert not await setup.is_encrypted()
    await setup.save("mine", options.values(), token, "encrypted", password="pw")
    assert await setup.is_encrypted()
    assert token.refresh_token not in session.locations.remotes_file.read_text()
    await setup.save("second", options.values(), token, "encrypted")
    assert session.remotes.names() == ["mine", "second"]
    await root_names(session, "second")
    session.remotes.decrypt()
    with pytest.raises(UsageError, match="not encrypted any more"):
        await setup.save("third", options.values(), token, "encrypted")


async def test_the_wizard_imports_from_rclone(
    session: Session,
    options: RemoteOptions,
    token: Token,
    ring: MemoryKeyring,
    tmp_path: Path,
) -> None:
    async def nothing(_: str = "") -> str:
        raise AssertionError

    await session.add_remote("first", options, token, secrets="keyring")
    part = (await session.accounts.secrets.export("first")).replace("first", "second")
    theirs = tmp_path / "rclone.conf"
    text = f"[First]\ntype = amazon cloud drive\n# mine\n{part}[x]\ntype = s3\n"
    theirs.write_text(crypt.encrypt(text, crypt.key_of("pw")))
    setup = Setup(lambda: session, nothing, nothing)
    with pytest.raises(Locked, match="that is not the password of"):
        await setup.import_names(str(theirs), "wrong")
    with pytest.raises(Locked, match="is encrypted") as nothing_said:
        await setup.import_names(str(theirs), "")
    assert nothing_said.value.hint == "its password is needed, too"
    with pytest.raises(UsageError, match="there is no file"):
        await setup.import_names(str(tmp_path / "none"), "")
    assert await setup.import_names(str(theirs), "pw") == {"second": ""}
    assert await setup.import_from(str(theirs), "pw", "keyring") == ["second"]
    await root_names(session, "second")
    written = session.locations.remotes_file.read_text()
    assert "# mine\n[second]\n" in written
    assert token.refresh_token not in written
    with pytest.raises(Exists):
        await setup.import_names(str(theirs), "pw")


async def test_a_broken_drive_does_not_keep_the_others_from_being_imported(
    session: Session, options: RemoteOptions, token: Token, tmp_path: Path
) -> None:
    async def nothing(_: str = "") -> str:
        raise AssertionError

    await session.add_remote("first", options, token, secrets="file")
    part = (await session.accounts.secrets.export("first")).replace("first", "second")
    broken = "[broken]\ntype = amazon cloud drive\ntoken = {x\n"
    theirs = tmp_path / "rclone.conf"
    theirs.write_text(broken + part)
    setup = Setup(lambda: session, nothing, nothing)
    assert await setup.import_names(str(theirs), "") == {
        "broken": "this is not a token",
        "second": "",
    }
    assert await setup.import_from(str(theirs), "", "file") == ["second"]
    assert "broken" not in session.remotes.names()
    theirs.write_text(broken)
    with pytest.raises(UsageError, match="broken: this is not a token"):
        await setup.import_names(str(theirs), "")


async def test_the_remotes_screen_keeps_no_option_that_makes_no_sense(
    session: Session, options: RemoteOptions, token: Token
) -> None:
    """The drive could not be opened any more; there is no asking before that."""
    await session.add_remote("mine", options, token, secrets="file")
    remotes = RemoteList(lambda: session)
    before = session.locations.remotes_file.read_text()
    for key, value in (
        ("encoding", "banana"),
        ("templink_threshold", "banana"),
        ("endpoint_url", "banana"),
        ("auth_url", "ftp://example.org/"),
        ("token_url", "https://[::1"),
    ):
        with pytest.raises(UsageError, match=key):
            await remotes.set_option("mine", key, value)
    assert session.locations.remotes_file.read_text() == before


async def test_the_remotes_screen_exports_to_a_new_file_and_encrypts_ours(
    session: Session, options: RemoteOptions, token: Token, tmp_path: Path
) -> None:
    await session.add_remote("mine", options, token, secrets="file")
    remotes, file = RemoteList(lambda: session), tmp_path / "for-rclone.conf"
    await remotes.export("mine", str(file))
    assert file.read_text().startswith("[mine]\ntype = amazon cloud drive\n")
    assert token.refresh_token in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(Exists):
        await remotes.export("mine", str(file))
    with pytest.raises(Denied):
        await remotes.export("mine", str(tmp_path / "none/x.conf"))
    await remotes.set_password("pw")
    assert await remotes.is_encrypted()
    assert token.refresh_token not in session.locations.remotes_file.read_text()
    await remotes.set_password(None)
    assert token.refresh_token in session.locations.remotes_file.read_text()


async def test_a_remote_of_that_name_elsewhere_is_another_one(
    session: Session,
    options: RemoteOptions,
    token: Token,
    ring: MemoryKeyring,
    tmp_path: Path,
) -> None:
    await session.add_remote("mine", options, token, secrets="keyring")
    elsewhere = Locations.from_environment({"ACD_TUI_HOME": str(tmp_path / "other")})
    async with Session.open(elsewhere) as other:
        await other.add_remote("mine", options, Token("theirs"), secrets="keyring")
        await other.delete_remote("mine")
    await root_names(session, "mine")


async def test_a_keyring_that_refuses_leaves_no_half_remote(
    session: Session, options: RemoteOptions, token: Token, ring: MemoryKeyring
) -> None:
    ring.refuses_to_write = True
    with pytest.raises(AcdError):
        await session.add_remote("mine", options, token, secrets="keyring")
    assert session.remote_names() == []
    assert not session.locations.remotes_file.exists()


async def test_in_the_file_the_secrets_are_the_owners_alone(
    session: Session, options: RemoteOptions, token: Token
) -> None:
    await session.add_remote("mine", options, token, secrets="file")
    assert session.locations.remotes_file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Exists):
        await session.add_remote("mine", options, token, secrets="file")
    await root_names(session, "mine")


async def test_without_a_token_a_sign_in_is_asked_for_and_then_it_goes_on(
    session: Session, options: RemoteOptions, token: Token, ring: MemoryKeyring
) -> None:
    await session.add_remote("mine", options, token, secrets="keyring")
    [token_entry] = [entry for _, entry in ring.kept if entry.endswith(": token")]
    ring.delete_password("acd-tui", token_entry)
    with pytest.raises(SignInNeeded, match="mine"):
        await session.filesystem("mine")

    async def built_in(_: str = "") -> str:
        raise NotImplementedError

    setup = Setup(lambda: session, built_in, built_in)
    wanted = await setup.remote_options("mine")
    assert wanted["client_secret"] == options.client_secret
    await setup.renew("mine", token)
    await root_names(session, "mine")


async def test_a_revoked_sign_in_goes_on_with_the_new_token_in_place(
    session: Session, options: RemoteOptions, token: Token
) -> None:
    spoilt = Token("Atza|revoked", "Atzr|revoked")
    await session.add_remote("mine", options, spoilt, secrets="file")
    drive = await session.filesystem("mine")
    with pytest.raises(SignInNeeded):
        await drive.make_folder(VPath.parse("/after sign-in"))
    assert isinstance(drive, Mirrored)
    for goes_on in (False, True):
        with contextlib.suppress(SignInNeeded):
            await drive.refresh()
        assert (await drive.mirror_status()).signed_out is not goes_on
        await session.renew_token("mine", token)
    await drive.make_folder(VPath.parse("/after sign-in"))
    assert "after sign-in" in await root_names(session, "mine")


async def test_what_was_queued_for_a_remote_goes_on_once_it_is_there(
    session: Session, options: RemoteOptions, token: Token
) -> None:
    source = session.locations.data / "file.txt"
    source.parent.mkdir(parents=True)
    source.write_text("hello")
    job = await session.transfers.enqueue(
        CopyRequest(
            source="local",
            paths=(VPath.parse(str(source)),),
            target="mine",
            folder=VPath.parse("/queued early"),
        )
    )
    await session.transfers.start()
    await session.add_remote("mine", options, token, secrets="file")
    done = await session.transfers.wait(job)
    assert done.counts == {State.DONE: 1}
    drive = await session.filesystem("mine")
    assert (await drive.stat(VPath.parse("/queued early/file.txt"))).size == 5


@pytest.mark.parametrize("moment", ["before", "meanwhile"])
async def test_a_remote_with_something_in_the_queue_keeps_its_name(
    moment: str,
    session: Session,
    options: RemoteOptions,
    token: Token,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await session.add_remote("mine", options, token, secrets="file")
    source = session.locations.data / "file.txt"
    source.parent.mkdir(parents=True)
    source.write_text(moment)
    request = CopyRequest(
        source="local",
        paths=(VPath.parse(str(source)),),
        target="mine",
        folder=VPath.parse(f"/{moment}"),
    )
    async with Session.open(session.locations) as other:
        jobs: list[int] = []
        rename = session.accounts.rename

        async def renamed(name: str, new: str) -> None:
            await rename(name, new)
            if not jobs:
                jobs.append(await other.transfers.enqueue(request))

        monkeypatch.setattr(session.accounts, "rename", renamed)
        if moment == "before":
            jobs.append(await other.transfers.enqueue(request))
        for _ in range(2):
            with pytest.raises(Denied, match="a job of the queue with mine: is not"):
                await session.rename_remote("mine", "yours")
            assert session.remotes.names() == ["mine"]
        with pytest.raises(Denied, match="not over"):
            await session.delete_remote("mine")
        await other.transfers.start()
        done = await other.transfers.wait(jobs[0])
        assert done.counts == {State.DONE: 1}

    await session.rename_remote("mine", "yours")
    [job] = await session.transfers.jobs()
    assert job.request.target == "yours"
    assert moment in await root_names(session, "yours")


async def test_what_was_sent_up_is_known_to_be_the_same_without_reading_it_again(
    session: Session, options: RemoteOptions, token: Token
) -> None:
    folder = session.locations.data / "sent"
    folder.mkdir(parents=True)
    (folder / "file.txt").write_text("hello")
    path = VPath.parse(str(folder))
    await session.give("mine", GivenRemote(options, token))
    await session.transfers.start()
    job = await session.transfers.enqueue(
        CopyRequest(source="local", paths=(path,), target="mine", folder=VPath())
    )
    await session.transfers.wait(job)
    local = await session.filesystem("local")
    drive = await session.filesystem("mine")
    (here,) = await local.list(path)
    (there,) = await drive.list(VPath.parse("/sent"))
    assert here.md5 == there.md5 is not None


async def test_deleting_what_is_not_there_says_so(session: Session) -> None:
    with pytest.raises(NotFound):
        await session.delete_remote("nowhere")


async def test_damaged_caches_are_made_anew(
    session: Session, options: RemoteOptions, token: Token
) -> None:
    await session.add_remote("mine", options, token, secrets="file")
    mirror = session.accounts.mirror_file("mine")
    mirror.write_bytes(b"garbage" * 1000)
    await root_names(session, "mine")


async def test_a_damaged_hash_cache_does_not_stop_the_program() -> None:
    locations = Locations.from_environment()
    locations.cache.mkdir(parents=True)
    (locations.cache / "hashes.sqlite").write_bytes(b"garbage" * 1000)
    async with Session.open(locations) as session:
        await session.filesystem("local")


async def test_a_settings_file_that_makes_no_sense_is_named_with_its_line() -> None:
    locations = Locations.from_environment()
    locations.settings_file.write_text('theme = "acd-dark"\n\n[transfers]\nslots = 0\n')
    with pytest.raises(UsageError, match=r"settings\.toml.*4|4.*settings\.toml"):
        async with Session.open(locations):
            pass
