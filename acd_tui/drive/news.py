"""What changed in a folder since it was listed, as far as the mirror can tell quickly."""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Collection, Iterable, Sequence

import msgspec

from acd_tui.drive import lookup, statements
from acd_tui.drive.folders import whose
from acd_tui.drive.lookup import Moment, columns_in
from acd_tui.drive.names import Encoder
from acd_tui.drive.rows import entries_of, key_of, name_hashes, pages_of
from acd_tui.vfs.entries import Hashes
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.news import Known, News, differences

_MOST_NAMES = 100_000  # that are remembered
_MANY = 10_000  # of a folder; to compare all of it is quicker then


class Touched:
    """What a transaction of ours changed.

    Attributes:
        before: the edition of the tree that it found.
        after: the one that it left.
        names: by the id of the folder they are in, or were in; None for possibly any.
    """

    def __init__(self) -> None:
        self.before = self.after = -1
        self.names: dict[str, set[str]] | None = {}

    def begin(self, connection: sqlite3.Connection) -> None:
        self.before, self.names = _edition(connection), {}

    def end(self, connection: sqlite3.Connection) -> None:
        self.after = _edition(connection)

    def note(self, places: Iterable[tuple[str, str]]) -> None:
        """Take down names, each behind the id of its folder."""
        if self.names is not None:
            for folder, name in places:
                self.names.setdefault(folder, set()).add(name)

    def lose_track(self) -> None:
        """Say that anything may have been changed."""
        self.names = None


class Log:
    """Remembers what this process changed lately; of others it knows nothing."""

    def __init__(self) -> None:
        self._kept: deque[Touched] = deque()
        self._names = 0

    def note(self, touched: Touched) -> None:
        if touched.before == touched.after:
            return
        self._kept.append(touched)
        self._names += _size(touched)
        while self._names > _MOST_NAMES:
            self._names -= _size(self._kept.popleft())

    def since(self, moment: Moment, now: int) -> set[str] | None:
        """Return which names of a folder may stand for something else than then.

        Args:
            moment: the folder, and the edition of the tree.
            now: the edition that is looked at.

        Returns:
            None if that is not known: others changed the tree, or it was long ago.
        """
        found: set[str] = set()
        edition = moment.edition
        for touched in tuple(self._kept):
            if touched.before == edition and edition < now:
                if touched.names is None:
                    return None
                found |= touched.names.get(moment.folder or "", set())
                edition = touched.after
        return found if edition == now else None

    def made_all(self, then: int, now: int) -> bool:
        """Whether this process made all that changed from one edition to another."""
        for touched in tuple(self._kept):
            if touched.before == then and then < now:
                then = touched.after
        return then == now


def _size(touched: Touched) -> int:
    return 1 + sum(map(len, (touched.names or {}).values()))


def _edition(connection: sqlite3.Connection) -> int:
    (edition,) = connection.execute(statements.EDITION).fetchone()
    return int(edition)


class Heard(msgspec.Struct, frozen=True):
    """What the mirror can tell of a folder.

    Attributes:
        news: None if there is nothing to go on; the folder has to be listed.
        listed: see `folders.Listing`.
    """

    news: News | None
    listed: float | None


def hear(
    connection: sqlite3.Connection,
    parts: Sequence[str],
    known: Known,
    encoder: Encoder,
    *,
    log: Log,
) -> Heard:
    """Say what changed in the folder at the shown names `parts` since it was `known`."""
    folder, is_known, listed = whose(connection, parts, encoder)
    then, now = known.as_of, lookup.moment(connection, folder)
    if not is_known or not isinstance(then, Moment):
        return Heard(None, None)
    if (then.identity, then.folder) != (now.identity, folder):
        return Heard(None, None)
    names = log.since(then, now.edition)
    news = None
    if names is not None:
        news = _of_names(connection, names, now, encoder)
    if news is None:
        news = _of_all(connection, known, now, encoder)
    return Heard(news, listed)


def _of_names(
    connection: sqlite3.Connection,
    names: Collection[str],
    now: Moment,
    encoder: Encoder,
) -> News | None:
    """Look up names of a folder; None if they are many, or not plain."""
    if len(names) > _MANY or not encoder.are_plain(list(names)):
        return None
    if connection.execute(statements.HAS_LINKED, (now.folder,)).fetchone():
        return None
    keys = json.dumps(sorted(set(map(key_of, names))))
    found = connection.execute(statements.SOME_CHILDREN, (now.folder, keys)).fetchall()
    put = entries_of(found, encoder)
    if len(put) < len(found):  # others come into sight when one of them goes
        return None
    there = {entry.name for entry in put}
    return News([name for name in names if name not in there], put, now)


def _of_all(
    connection: sqlite3.Connection, known: Known, now: Moment, encoder: Encoder
) -> News | None:
    """Compare with all that is there; None if much of it is different."""
    names = Hashes()

    def pages() -> Iterable[Sequence[Entry]]:
        for page in pages_of(columns_in(connection, now.folder), encoder):
            names.extend(name_hashes(page))
            yield page

    news = differences(known, pages(), now)
    return news if names.are_different else None
