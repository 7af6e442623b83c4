"""F4: the user's own editor, on files of the disk and of remotes."""

from __future__ import annotations

import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from acd_tui.errors import AcdError, NotFound, Transient, UsageError
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.ui import editing
from acd_tui.ui.app import AcdApp
from acd_tui.ui.editing import editor, safe_name
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.screens.confirm import Choose
from acd_tui.ui.screens.prompt import Prompt
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import (
    HOSTILE_NAMES,
    FakeSession,
    lines,
    place,
    text,
    until,
)

APPEND = 'printf "one more line\\n" >> "$1"'
SIZE = (140, 36)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def edit_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Make a shell script the editor."""

    def edit_with(script: str) -> Path:
        path = tmp_path / "an editor"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", f"'{path}'")
        return path

    return edit_with


class Runs:
    """Runs programs where there is no terminal to give them."""

    def __init__(self) -> None:
        self.commands: list[Sequence[str]] = []
        self.modes: list[tuple[int, int]] = []
        self.afterwards: Callable[[], object] = lambda: None

    def __call__(self, command: Sequence[str]) -> int:
        self.commands.append(command)
        path = Path(command[-1])
        self.modes.append(
            (
                stat.S_IMODE(path.stat().st_mode),
                stat.S_IMODE(path.parent.stat().st_mode),
            )
        )
        ended = subprocess.run(command, check=False)
        self.afterwards()
        return ended.returncode


@pytest.fixture
def runs(app: AcdApp, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    runs = Runs()
    monkeypatch.setattr(app, "run_in_terminal", runs)
    return runs


async def edit(pilot: Pilot[None], app: AcdApp, name: str, key: str = "f4") -> None:
    """Press F4 on a file of the remote and wait until that is over."""
    right = app.browser.right
    await until(pilot, lambda: len(right.files) and len(app.browser.left.files))
    await pilot.press("tab")
    row = next(r for r in right.files.rows() if r.entry.name == name)
    index = right.files.index_of(row.path)
    assert index is not None
    right.table.move_to(index)
    await pilot.press(key)
    await until(
        pilot,
        lambda: (
            isinstance(app.screen, Choose)
            or all(w.is_finished for w in app.workers if w.group == "files")
        ),
        "edited",
    )
    await pilot.pause()


def told(app: AcdApp) -> str:
    """All that notifications say, and the question if there is one."""
    said = [each.message for each in app._notifications]
    if isinstance(app.screen, Choose):
        said += [
            str(each.content) for each in app.screen.query(".note").results(Static)
        ]
    return "\n".join(said)


def kept(home: Path) -> list[Path]:
    folder = home / "acd-tui/state/edited"
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("key", ["f4", "e"])
async def test_what_was_edited_is_written_back(
    app: AcdApp,
    session: FakeSession,
    runs: Runs,
    edit_with: Callable[[str], Path],
    temporary: Path,
    key: str,
) -> None:
    program = edit_with(APPEND)
    before = await session.photos.stat(VPath.parse("/2019/same.txt"))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await edit(pilot, app, "same.txt", key)
        assert "Saved to photos:2019/same.txt" in told(app)
    assert session.photos.data("/2019/same.txt") == b"the sameone more line\n"
    after = await session.photos.stat(VPath.parse("/2019/same.txt"))
    assert after.id == before.id
    assert (after.modified_ns or 0) > 1_600_000_000 * 10**9
    assert runs.commands[0][0] == str(program)
    assert Path(runs.commands[0][1]).name == "same.txt"
    assert runs.modes == [(0o600, 0o700)]
    assert list(temporary.iterdir()) == []


async def test_what_was_not_changed_is_not_written(
    app: AcdApp,
    session: FakeSession,
    runs: Runs,
    edit_with: Callable[[str], Path],
    temporary: Path,
) -> None:
    edit_with("true")
    called = []

    async def hook(name: str, _path: VPath) -> None:
        called.append(name)

    async with app.run_test(size=SIZE, notifications=True) as pilot:
        session.photos.hook = hook
        await edit(pilot, app, "same.txt")
        assert told(app) == ""
    assert len(runs.commands) == 1
    assert "write" not in called
    assert list(temporary.iterdir()) == []


async def test_what_another_has_changed_meanwhile_is_left_alone(
    app: AcdApp,
    session: FakeSession,
    runs: Runs,
    edit_with: Callable[[str], Path],
    temporary: Path,
    home: Path,
) -> None:
    edit_with(APPEND)
    runs.afterwards = lambda: session.photos.put("/2019/same.txt", b"another's")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await edit(pilot, app, "same.txt")
        said = told(app)
    assert session.photos.data("/2019/same.txt") == b"another's"
    (copy,) = kept(home)
    assert copy.read_bytes() == b"the sameone more line\n"
    assert copy.stat().st_mode & 0o077 == 0
    assert "Somebody changed photos:2019/same.txt meanwhile" in said
    assert str(copy) in said
    assert list(temporary.iterdir()) == []


async def test_a_copy_that_was_kept_is_saved_beside_the_file(
    app: AcdApp,
    session: FakeSession,
    runs: Runs,
    edit_with: Callable[[str], Path],
    home: Path,
) -> None:
    edit_with(APPEND)
    session.photos.put("/2019/same (2).txt", b"taken")
    runs.afterwards = lambda: session.photos.put("/2019/same.txt", b"another's")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await edit(pilot, app, "same.txt")
        assert "␊" not in text(app)  # each sentence has lines of its own
        await pilot.press("b")
        await until(pilot, lambda: "Saved to photos:2019/same (3).txt" in told(app))
    (copy,) = kept(home)
    assert session.photos.data("/2019/same (3).txt") == copy.read_bytes()
    assert session.photos.data("/2019/same (2).txt") == b"taken"
    assert session.photos.data("/2019/same.txt") == b"another's"


async def test_a_copy_that_was_kept_can_be_shown(
    app: AcdApp,
    session: FakeSession,
    runs: Runs,
    edit_with: Callable[[str], Path],
    home: Path,
) -> None:
    edit_with(APPEND)
    runs.afterwards = lambda: session.photos.put("/2019/same.txt", b"another's")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await edit(pilot, app, "same.txt")
        await pilot.press("g")
        (copy,) = kept(home)
        there = place(f"local:{copy.parent}")
        await until(pilot, lambda: app.browser.right.place == there)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Transient("the line is dead", hint="try later"), "The line is dead"),
        (RuntimeError("a mistake"), "unexpected"),
    ],
)
async def test_what_cannot_be_written_back_is_kept(
    app: AcdApp,
    session: FakeSession,
    runs: Runs,
    edit_with: Callable[[str], Path],
    home: Path,
    error: Exception,
    reason: str,
) -> None:
    edit_with(APPEND)

    async def hook(name: str, _path: VPath) -> None:
        if name == "write":
            raise error

    session.photos.hook = hook
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await edit(pilot, app, "same.txt")
        said = told(app)
    (copy,) = kept(home)
    assert reason in said
    assert str(copy) in said
    assert runs.commands
    assert session.photos.data("/2019/same.txt") == b"the same"


@pytest.mark.parametrize("script", [f"{APPEND}; exit 3", "exit 3", 'rm "$1"'])
async def test_an_editor_that_fails_saves_nothing(
    app: AcdApp,
    session: FakeSession,
    runs: Runs,
    edit_with: Callable[[str], Path],
    temporary: Path,
    home: Path,
    script: str,
) -> None:
    edit_with(script)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await edit(pilot, app, "same.txt")
        said = told(app)
    assert session.photos.data("/2019/same.txt") == b"the same"
    assert ("exit code 3" in said) == ("exit 3" in script)
    assert ("left nothing to save" in said) == ("rm" in script)
    assert len(kept(home)) == (script.startswith(APPEND))
    assert ("is kept in" in said) == script.startswith(APPEND)
    assert list(temporary.iterdir()) == []
    assert runs.commands


async def test_a_file_that_is_too_large_is_not_even_read(
    app: AcdApp,
    session: FakeSession,
    runs: Runs,
    edit_with: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edit_with(APPEND)
    monkeypatch.setattr(editing, "LARGEST", 7)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await edit(pilot, app, "same.txt")
        assert "Too large to edit: same.txt, 8 B" in told(app)
    assert runs.commands == []
    assert session.photos.data("/2019/same.txt") == b"the same"


async def test_names_that_mean_something_to_a_terminal_are_made_safe(
    app: AcdApp,
    session: FakeSession,
    runs: Runs,
    edit_with: Callable[[str], Path],
) -> None:
    edit_with(APPEND)
    name = "[red]\x1b]0;PWNED\x07-rf\n\udcff.txt"
    session.photos.put(f"/2019/{name}", b"")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await edit(pilot, app, name)
        assert "Saved to photos:2019/[red]␛]0;PWNED" in told(app)
        assert "\x1b" not in text(app)
    assert session.photos.data(f"/2019/{name}") == b"one more line\n"
    assert Path(runs.commands[0][-1]).name == "[red]␛]0;PWNED␇-rf␊\ufffd.txt"


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, "x" * 300 + ".txt", "日" * 300])
def test_safe_names_are_names_of_any_disk(name: str, tmp_path: Path) -> None:
    safe = safe_name(name)
    (tmp_path / safe).write_bytes(b"")
    assert len(safe.encode()) <= 200
    assert Path(safe).suffix == Path(name).suffix or not name.endswith(".txt")


async def test_without_an_editor_or_a_terminal_it_says_what_to_do(
    app: AcdApp, edit_with: Callable[[str], Path], temporary: Path
) -> None:
    edit_with(APPEND).unlink()
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await edit(pilot, app, "same.txt")
        assert "Set EDITOR to the command of an editor" in told(app)
        edit_with(APPEND)
        await pilot.press("f4")
        await until(pilot, lambda: "No program can be started here" in told(app))
    assert list(temporary.iterdir()) == []


async def test_only_files_can_be_edited(app: AcdApp, runs: Runs) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("f4")  # on the folder `docs`
        await until(pilot, lambda: "the cursor is not on a file" in told(app))
    assert runs.commands == []


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LocalFileSystem]:
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    yield LocalFileSystem("local", hashes=hashes)
    hashes.close()


async def new_file(pilot: Pilot[None], app: AcdApp, name: str) -> None:
    """Press the key for a new file in the remote, give it a name, wait until it is over."""
    await until(pilot, lambda: len(app.browser.right.files))
    await pilot.press("tab", "shift+f4")
    await until(pilot, lambda: isinstance(app.screen, Prompt))
    await pilot.press(*name, "enter")
    await until(
        pilot,
        lambda: all(w.is_finished for w in app.workers if w.group == "files"),
        "edited",
    )
    await pilot.pause()


async def test_a_new_file_is_what_the_editor_saves(
    app: AcdApp,
    session: FakeSession,
    runs: Runs,
    edit_with: Callable[[str], Path],
    temporary: Path,
) -> None:
    edit_with(APPEND)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await new_file(pilot, app, "new.txt")
        assert "Saved to photos:2019/new.txt" in told(app)
        right = app.browser.right
        await until(
            pilot,
            lambda: right.current is not None and right.current.entry.name == "new.txt",
        )
    assert session.photos.data("/2019/new.txt") == b"one more line\n"
    assert list(temporary.iterdir()) == []


async def test_a_new_file_that_is_not_saved_is_nowhere(
    app: AcdApp,
    session: FakeSession,
    runs: Runs,
    edit_with: Callable[[str], Path],
    temporary: Path,
) -> None:
    edit_with("true")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await new_file(pilot, app, "new.txt")
        assert told(app) == ""
    with pytest.raises(NotFound):
        await session.photos.stat(VPath.parse("/2019/new.txt"))
    assert list(temporary.iterdir()) == []


async def test_a_name_somebody_took_while_a_new_file_was_written(
    app: AcdApp,
    session: FakeSession,
    runs: Runs,
    edit_with: Callable[[str], Path],
    temporary: Path,
) -> None:
    edit_with(APPEND)
    runs.afterwards = lambda: session.photos.put("/2019/new.txt", b"theirs")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: len(app.browser.right.files))
        await pilot.press("tab", "shift+f4")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*"new.txt", "enter")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert "was left alone" in told(app)
    assert session.photos.data("/2019/new.txt") == b"theirs"


async def test_a_file_of_the_disk_is_edited_where_it_is(
    session: FakeSession,
    disk: LocalFileSystem,
    edit_with: Callable[[str], Path],
    temporary: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edit_with(f"{APPEND}; exit 1")
    folder = tmp_path / "folder"
    folder.mkdir()
    file = folder / "two\nlines.txt"
    file.write_bytes(b"here\n")
    monkeypatch.setattr(session, "local", disk)
    app = AcdApp(
        InlineEngine(session),
        left=place("photos:/2020"),
        right=place(f"local:{folder}"),
    )
    runs = Runs()
    monkeypatch.setattr(app, "run_in_terminal", runs)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        right = app.browser.right
        await until(pilot, lambda: len(right.files))
        await pilot.press("tab", "f4")
        await until(pilot, lambda: "ended with an error (exit code 1)" in told(app))
        await until(
            pilot, lambda: right.current and right.current.entry.size == 19, "listed"
        )
    assert file.read_bytes() == b"here\none more line\n"
    assert runs.commands[0][-1] == str(file)
    assert list(temporary.iterdir()) == []


def test_the_editor_is_the_users() -> None:
    def all_of_them(name: str) -> str:
        return f"/bin/{name}"

    both = {"VISUAL": "code --wait", "EDITOR": "ed"}
    assert editor(both, all_of_them) == ["code", "--wait"]
    assert editor({"VISUAL": " ", "EDITOR": "ed"}, all_of_them) == ["ed"]
    assert editor({}, all_of_them) == ["nano"]
    assert editor({}, {"vi": "/bin/vi"}.get) == ["vi"]


@pytest.mark.parametrize("environment", [{}, {"EDITOR": "ed"}, {"EDITOR": "'"}])
def test_no_editor_is_an_error_with_a_hint(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        editor(environment, lambda _name: None)
    assert "set EDITOR" in (caught.value.hint or "")
    assert isinstance(caught.value, AcdError)


async def test_the_keys_fit_eighty_columns(app: AcdApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.pause()
        bar = lines(app)[-1]
    assert "F3 View F4 Edit F5 Copy" in bar
    assert "w Queue" in bar
