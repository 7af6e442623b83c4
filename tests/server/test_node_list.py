"""The two ways to read a page give the same nodes, total and place to go on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec
import pytest

from acd_tui.server import accounts
from acd_tui.server.node_list import MOST_HIDDEN, Cursor, NodeList
from acd_tui.server.query import parse_filter, parse_sort
from acd_tui.server.selection import Selection, select
from acd_tui.server.storage import Storage
from acd_tui.server.tree import Tree
from acd_tui.server.wire import nodes_json
from tests.server_process import PASSWORD

_COUNT = 7
_PROPERTIES = (
    None,
    {"mine": {"k": 'v"\\é'}},
    {"other": {"k": "v"}},
    {"mine": {"other": "o"}, "other": {}, "third": {"k": "∀"}},
)


class Place:
    """A user with a few nodes in a folder."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.user, self.folder, self.root = storage.db.write_now(self._fill)

    def _fill(self, db: sqlite3.Connection) -> tuple[int, str, str]:
        accounts.add_user(db, "u", accounts.hash_password(PASSWORD), 1.7e9)
        user, root = db.execute("SELECT num, root FROM users").fetchone()
        tree = Tree(db, user, 1_700_000_000_000)
        folder = tree.create("FOLDER", {"name": "f"}, tree.parents(()), "mine")
        for number in range(_COUNT):
            given = {
                "name": f'{number % 3} é∀\n"{number}',
                "properties": _PROPERTIES[number % len(_PROPERTIES)],
            }
            tree.create("FOLDER", given, [folder], "mine")
        return user, folder.id, root

    def selection(self, filters: str, sort: str) -> Selection:
        text = filters.format(folder=self.folder)
        return select(parse_filter(text), parse_sort(sort), root=self.root)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    storage = Storage(tmp_path_factory.mktemp("drive"))
    storage.open()
    yield Place(storage)
    storage.close()


def walked(
    place: Place, selection: Selection, limit: int, offset: int, hidden: frozenset[str]
) -> int:
    """Read a list in both ways to its end; how many pages it has."""
    cursor, pages, seen = None, 0, 0
    while True:
        listed = NodeList(place.user, selection, cursor, offset)
        page = place.storage.db.read_now(lambda db: listed.page(db, limit))  # noqa: B023 - called at once
        joined = place.storage.db.read_now(
            lambda db: listed.joined(db, limit, hidden)  # noqa: B023 - called at once
        )
        nodes = [msgspec.json.decode(one) for one in nodes_json(page.rows, hidden)]
        assert msgspec.json.decode(joined.nodes) == nodes
        assert joined[1:] == page[1:]
        pages, seen = pages + 1, seen + len(nodes)
        if page.after is None:
            assert seen == max(0, page.total - offset)
            return pages
        cursor = Cursor(page.after, page.total)


@pytest.mark.parametrize("hidden", [(), ("other",), ("other", "third", "nobody")])
@pytest.mark.parametrize("sort", ["", '["name ASC"]', '["name DESC","kind"]'])
@pytest.mark.parametrize("filters", ["parents:{folder}", "kind:FOLDER", "name:none"])
def test_both_ways_read_the_same(
    place: Place, filters: str, sort: str, hidden: tuple[str, ...]
) -> None:
    selection = place.selection(filters, sort)
    for limit in (1, 2, _COUNT - 1, _COUNT, _COUNT + 1, 200):
        for offset in (0, 1, _COUNT, 50):
            walked(place, selection, limit, offset, frozenset(hidden))


def test_pages_are_as_few_as_can_be(place: Place) -> None:
    selection = place.selection("parents:{folder}", "")
    for limit, pages in ((1, _COUNT), (_COUNT - 1, 2), (_COUNT, 1)):
        assert walked(place, selection, limit, 0, frozenset()) == pages


def test_very_many_applications_have_something_to_hide(place: Place) -> None:
    hidden = frozenset({"other", *(f"app {n}" for n in range(MOST_HIDDEN - 1))})
    assert walked(place, place.selection("parents:{folder}", ""), 200, 0, hidden) == 1
