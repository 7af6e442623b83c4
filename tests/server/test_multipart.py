"""The multipart parser, fed in all kinds of pieces."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.server import multipart
from acd_tui.server.multipart import (
    Data,
    MultipartError,
    MultipartParser,
    Part,
    boundary_of,
)


def parse(body: bytes, boundary: bytes, cuts: list[int]) -> list[tuple[Part, bytes]]:
    """All parts of a body that comes cut at some places; it must be whole."""
    parser = MultipartParser(boundary)
    parts: list[tuple[Part, bytes]] = []
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        for event in parser.feed(body[start:end]):
            if isinstance(event, Part):
                parts.append((event, b""))
            elif isinstance(event, Data):
                parts[-1] = (parts[-1][0], parts[-1][1] + bytes(event.data))
    assert parser.finished
    return parts


def build(boundary: bytes, parts: list[tuple[str, bytes]], end: bytes = b"") -> bytes:
    body = b""
    for filename, data in parts:
        quoted = filename.replace("\\", "\\\\").replace('"', '\\"')
        head = f'Content-Disposition: form-data; name="content"; filename="{quoted}"'
        head += "\r\nContent-Type: text/plain"
        encoded = head.encode("utf-8", "replace")
        body += b"--" + boundary + b"\r\n" + encoded + b"\r\n\r\n" + data + b"\r\n"
    return body + b"--" + boundary + b"--" + end


# Much that nearly is a boundary.
contents = st.lists(
    st.sampled_from(
        [b"\r\n", b"--", b"*****", b"B", b"\r", b"\n", b"-", b"a-b", b"x", b"--B--x"]
    )
    | st.binary(max_size=20),
    max_size=12,
).map(b"".join)


@given(
    st.sampled_from([b"*****", b"B0undary", b"a-b-", b"----WebKit"]),
    st.lists(st.tuples(st.text(max_size=20), contents), min_size=1, max_size=3),
    st.lists(st.integers(0, 10_000), max_size=30),
    st.sampled_from([b"", b"\r\n", b"multipart/form-data; boundary=B"]),
)
def test_parts_come_out_as_they_went_in(
    boundary: bytes, parts: list[tuple[str, bytes]], cuts: list[int], end: bytes
) -> None:
    parts = [(name, data) for name, data in parts if "\ud800" not in name]
    for _, data in parts:
        if b"--" + boundary in data:
            return  # that really is one
    body = build(boundary, parts, end)

    found = parse(body, boundary, cuts)

    assert [(part.filename, data) for part, data in found] == parts


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=10))
def test_any_bytes_are_taken_or_refused(body: bytes, cuts: list[int]) -> None:
    parser = MultipartParser(b"B")
    try:
        for piece in (body[i : i + 7] for i in range(0, len(body), 7)):
            list(parser.feed(piece))
    except MultipartError:
        pass


def test_every_single_cut() -> None:
    body = build(
        b"*****", [('a"\r\n\r\nb\\', b"\r\n--****\r\n--*****x"), ("", b"")], b"ep"
    )
    for cut in range(len(body)):
        found = parse(body, b"*****", [cut])
        assert [(part.filename, data) for part, data in found] == [
            ('a"\r\n\r\nb\\', b"\r\n--****\r\n--*****x"),
            ("", b""),
        ]


def test_a_body_without_its_last_boundary_is_not_finished() -> None:
    body = build(b"B", [("f", b"data")])
    for length in range(len(body)):
        parser = MultipartParser(b"B")
        list(parser.feed(body[:length]))
        assert not parser.finished


def test_an_empty_part_and_a_preamble() -> None:
    body = b"preamble\r\n--B  \r\nContent-Disposition: form-data; name=a\r\n\r\n--B--"

    assert parse(body, b"B", []) == [(Part("a", None, None), b"")]


@pytest.mark.parametrize(
    "body",
    [
        b"--B\r\n\r\ndata\r\n--B--",  # no head, so no name
        b"--B\r\nContent-Disposition: form-data\r\n\r\n\r\n--B--",
        b"--B\r\nX: " + b"x" * 20_000,
        b'--B\r\nX: "' + b'\\"' * 20_000,
        b"x" * 100_000,
    ],
)
def test_what_is_no_form(body: bytes) -> None:
    with pytest.raises(MultipartError):
        list(MultipartParser(b"B").feed(body))


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/form-data;boundary=*****", b"*****"),
        ("multipart/form-data; boundary=abc", b"abc"),
        ('Multipart/Form-Data; charset=utf-8; Boundary="a b;c"', b"a b;c"),
    ],
)
def test_boundaries(header: str, boundary: bytes) -> None:
    assert boundary_of(header) == boundary


@pytest.mark.parametrize(
    "header",
    ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary="],
)
def test_no_boundary(header: str) -> None:
    with pytest.raises(MultipartError):
        boundary_of(header)


@pytest.mark.parametrize(
    ("padding", "longer"),
    [*((padding, 9) for padding in (0, 61, 62, 63, 64, 200)), (0, 8000), (0, 9000)],
)
def test_how_a_body_is_cut_decides_nothing(padding: int, longer: int) -> None:
    """Neither how long a head is, nor what stands between a boundary and its line end."""
    head = f'Content-Disposition: form-data; name="a"; filename="{"x" * longer}"'
    part = b"\r\n" + head.encode() + b"\r\n\r\ndata\r\n--B"
    body = b"--B" + part + b" " * padding + part + b"--"
    found: list[str | list[Any]] = []
    for size in (len(body), 1):
        parser = MultipartParser(b"B")
        try:
            pieces = [body[at : at + size] for at in range(0, len(body), size)]
            events = [event for piece in pieces for event in parser.feed(piece)]
            found.append([one for one in events if isinstance(one, Part)])
        except MultipartError as error:
            found.append(str(error))
    assert found[0] == found[1]


def test_a_head_that_comes_byte_by_byte_is_looked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = 0

    class Counted:
        def match(self, *arguments: Any) -> Any:
            nonlocal looked
            looked += 1
            return quoted.match(*arguments)

    quoted = multipart._QUOTED
    monkeypatch.setattr(multipart, "_QUOTED", Counted())
    parser = MultipartParser(b"B")
    head = b'--B\r\nContent-Disposition: form-data; name="a"' + b';x="y"' * 500
    for byte in head:
        assert list(parser.feed(bytes([byte]))) == []
    assert looked < 2 * len(head)
