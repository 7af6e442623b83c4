from __future__ import annotations

import itertools
import random
import sqlite3
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd_tui.api.models import ChangeSet, ContentProperties, Node
from acd_tui.drive import likeliest
from acd_tui.drive.conditions import condition
from acd_tui.drive.likeness import _bonus, likeness
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.name_index import NameIndex
from acd_tui.drive.names import Encoder
from acd_tui.drive.search import _by_name, _by_rough_order, search
from acd_tui.errors import FolderNotFound
from acd_tui.vfs.entry import Entry, Found, Kind
from acd_tui.vfs.path import VPath
from acd_tui.vfs.query import QueryError, parse_query
from tests.drive.nodes import file, folder, root

ENCODER = Encoder("Slash,InvalidUtf8,Dot")


async def fill(mirror: Mirror, *nodes: Node) -> None:
    change = ChangeSet(checkpoint="1", reset=True, nodes=[root(), *nodes])
    await mirror.follow(change, after=None, afresh=True)
    await mirror.settle(1.0, after="1")


async def found(mirror: Mirror, text: str, limit: int = 100) -> list[str]:
    hits = await mirror.search(parse_query(text), limit, ENCODER)
    return ["/".join((*path, row.name)) for row, path in hits]


async def test_any_part_of_a_name_anywhere_folders_first(mirror: Mirror) -> None:
    await fill(
        mirror,
        file("1", "deep", "a-CATalogue"),
        folder("deep", "top", "Deep"),
        folder("top", name="Top"),
        folder("2", name="wildcat"),
        file("3", name="Concatenate"),
        file("4", name="dog"),
    )
    assert await found(mirror, "cAt") == [
        "wildcat",
        "Top/Deep/a-CATalogue",
        "Concatenate",
    ]
    assert await found(mirror, "cat", 2) == ["wildcat", "Top/Deep/a-CATalogue"]
    assert await found(mirror, "") == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("%", ["100%"]),
        ("_", ["a_b"]),
        ("'", ["it's"]),
        ("É", ["été"]),
        ("*", []),
        ("a -_ -%", ["axb"]),
        ("'); ext:%'", []),
    ],
)
async def test_every_character_stands_for_itself(
    mirror: Mirror, text: str, names: list[str]
) -> None:
    given = ["100%", "a_b", "axb", "it's", "été"]
    await fill(mirror, *(file(str(n), name=name) for n, name in enumerate(given)))
    assert await found(mirror, text) == names


async def test_only_what_a_listing_leads_to(mirror: Mirror) -> None:
    trashed: dict[str, Any] = {"status": "TRASH", "exclusively_trashed": True}
    within: dict[str, Any] = {"status": "TRASH", "recursively_trashed": True}
    await fill(
        mirror,
        file("x1", **trashed),
        folder("bin", **trashed),
        file("x2", "bin", **within),
        file("x3", "bin"),
        file("x4", "nowhere"),
        folder("xa", "xb"),
        folder("xb", "xa"),
        file("x5", "xa"),
        file("x6", status="PENDING"),
        file("x7", parents=[]),
        file("x8", "good", "x"),
        file("x9", "good", "X"),
        folder("good"),
        file("x10", "good", "x10"),
    )
    assert await found(mirror, "x") == ["good/x", "good/x10"]


async def test_the_unreachable_do_not_count_towards_the_limit(mirror: Mirror) -> None:
    await fill(mirror, file("a1", "gone"), file("a2", "gone"), file("a3"))
    assert await found(mirror, "a", 1) == ["a3"]


CAT = "d077f244def8a70e5ea758bd8352fcd8"


def sized(size: int, md5: str = CAT) -> dict[str, Any]:
    return {"content_properties": ContentProperties(size=size, md5=md5)}


async def library(mirror: Mirror) -> None:
    """A small drive with something for every word."""
    in_2019, in_2020 = "2019-07-01T12:00:00Z", "2020-07-01T12:00:00Z"
    await fill(
        mirror,
        folder("pictures", name="Pictures", modified_date=in_2020),
        folder("beach", "pictures", "my beach", modified_date=in_2019),
        folder("old", name="Old cats", status="TRASH", exclusively_trashed=True),
        file("1", "beach", "Cat one.JPG", **sized(2**20), modified_date=in_2019),
        file("2", "beach", "dog.jpg", **sized(2**21), modified_date=in_2020),
        file("3", name="cat.txt", **sized(0, "0" * 32), modified_date=in_2020),
        file("4", "old", "cat.gif", status="TRASH", recursively_trashed=True),
        file("5", name="dog.gif", status="TRASH", exclusively_trashed=True),
        file("6", name="noted", content_properties=None),
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("one cat", ["Cat one.JPG"]),
        ("cat -one", ["cat.txt"]),
        ('"cat one"', ["Cat one.JPG"]),
        ("name:dog", ["dog.jpg"]),
        ("ext:jpg", ["Cat one.JPG", "dog.jpg"]),
        ("size:1m", ["Cat one.JPG"]),
        ("size:>1m", ["dog.jpg"]),
        ("size:>=1m", ["Cat one.JPG", "dog.jpg"]),
        ("size:<1b", ["cat.txt"]),
        ("-size:1m..2m", ["my beach", "Pictures", "cat.txt", "noted"]),
        (f"md5:{CAT}", ["Cat one.JPG", "dog.jpg"]),
        ("md5:D07", ["Cat one.JPG", "dog.jpg"]),
        ("md5:d08", []),
        ("-md5:d in:/ kind:file", ["cat.txt", "noted"]),
        ("in:/pictures", ["my beach", "Cat one.JPG", "dog.jpg"]),
        ('in:"/Pictures/MY beach" cat', ["Cat one.JPG"]),
        ("-in:/pictures cat", ["cat.txt"]),
        ("before:2020", ["my beach", "Cat one.JPG"]),
        ("after:2019-06 before:2019-08-01", ["my beach", "Cat one.JPG"]),
        ("after:2020-07 kind:folder", ["Pictures"]),
        ("kind:folder", ["my beach", "Pictures"]),
        ("-kind:folder -ext:jpg", ["cat.txt", "noted"]),
        ("trashed:yes", ["Old cats", "cat.gif", "dog.gif"]),
        ("trashed:yes cat", ["Old cats", "cat.gif"]),
        ("trashed:no cat", ["Cat one.JPG", "cat.txt"]),
        ("size:>999999e", []),
        ("", []),
    ],
)
async def test_every_query_word(mirror: Mirror, text: str, names: list[str]) -> None:
    await library(mirror)
    assert [each.split("/")[-1] for each in await found(mirror, text)] == names


async def test_a_folder_to_search_in_must_be_there(mirror: Mirror) -> None:
    await library(mirror)
    for missing in ("/nowhere", "/cat.txt", "/cat.txt/x", '"/Old cats"'):
        with pytest.raises(FolderNotFound, match="there is no folder"):
            await found(mirror, f"in:{missing}")


WORDS = [
    *(
        "a",
        "B",
        "-a",
        "fuzzy:ab",
        "fuzzy:b",
        "-fuzzy:ba",
        "ext:a",
        "-ext:b",
        "size:<2b",
        "-size:1b..2b",
        "md5:0",
        "-md5:1",
    ),
    *("in:/a", "-in:/a", "kind:file", "-kind:file", "before:1970-01-03", "after:1970"),
]
NAMES = st.text("ab.", min_size=1, max_size=3).filter(lambda name: name.strip("."))
FILES = st.tuples(
    NAMES, st.booleans(), st.integers(0, 3), st.sampled_from("01"), st.integers(1, 9)
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    files=st.lists(FILES, max_size=8, unique_by=lambda each: (each[0], each[1])),
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
)
async def test_sql_finds_what_the_words_say(
    mirror: Mirror, files: list[tuple[str, bool, int, str, int]], words: list[str]
) -> None:
    nodes = [folder("in", name="a")]
    there = {Found(entry=Entry(name="a", kind=Kind.FOLDER), folder=VPath())}
    for number, (name, inside, size, digit, day) in enumerate(files):
        if not inside and name.lower() == "a":
            continue
        given = {
            "modified_date": f"1970-01-0{day}T00:00:00Z",
            **sized(size, digit * 32),
        }
        nodes.append(file(str(number), "in" if inside else "root", name, **given))
        entry = Entry(
            name=name,
            kind=Kind.FILE,
            size=size,
            md5=digit * 32,
            modified_ns=(day - 1) * 86400 * 10**9,
        )
        there.add(Found(entry=entry, folder=VPath(("a",) if inside else ())))
    after = (await mirror.position()).checkpoint
    change = ChangeSet(checkpoint=f"{after}+", reset=True, nodes=[root(), *nodes])
    await mirror.follow(change, after=after, afresh=True)
    await mirror.settle(1.0, after=f"{after}+")
    query = parse_query(" ".join(words))
    expected = {
        "/".join((*each.folder.parts, each.entry.name))
        for each in there
        if query.matches(each)
    }
    assert set(await found(mirror, " ".join(words))) == expected
    in_order = await mirror.search(query, 100, ENCODER)
    with_names = await mirror._read(
        lambda c: search(c, query, 100, ENCODER, names=NameIndex(c))
    )
    assert with_names == in_order


async def indexed(mirror: Mirror) -> NameIndex:
    while mirror._searcher.indexing is not None:
        await mirror._searcher.indexing
    assert mirror._searcher.names is not None
    return mirror._searcher.names


async def test_names_are_indexed_for_who_searches_again(mirror: Mirror) -> None:
    await library(mirror)
    await mirror.learn([file("nl", name="line\nbreak"), file("cr", name="line\rbreak")])
    for text in ("cat", "do ext:JPG", "-cat ext:jpg", "cat"):
        await found(mirror, text)
    names = await indexed(mirror)
    for text, expected in {
        "cat": ["Cat one.JPG", "cat.txt"],
        "dog cat": [],
        "one cat ext:jpg": ["Cat one.JPG"],
        "a -one -br": ["my beach", "cat.txt"],
        '"line\nbreak"': ["line\nbreak"],
        "ext:pg": [],
        "cat in:/pictures": ["Cat one.JPG"],
        "cat trashed:yes": ["Old cats", "cat.gif"],
    }.items():
        assert [each.split("/")[-1] for each in await found(mirror, text)] == expected
    await mirror.settle(2.0, after="1")  # nothing new
    assert await found(mirror, "cow") == []
    assert mirror._searcher.names is names
    assert mirror._searcher.indexing is None
    await mirror.learn([file("3", name="cow.txt", version=2)])
    assert await found(mirror, "cow") == ["cow.txt"]
    assert "cat.txt" not in await found(mirror, "cat")
    assert await indexed(mirror) is not names
    assert await found(mirror, "cow") == ["cow.txt"]


@pytest.mark.parametrize("limit", [1, 3, 1000])
async def test_who_types_on_finds_what_a_new_search_finds(
    mirror: Mirror, limit: int
) -> None:
    chance = random.Random(7)
    folders = [
        folder(f"d{n}", f"d{n // 3 - 1}" if n > 2 else "root") for n in range(30)
    ]
    names = ["".join(chance.choices("ab. ", k=9)) + f"{n}" for n in range(400)]
    nodes = [
        file(str(n), f"d{chance.randrange(30)}", name) for n, name in enumerate(names)
    ]
    await fill(mirror, *folders, *nodes)
    texts = [
        "ab a.b",
        "a -b -ba a",
        "a -ba",
        "aa",
        "ab",
        "b ext:b7",
        "ab b",
        "-a b",
        "ba1",
    ]

    def work(connection: sqlite3.Connection) -> None:
        known = NameIndex(connection)
        for text in texts:
            for end in range(1, len(text) + 1):
                if text[:end].endswith("ext:"):
                    continue
                query = parse_query(text[:end])
                # Some are seen to the end, and some are not.
                most = 1000 if chance.random() < 0.3 else limit
                fresh = search(connection, query, most, ENCODER)
                found = search(connection, query, most, ENCODER, names=known)
                assert found == fresh, (text[:end], most)

    await mirror._read(work)


async def test_letters_in_order_find_the_likeliest_first(mirror: Mirror) -> None:
    names = [
        "windows now.txt",
        "Wedding_Snow.jpg",
        "wdsnw.txt",
        "snow.txt",
        "[w]d*sn?w",
    ]
    await fill(
        mirror,
        folder("d", name="Wide snow"),
        *(file(str(number), "d", name) for number, name in enumerate(names)),
        file("far", "nowhere", "wdsnw"),
        file("gone", "d", "wdsnw 2", status="TRASH", exclusively_trashed=True),
    )

    async def alike(text: str, limit: int = 100) -> list[str]:
        return [each.split("/")[-1] for each in await found(mirror, text, limit)]

    assert await alike("fuzzy:WDsnw") == [
        "wdsnw.txt",
        "[w]d*sn?w",
        "Wide snow",
        "Wedding_Snow.jpg",
        "windows now.txt",
    ]
    assert await alike("fuzzy:wdsnw ext:txt", 1) == ["wdsnw.txt"]
    assert await alike('fuzzy:"[w" fuzzy:*?') == ["[w]d*sn?w"]
    assert await alike("fuzzy:wd -fuzzy:wdg kind:file fuzzy:nw ext:txt") == [
        "wdsnw.txt",
        "windows now.txt",
    ]
    assert await alike("fuzzy:wnsd") == []
    with pytest.raises(QueryError, match="more than 40"):
        await alike("fuzzy:" + "a" * 41)


@pytest.mark.parametrize("at_once", [1, 500, 1 << 18])
async def test_the_likeliest_names_are_those_that_sql_says(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(likeliest, "_AT_ONCE", at_once)
    chance = random.Random(5)
    signs = [
        "a",
        "B",
        "c",
        "a-",
        "b-",
        "ab",
        "abc",
        "7",
        "-",
        " ",
        ".",
        "é",
        "\n",
        "x" * 5,
        "😀",
    ]
    names = {
        "".join(chance.choices(signs, k=chance.randrange(1, 9))) for _ in range(500)
    }
    kinds = (folder, file)
    await fill(
        mirror,
        *(kinds[n % 9 > 0](str(n), name=name) for n, name in enumerate(sorted(names))),
    )
    texts = ["".join(chance.choices("aabbccé7-^]", k=n % 4 + 3)) for n in range(40)]
    words = ["", "", " ext:c", " -x", " -fuzzy:ac", " fuzzy:bé", " é", ' -"\n"']

    def work(connection: sqlite3.Connection) -> None:
        known = NameIndex(connection)
        for n, text in enumerate(["abc", "a-b-c", "abcabc", *texts]):
            query = parse_query(f'fuzzy:"{text}"{words[n % len(words)]}')
            asked = condition(query, {})
            for most in (1, 2, 5, 20, 1000):
                rows = _by_rough_order(connection, asked, query.letters, most)
                found = [row[0] for row in rows]
                if known.ranks(query):
                    numbers = known.likeliest(query, most)
                    same = _by_name(connection, asked, numbers)
                    assert [row[0] for row in same] == found, (query, most)
            fresh = search(connection, query, 1000, ENCODER)
            assert search(connection, query, 1000, ENCODER, names=known) == fresh

    await mirror._read(work)


def test_what_does_not_stand_out_may_be_likelier_than_what_does() -> None:
    names = b"\na-a-a-a-a\na-a-a-a-a-a\naaaa-aaaa\naaaaaaaaaaaaaaa\n"
    starts = likeliest.likeliest(names, "aaaaa", 3, also=None)
    found = [names[start:].split()[0] for start in starts]
    assert found == [b"aaaaaaaaaaaaaaa", b"a-a-a-a-a-a", b"aaaa-aaaa"]


@settings(deadline=None)
@given(st.text("abA1_ İß", max_size=12), st.text("ab1_iß", min_size=1, max_size=5))
def test_the_best_way_through_a_name_is_found(name: str, letters: str) -> None:
    key = name.lower()

    def worth(ends: tuple[int, ...]) -> float:
        total = 2.0 * (ends[0] == 0)
        for before, at in itertools.pairwise(ends):
            between = at - before - 1
            total += 6.0 if not between else -3.0 - 0.2 * between
        return total + sum(_bonus(key, name, at) for at in ends)

    ways = (
        worth(ends)
        for ends in itertools.combinations(range(len(key)), len(letters))
        if all(key[at] == letter for at, letter in zip(ends, letters, strict=True))
    )
    best = max(ways, default=float("-inf"))
    assert likeness(letters, name) == pytest.approx(best - 0.05 * len(key))
