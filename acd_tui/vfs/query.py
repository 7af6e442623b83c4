"""What a search asks for, read from the words that were typed.

    cat "my dog"            both in the name, in any order; letter case does not count
    name:size:              in the name, whatever it looks like
    fuzzy:wdsnw             these letters in the name, in order; the likeliest first
    ext:jpg                 how the name ends
    size:>1g size:1m..2g    also `<`, `>=`, `<=`; a bare number is KiB, as in rclone
    md5:5d41                how the MD5 begins
    in:/2019                anywhere below that folder
    after:2019              changed then or later, in local time
    before:2020-05          changed earlier than that
    kind:folder kind:file
    trashed:yes             what is in the trash, instead of what is not
    -word                   not that; before any of these

All words have to apply. A value with spaces stands in quotes, `in:"/my folder"`; in
quotes `""` is a quote, and nothing there is a query word.
"""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable, Sequence

import msgspec

from acd_tui.errors import Denied, UsageError
from acd_tui.units import parse_size
from acd_tui.vfs.entry import Found, Kind
from acd_tui.vfs.path import VPath

_FEWEST_LETTERS, _MOST_LETTERS = 3, 40

LARGEST = (1 << 63) - 1
"""No size and no time is beyond it; the smallest time is its negative."""

# Letters before a colon are a query word. A quote that is not closed ends with the text.
_WORD = re.compile(
    r'(?P<minus>-?)(?:(?P<key>[^\W\d_][^\W_]*):)?(?P<value>(?:"(?:[^"]|"")*(?:"|$)|[^\s"])*)'
)
_QUOTED = re.compile(r'"((?:[^"]|"")*)(?:"|$)')
_SURROGATE = re.compile("[\ud800-\udfff]")
_SIZE = re.compile(r"(>=|<=|>|<)?(.*)", re.DOTALL)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", re.ASCII)


class QueryError(UsageError):
    """A word of a search makes no sense."""


class NameHas(msgspec.Struct, frozen=True):
    """A part of the name, in lower case."""

    text: str

    def matches(self, found: Found) -> bool:
        return self.text in found.entry.name.lower()


class NameLike(msgspec.Struct, frozen=True):
    """Letters of the name in order, in lower case, with any others between."""

    letters: str

    def matches(self, found: Found) -> bool:
        rest = iter(found.entry.name.lower())
        return all(letter in rest for letter in self.letters)


class NameEnds(msgspec.Struct, frozen=True):
    """How the name ends, in lower case, with the dot."""

    ending: str

    def matches(self, found: Found) -> bool:
        return found.entry.name.lower().endswith(self.ending)


class SizeIn(msgspec.Struct, frozen=True):
    """A file of so many bytes, both ends included."""

    least: int
    most: int

    def matches(self, found: Found) -> bool:
        size = found.entry.size
        return size is not None and self.least <= size <= self.most


class Md5Begins(msgspec.Struct, frozen=True):
    """How the MD5 begins, in lower-case hex digits."""

    digits: str

    def matches(self, found: Found) -> bool:
        return (found.entry.md5 or "").startswith(self.digits)


class Below(msgspec.Struct, frozen=True):
    """Anywhere below a folder."""

    folder: VPath

    def matches(self, found: Found) -> bool:
        return found.folder.is_within(self.folder)


class ChangedIn(msgspec.Struct, frozen=True):
    """Changed from `since` on and earlier than `before`, nanoseconds since 1970."""

    since: int
    before: int

    def matches(self, found: Found) -> bool:
        changed = found.entry.modified_ns
        return changed is not None and self.since <= changed < self.before


class IsKind(msgspec.Struct, frozen=True):
    """A file, or a folder."""

    kind: Kind

    def matches(self, found: Found) -> bool:
        return found.entry.kind is self.kind


Test = NameHas | NameLike | NameEnds | SizeIn | Md5Begins | Below | ChangedIn | IsKind


class Word(msgspec.Struct, frozen=True):
    """One thing that is asked for.

    Attributes:
        test: what.
        wanted: False if it must not be so.
    """

    test: Test
    wanted: bool = True


class Query(msgspec.Struct, frozen=True):
    """All that is asked for.

    Attributes:
        words: all of them have to apply.
        trashed: whether what is in the trash is looked at, instead of what is not.
    """

    words: tuple[Word, ...] = ()
    trashed: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.words and not self.trashed

    @property
    def folders(self) -> Sequence[VPath]:
        """The folders that its words name."""
        tests = (word.test for word in self.words)
        return [test.folder for test in tests if isinstance(test, Below)]

    @property
    def letters(self) -> Sequence[str]:
        """The letters that names are to hold in order; by these they are ranked."""
        tests = (word.test for word in self.words if word.wanted)
        return [test.letters for test in tests if isinstance(test, NameLike)]

    def matches(self, found: Found) -> bool:
        """Whether all its words apply, wherever the trash comes in."""
        return all(word.test.matches(found) is word.wanted for word in self.words)


def parse_query(text: str) -> Query:
    """Read what was typed.

    Raises:
        QueryError: a word makes no sense; says which, where and why.
    """
    words: list[Word] = []
    trashed = False
    for match in _WORD.finditer(text):
        if not match[0]:
            continue
        wanted, key, value = not match["minus"], match["key"], _unquoted(match["value"])
        try:
            if key and key.lower() == "trashed":
                trashed = _yes(value) is wanted
            elif (word := _word(key, value, wanted=wanted)) is not None:
                words.append(word)
        except (UsageError, Denied) as error:
            where = f"`{match[0]}` at character {match.start() + 1}"
            raise QueryError(f"{where}: {error.message}", hint=error.hint) from error
    return Query(tuple(words), trashed)


def loosened(text: str) -> str | None:
    """Return the query that takes parts of names for letters in order.

    None if it would be the same, or would find almost anything.
    """
    words = []
    loose = False
    for match in _WORD.finditer(text):
        word, key, value = match[0], match["key"], match["value"]
        plain = not match["minus"] and (key is None or key.lower() == "name")
        if plain and len(_unquoted(value)) >= _FEWEST_LETTERS:
            word, loose = f"fuzzy:{value}", True
        words.append(word)
    return " ".join(filter(None, words)) if loose else None


def _unquoted(value: str) -> str:
    return _QUOTED.sub(lambda match: match[1].replace('""', '"'), value)


def _word(key: str | None, value: str, *, wanted: bool) -> Word | None:
    if _SURROGATE.search(value):
        raise QueryError("it is not valid text")
    if key is None:
        if value:
            return Word(NameHas(value.lower()), wanted)
        # What is nothing but a minus is looked for as it is.
        return None if wanted else Word(NameHas("-"))
    known = _KEYS.get(key.lower())
    if known is None:
        raise QueryError(
            f"there is no query word `{key}:`",
            hint=f"there are {', '.join(_KEYS)} and trashed:; "
            "put it in quotes to look for it in names",
        )
    read, example = known
    if not value:
        raise QueryError("something is missing after the colon", hint=example)
    return Word(read(value), wanted)


def _letters(value: str) -> Test:
    letters = "".join(value.lower().split())
    if len(letters) > _MOST_LETTERS:
        raise QueryError(f"these are more than {_MOST_LETTERS} letters")
    return NameLike(letters)


def _ending(value: str) -> Test:
    return NameEnds("." + value.removeprefix(".").lower())


def _size(value: str) -> Test:
    if ".." in value:
        low, _, high = value.partition("..")
        least, most = _bytes(low) if low else 0, _bytes(high) if high else LARGEST
        if least > most:
            raise QueryError("the range ends before it begins")
        return SizeIn(least, most)
    match = _SIZE.fullmatch(value)
    assert match is not None
    size = _bytes(match[2])
    return {
        ">": SizeIn(min(size + 1, LARGEST), LARGEST),
        ">=": SizeIn(size, LARGEST),
        "<": SizeIn(0, size - 1),
        "<=": SizeIn(0, size),
        None: SizeIn(size, size),
    }[match[1]]


def _bytes(text: str) -> int:
    size = parse_size(text) if text else None
    if size is None:
        raise QueryError("a size is missing", hint="write it like size:>1g")
    return min(size, LARGEST)


def _md5(value: str) -> Test:
    if not re.fullmatch("[0-9a-f]{1,32}", value.lower()):
        raise QueryError("an MD5 has up to 32 digits, 0 to 9 and a to f")
    return Md5Begins(value.lower())


def _folder(value: str) -> Test:
    return Below(VPath.parse(value))


def _after(value: str) -> Test:
    return ChangedIn(_moment(value), LARGEST)


def _before(value: str) -> Test:
    return ChangedIn(-LARGEST, _moment(value))


def _moment(value: str) -> int:
    """Return the beginning of a year, month or day in local time."""
    match = _DATE.fullmatch(value)
    try:
        if match is None:
            raise ValueError
        day = datetime.date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
        seconds = time.mktime((day.year, day.month, day.day, 0, 0, 0, 0, 0, -1))
    except (ValueError, OverflowError):
        raise QueryError(
            "that is no date", hint="write it like 2019, 2019-05 or 2019-05-31"
        ) from None
    return max(-LARGEST, min(round(seconds) * 10**9, LARGEST))


def _kind(value: str) -> Test:
    if value.lower() not in {"file", "folder"}:
        raise QueryError("a kind is `file` or `folder`")
    return IsKind(Kind(value.lower()))


def _yes(value: str) -> bool:
    if value.lower() not in {"yes", "no"}:
        raise QueryError("it is `yes` or `no`")
    return value.lower() == "yes"


# How a query word's value is read, and what to write.
_KEYS: dict[str, tuple[Callable[[str], Test], str]] = {
    "name": (lambda value: NameHas(value.lower()), "write it like name:beach"),
    "fuzzy": (_letters, "write it like fuzzy:wdsnw"),
    "ext": (_ending, "write it like ext:jpg"),
    "size": (_size, "write it like size:>1g"),
    "md5": (_md5, "write it like md5:5d41402a"),
    "in": (_folder, "write it like in:/2019"),
    "after": (_after, "write it like after:2019-05"),
    "before": (_before, "write it like before:2020"),
    "kind": (_kind, "write it like kind:folder"),
}
