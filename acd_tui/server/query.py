"""The filter and sort grammar (amazon-drive-api.md §4.1, §4.2): text to a tree.

    filter     = any
    any        = all { OR all }
    all        = one { AND one }
    one        = "(" any ")" | field ":" value
    value      = "(" value-any ")" | range | term
    range      = ( "[" | "{" ) bound TO bound ( "]" | "}" )

A term is a quoted or a bare word. In both a backslash takes the next character as it is;
nothing else is special inside quotes, raw control characters included. A bare word may
begin with `-`, hold colons, and ends in `*` for a prefix.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

_MOST_FIELDS = 8
_DEEPEST = 20
_LONGEST = 16_384


class QueryError(Exception):
    """The text is no filter, or no sort order; says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Equals:
    """A field has a value, or begins with it."""

    field: str
    value: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """A field lies in a range; None is no bound."""

    field: str
    low: str | None
    high: str | None
    with_low: bool = True
    with_high: bool = True


@dataclass(frozen=True, slots=True)
class Combined:
    """All or any of some conditions hold."""

    operator: Literal["AND", "OR"]
    parts: tuple[Condition, ...]


Condition = Equals | Between | Combined


@dataclass(frozen=True, slots=True)
class Order:
    """One field to sort by."""

    field: str
    descending: bool


_SPACE = re.compile(r"[ \t\r\n]+")
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9_.]*)[ \t]*:[ \t]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"((?:[^\s\\()\[\]{}\"]|\\.)+)", re.DOTALL)
_WORD = re.compile(r"(and|or|to)(?=[\s()\[\]{}]|$)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def parse_filter(text: str) -> Condition | None:
    """Read a filter; an empty one is None.

    Raises:
        QueryError: it is none.
    """
    if len(text) > _LONGEST:
        raise QueryError("too long")
    parser = _Parser(text)
    parser.skip_space()
    if parser.at_end():
        return None
    condition = parser.any_of(parser.condition)
    if not parser.at_end():
        raise QueryError(f"unexpected text at position {parser.position}")
    return condition


def parse_sort(text: str) -> tuple[Order, ...]:
    """Read `["name ASC","kind"]`, also with single quotes; no direction is descending.

    Raises:
        QueryError: it is no sort order.
    """
    if not text.strip():
        return ()
    try:
        items = msgspec.json.decode(text.replace("'", '"'), type=list[str])
    except msgspec.MsgspecError as error:
        raise QueryError(f"{text!r} is not a list of fields") from error
    return tuple(_order(item) for item in items)


def _order(item: str) -> Order:
    words = item.split()
    directions = {"ASC": False, "DESC": True}
    if len(words) == 1:
        return Order(words[0], descending=True)
    if len(words) != 2 or words[1].upper() not in directions:
        raise QueryError(f"{item!r} is not a field and a direction")
    return Order(words[0], directions[words[1].upper()])


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._fields = 0
        self._depth = 0

    def at_end(self) -> bool:
        return self.position >= len(self.text)

    def skip_space(self) -> None:
        self._match(_SPACE)

    def any_of(self, item: Callable[[], Condition]) -> Condition:
        return self._joined("OR", lambda: self._joined("AND", item))

    def condition(self) -> Condition:
        if self._accept("("):
            return self._closed(lambda: self.any_of(self.condition))
        name = self._match(_FIELD)
        if name is None:
            raise QueryError(f"no field at position {self.position}")
        self._fields += 1
        if self._fields > _MOST_FIELDS:
            raise QueryError(f"more than {_MOST_FIELDS} parameters")
        return self._value(name[1])

    def _value(self, field: str) -> Condition:
        if self._accept("("):
            return self._closed(lambda: self.any_of(lambda: self._value(field)))
        for bracket in ("[", "{"):
            if self._accept(bracket):
                return self._range(field, with_low=bracket == "[")
        value, prefix = self._term()
        return Equals(field, value, prefix)

    def _range(self, field: str, *, with_low: bool) -> Between:
        low = self._bound()
        word = self._match(_WORD)
        if word is None or word[1].upper() != "TO":
            raise QueryError(f"no TO at position {self.position}")
        self.skip_space()
        high = self._bound()
        for bracket in ("]", "}"):
            if self._accept(bracket):
                return Between(field, low, high, with_low, bracket == "]")
        raise QueryError(f"the range at position {self.position} is not closed")

    def _bound(self) -> str | None:
        value, prefix = self._term()
        return None if prefix and not value else value

    def _term(self) -> tuple[str, bool]:
        if (quoted := self._match(_QUOTED)) is not None:
            term = _ESCAPED.sub(r"\1", quoted[1]), False
        elif (bare := self._match(_BARE)) is not None:
            word = bare[1]
            prefix = word.endswith("*") and not _ends_escaped(word)
            term = _ESCAPED.sub(r"\1", word[:-1] if prefix else word), prefix
        else:
            raise QueryError(f"no value at position {self.position}")
        self.skip_space()
        return term

    def _joined(
        self, operator: Literal["AND", "OR"], item: Callable[[], Condition]
    ) -> Condition:
        parts = [item()]
        while True:
            word = _WORD.match(self.text, self.position)
            if word is None or word[1].upper() != operator:
                break
            self.position = word.end()
            self.skip_space()
            parts.append(item())
        return parts[0] if len(parts) == 1 else Combined(operator, tuple(parts))

    def _closed(self, inner: Callable[[], Condition]) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise QueryError("too many parentheses")
        condition = inner()
        self._depth -= 1
        if not self._accept(")"):
            raise QueryError(f"no closing parenthesis at position {self.position}")
        return condition

    def _accept(self, character: str) -> bool:
        if not self.text.startswith(character, self.position):
            return False
        self.position += 1
        self.skip_space()
        return True

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()
        return match


def _ends_escaped(word: str) -> bool:
    """Tell whether the last character has a backslash before it that counts."""
    body = word[:-1]
    return (len(body) - len(body.rstrip("\\"))) % 2 == 1
