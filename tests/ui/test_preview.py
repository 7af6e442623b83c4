"""What the cursor is on, beside the pane."""

from __future__ import annotations

from acd_tui.ui.app import AcdApp
from acd_tui.ui.screens.preview import Preview
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, lines, text, until
from tests.ui.test_pictures import picture

MARKDOWN = b"# Title\n\n- one\n" + b"\nmore\n" * 40


async def test_it_follows_the_cursor_and_the_pane(
    app: AcdApp, session: FakeSession
) -> None:
    session.local.put("/home/a.png", picture())
    session.local.put("/home/b.md", MARKDOWN)
    session.photos.put("/2019/[red]\x1b.txt", b"hostile")
    async with app.run_test(size=(100, 30)) as pilot:
        left, right = app.browser.left, app.browser.right
        await until(pilot, lambda: left.is_complete and right.is_complete)
        await pilot.press("P")
        await until(pilot, lambda: "1 folder and 1 file" in text(app), "docs")
        preview = app.browser.query_one(Preview)
        assert "old/" in text(app)
        assert not right.display
        assert preview.region.x > left.region.x
        for name, shown in (
            ("a.png", "▀▀▀▀▀▀▀▀"),
            ("same.txt", "the same"),
            ("b.md", "• one"),
        ):
            index = left.files.index_of(VPath(("home", name)))
            assert index is not None
            left.table.move_to(index)
            await until(pilot, lambda: shown in text(app), shown)  # noqa: B023 - awaited at once
        await pilot.press("J", "J")
        assert "• one" not in text(app)
        await pilot.press("K", "K")
        assert "• one" in text(app)
        session.local.put("/home/b.md", b"changed by another")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "changed by another" in text(app))

        await pilot.press("tab", "home")
        await until(pilot, lambda: "hostile" in text(app))
        assert preview.region.x < right.region.x
        assert not left.display
        assert "[red]␛.txt" in lines(app)[1][:50]
        await pilot.press("P")
        await pilot.pause()
        assert [left.display, preview.display] == [True, False]


async def test_it_waits_for_the_cursor_to_rest_and_reads_no_more_than_it_shows(
    app: AcdApp, session: FakeSession
) -> None:
    read = []

    async def hook(name: str, path: VPath) -> None:
        if name == "read":
            read.append(path.name)

    async with app.run_test(size=(100, 30)) as pilot:
        left = app.browser.left
        await until(pilot, lambda: left.is_complete)
        await pilot.press("P")
        await until(pilot, lambda: "1 folder and 1 file" in text(app), "docs")
        session.local.hook = hook
        for index in range(len(left.files)):
            left.table.move_to(index)
        await until(pilot, lambda: "the same" in text(app))
    assert read == ["same.txt"]


async def test_without_room_it_says_so(app: AcdApp) -> None:
    async with app.run_test(size=(79, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("P")
        await until(pilot, lambda: "takes 80 columns" in text(app))
        await pilot.resize_terminal(100, 24)
        await pilot.press("P")
        await until(pilot, lambda: app.browser.query_one(Preview).display)
        await pilot.resize_terminal(70, 24)
        await until(pilot, lambda: not app.browser.query_one(Preview).display)
