"""The file of faults: which requests, how often, what happens."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from acd_tui.errors import UsageError
from acd_tui.server.faults.errors import ERRORS
from acd_tui.units import parse_size

S = TypeVar("S", bound=msgspec.Struct)

Count = Annotated[int, msgspec.Meta(ge=1)]
Number = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]
Status = Annotated[int, msgspec.Meta(ge=200, le=599)]
Moment = Literal["start", "received", "done"]

_PATH = re.compile(r"\$\.(?:fault\[(\d+)\]\.?)?(.*)")
_SITE = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")


class Rule(
    msgspec.Struct,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="do",
):
    """Which requests it is about, and how often one of them goes wrong.

    Attributes:
        operation: names of operations.
        method: of the request.
        path: a pattern like those of file names.
        query: a pattern for the decoded query.
        user: who signed in.
        client: the application's id.
        name: a pattern for the name of the node.
        after: so many of these requests go well first.
        first: only so many after these are in danger.
        every: of these only each fifth, if it is 5.
        probability: and of these so many by chance.
        times: and no more than that.
        each: count for each name, or for each path, by itself.
    """

    operation: str | list[str] = []
    method: str | None = None
    path: str | None = None
    query: str | None = None
    user: str | None = None
    client: str | None = None
    name: str | None = None
    after: Number = 0
    first: Count | None = None
    every: Count = 1
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1
    times: Count | None = None
    each: Literal["name", "path"] | None = None

    @property
    def operations(self) -> list[str]:
        return [self.operation] if isinstance(self.operation, str) else self.operation

    @property
    def does(self) -> str:
        return str(self.__struct_config__.tag)


class _Refusal(Rule):
    """What is answered."""

    error: str | None = None
    status: Status | None = None
    body: str = ""
    type: str = "application/json"
    headers: dict[str, str] = {}
    retry_after: Number | None = None


class Answer(_Refusal, tag="answer"):
    """An answer of ours in place of the true one.

    Attributes:
        when: at once, when the request has come whole, or when all it asks is done.
    """

    when: Moment = "start"


class Late(_Refusal, tag="late"):
    """The request comes whole and is refused; later what it asked for happens."""

    seconds: Seconds | None = None


class Reset(Rule, tag="reset"):
    """The connection is reset.

    Attributes:
        when: see `Answer`; in the middle of the `body` or of the `answer`, after
            so many `bytes` of it.
    """

    when: Literal["start", "body", "received", "answer", "done"] = "start"
    bytes: Count = 1


class Stall(Reset, tag="stall"):
    """Nothing more happens, for ever."""


class Truncate(Rule, tag="truncate"):
    """The connection is closed after so many bytes of the answer's body."""

    bytes: Number = 0


class Delay(Rule, tag="delay"):
    """It takes its time.

    Attributes:
        when: before anything is read, or with the answer.
    """

    seconds: Seconds
    when: Literal["start", "done"] = "start"


class Slow(Rule, tag="slow"):
    """So many bytes a second, each way."""

    rate: str | Count

    @property
    def bytes_per_second(self) -> int:
        if isinstance(self.rate, int):
            return self.rate
        return parse_size(self.rate.removesuffix("/s")) or 1


class Flip(Rule, tag="flip"):
    """One byte of the answer's body is another; by default the first."""

    byte: Number = 0


class WrongMd5(Rule, tag="wrong-md5"):
    """Nodes in the answer have an MD5 that is not theirs."""


class Pending(Rule, tag="pending"):
    """Files in the answer are PENDING, without contentProperties.

    Attributes:
        seconds: only those changed so recently.
    """

    seconds: Seconds | None = None


class Stale(Rule, tag="stale"):
    """Lists are behind.

    Attributes:
        fresh: nodes made in the last so many seconds are missing.
        trashed: nodes trashed in the last so many seconds are still there.
        strays: so many rows belong to another folder.
        parents: the rows name another folder than the one asked for.
    """

    fresh: Seconds | None = None
    trashed: Seconds | None = None
    strays: Number = 0
    parents: bool = False


class Changes(Rule, tag="changes"):
    """The stream of changes is not as it should be.

    Attributes:
        cut: it ends after so many lines, without the end line.
        reset: it starts again from nothing.
        repeat: each line comes twice.
        blank: so many blank lines stand before each line.
        status: of a last line after `lines` good ones, such as 401.
        lines: see `status`.
    """

    cut: Number | None = None
    reset: bool = False
    repeat: bool = False
    blank: Number = 0
    status: Status | None = None
    lines: Number = 0


class Redirect(Rule, tag="redirect"):
    """Content is elsewhere, where no Authorization is wanted, as at S3.

    Attributes:
        to: `http://host:port` of that place; by default another name of this server.
    """

    to: str | None = None


AnyRule = (
    Answer
    | Late
    | Reset
    | Stall
    | Truncate
    | Delay
    | Slow
    | Flip
    | WrongMd5
    | Pending
    | Stale
    | Changes
    | Redirect
)


class Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that the file says.

    Attributes:
        seed: of chance; the same one gives the same faults again.
        fault: the rules; all of a request's apply, the first outermost.
    """

    seed: int = 0
    fault: list[AnyRule] = []


def parse(text: str, source: Path, operations: Collection[str]) -> Book:
    """Read rules.

    Args:
        text: TOML.
        source: where it is from, for errors.
        operations: the names there are.

    Raises:
        UsageError: something in it makes no sense; says which rule, and the line.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source} is no TOML: {error}") from error
    try:
        book = msgspec.convert(raw, Book)
    except msgspec.ValidationError as error:
        words, _, where = str(error).partition(" - at `")
        found = _PATH.match(where.rstrip("`"))
        number = int(found[1]) if found and found[1] else None
        key = found[2] if found else ""
        if unknown := _UNKNOWN.search(words):
            key, words = unknown[1], "there is no such key"
        raise _at((source, text), number, key, words) from error
    for number, rule in enumerate(book.fault):
        for check in _CHECKS:
            if problem := check(rule, operations):
                raise _at((source, text), number, *problem)
    return book


def _at(
    where: tuple[Path, str], number: int | None, key: str, words: str
) -> UsageError:
    source, text = where
    line = _line(text, number, key)
    place = f"{source}, line {line}" if line else str(source)
    rule = "" if number is None else f"fault {number + 1}: "
    said = f"{key}: " if key else ""
    return UsageError(f"{place}: {rule}{said}{words[:1].lower()}{words[1:]}")


def _line(text: str, number: int | None, key: str) -> int | None:
    """Find the line of a key in the rule of that number, or where the rule begins."""
    seen, start = -1, None
    wanted = key.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]
    for count, line in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*\[\[\s*fault\s*\]\]", line):
            seen += 1
            if seen == number:
                start = count
        pair = re.match(r"\s*[\"']?([\w-]+)[\"']?\s*[=.]", line)
        if pair and pair[1] == wanted and seen == (-1 if number is None else number):
            return count
    return start


_Problem = tuple[str, str] | None


def _operations(rule: Rule, operations: Collection[str]) -> _Problem:
    for name in rule.operations:
        if name not in operations:
            return "operation", f"there is no operation {name!r}"
    return None


def _answer(rule: Rule, _: Collection[str]) -> _Problem:
    if not isinstance(rule, _Refusal):
        return None
    if rule.error is not None and rule.error not in ERRORS:
        return "error", f"there is no error {rule.error!r}"
    if (rule.error is None) == (rule.status is None):
        return "error", "give either the name of an error, or a status"
    if rule.error is not None and rule.body:
        return "body", "belongs to a status; a named error has its own"
    for name, value in rule.headers.items():
        if not re.fullmatch(r"[A-Za-z0-9-]+", name) or not value.isprintable():
            return "headers", f"{name!r} cannot be sent"
    return None


def _rate(rule: Rule, _: Collection[str]) -> _Problem:
    if isinstance(rule, Slow):
        try:
            if rule.bytes_per_second >= 1:
                return None
        except UsageError as error:
            return "rate", error.message
        return "rate", "is less than a byte a second"
    return None


def _place(rule: Rule, _: Collection[str]) -> _Problem:
    if not isinstance(rule, Redirect) or rule.to is None or _SITE.fullmatch(rule.to):
        return None
    return "to", "is not like http://host:port"


_CHECKS: tuple[Callable[[Rule, Collection[str]], _Problem], ...] = (
    _operations,
    _answer,
    _rate,
    _place,
)
