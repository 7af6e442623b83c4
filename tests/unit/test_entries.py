from __future__ import annotations

import tracemalloc

import pytest

from acd_tui.vfs.entries import EntryList, PackedEntries, gathered
from acd_tui.vfs.entry import Entry, Kind

VARIOUS = EntryList(
    [
        Entry(name="a.txt", kind=Kind.FILE, size=0, modified_ns=0, md5="0f" * 16),
        Entry(name="ſtraße 🎈", kind=Kind.FOLDER, modified_ns=-1, id="x" * 22),
        Entry(name="\udcff", kind=Kind.LINK),
        Entry(name=" ", kind=Kind.OTHER, size=2**63 - 1, modified_ns=1 - 2**63, id="/"),
        Entry(name="b", kind=Kind.FILE, size=-5, id="y"),
    ]
)


@pytest.fixture
def packed() -> PackedEntries:
    packed = PackedEntries()
    packed.extend(VARIOUS[:2])
    packed.extend(VARIOUS[2:])
    return packed


def test_what_is_packed_comes_back_as_it_was(packed: PackedEntries) -> None:
    assert list(packed) == VARIOUS
    assert packed[-1] == VARIOUS[-1]
    assert packed[3:1:-1] == VARIOUS[3:1:-1]
    assert packed[2] in packed
    with pytest.raises(IndexError):
        packed[5]


def test_columns_are_those_of_the_entries(packed: PackedEntries) -> None:
    assert packed.are_folders() == VARIOUS.are_folders()
    for numbers in (range(1, 4), range(4, -1, -2), [3, 3, 0], range(0)):
        assert packed.names(numbers) == VARIOUS.names(numbers)
        assert packed.times(numbers) == VARIOUS.times(numbers)
    assert packed.sizes(range(5)) == [0, -1, -1, 2**63 - 1, -1]
    assert [packed.name(number) for number in range(5)] == VARIOUS.names(range(5))


def test_numbers_of_any_size_come_back(packed: PackedEntries) -> None:
    future = Entry(name="z", kind=Kind.FILE, size=2**63, modified_ns=-(2**70))
    late = Entry(name="y", kind=Kind.FILE, size=1, modified_ns=2**80)
    packed.extend([VARIOUS[0], late, future])
    assert list(packed) == [*VARIOUS, VARIOUS[0], late, future]
    assert packed.times([6, 0, 7]) == sorted(packed.times([7, 0, 6]), reverse=True)


def test_what_is_alike_is_told_from_what_is_not(packed: PackedEntries) -> None:
    for other in (
        VARIOUS,
        VARIOUS[:-1],
        VARIOUS[::-1],
        [*VARIOUS[:-1], Entry(name="b", kind=Kind.FILE, size=-5, id="z")],
        [*VARIOUS[:-1], Entry(name="b", kind=Kind.FILE, size=2**70, id="y")],
    ):
        again = PackedEntries()
        again.extend(other)
        assert packed.are_like(again) == (other == VARIOUS)


def test_pages_are_put_together_and_packed_if_there_are_several() -> None:
    assert gathered([]) == ()
    assert gathered([VARIOUS[:2]]) == VARIOUS[:2]
    packed = gathered([VARIOUS[:2], [], VARIOUS[2:]])
    assert isinstance(packed, PackedEntries)
    assert list(packed) == VARIOUS


def test_they_take_a_third_of_the_room() -> None:
    def entries() -> list[Entry]:
        return [
            Entry(
                name=f"holiday at the lake {n:06}.jpg",
                kind=Kind.FILE,
                size=10**6 + n,
                modified_ns=10**18 + n,
                md5=f"{n:032x}",
                id=f"{n:022x}",
            )
            for n in range(10_000)
        ]

    tracemalloc.start()
    try:
        plain = entries()
        before, _ = tracemalloc.get_traced_memory()
        packed = PackedEntries()
        packed.extend(plain)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < before / 3
