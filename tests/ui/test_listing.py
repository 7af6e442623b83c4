from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable
from typing import Any, get_args

import msgspec
import pytest
from rich.cells import cell_len

from acd_tui.config.settings import Column, Settings
from acd_tui.ui.widgets.columns import COLUMNS, USUAL, Layout
from acd_tui.ui.widgets.listing import (
    Listing,
    Order,
    Row,
    SortKey,
    ending_of,
    first_window,
)
from acd_tui.ui.widgets.marks import MANY, Deed, Marks
from acd_tui.ui.widgets.matcher import Matcher
from acd_tui.ui.widgets.ranking import natural
from acd_tui.ui.widgets.tree import Tree
from acd_tui.units import show_size
from acd_tui.vfs.entries import EntryList, PackedEntries
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.news import News
from acd_tui.vfs.path import VPath

HOME = VPath(("home",))


def file(name: str, size: int | None = 1, modified: int | None = 0) -> Entry:
    return Entry(name=name, kind=Kind.FILE, size=size, modified_ns=modified)


def folder(name: str, modified: int | None = 0) -> Entry:
    return Entry(name=name, kind=Kind.FOLDER, modified_ns=modified)


def tree_of(*entries: Entry) -> Tree:
    tree = Tree(HOME, {HOME: Listing(HOME, entries)})
    tree.rebuild()
    return tree


def packed(entries: Iterable[Entry]) -> PackedEntries:
    packed = PackedEntries()
    packed.extend(list(entries))
    return packed


def names(tree: Tree) -> list[str]:
    return [row.entry.name for row in tree.rows()]


def test_numbers_in_names_count_as_numbers() -> None:
    wanted = ["a", "img1", "img2", "img10", "img10b", "img0011", "img100", "imgx"]
    assert sorted(random.sample(wanted, len(wanted)), key=natural) == wanted


def test_a_number_of_a_thousand_digits_sorts_after_a_short_one() -> None:
    long = "9" * 1000
    assert sorted([long, "8"], key=natural) == ["8", long]


def test_folders_come_first_and_case_does_not_count() -> None:
    tree = tree_of(file("B"), file("a"), folder("z"), folder("Y"))
    assert names(tree) == ["Y", "z", "a", "B"]


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        (Order(SortKey.NAME, reverse=True), ["y", "x", "c", "b", "a"]),
        (Order(SortKey.SIZE), ["x", "y", "b", "c", "a"]),
        (Order(SortKey.SIZE, reverse=True), ["x", "y", "a", "c", "b"]),
        (Order(SortKey.MODIFIED), ["y", "x", "c", "a", "b"]),
        (Order(SortKey.MODIFIED, reverse=True), ["x", "y", "b", "a", "c"]),
    ],
)
def test_orders(order: Order, wanted: list[str]) -> None:
    tree = tree_of(
        file("a", None, 5),
        file("b", 9, None),
        file("c", 3, 7),
        folder("x", 1),
        folder("y", 2),
    )
    tree.order = order
    tree.rebuild()
    assert names(tree) == wanted


def test_types_come_together_and_names_without_one_first() -> None:
    tree = tree_of(*map(file, ("b.txt", "a.PNG", ".c", "c.png", "Makefile", "a.txt")))
    tree.order = Order(SortKey.TYPE)
    tree.rebuild()
    by_type = [".c", "Makefile", "a.PNG", "c.png", "a.txt", "b.txt"]
    assert names(tree) == by_type
    tree.order = Order(SortKey.TYPE, reverse=True)
    tree.rebuild()
    assert names(tree) == by_type[4:] + by_type[2:4] + by_type[:2]


def test_folders_open_in_place_at_any_depth() -> None:
    inner, deep = HOME / "b", HOME / "b" / "c"
    tree = tree_of(folder("a"), folder("b"), file("d"))
    tree.listings[inner] = Listing(inner, [folder("c"), file("x")])
    tree.listings[deep] = Listing(deep, [file("y")])
    tree.rebuild()
    assert names(tree) == ["a", "b", "c", "y", "x", "d"]
    assert [tree.depth(row) for row in tree.rows()] == [0, 0, 1, 2, 1, 0]
    assert [tree.row(i) for i in range(len(tree))] == list(tree.rows())
    assert tree.index_of(deep / "y") == 3
    assert tree.index_of(HOME / "d") == 5
    assert tree.index_of(HOME / "nothing") is None
    tree.close(inner)
    tree.rebuild()
    assert names(tree) == ["a", "b", "d"]


def test_a_filter_keeps_what_fits_and_open_folders() -> None:
    inner = HOME / "b"
    tree = tree_of(folder("a"), folder("b"), file("Photo.JPG"), file("x"))
    tree.listings[inner] = Listing(inner, [file("jpg-notes"), file("y")])
    tree.pattern = "jpg"
    tree.rebuild()
    assert names(tree) == ["b", "jpg-notes", "Photo.JPG"]


def test_dot_files_can_be_left_out() -> None:
    tree = tree_of(file(".a"), folder(".b"), file("c"))
    tree.hidden = False
    tree.rebuild()
    assert names(tree) == ["c"]


def many() -> list[Entry]:
    """More than are sorted in one go; sizes and times come many times."""
    chance = random.Random(4)
    return [
        Entry(
            name=f"{chance.choice(('.', 'IMG_', 'Straße', 'x'))}{n}.{n % 7}",
            kind=Kind.FILE if n % 5 else Kind.FOLDER,
            size=chance.choice((None, 0, chance.randrange(100))) if n % 5 else None,
            modified_ns=chance.choice((None, chance.randrange(-100, 100))),
        )
        for n in chance.sample(range(30_000), 25_000)
    ]


@pytest.fixture(params=[EntryList, PackedEntries])
def large(request: pytest.FixtureRequest) -> Tree:
    entries = request.param()
    entries.extend(many())
    tree = Tree(HOME, {HOME: Listing(HOME, entries)})
    tree.rebuild()
    return tree


KEYS: dict[SortKey, Callable[[Entry], Any]] = {
    SortKey.NAME: lambda entry: natural(entry.name.casefold()),
    SortKey.SIZE: lambda entry: -1 if entry.size is None else entry.size,
    SortKey.MODIFIED: lambda entry: entry.modified_ns or 0,
    SortKey.TYPE: lambda entry: "" if entry.is_folder else ending_of(entry.name),
}


def test_a_large_folder_is_sorted_like_any(large: Tree) -> None:
    by_name = sorted(many(), key=KEYS[SortKey.NAME])
    for by, reverse in itertools.product(SortKey, (False, True)):
        large.order = Order(by, reverse)
        large.rebuild()
        downwards = reverse != (by in {SortKey.SIZE, SortKey.MODIFIED})
        wanted = sorted(by_name, key=KEYS[by], reverse=downwards)
        wanted.sort(key=lambda entry: not entry.is_folder)
        assert [row.entry for row in large.rows()] == wanted, large.order


def test_a_large_folder_is_filtered_and_searched_like_any(large: Tree) -> None:
    large.hidden, large.pattern = False, "SS"
    large.rebuild()
    fitting = [n for n in names(large) if "ss" in n.casefold() and n[0] != "."]
    assert names(large) == fitting != []
    last = len(large) - 1
    marked = [row.entry.name for part in large.fitting("*9.3") for row in part.rows()]
    assert marked == [name for name in fitting if name.endswith("9.3")] != []
    assert large.search(fitting[7], last, 1) == 7
    assert large.search(fitting[7], 0, -1) == 7
    assert large.index_of(HOME / fitting[last]) == last
    assert large.index_of(HOME / ".1.1") is None


def test_in_a_large_folder_each_name_is_found(large: Tree) -> None:
    listing = large.listings[HOME]
    assert [listing.get(entry.name) for entry in many()] == many()
    assert listing.get("strasse") is None
    name = next(entry.name for entry in many() if "ß" in entry.name)
    assert listing.find(name.upper(), any_case=True) == listing.get(name)
    assert name.upper() not in listing


def test_a_listing_may_hold_names_that_differ_in_case() -> None:
    tree = tree_of(file("A"), file("a"))
    assert sorted(names(tree)) == ["A", "a"]
    listing = tree.listings[HOME]
    assert listing.find("a", any_case=True) == listing.get("a")
    assert listing.find("b", any_case=True) is None


@pytest.mark.parametrize(
    ("pattern", "fitting"),
    [
        ("JPG", ["x.jpg"]),
        ("*.j?g", ["x.jpg"]),
        ("[xy].*", ["x.jpg", "y.png"]),
        ("q", []),
    ],
)
def test_matching(pattern: str, fitting: list[str]) -> None:
    fits = Matcher(pattern)
    assert [name for name in ("x.jpg", "y.png", "z") if fits(name)] == fitting


def test_search_goes_round_the_end_both_ways() -> None:
    tree = tree_of(file("apple"), file("bread"), file("avocado"))
    assert names(tree) == ["apple", "avocado", "bread"]
    assert tree.search("av", 2, 1) == 1
    assert tree.search("a", 0, -1) == 0
    assert tree.search("p", 2, -1) == 0
    assert tree.search("nothing", 0, 1) is None


def test_the_first_window_is_the_start_of_the_whole() -> None:
    entries = [file(f"{n:05}") for n in range(1000, 0, -1)] + [folder("zoo")]
    window = first_window(entries, 10)
    assert window == [row.entry for row in tree_of(*entries).rows()][:10]


@pytest.mark.parametrize(
    "name",
    [
        lambda n: f"{n * 7919 % 6007:05}",
        lambda n: f"{'b' if n % 64 else 'a'}{n:05}",  # every sample is early
        lambda n: f"{'a' if n % 64 else 'b'}{n:05}",  # every sample is late
        lambda n: f"{'same' if n % 2 else n:05}",
    ],
)
@pytest.mark.parametrize("every", [7, 40, 10_000])
def test_the_first_window_holds_what_comes_first_however_names_lie(
    name: Callable[[int], str], every: int
) -> None:
    entries = [
        folder(name(n)) if n % every == every - 1 else file(name(n))
        for n in range(6000)
    ]
    window = first_window(entries, 300)
    ordered = sorted(entries, key=lambda entry: (not entry.is_folder, entry.name))
    assert [e.name for e in window] == [e.name for e in ordered[:300]]


def test_an_empty_tree() -> None:
    tree = Tree.empty(HOME)
    assert len(tree) == 0
    assert tree.index_of(HOME / "a") is None
    assert tree.search("a", 0, 1) is None


class TestMarks:
    def test_they_add_up(self) -> None:
        marks = Marks()
        rows = [Row(file("a", 5), HOME), Row(file("b", None), HOME)]
        marks.add(rows[0])
        marks.add(rows[1])
        marks.add(rows[0])
        assert marks.summary() == "2 marked, 5 B"
        marks.toggle(rows[0])
        assert marks.summary() == "1 marked, 0 B"
        assert rows[0] not in marks
        assert rows[1] in marks
        marks.clear()
        assert not marks.rows()

    def test_what_is_gone_is_unmarked_and_sizes_follow(self) -> None:
        marks = Marks()
        marks.change(tree_of(file("a", 5), file("b", 5)).fitting(), Deed.ADD)
        marks.update(Listing(HOME, [file("b", 7), file("c")]))
        assert [row.entry.name for row in marks.rows()] == ["b"]
        assert marks.summary() == "1 marked, 7 B"

    def test_what_lies_in_a_marked_folder_is_not_named_again(self) -> None:
        marks = Marks()
        inner = HOME / "d"
        for row in (
            Row(folder("d"), HOME),
            Row(file("x"), inner),
            Row(file("y"), inner / "e"),
            Row(file("z"), HOME),
        ):
            marks.add(row)
        assert {row.entry.name for row in marks.rows()} == {"d", "z"}

    def test_those_of_a_large_folder_are_like_those_of_a_small_one(self) -> None:
        """Each step is taken with a set of names, too."""
        tree = tree_of(*[file(f"{n} {n % 7}", n) for n in range(2 * MANY)], folder("d"))
        every = {row.entry.name for row in tree.rows()}
        one, other = (Row(file(name), HOME) for name in ("5 5", "not listed"))
        marks, wanted = Marks(), {"5 5", "not listed"}
        marks.add(one)
        marks.add(other)
        marks.change(tree.fitting(), Deed.ADD)
        marks.add(one)
        wanted |= every
        assert {row.entry.name for row in marks.rows()} == wanted
        assert marks.count == len(wanted)
        assert marks.summary().endswith(" + 1 folder")
        marks.discard(one)
        marks.discard(other)
        wanted -= {"5 5", "not listed"}
        marks.change(tree.parts(range(3)), Deed.DISCARD)
        first = [tree.row(line) for line in range(4)]
        wanted -= {row.entry.name for row in first[:3]}
        assert [row in marks for row in first] == [False] * 3 + [True]
        assert list(marks.states(tree.parts(range(4)))) == [0, 0, 0, 1]
        marks.change(tree.fitting(" 3"), Deed.TOGGLE)
        wanted ^= {name for name in every if name.endswith(" 3")}
        tree.order = Order(SortKey.SIZE)
        tree.rebuild()
        marks.change(tree.parts(range(MANY)), Deed.TOGGLE)
        wanted ^= {tree.row(line).entry.name for line in range(MANY)}
        assert {row.entry.name for row in marks.rows()} == wanted
        assert marks.count == len(wanted)
        sizes = sum(row.entry.size or 0 for row in marks.rows())
        assert show_size(sizes) in marks.summary()
        marks.change(tree.fitting(), Deed.DISCARD)
        assert (marks.count, marks.elsewhere([HOME])) == (0, 0)

    def test_those_of_a_large_folder_stay_with_their_names(self) -> None:
        """Names are gone, new and at other places when the folder is listed again."""
        before = packed(file(f"{n}", n) for n in range(2 * MANY))
        chance = random.Random(3)
        after = [each for each in before if chance.random() > 0.001]
        for number in range(20):
            after.insert(chance.randrange(len(after)), file(f"new {number}"))
        after[: MANY // 2] = reversed(after[: MANY // 2])
        tree = Tree(HOME, {HOME: Listing(HOME, before)})
        tree.rebuild()
        marks = Marks()
        marks.change(tree.fitting(), Deed.ADD)
        marks.change(tree.fitting("77"), Deed.DISCARD)
        wanted = {row.entry.name for row in marks.rows()} & {e.name for e in after}
        marks.update(Listing(HOME, packed(after)))
        assert {row.entry.name for row in marks.rows()} == wanted
        assert marks.count == len(wanted)
        marks.update(Listing(HOME, [file("1", 3), file("new 1")]))
        assert marks.summary() == "1 marked, 3 B"
        marks.update(Listing(HOME, []))
        assert marks.count == 0

    def test_marks_elsewhere_are_counted(self) -> None:
        marks = Marks()
        marks.add(Row(file("x"), HOME))
        marks.add(Row(file("y"), HOME / "other"))
        assert marks.elsewhere([HOME]) == 1


@pytest.mark.parametrize(
    ("width", "names", "cells"),
    [
        (20, ("size", "modified"), []),
        (24, ("size", "modified"), [7]),
        (45, ("size", "modified"), [7]),
        (46, ("size", "modified"), [7, 11]),
        (62, ("size", "modified"), [7, 17]),
        (62, ("modified", "size"), [17, 7]),
        (62, ("md5", "size", "type"), [9, 7, 8]),
        (120, ("md5", "size", "modified", "type"), [33, 7, 17, 8]),
        (80, (), []),
    ],
)
def test_columns_take_what_the_names_can_spare(
    width: int, names: tuple[str, ...], cells: list[int]
) -> None:
    layout = Layout.at(width, names)
    assert [cell for _, cell in layout.cells] == cells
    assert layout.name == width - 2 - sum(cells)
    for text in (layout.texts(file("a.jpg", 5)), layout.texts(folder("b"))):
        assert cell_len(text) == sum(cells)


def test_the_settings_know_the_columns() -> None:
    assert set(get_args(Column)) == set(COLUMNS)
    assert Settings().columns == USUAL


def told(before: list[Entry], now: list[Entry]) -> News:
    names = {entry.name for entry in now}
    gone = [entry.name for entry in before if entry.name not in names]
    same = {entry.name: entry for entry in before[::2]}
    put = [entry for entry in now if same.get(entry.name) != entry]
    return News(gone, put, as_of=2)


@pytest.mark.parametrize("count", [3, 900])
def test_news_make_of_a_listing_what_it_would_be_anew(count: int) -> None:
    chance = random.Random(count)
    before = many()[:9000]
    old = Listing(HOME, packed(before))
    flags = bytearray(len(old))
    for entry in before[::3]:
        flags[old.number(entry.name) or 0] = True
    listing, now = old, before
    for step in range(3):
        last, now = now, now[:]
        for at in chance.sample(range(len(now)), count):
            now[at] = msgspec.structs.replace(now[at], size=5, modified_ns=step)
        kind = Kind.FOLDER if step else Kind.FILE
        now[0] = msgspec.structs.replace(now[0], kind=kind)
        now[3 : 3 + count] = [file(f"new {step} {n}") for n in range(count // 2)]
        amended = listing.amended(told(last, now))
        assert amended is not None
        assert len(old) == len(old.entries) == 9000
        flags, listing = amended.carried(flags, listing), amended
        anew = Listing(HOME, packed(now))
        there = [anew.get(entry.name) for entry in now]
        assert [listing.get(entry.name) for entry in now] == there
        assert not any(e.name in listing for e in last if e.name not in anew)
        for attribute in ("folders", "files", "size"):
            assert getattr(listing, attribute) == getattr(anew, attribute)
        for order in (
            Order(by, reverse=way) for by in SortKey for way in (False, True)
        ):
            shown = [
                list(
                    each.arranged(order, hidden=step > 1, pattern="", keep=frozenset())
                )
                for each in (listing, anew)
            ]
            assert shown[0] == shown[1]
    marked = {listing.entries.name(n) for n, flag in enumerate(flags) if flag}
    assert marked == {e.name for e in before[::3]} & {e.name for e in now}
    assert listing.totals(flags)[0] == len(marked)


def test_no_news_are_no_other_listing() -> None:
    listing = Listing(HOME, packed(map(file, "abc")))
    assert listing.amended(News(["x"], [file("b")], as_of=7)) is listing
    assert isinstance(listing.entries, PackedEntries)
    assert listing.entries.as_of == 7


def test_a_listing_of_which_much_is_gone_is_made_anew() -> None:
    listing = Listing(HOME, packed(map(file, "abcde")))
    less = listing.amended(News(["a", "b"], [], as_of=1))
    assert less is not None
    assert less.amended(News(["c"], [], as_of=2)) is None
