"""The body of an upload, byte by byte."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.parser import BytesParser

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.api.multipart import UploadBody
from acd_tui.errors import Changed, Denied


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def body(*parts: bytes, size: int | None = None, name: str = "a.txt") -> UploadBody:
    return UploadBody(
        pieces(*parts),
        sum(map(len, parts)) if size is None else size,
        metadata=b'{"name":"a.txt"}',
        filename=name,
        content_type="text/plain",
    )


async def sent(body: UploadBody) -> list[bytes]:
    return [piece async for piece in body]


async def test_a_small_file_is_one_piece() -> None:
    form = body(b"hello")

    [piece] = await sent(form)

    assert len(piece) == form.length == int(form.headers["Content-Length"])
    assert form.finished


async def test_an_empty_file() -> None:
    form = body()

    [piece] = await sent(form)

    assert len(piece) == form.length
    assert b'filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n\r\n--' in piece


async def test_metadata_first_content_second() -> None:
    form = body(b"one", b"", b"two")
    data = b"".join(await sent(form))
    head = f"Content-Type: {form.content_type}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + data)

    metadata, content = list(message.walk())[1:]
    assert metadata.get_param("name", header="content-disposition") == "metadata"
    assert metadata.get_payload() == '{"name":"a.txt"}'
    assert content.get_param("name", header="content-disposition") == "content"
    assert content.get_filename() == "a.txt"
    assert content.get_payload() == "onetwo"


async def test_an_overwrite_has_no_metadata() -> None:
    form = UploadBody(pieces(b"x"), 1, metadata=None, filename="n", content_type=None)

    data = b"".join(await sent(form))

    assert b"metadata" not in data
    assert b"Content-Type: application/octet-stream" in data
    assert len(data) == form.length


@given(st.text(max_size=60), st.lists(st.binary(max_size=50), max_size=6))
async def test_the_length_is_what_is_sent(name: str, parts: list[bytes]) -> None:
    form = body(*parts, name=name)

    data = b"".join(await sent(form))

    assert len(data) == form.length


@pytest.mark.parametrize(
    "name", ['a"b', "a\r\nX-Evil: 1", "\x00\x1b[31m", "é‛／", "\udc80", "a\\", ""]
)
async def test_no_name_breaks_out_of_the_head(name: str) -> None:
    [data] = await sent(body(b"x", name=name))

    line = next(row for row in data.split(b"\r\n") if b"filename" in row)
    assert line.isascii()
    assert line.count(b'"') == 4
    assert b"X-Evil: 1\r\n" not in data
    assert b'filename=""' not in line


async def test_a_content_type_that_is_none_is_not_sent() -> None:
    form = UploadBody(
        pieces(b""), 0, metadata=None, filename="n", content_type="x/y\r\nEvil: 1"
    )

    assert b"Evil" not in b"".join(await sent(form))


@pytest.mark.parametrize("size", [2, 4, 100])
async def test_another_size_than_announced_is_a_change(size: int) -> None:
    form = body(b"abc", size=size)

    with pytest.raises(Changed):
        await sent(form)

    assert not form.finished
    assert isinstance(form.error, Changed)


async def test_growth_is_noticed_before_the_end_is_sent() -> None:
    form = body(b"abc", b"d", size=3)

    with pytest.raises(Changed):
        # Nothing was sent that a service could take for a whole file.
        await anext(form.__aiter__())


async def test_what_the_source_raises_is_kept() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"x"
        raise Denied("cannot read it")

    form = UploadBody(failing(), 5, metadata=b"{}", filename="n", content_type=None)

    with pytest.raises(Denied):
        await sent(form)
    assert isinstance(form.error, Denied)


async def test_the_source_is_closed_when_nobody_reads_on() -> None:
    closed = []

    async def source() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.append(True)

    form = UploadBody(source(), 100, metadata=b"{}", filename="n", content_type=None)
    iterator = form.__aiter__()
    await anext(iterator)
    await form.aclose()

    assert closed == [True]
    assert not form.finished


async def test_it_is_sent_once() -> None:
    form = body(b"x")
    await sent(form)

    with pytest.raises(httpx.StreamConsumed):
        await sent(form)
