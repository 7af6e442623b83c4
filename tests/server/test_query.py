"""The filter and sort grammar."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.server.query import (
    Between,
    Combined,
    Condition,
    Equals,
    Order,
    QueryError,
    parse_filter,
    parse_sort,
)
from acd_tui.server.selection import select
from tests.server.conftest import Drive

_ESCAPED = re.compile(r"""[-+&|!(){}\[\]^'"~*?:\\ ]""")


def escape(text: str) -> str:
    """As go-acd does."""
    return _ESCAPED.sub(lambda match: "\\" + match[0], text)


def both(*parts: Condition) -> Combined:
    return Combined("AND", parts)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("", None),
        ("  ", None),
        ("isRoot:true", Equals("isRoot", "true")),
        (
            "kind:FOLDER AND isRoot:true",
            both(Equals("kind", "FOLDER"), Equals("isRoot", "true")),
        ),
        ("parents:-x_y-AND", Equals("parents", "-x_y-AND")),
        (
            'parents:"ID" AND name:"f\\+\\(x\\)\\ \\"q\\"\\ é.txt"',
            both(Equals("parents", "ID"), Equals("name", 'f+(x) "q" é.txt')),
        ),
        ('name:"a\nb\tc\x01/<>=,;#%@$"', Equals("name", "a\nb\tc\x01/<>=,;#%@$")),
        ('name:"star\\*"', Equals("name", "star*")),
        ("name:star\\*", Equals("name", "star*")),
        ("name:sample*", Equals("name", "sample", prefix=True)),
        ("name:a\\\\*", Equals("name", "a\\", prefix=True)),
        ("name:a\\ b", Equals("name", "a b")),
        (
            "createdDate:2014-12-31T23:59:59.000Z",
            Equals("createdDate", "2014-12-31T23:59:59.000Z"),
        ),
        (
            'modifiedDate:{"2014-12-31T23:59:59.000Z" TO *]',
            Between("modifiedDate", "2014-12-31T23:59:59.000Z", None, with_low=False),
        ),
        (
            "(kind:FILE) AND (createdDate:[a TO *])",
            both(Equals("kind", "FILE"), Between("createdDate", "a", None)),
        ),
        (
            "labels: (name AND test)",
            both(Equals("labels", "name"), Equals("labels", "test")),
        ),
        (
            "kind:(FILE* OR FOLDER*) AND status:(TRASH*)",
            both(
                Combined(
                    "OR",
                    (
                        Equals("kind", "FILE", prefix=True),
                        Equals("kind", "FOLDER", prefix=True),
                    ),
                ),
                Equals("status", "TRASH", prefix=True),
            ),
        ),
        (
            "a:1 or b:2 and c:3",
            Combined(
                "OR", (Equals("a", "1"), both(Equals("b", "2"), Equals("c", "3")))
            ),
        ),
        ("name:android", Equals("name", "android")),
    ],
)
def test_filters_of_real_clients(text: str, condition: Condition | None) -> None:
    assert parse_filter(text) == condition


@pytest.mark.parametrize(
    "text",
    [
        "name",
        "name:",
        ":x",
        "name:a b",
        "name:a AND",
        "AND name:a",
        'name:"a',
        "(name:a",
        "name:a)",
        "kind:(FILE",
        "createdDate:[a TO",
        "createdDate:[a b]",
        "createdDate:[a TO b",
        "(" * 500,
        "NOT name:a",
        " AND ".join(["name:a"] * 9),
        "x" * 20_000,
    ],
)
def test_what_is_no_filter(text: str) -> None:
    with pytest.raises(QueryError):
        parse_filter(text)


@given(st.text(min_size=1))
def test_any_name_survives_escaping_and_quoting(name: str) -> None:
    found = parse_filter(f'parents:"ID" AND name:"{escape(name)}"')

    assert found == both(Equals("parents", "ID"), Equals("name", name))


@given(
    st.text(alphabet=st.sampled_from('abAND OR:"()[]{}\\*-TO name:kind.'), max_size=40)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        condition = parse_filter(text)
    except QueryError:
        return
    try:
        select(condition, root="r")
    except QueryError:
        return


def test_sorting() -> None:
    assert parse_sort('["name ASC","kind"]') == (
        Order("name", descending=False),
        Order("kind", descending=True),
    )
    assert parse_sort("['contentProperties.contentDate DESC']") == (
        Order("contentProperties.contentDate", descending=True),
    )
    assert parse_sort("") == ()


def test_look_ups_use_an_index(tmp_path: Path) -> None:
    database = sqlite3.connect(":memory:")
    schema = Path(__file__).parents[2] / "acd_tui" / "server" / "schema"
    for script in sorted(schema.glob("*.sql")):
        database.executescript(script.read_text())
    for text, index in (
        ('parents:"A" AND name:"b"', "edges_name|edges_live_name"),
        ("parents:A", "SEARCH e USING PRIMARY KEY"),
        ("name:b", "nodes_name"),
        ("name:b*", "nodes_name"),
        ("contentProperties.md5:" + "0" * 32, "nodes_md5"),
        ("isRoot:true", "autoindex_nodes"),
    ):
        selection = select(parse_filter(text), root="r")
        source = (
            "nodes n"
            if selection.folder is None
            else ("edges e CROSS JOIN nodes n ON n.num = e.child")
        )
        first = "n.user = 1" if selection.folder is None else "e.parent = 1"
        plan = database.execute(
            f"EXPLAIN QUERY PLAN SELECT 1 FROM {source} WHERE {first} AND {selection.where}",
            selection.parameters,
        ).fetchall()
        assert re.search(index, str(plan)), (text, plan)
    database.close()


@pytest.mark.socket
def test_every_filter_means_what_it_says(drive: Drive) -> None:
    d = drive.folder("Dir")
    drive.file("A b+(c).JPG", b"12345", d)
    drive.file("a c.txt", b"1", d)
    drive.file("-x", b"", d)
    md5 = "5d41402abc4b2a76b9719d911017c592"
    hello = drive.file("hello", b"hello")
    made = drive.node(hello)["createdDate"]
    everything = ["-x", "/", "A b+(c).JPG", "Dir", "a c.txt", "hello"]
    for text, names in {
        "": everything,
        f'parents:"{d}" AND name:"{escape("a B+(C).jpg")}"': ["A b+(c).JPG"],
        "name:hello": ["hello"],
        "name:HEL*": ["hello"],
        "name:*": [name for name in everything if name != "/"],
        'name:"a*"': [],
        "kind:FOLDER": ["/", "Dir"],
        "kind:ASSET": [],
        "kind:FILE AND name:a*": ["A b+(c).JPG", "a c.txt"],
        "kind:(FILE OR FOLDER)": everything,
        "name:hello OR name:Dir": ["Dir", "hello"],
        f"parents:{d}": ["-x", "A b+(c).JPG", "a c.txt"],
        f"kind:FILE AND (parents:{d} OR name:hello) AND name:(a* OR h*)": [
            "A b+(c).JPG",
            "a c.txt",
            "hello",
        ],
        "status:AVAILABLE": everything,
        "status:PURGED": [],
        "isRoot:false AND kind:FOLDER": ["Dir"],
        f"contentProperties.md5:{md5}": ["hello"],
        f"contentProperties.md5:{md5.upper()}": ["hello"],
        "contentProperties.extension:JPG": ["A b+(c).JPG"],
        "contentProperties.contentType:image*": ["A b+(c).JPG"],
        "contentProperties.size:{0 TO *]": ["A b+(c).JPG", "a c.txt", "hello"],
        "contentProperties.size:[1 TO 5}": ["a c.txt"],
        "contentProperties.size:5": ["A b+(c).JPG", "hello"],
        f"createdDate:{made}": ["hello"],
        f'kind:FILE AND createdDate:["{made}" TO *]': ["hello"],
        f'kind:FILE AND createdDate:{{"{made}" TO *]': [],
        "modifiedDate:[2014-12-31 TO *]": everything,
        "createdDate:{* TO 2014-12-31T23:59:59Z]": [],
        "contentProperties.contentDate:[2000-01-01 TO *]": [],
        f"parentIds:{d} AND parents:{d}": ["-x", "A b+(c).JPG", "a c.txt"],
    }.items():
        assert drive.names(text) == sorted(names), text


@pytest.mark.socket
@pytest.mark.parametrize(
    "text",
    [
        "isRoot:TRUE",
        "createdDate:yesterday",
        "createdDate:2014-99-99",
        "contentProperties.size:big",
        "type:PHOTOS",
        "name:[a TO b]",
        "drop table nodes",
    ],
)
def test_the_words_for_a_bad_filter(drive: Drive, text: str) -> None:
    body = drive.refused(400, "GET", "nodes", params={"filters": text})

    assert body["message"].startswith("Invalid filter:")


@pytest.mark.socket
def test_the_samples(drive: Drive) -> None:
    """The filters that clients are known to send, as one list."""
    samples = [
        "kind:FOLDER AND isRoot:true",
        "parents:3ohaT2SSQWOecmP0GSWv6g AND kind:FOLDER",
        "name:sample*",
        "status:TRASH AND kind:FILE",
        "labels: (name AND test)",
        "parents:id1 AND parents:id2",
        'modifiedDate:{"2014-12-31T23:59:59.000Z" TO *]',
        "createdDate:2014-12-31T23:59:59.000Z",
        "contentProperties.md5:d41d8cd98f00b204e9800998ecf8427e",
        "kind:VISUAL_COLLECTION AND name:Holiday",
    ]
    for text in samples:
        assert isinstance(drive.names(text), list), json.dumps(text)
