"""A folder of so many files that a listing of it is dear."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest
from textual.pilot import Pilot
from textual.strip import Strip

from acd_tui.errors import AcdError, Transient
from acd_tui.ui.app import AcdApp
from acd_tui.ui.widgets import pane_news as module
from acd_tui.ui.widgets.file_table import FileTable
from acd_tui.ui.widgets.listing import Listing, Unwanted
from acd_tui.ui.widgets.tree import Tree
from acd_tui.vfs.entries import gathered
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.news import Known, News
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, place, text, until

FOLDER = VPath.parse("/home/docs")
ROWS = 21_000


@pytest.fixture
def names() -> list[str]:
    return [f"{'snow' if n % 1000 == 7 else 'beach'} {n:05}" for n in range(ROWS)]


@pytest.fixture
def session(
    session: FakeSession, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> FakeSession:
    """One with a folder of those names."""
    inner = session.local.list

    async def listing(path: VPath) -> Sequence[Entry]:
        if path != FOLDER:
            return await inner(path)
        entries = [Entry(name=name, kind=Kind.FILE, size=1) for name in names]
        return gathered([entries[:9000], entries[9000:]])

    monkeypatch.setattr(session.local, "list", listing)
    return session


async def shown(pilot: Pilot[None], app: AcdApp) -> None:
    """Have it in the left pane."""
    pane = app.browser.left
    await until(pilot, lambda: pane.is_complete)
    pane.go(place("local:/home/docs"))
    await until(pilot, lambda: len(pane.files) == ROWS)


async def test_two_panes_and_all_tabs_share_the_rows_of_one_folder(
    app: AcdApp, session: FakeSession, names: list[str]
) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        left, right = app.browser.left, app.browser.right
        await shown(pilot, app)
        listing = left.files.listings[FOLDER]
        right.go(left.place)
        await until(pilot, lambda: len(right.files) == ROWS)
        await pilot.press("ctrl+a", "t", "n", "comma", "s", "ctrl+r")
        await until(pilot, lambda: left.files.order.by.value == "size")
        for pane in (left, right):
            assert pane.files.listings[FOLDER] is listing
        names[0] = "new"
        await pilot.press("1")
        await until(pilot, lambda: "new" in left.files.listings[FOLDER])
        assert left.marks.count == ROWS - 1
        assert "new" not in right.files.listings[FOLDER]


async def test_the_next_key_waits_for_what_is_searched_for(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    searching, search = threading.Event(), Tree.search

    def slowly(tree: Tree, text: str, start: int, step: int) -> int | None:
        assert threading.current_thread() is not threading.main_thread()
        searching.wait(10)
        return search(tree, text, start, step)

    monkeypatch.setattr(Tree, "search", slowly)
    async with app.run_test(size=(120, 30)) as pilot:
        pane = app.browser.left
        await shown(pilot, app)
        keys = asyncio.create_task(pilot.press("/", *"snow", "enter", "space", "n"))
        await until(pilot, lambda: "snow" in text(app) or keys.done())
        assert pane.marks.count == 0
        searching.set()
        await keys
        await until(pilot, lambda: pane.marks.count == 1)
        assert [row.entry.name for row in pane.marks.rows()] == ["snow 00007"]
        # Marking has gone on to the next one, and `n` to the one after that.
        await until(pilot, lambda: "snow 02007" in str(pane.current))
        await pilot.press("/", *"nowhere")
        await until(pilot, lambda: "no such name" in text(app))


async def test_what_changes_while_it_is_listed_is_listed_once_not_each_for_itself(
    app: AcdApp,
    session: FakeSession,
    names: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_GATHER_SECONDS", 0.001)
    inner, begun, going_on = session.local.list, 0, asyncio.Event()

    async def slowly(path: VPath) -> Sequence[Entry]:
        nonlocal begun
        begun += path == FOLDER
        await going_on.wait()
        return await inner(path)

    async with app.run_test(size=(120, 30)) as pilot:
        pane = app.browser.left
        await shown(pilot, app)
        monkeypatch.setattr(session.local, "list", slowly)
        pane.news.changed([FOLDER])
        await until(pilot, lambda: begun == 1)
        for number in range(5):
            names.append(f"another {number}")
            pane.news.changed([FOLDER])
            await pilot.pause(0.01)
        going_on.set()
        await until(
            pilot, lambda: len(pane.files) == ROWS + 5 and not pane.news.waiting
        )
        assert begun == 2


async def test_all_of_it_is_copied_and_no_command_offered_for_that(
    app: AcdApp, session: FakeSession, names: list[str]
) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        pane = app.browser.left
        await shown(pilot, app)
        await pilot.press("ctrl+a", "f5")
        await until(pilot, lambda: "To folder" in text(app))
        assert f"{ROWS:,} files, 20.5 KiB from /home/docs" in text(app)
        assert "as a command" not in text(app)
        names[3:5] = ["one more"]  # and two are gone
        await pane.news._list(frozenset({FOLDER}))
        assert pane.marks.count == ROWS - 2
        await pilot.press("enter")
        await until(pilot, lambda: session.transfers.requests)
        assert len(session.transfers.requests[0].paths) == ROWS
        await until(pilot, lambda: not pane.marks.count)


def test_one_that_nobody_wants_any_more_is_not_put_in_order(names: list[str]) -> None:
    stop = threading.Event()
    entries = [Entry(name=name, kind=Kind.FILE) for name in names]
    assert len(Listing(FOLDER, entries, stop)) == ROWS
    stop.set()
    with pytest.raises(Unwanted):
        Listing(FOLDER, entries, stop)


async def test_what_is_new_is_taken_in_without_listing_all_again(
    app: AcdApp,
    session: FakeSession,
    names: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = 0
    inner = session.local.list

    async def counted(path: VPath) -> Sequence[Entry]:
        nonlocal listed
        listed += path == FOLDER
        return await inner(path)

    async def news(path: VPath, known: Known) -> News | None:
        new = [Entry(name="A new one", kind=Kind.FOLDER)]
        return News(["beach 00001"], new, as_of=None) if path == FOLDER else None

    async with app.run_test(size=(120, 30)) as pilot:
        left, right = app.browser.left, app.browser.right
        await shown(pilot, app)
        right.go(left.place)
        await until(pilot, lambda: len(right.files) == ROWS)
        await pilot.press("ctrl+a")
        monkeypatch.setattr(session.local, "list", counted)
        monkeypatch.setattr(session.local, "news", news, raising=False)
        await pilot.press("f7", *"A new one", "enter")
        for pane in (left, right):
            await until(pilot, lambda: "A new one" in pane.files.listings[FOLDER])  # noqa: B023 - awaited at once
            assert "beach 00001" not in pane.files.listings[FOLDER]
            assert len(pane.files) == ROWS
        assert left.marks.count == ROWS - 1
        assert left.files.listings[FOLDER] is right.files.listings[FOLDER]
        assert not listed
        left.go(place("local:/home"))
        await until(pilot, lambda: left.files.root == FOLDER.parent)
        left.go(right.place)
        await until(pilot, lambda: left.is_complete and left.files.root == FOLDER)
        assert left.files.listings[FOLDER] is right.files.listings[FOLDER]
        assert not listed


async def test_what_is_changed_before_all_of_it_is_listed_is_seen_at_once_and_later(
    app: AcdApp, session: FakeSession, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, going_on, first = session.local.list, asyncio.Event(), names[:5]

    async def slowly(path: VPath) -> Sequence[Entry]:
        entries = await inner(path)  # as of before it is waited for
        if path == FOLDER:
            await going_on.wait()
        return entries

    async def glance(path: VPath, count: int) -> Sequence[Entry]:
        return [Entry(name=n, kind=Kind.FILE) for n in first] if path == FOLDER else ()

    async with app.run_test(size=(120, 30)) as pilot:
        pane = app.browser.left
        await until(pilot, lambda: pane.is_complete)
        monkeypatch.setattr(session.local, "list", slowly)
        monkeypatch.setattr(session.local, "glance", glance, raising=False)
        pane.go(place("local:/home/docs"))
        await until(pilot, lambda: len(pane.files) == 5)
        for name in ("another", "and another"):
            first.insert(0, name)
            names.append(name)
            pane.news.changed([FOLDER])
            await until(pilot, lambda: name in pane.files.listings[FOLDER])  # noqa: B023 - awaited at once
        assert not pane.is_complete
        going_on.set()
        await until(pilot, lambda: len(pane.files) == ROWS + 2)
        assert pane.is_complete


class Slow:
    """A filesystem whose large folder is glanced at soon, and listed when it may be."""

    def __init__(self, session: FakeSession, monkeypatch: pytest.MonkeyPatch) -> None:
        self.going_on = asyncio.Event()
        self.error: AcdError | None = None
        self._list = session.local.list
        monkeypatch.setattr(session.local, "list", self.list)
        monkeypatch.setattr(session.local, "glance", self.glance, raising=False)

    async def list(self, path: VPath) -> Sequence[Entry]:
        if path == FOLDER:
            await self.going_on.wait()
            if self.error is not None:
                raise self.error
        return await self._list(path)

    async def glance(self, path: VPath, count: int) -> Sequence[Entry]:
        if path != FOLDER:
            return ()
        return [Entry(name=f"beach 0000{n}", kind=Kind.FILE, size=1) for n in range(5)]


async def opened_in_place(pilot: Pilot[None], app: AcdApp) -> None:
    pane = app.browser.left
    await until(pilot, lambda: pane.is_complete and "docs" in text(app))
    pane.table.move_to(pane.files.index_of(FOLDER) or 0)
    await pilot.press("right")
    await until(pilot, lambda: "beach 00004" in text(app))


async def test_a_folder_that_opens_in_place_shows_its_start_and_that_more_comes(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(session, monkeypatch)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        pane = app.browser.left
        await opened_in_place(pilot, app)
        assert "… docs" in text(app)
        assert "opening docs…" in text(app)
        await pilot.press("down", "down", "ctrl+a", "right")
        await until(pilot, lambda: "not whole yet" in text(app))
        assert not pane.marks.count
        pane.news.changed([FOLDER])
        at = pane.current
        slow.going_on.set()
        await until(pilot, lambda: len(pane.files) > ROWS)
        assert pane.current == at
        assert "▾ docs" in text(app)
        assert "opening" not in text(app)
        await until(pilot, lambda: not pane.news.waiting)


@pytest.mark.parametrize("key", ["escape", "left"])
async def test_a_folder_that_opens_in_place_can_be_closed_before_it_is_open(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    slow = Slow(session, monkeypatch)
    async with app.run_test(size=(120, 30)) as pilot:
        pane = app.browser.left
        await opened_in_place(pilot, app)
        rows = len(pane.files)
        if key == "escape":
            await pilot.press("down")
        await pilot.press(key)
        await until(pilot, lambda: "▸ docs" in text(app))
        assert len(pane.files) == rows - 5
        assert pane.current is not None
        assert pane.current.entry.name == "docs"
        slow.going_on.set()
        await pilot.pause()
        assert len(pane.files) == rows - 5
        await pilot.press("right")
        await until(pilot, lambda: len(pane.files) > ROWS)


async def test_a_folder_that_cannot_be_opened_in_place_is_closed_again(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(session, monkeypatch)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await opened_in_place(pilot, app)
        slow.error = Transient("the cable is out")
        slow.going_on.set()
        await until(pilot, lambda: "The cable is out" in text(app))
        await until(pilot, lambda: "▸ docs" in text(app))
        assert "beach" not in text(app)
        await pilot.press("ctrl+a")
        assert app.browser.left.marks.count


async def test_only_the_first_rows_are_not_all_to_be_marked(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(session, monkeypatch)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        pane = app.browser.left
        await until(pilot, lambda: pane.is_complete)
        pane.go(place("local:/home/docs"))
        await until(pilot, lambda: len(pane.files) == 5)
        for keys in (["ctrl+a"], ["asterisk"], ["plus", "enter"]):
            await pilot.press(*keys)
            await until(pilot, lambda: "not whole yet" in text(app))
            assert not pane.marks.count
        slow.going_on.set()
        await until(pilot, lambda: len(pane.files) == ROWS)
        await pilot.press("ctrl+a")
        assert pane.marks.count == ROWS


async def test_the_first_rows_are_drawn_before_the_rest_is_listed(
    app: AcdApp,
    session: FakeSession,
    names: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In whatever order the parts of the screen tell that they have changed."""
    drawn: list[str] = []
    before_the_rest: list[str] = []
    render, listing = FileTable.render_line, session.local.list

    def rendered(table: FileTable, y: int) -> Strip:
        strip = render(table, y)
        drawn.append(strip.text)
        return strip

    async def listed(path: VPath) -> Sequence[Entry]:
        if path == FOLDER:
            before_the_rest.extend(drawn)
        return await listing(path)

    async def glance(path: VPath, count: int) -> Sequence[Entry]:
        return [Entry(name=name, kind=Kind.FILE) for name in names[:count]]

    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        monkeypatch.setattr(FileTable, "render_line", rendered)
        monkeypatch.setattr(session.local, "list", listed)
        monkeypatch.setattr(session.local, "glance", glance, raising=False)
        await shown(pilot, app)
        assert any(names[5] in line for line in before_the_rest)
