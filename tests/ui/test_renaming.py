"""Many names at once, in the user's editor."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from acd_tui.ui.app import AcdApp
from acd_tui.ui.screens.rename_plan import RenamePlan
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, text, until
from tests.ui.test_editing import told

Edit = Callable[[str], str]


class Editor:
    """Edits what it is given as it is told to, one function after the other."""

    def __init__(self, *edits: Edit, status: int = 0) -> None:
        self.edits = list(edits)
        self.seen: list[str] = []
        self.status = status

    def __call__(self, command: Sequence[str]) -> int:
        path = Path(command[-1])
        self.seen.append(path.read_text("utf-8"))
        if self.edits:
            path.write_bytes(self.edits.pop(0)(self.seen[-1]).encode())
        return self.status


@pytest.fixture
def edit_with(
    app: AcdApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Editor]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("VISUAL", "true")

    def edit_with(*edits: Edit, status: int = 0) -> Editor:
        editor = Editor(*edits, status=status)
        monkeypatch.setattr(app, "run_in_terminal", editor)
        return editor

    return edit_with


async def at_pane(pilot: Pilot[None], app: AcdApp, side: str) -> None:
    panes = app.browser.left, app.browser.right
    await until(pilot, lambda: all(pane.is_complete for pane in panes))
    if side == "right":
        await pilot.press("tab")


async def plan(pilot: Pilot[None], app: AcdApp) -> None:
    await pilot.press("alt+r")
    await until(pilot, lambda: isinstance(app.screen, RenamePlan), "plan")
    await pilot.pause()


async def names(session: FakeSession, folder: str) -> dict[str, bytes]:
    entries = await session.photos.list(VPath.parse(folder))
    return {
        entry.name: session.photos.data(f"{folder}/{entry.name}")
        for entry in entries
        if not entry.is_folder
    }


async def test_all_of_a_folder_by_a_circle_and_back_in_one_step(
    app: AcdApp, session: FakeSession, edit_with: Callable[..., Editor], tmp_path: Path
) -> None:
    def edit(old: str) -> str:
        swapped = old.replace("img1.jpg", "?").replace("same.txt", "img1.jpg")
        return swapped.replace("?", "same.txt").replace("IMG2.JPG", "img2.jpg")

    editor = edit_with(edit)
    before = await names(session, "/2019")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await at_pane(pilot, app, "right")
        await plan(pilot, app)
        assert editor.seen == ["img1.jpg\nIMG2.JPG\nsame.txt\n"]
        assert " img1.jpg → same.txt" in text(app)
        assert " IMG2.JPG → img2.jpg" in text(app)
        await pilot.press("y")
        await until(pilot, lambda: "Renamed 3 items · u takes it back" in told(app))
        assert await names(session, "/2019") == {
            "same.txt": before["img1.jpg"],
            "img1.jpg": before["same.txt"],
            "img2.jpg": before["IMG2.JPG"],
        }
        await until(
            pilot, lambda: app.browser.right.files.index_of(VPath(("2019", "img2.jpg")))
        )
        assert app.browser.right.current is not None  # the cursor went along
        assert app.browser.right.current.entry.name == "same.txt"
        await pilot.press("u")
        await until(pilot, lambda: "Undone: renaming 3 items in /2019" in told(app))
        assert await names(session, "/2019") == before
    assert [path for path in tmp_path.iterdir() if "edit" in path.name] == []


async def test_what_cannot_be_is_said_and_edited_again(
    app: AcdApp, session: FakeSession, edit_with: Callable[..., Editor]
) -> None:
    session.photos.put("/2019/hidden", b"")
    edits: list[Edit] = [
        lambda _old: "SAME.txt\nb/c\n",
        lambda _old: "only one line\n",
        lambda _old: "new1\nIMG2.JPG\n",
    ]
    editor = edit_with(*edits)
    before = await names(session, "/2019")
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await at_pane(pilot, app, "right")
        app.browser.right.table.move_to(1)
        await pilot.press("space", "space")  # marked: img1.jpg and IMG2.JPG
        await plan(pilot, app)
        assert "2 names cannot be used, so nothing is done" in text(app)
        assert "SAME.txt  ✗ the name is taken" in text(app)
        assert "a name holds no /" in text(app)
        await pilot.press("y")  # does nothing
        assert isinstance(app.screen, RenamePlan)
        await pilot.press("e")
        await until(
            pilot, lambda: "2 names were there, and 1 line is left" in text(app)
        )
        assert "0 items" not in text(app)
        await pilot.press("e")
        await until(pilot, lambda: "img1.jpg → new1" in text(app))
        assert editor.seen[1:] == ["SAME.txt\nb/c\n", "only one line\n"]
        assert await names(session, "/2019") == before
        await pilot.press("y")
        await until(pilot, lambda: "Renamed 1 item" in told(app))
        assert app.browser.right.marks.count == 0
    assert set(await names(session, "/2019")) == before.keys() - {"img1.jpg"} | {"new1"}


async def test_names_that_were_found_are_renamed_each_in_its_folder(
    app: AcdApp, session: FakeSession, edit_with: Callable[..., Editor]
) -> None:
    session.photos.put("/2019/deep/img\u202e3.jpg", b"3")
    editor = edit_with(lambda old: old.replace("img", "pic"))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await at_pane(pilot, app, "right")
        await pilot.press("s", *"img")
        await until(pilot, lambda: " into the list" in text(app))
        await pilot.press("ctrl+o")
        await until(pilot, lambda: app.browser.right.has_found)
        await until(pilot, lambda: app.browser.right.is_complete)
        await plan(pilot, app)
        assert editor.seen == ["img1.jpg\nIMG2.JPG\ndeep/img\\u202e3.jpg\n"]
        await pilot.press("y")
        await until(pilot, lambda: "Renamed 2 items" in told(app))
    assert session.photos.data("/2019/deep/pic\u202e3.jpg") == b"3"
    assert "pic1.jpg" in await names(session, "/2019")


@pytest.mark.parametrize(
    ("edit", "status", "said"),
    [
        (lambda old: old, 0, "No name was changed"),
        (lambda old: old.rstrip("\n") + "\r\n\n", 0, "No name was changed"),
        (lambda old: old.upper(), 1, "exit code 1), so nothing was renamed"),
    ],
)
async def test_an_editor_that_changes_nothing_or_fails_changes_nothing(
    app: AcdApp,
    session: FakeSession,
    edit_with: Callable[..., Editor],
    edit: Edit,
    status: int,
    said: str,
) -> None:
    editor = edit_with(edit, status=status)
    before = await names(session, "/2019")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await at_pane(pilot, app, "right")
        await pilot.press("alt+r")
        await until(pilot, lambda: said in told(app))
        assert not isinstance(app.screen, RenamePlan)
        await pilot.press("alt+r")  # it can be tried again
        await until(pilot, lambda: len(editor.seen) == 2)
    assert await names(session, "/2019") == before


async def test_a_failure_half_way_leaves_all_names_as_they_were(
    app: AcdApp, session: FakeSession, edit_with: Callable[..., Editor]
) -> None:
    edit_with(lambda old: old.replace("img1", "one").replace("same", "two"))
    before = await names(session, "/2019")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await at_pane(pilot, app, "right")
        await plan(pilot, app)
        session.photos.put("/2019/two.txt", b"another's, come meanwhile")
        await pilot.press("y")
        await until(pilot, lambda: "Nothing was renamed: " in told(app))
    after = await names(session, "/2019")
    assert after.pop("two.txt") == b"another's, come meanwhile"
    assert after == before
