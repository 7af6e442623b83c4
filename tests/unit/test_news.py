"""What shares with an earlier listing is the same as what is listed anew."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence

from acd_tui.vfs.entries import PackedEntries
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.news import Amended, Known, differences

NAMES = [f"{'IMG' if n % 3 else 'Straße'} {n}" for n in range(120)]


def some(chance: random.Random, count: int) -> list[Entry]:
    return [entry(chance, name) for name in chance.sample(NAMES, count)]


def entry(chance: random.Random, name: str) -> Entry:
    if chance.random() < 0.2:
        return Entry(name=name, kind=Kind.FOLDER, id=name)
    size = chance.choice((None, 0, 7, 2**70))
    return Entry(
        name=name, kind=Kind.FILE, size=size, modified_ns=chance.choice((None, 5))
    )


def packed(entries: Iterable[Entry]) -> PackedEntries:
    packed = PackedEntries()
    packed.extend(list(entries))
    return packed


def pages(entries: Sequence[Entry], length: int) -> Iterator[Sequence[Entry]]:
    return (entries[at : at + length] for at in range(0, len(entries), length))


def as_mirrored(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda one: (not one.is_folder, one.name.lower()))


def left(known: Known) -> dict[str, Entry]:
    there = [n for n in range(len(known)) if not known.gone or not known.gone[n]]
    entries = {known.name(number): known[number] for number in there}
    assert len(entries) == len(there)
    return entries


def amended(known: Known, gone: Iterable[str], put: Iterable[Entry]) -> Amended:
    """As a listing does it."""
    numbers = {known.name(n): n for n in range(len(known)) if n not in _gone(known)}
    alike = {e.name for e in put if e.name in numbers and _is_alike(e, known, numbers)}
    changed = {numbers[e.name]: e for e in put if e.name in alike}
    added = [e for e in put if e.name not in alike]
    others = {e.name for e in added}
    taken = [numbers[name] for name in {*gone, *others} if name in numbers]
    return Amended.of(known, gone=taken, changed=changed, added=added)


def _is_alike(entry: Entry, known: Known, numbers: dict[str, int]) -> bool:
    return known[numbers[entry.name]].is_folder == entry.is_folder


def _gone(known: Known) -> set[int]:
    return {number for number, flag in enumerate(known.gone) if flag}


def test_columns_are_those_of_the_entries_one_by_one() -> None:
    chance = random.Random(1)
    known: Known = packed(some(chance, 40))
    for _ in range(5):
        names = list(left(known))
        gone, rest = names[:3], set(names[3:])
        put = [e for e in some(chance, 12) if e.name not in gone]
        known = amended(known, gone, put)
        assert rest <= left(known).keys()
        every = [known[n] for n in range(len(known))]
        ranges = (range(len(every)), range(2, 9), range(30, len(every)), range(0))
        for numbers in (*ranges, [len(every) - 1, 0, 5], range(len(every) - 1, 0, -2)):
            wanted = [every[n] for n in numbers]
            assert known.names(numbers) == [one.name for one in wanted]
            sizes = [-1 if one.size is None else one.size for one in wanted]
            assert [min(size, 2**63 - 1) for size in sizes] == [
                min(size, 2**63 - 1) for size in known.sizes(numbers)
            ]
            assert known.times(numbers) == [one.modified_ns or 0 for one in wanted]
        assert known.are_folders() == [one.is_folder for one in every]


def test_differences_lead_from_one_listing_to_the_other() -> None:
    chance = random.Random(2)
    for number in range(300):
        before = some(chance, chance.randrange(100))
        known: Known = packed(as_mirrored(before))
        if number % 2:
            taken = [one.name for one in before[:5]]
            put = [e for e in some(chance, 10) if e.name not in taken]
            known = amended(known, taken, put)
        now = left(known)
        for name in chance.sample(sorted(now), min(len(now), 8)):
            del now[name]
        now |= {one.name: one for one in some(chance, chance.randrange(10))}
        listed = as_mirrored(now.values())
        if number % 5 == 0:
            chance.shuffle(listed)
        news = differences(known, pages(listed, 7), as_of=number)
        assert news is not None
        assert news.as_of == number
        names = {one.name for one in news.put}
        assert names.isdisjoint(news.gone)
        assert left(amended(known, news.gone, news.put)) == now
        if listed == as_mirrored(left(known).values()) and number % 2 == 0:
            assert not news.put


def test_what_is_as_it_was_is_not_told_of() -> None:
    entries = as_mirrored(some(random.Random(3), 100))
    known = packed(entries)
    new = Entry(name="IMG 40 a", kind=Kind.FILE)
    changed = [*entries[:10], *entries[12:]]
    changed = as_mirrored([*changed, new])
    news = differences(known, pages(changed, 9), None)
    assert news is not None
    assert news.put == [new]
    assert sorted(news.gone) == sorted(one.name for one in entries[10:12])


def test_too_many_are_not_told_of_one_by_one() -> None:
    def many(word: str) -> list[Entry]:
        return [Entry(name=f"{word} {n:06}", kind=Kind.FILE) for n in range(12_000)]

    known = packed(many("beach"))
    assert differences(known, pages(many("snow"), 1000), None) is None
