"""Nodes of the service as rows of the mirror, and rows as entries of a listing."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from acd_tui.api.models import ContentProperties, Node
from acd_tui.drive.names import Encoder
from acd_tui.vfs.entries import Hashes, PackedEntries
from acd_tui.vfs.entry import Entry, Kind

FOLDER, FILE = 0, 1
AVAILABLE, TRASHED, TRASHED_WITH_FOLDER, NOT_READY = 0, 1, 2, 3

# A node in a trashed folder cannot be reached; once its folder is back, it can be, and
# the feed may say so only later.
SHOWN = (AVAILABLE, TRASHED_WITH_FOLDER)

OWNER = "acdtui"
MODIFIED = "mtime"
_FIRST = 1  # version of a content

_KINDS = {"FOLDER": FOLDER, "FILE": FILE}
_LARGEST = (1 << 63) - 1


class Row(NamedTuple):
    """What the mirror keeps of a node; the columns of its table `node`."""

    id: str
    parent: str | None
    kind: int
    key: str
    state: int
    name: str
    size: int | None
    modified_ns: int | None
    md5: bytes | None
    changed_ns: int | None
    version: int

    @property
    def is_folder(self) -> bool:
        return self.kind == FOLDER

    @property
    def hex_md5(self) -> str | None:
        return None if self.md5 is None else self.md5.hex()


_AT_ONCE = 10_000
# A row as it comes from the database.
Columns = tuple[Any, ...]

_ID, _KIND, _NAME = (Row._fields.index(name) for name in ("id", "kind", "name"))
_ENTRY_KINDS = {FOLDER: Kind.FOLDER, FILE: Kind.FILE}


def key_of(api_name: str) -> str:
    """Return what a name is found by: letter case does not count (§5.2)."""
    return api_name.lower()


def row_of(node: Node) -> Row | None:
    """Return the row of a node; None for what is neither file nor folder."""
    kind = _KINDS.get(node.kind)
    if kind is None:
        return None
    name = "" if node.is_root else node.name or node.id
    size, md5 = None, None
    if (content := node.content_properties) is not None:
        size, md5 = _fitting(content.size), _bytes_of(content.md5)
    version = node.version
    changed = nanoseconds(node.modified_date)
    modified = modified_of(node) if node.properties else None  # most have none
    return Row(
        node.id,
        node.parents[0] if node.parents else None,
        kind,
        key_of(name),
        AVAILABLE if node.status == "AVAILABLE" else _state(node),
        name,
        size,
        changed if modified is None else modified,
        md5,
        changed,
        version if abs(version) < _LARGEST else _LARGEST,
    )


def is_short(row: Row) -> bool:
    """Whether a row lacks what the one before may have told (§4.14: in the trash)."""
    return row.name == row.id or (row.parent is None and row.state != AVAILABLE)


def modified_of(node: Node) -> int | None:
    """Return the modification time that our own property of the node holds.

    Whatever the application is called that one has signed in with: those of others are
    not shown. None if it is of another content: who overwrites a file leaves its
    properties.
    """
    for owned in (node.properties or {}).values():
        modified = _modified_in(owned.get(MODIFIED, ""), node.content_properties)
        if modified is not None:
            return modified
    return None


def _modified_in(text: str, content: ContentProperties | None) -> int | None:
    if not 0 < len(text) <= 40:
        return None
    modified, _, version = text.partition(" ")
    try:
        if _version(content) not in {None, int(version or _FIRST)}:
            return None
        return _fitting(int(modified))
    except ValueError:
        return None


def modified_text(modified_ns: int, content: ContentProperties | None = None) -> str:
    """Return how our property keeps a modification time, of a new file or of a content.

    The version of the content goes with it, unless that is the first
    (amazon-drive-api.md §3.3: 1 at create, and one more each time it is overwritten).
    """
    version = _version(content)
    return f"{modified_ns}" if version in {None, _FIRST} else f"{modified_ns} {version}"


def modified_property(text: str, owner: str = OWNER) -> dict[str, dict[str, str]]:
    """Return the property that keeps a modification time, as properties of a node."""
    return {owner: {MODIFIED: text}}


def _version(content: ContentProperties | None) -> int | None:
    return None if content is None else content.version


def nanoseconds(date: str | None) -> int | None:
    """Read a date of the service, in nanoseconds since 1970; None if it is none."""
    if not date:
        return None
    try:
        moment = datetime.datetime.fromisoformat(date)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    since = moment - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    return _fitting(seconds * 1_000_000_000 + since.microseconds * 1000)


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def entries_of(rows: Iterable[Columns], encoder: Encoder) -> Sequence[Entry]:
    """Return a folder's listing, in which each name can be looked up.

    Where several nodes go by one name, which the service ought not to allow, the one
    that `preferred` puts first is shown, as a look-up would find it.

    Args:
        rows: of the folder's children, as they come from the database; not kept.
        encoder: API names to shown ones.
    """
    pages = pages_of(rows, encoder)
    first = next(pages, [])
    if len(first) < _AT_ONCE:
        return one_of_each_name(first)
    packed, names = PackedEntries(), Hashes()
    for page in chain((first,), pages):
        packed.extend(page)
        names.extend(name_hashes(page))
    return packed if names.are_different else one_of_each_name(list(packed))


def pages_of(rows: Iterable[Columns], encoder: Encoder) -> Iterator[list[Entry]]:
    """Return what is shown of rows, so many at a time."""
    rows = iter(rows)
    while page := _entries(islice(rows, _AT_ONCE), encoder):
        yield page


def name_hashes(entries: Iterable[Entry]) -> Iterator[int]:
    """Return what differs for any two names that differ by more than the case."""
    return (hash(entry.name.lower()) for entry in entries)


def _entries(rows: Iterable[Columns], encoder: Encoder) -> list[Entry]:
    rows = list(rows)
    names = [row[_NAME] for row in rows]
    if not encoder.are_plain(names):
        names = [encoder.decode(name) for name in names]
    return list(map(_entry, names, rows))


def one_of_each_name(entries: list[Entry]) -> list[Entry]:
    """Return them without those that go by the name of another, which is preferred."""
    names = [entry.name.lower() for entry in entries]
    if len(set(names)) == len(names):
        return entries
    first: dict[str, Entry] = {}
    for name, entry in zip(names, entries, strict=True):
        other = first.setdefault(name, entry)
        if other is not entry and _preferred(entry) < _preferred(other):
            first[name] = entry
    return list(first.values())


def _preferred(entry: Entry) -> tuple[bool, str]:
    return not entry.is_folder, entry.id or ""


def entry_of(row: Row, encoder: Encoder) -> Entry:
    """Return what is shown of a row."""
    return _entry(encoder.decode(row.name), row)


def _entry(name: str, row: Columns) -> Entry:
    node_id, _, kind, _, _, _, size, modified_ns, md5, _, _ = row
    return Entry(
        name=name,
        kind=_ENTRY_KINDS[kind],
        size=None if kind == FOLDER else size,
        modified_ns=modified_ns,
        md5=None if md5 is None else md5.hex(),
        id=node_id,
    )


def preferred(row: Columns) -> tuple[int, str]:
    """Return what orders nodes of one name: folders first, then by id."""
    return row[_KIND], row[_ID]


def _state(node: Node) -> int:
    """Return the state of a node that is not available."""
    if node.status != "TRASH":
        return NOT_READY
    with_folder = node.recursively_trashed and not node.exclusively_trashed
    return TRASHED_WITH_FOLDER if with_folder else TRASHED


def _fitting(number: int | None) -> int | None:
    return None if number is None or abs(number) > _LARGEST else number


def _bytes_of(md5: str | None) -> bytes | None:
    if md5 is None or len(md5) != 32:
        return None
    try:
        return bytes.fromhex(md5)
    except ValueError:
        return None
