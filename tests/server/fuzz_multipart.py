"""Feed the parser of uploads with bytes that a fuzzer makes up, guided by coverage.

Not part of the tests: `pip install atheris`, then, from the top of the sources,

    python -m tests.server.fuzz_multipart [CORPUS] [-max_total_time=600] [-max_len=4096]

It stops at the first input that breaks a law and writes that input to a file; the laws
are those of `check`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

from acd_tui.server.multipart import (
    Data,
    MultipartError,
    MultipartParser,
    Part,
    boundary_of,
)

# What bodies are made of; a fuzzer would take long to come upon them byte by byte.
_WORDS = (
    *(b"--B", b"\r\n--B", b"\r\n--B--", b"\r\n--B\r\n", b"\r\n", b"\r\n\r\n", b"\n"),
    *(b"--", b"-", b"\r", b" ", b"\t", b'"', b'\\"', b"\\", b";", b":", b"=", b"*"),
    *(b"--*****", b"\r\n--****", b'filename="', b'name="a"', b"Content-Type: a/b\r\n"),
    b"Content-Disposition: form-data; ",
    b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n',
)
_FIRST_WORD = 256 - len(_WORDS)

Outcome = tuple[list[tuple[Part, bytes, bool]], bool, str | None]


def outcome(boundary: bytes, pieces: list[bytes]) -> Outcome:
    """What comes of a body: its parts and whether each is whole, the end, the error."""
    parser = MultipartParser(boundary)
    parts: list[tuple[Part, bytes, bool]] = []
    try:
        for piece in pieces:
            for event in parser.feed(piece):
                if isinstance(event, Part):
                    parts.append((event, b"", False))
                elif isinstance(event, Data):
                    part, data, whole = parts[-1]
                    assert event.data
                    assert not whole
                    parts[-1] = (part, data + event.data, False)
                else:
                    part, data, whole = parts[-1]
                    assert not whole
                    parts[-1] = (part, data, True)
    except MultipartError as error:
        return parts, parser.finished, str(error)
    return parts, parser.finished, None


def check(data: bytes) -> None:
    """Hold the laws of the parser for one input.

    - Nothing but a MultipartError is ever raised.
    - However a body is cut into pieces, the same comes of it.
    - What is no boundary comes through byte for byte: a form around any content that
      does not hold the boundary gives that content back.
    """
    if len(data) < 4:
        return
    kind, seed, body = data[0], data[1:4], data[4:]
    if kind & 64:
        body = b"".join(map(_spelt, body))
    if kind % 3 == 0:
        try:
            boundary_of(body.decode("latin-1"))
        except MultipartError:
            return
    elif kind % 3 == 1:
        _same_in_pieces(body, seed)
    else:
        _comes_back(body, seed)


def _spelt(byte: int) -> bytes:
    return _WORDS[byte - _FIRST_WORD] if byte >= _FIRST_WORD else bytes([byte])


def _cut(body: bytes, seed: bytes) -> list[bytes]:
    """Cut at places that depend on the seed."""
    state = int.from_bytes(seed, "big") | 1
    longest = 1 + seed[0] % 64
    pieces: list[bytes] = []
    at = 0
    while at < len(body):
        state = (state * 1103515245 + 12345) % 2**31
        size = 1 + (state >> 16) % longest
        pieces.append(body[at : at + size])
        at += size
    return pieces


def _same_in_pieces(body: bytes, seed: bytes) -> None:
    whole = _settled(outcome(b"B", [body]))
    assert _settled(outcome(b"B", _cut(body, seed))) == whole
    if len(body) <= 100:
        assert _settled(outcome(b"B", [bytes([byte]) for byte in body])) == whole


def _settled(result: Outcome) -> Outcome:
    """Leave out what is given away before it is clear that the body is no form."""
    parts, finished, error = result
    if error is not None:
        return [], False, error
    if not finished and parts and not parts[-1][2]:
        part, _, _ = parts[-1]
        parts = [*parts[:-1], (part, b"", False)]
    return parts, finished, error


def _comes_back(content: bytes, seed: bytes) -> None:
    boundary = b"*****"
    if b"--" + boundary in content:
        return
    head = b'Content-Disposition: form-data; name="content"; filename="a\nb"\r\n'
    body = b"--%b\r\n%bContent-Type: a/b\r\n\r\n%b\r\n--%b--\r\nepilogue --%b\r\n" % (
        boundary,
        head,
        content,
        boundary,
        boundary,
    )
    parts, finished, error = outcome(boundary, _cut(body, seed))
    assert (finished, error) == (True, None)
    assert parts == [(Part("content", "a\nb", "a/b"), content, True)]


def main() -> None:
    """Run until the fuzzer is told to stop, or finds something."""
    atheris = importlib.import_module("atheris")
    fuzzed: Callable[[bytes], None] = atheris.instrument_func(check)
    for function in ("feed", "_scan", "_preamble", "_head", "_content", "_end_of_head"):
        plain = getattr(MultipartParser, function)
        setattr(MultipartParser, function, atheris.instrument_func(plain))
    atheris.Setup(sys.argv, fuzzed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
